// What readers may change: the feed, the polls, the network in between, cuts, a message of their own, a hidden tab.
// SPDX-License-Identifier: MIT
import { changes, say } from '../language.js';
import { describeProfile } from '../model/profile.js';
import { duration, list } from '../model/words.js';
import { h, retext, write } from './dom.js';

const RATE_INTERVALS_MS = [10000, 3000, 1000, 500, 200, 100, 50, 20];
const SIZES = [0, 128, 1024, 8192, 65536];
const POLL_INTERVALS_MS = [200, 500, 700, 1000, 2000, 5000, 10000];
const CUT_MS = 3000;

const sizeText = (size) => (size === 0 ? say('control.sizeTime') : size < 1024 ? `${size} B` : `${size / 1024} kB`);
const rateText = (ms) =>
  ms >= 1000 ? say('control.rateEach', { seconds: ms / 1000 }) : say('control.rateMany', { rate: Math.round(1000 / ms) });

/** A list to choose from, with a name before it. `texts` are made anew with the language. */
function choice(key, values, textOf, change) {
  const select = h(
    'select',
    { on: { change: () => change(select.value) } },
    values.map((value) => h('option', { value: String(value) })),
  );
  const relabel = () => [...select.options].forEach((option, i) => write(option, textOf(values[i])));
  relabel();
  return { select, relabel, element: h('label', { class: 'choice' }, h('span', { text: key }), select) };
}

export class Controls extends HTMLElement {
  #lab;
  #choices = [];
  #feed = [];
  #ofDemo = [];
  #note = h('p', { class: 'hint', role: 'note' });
  #network = h('p', { class: 'hint' });
  #trouble = h('p', { class: 'trouble', role: 'alert' });
  #said = h('p', { class: 'hint', role: 'status' });
  #hidden = h('p', { class: 'hint', role: 'status' });

  set lab(lab) {
    this.#lab = lab;
    this.#make();
    lab.addEventListener('demo', () => this.#make());
    lab.addEventListener('lanes', () => this.#tellHidden());
    changes.addEventListener('change', () => this.#relabel());
  }

  /** Do it, and say so where the server would not. */
  async #try(action) {
    write(this.#trouble, '');
    try {
      await action();
    } catch (error) {
      write(this.#trouble, say('control.failed', { reason: error.message }));
    }
  }

  #make() {
    if (this.contains(document.activeElement)) {
      this.#update();
      return;
    }
    this.#choices = [];
    const add = (one, value) => {
      this.#choices.push(one);
      one.select.value = String(value);
      return one.element;
    };
    const poll = add(
      choice(
        'control.poll',
        POLL_INTERVALS_MS,
        (ms) => say('control.pollEach', { seconds: ms / 1000 }),
        (value) => this.#lab.setPollInterval(Number(value)),
      ),
      this.#lab.options.pollIntervalMs,
    );
    this.replaceChildren(
      h(
        'section',
        { 'aria-labelledby': 'controls-title' },
        h('h2', { id: 'controls-title', text: 'control.heading' }),
        h(
          'div',
          { class: 'choices' },
          this.#feedChoices(add),
          poll,
          this.#networkChoice(add),
          this.#hiddenChoice(add),
          this.#cutButton(),
        ),
        this.#network,
        this.#note,
        this.#unlocking(),
        this.#trouble,
        this.#publishing(),
        this.#hidden,
      ),
    );
    this.#update();
  }

  #feedChoices(add) {
    const { demo } = this.#lab;
    this.#feed = [];
    if (!demo?.feed.can_change) return [];
    const intervals = [...new Set([...RATE_INTERVALS_MS, demo.feed.interval_ms])].sort((a, b) => b - a);
    const sizes = [...new Set([...SIZES, demo.feed.size])].sort((a, b) => a - b);
    const rate = choice('control.rate', intervals, rateText, (value) =>
      this.#try(() => this.#lab.setFeed({ interval_ms: Number(value) })),
    );
    const size = choice('control.size', sizes, sizeText, (value) => this.#try(() => this.#lab.setFeed({ size: Number(value) })));
    this.#feed = [rate.select, size.select];
    return [add(rate, demo.feed.interval_ms), add(size, demo.feed.size)];
  }

  #networkChoice(add) {
    const { demo } = this.#lab;
    if (!demo) return [];
    return [
      add(
        choice(
          'control.network',
          demo.profiles.map(({ name }) => name),
          (name) => say(`control.${name}`),
          (value) =>
            this.#try(async () => {
              await this.#lab.setProfile(value);
              this.#relabel();
            }),
        ),
        this.#lab.profile,
      ),
    ];
  }

