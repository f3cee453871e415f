// The six connections of HTTP/1.1, on demand: eight event streams to one host, of which two wait until one is closed.
// SPDX-License-Identifier: MIT
import { say } from '../language.js';
import { duration } from '../model/words.js';
import { h, retext, write } from './dom.js';

const STREAMS = 8;
const SEEN_MS = 100;
const MOST_MS = 20000; // then the streams are closed, and whoever waits gets on
const ALL_MS = 3000; // no more will open

export class SixConnections extends HTMLElement {
  #lab;
  #sources = [];
  #timer = null;
  #startMs = 0;
  #isFreed = false;
  #text = h('p', { role: 'status' });
  #dots = h('p', { class: 'dots', 'aria-hidden': 'true' });
  #button = h('button', { type: 'button', text: 'six.start', on: { click: () => this.#click() } });

  set lab(lab) {
    this.#lab = lab;
    this.replaceChildren(
      h(
        'div',
        { class: 'six' },
        h('h4', { text: 'six.title' }),
        h('p', { text: 'six.why' }),
        h('div', { class: 'row' }, this.#button, this.#dots),
        this.#text,
      ),
    );
  }

  disconnectedCallback() {
    this.#end();
  }

  #click() {
    if (this.#sources.length === 0) this.#start();
    else this.#free();
  }

  /** On a line of their own where the server has lines: the page's own requests must not wait. */
  async #start() {
    this.#button.disabled = true;
    const { demo, origin } = this.#lab;
    const line = await demo?.open('none').catch(() => null);
    const base = line?.base ?? origin;
    this.#isFreed = false;
    this.#startMs = performance.now();
    this.#sources = Array.from({ length: STREAMS }, () => new EventSource(`${base}/events`));
    retext(this.#button, 'six.stop');
    this.#button.disabled = false;
    write(this.#text, say('six.opening'));
    this.#timer = setInterval(() => this.#look(), SEEN_MS);
  }

  #look() {
    const tookMs = performance.now() - this.#startMs;
    const open = this.#sources.filter(({ readyState }) => readyState === EventSource.OPEN).length;
    write(this.#dots, this.#sources.map(({ readyState }) => '○●×'[readyState]).join(' '));
    if (open === STREAMS) this.#finish('six.none');
    else if (this.#isFreed && open >= this.#wanted) this.#finish('six.freed', { time: duration(tookMs) });
    else if (tookMs > MOST_MS) this.#end();
    else if (!this.#isFreed && tookMs > ALL_MS / 6)
      write(this.#text, say('six.stuck', { open, time: duration(Math.round(tookMs / 100) * 100) }));
  }

  #wanted = 0;

  #free() {
    const open = this.#sources.filter(({ readyState }) => readyState === EventSource.OPEN);
    if (open.length === 0) return;
    this.#wanted = open.length;
    this.#isFreed = true;
    open[0].close();
  }

  #finish(key, values) {
    this.#end();
    write(this.#text, say(key, values));
  }

  #end() {
    clearInterval(this.#timer);
    for (const source of this.#sources) source.close();
    this.#sources = [];
    retext(this.#button, 'six.start');
    this.#button.disabled = false;
  }
}