  #hiddenChoice(add) {
    return add(
      choice(
        'control.hidden',
        ['stay', 'leave'],
        (value) => say(value === 'stay' ? 'control.hiddenStay' : 'control.hiddenLeave'),
        (value) => {
          this.#lab.whenHidden = value;
        },
      ),
      this.#lab.whenHidden,
    );
  }

  #cutButton() {
    if (!this.#lab.demo) return [];
    return [
      h('button', {
        type: 'button',
        class: 'strong',
        text: 'control.cutAll',
        tip: 'control.cutHint',
        on: { click: () => this.#try(() => this.#lab.cut(this.#lab.shown, CUT_MS)) },
      }),
    ];
  }

  /** Where the server wants its token. */
  #unlocking() {
    if (!this.#lab.isLocked && !this.#lab.options.token) return [];
    const input = h('input', {
      type: 'password',
      autocomplete: 'off',
      value: this.#lab.options.token ?? '',
      label: 'control.token',
    });
    const submit = (event) => {
      event.preventDefault();
      this.#try(() => this.#lab.unlock(input.value));
    };
    return [h('form', { class: 'row', on: { submit } }, input, h('button', { type: 'submit', text: 'control.unlock' }))];
  }

  #publishing() {
    const input = h('input', { type: 'text', maxLength: 200, required: true, hint: 'control.sayHint', label: 'control.sayHint' });
    const by = h(
      'select',
      { label: 'control.sayBy' },
      this.#lab.lanes.map(({ id }) => h('option', { value: id, text: `name.${id}` })),
    );
    by.value = 'ws';
    const submit = (event) => {
      event.preventDefault();
      this.#publish(input.value, by.value);
    };
    return h(
      'form',
      { class: 'saying', on: { submit } },
      h('h3', { text: 'control.say' }),
      h('div', { class: 'row' }, input, by, h('button', { type: 'submit', text: 'control.saySend' })),
      this.#said,
      h('p', { class: 'hint', text: 'control.sayWay' }),
    );
  }

  async #publish(text, id) {
    const tell = (trips) =>
      write(
        this.#said,
        say('control.sayTrip', {
          trips: list(
            [...trips].map(([lane, ms]) => `${say(`name.${lane}`)} ${duration(ms)}`),
            ', ',
          ),
        }),
      );
    write(this.#said, say('control.sayWaiting'));
    try {
      await this.#lab.publish(this.#lab.lane(id), text, tell);
    } catch (error) {
      const isClosed = ['closed', 'paused', 'off'].includes(error.message);
      write(this.#said, say('control.sayFailed', { reason: isClosed ? say('control.sayClosed') : error.message }));
    }
  }

  #tellHidden() {
    const { hidden } = this.#lab;
    if (!hidden?.counts) {
      write(this.#hidden, '');
      return;
    }
    const counts = hidden.counts.map(({ id, updates, requests }) =>
      say('control.hiddenCount', { name: say(`name.${id}`), updates, requests }),
    );
    write(this.#hidden, say('control.hiddenNote', { time: duration(hidden.toMs - hidden.fromMs), counts: counts.join('; ') }));
  }

  #update() {
    const { demo } = this.#lab;
    if (demo && this.#feed.length > 0) {
      this.#feed[0].value = String(demo.feed.interval_ms);
      this.#feed[1].value = String(demo.feed.size);
    }
    this.#relabel();
  }

  #relabel() {
    const { demo, profile } = this.#lab;
    for (const one of this.#choices) one.relabel();
    retext(
      this.#note,
      this.#lab.isLocked
        ? 'control.locked'
        : !demo
          ? 'control.off'
          : demo.feed.can_change
            ? 'control.everybody'
            : 'control.notClock',
    );
    const found = demo?.profiles.find(({ name }) => name === profile);
    const texts = Object.fromEntries(['rtt', 'rttJitter', 'loss', 'kbit', 'mbit'].map((name) => [name, say(`control.${name}`)]));
    const parts = found ? describeProfile(found, texts) : [];
    this.#network.hidden = !demo;
    write(this.#network, parts.length > 0 ? `${parts.join(', ')}. ${say('control.networkHint')}` : say('control.networkNone'));
    this.#tellHidden();
  }
}
