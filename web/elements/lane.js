// The card of a lane: its state, its figures, and what can be done to it.
// SPDX-License-Identifier: MIT
import { say } from '../language.js';
import { amount, duration } from '../model/words.js';
import { h, mark, retext, write } from './dom.js';
import { Strip } from './strip.js';

const SHOWN_CHARACTERS = 80;

/** The data of an update as one short line. */
function brief(data) {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

export class LaneElement extends HTMLElement {
  #lab;
  #lane;
  #name;
  #at = {}; // where each figure is written
  #buttons = {};
  strip;

  /** `explain` is called to have the lane explained. */
  begin(lab, lane, explain) {
    this.#lab = lab;
    this.#lane = lane;
    this.#name = { text: `name.${lane.id}` };
    this.strip = new Strip(lane);
    this.classList.add(lane.id);
    this.replaceChildren(
      h(
        'article',
        { class: 'lane', 'aria-labelledby': `lane-${lane.id}` },
        this.#head(),
        this.#latency(),
        this.strip.element,
        this.#news(),
        this.#figures(),
        this.#note(),
        this.#actions(explain),
      ),
    );
  }

  #head() {
    this.#at.state = h('p', { class: 'state' });
    return h('header', {}, h('h3', { id: `lane-${this.#lane.id}` }, mark(this.#lane.id), h('span', this.#name)), this.#at.state);
  }

  #latency() {
    const value = (name) => (this.#at[name] = h('dd', {}, '–'));
    return h(
      'div',
      { class: 'latency', tip: 'lane.lateTip' },
      h('dl', { class: 'big' }, h('div', {}, value('median'), h('dt', { text: 'lane.median' }))),
      h(
        'dl',
        { class: 'small' },
        h('div', {}, h('dt', { text: 'lane.p95' }), value('p95')),
        h('div', {}, h('dt', { text: 'lane.now' }), value('last')),
      ),
    );
  }

  #news() {
    this.#at.newest = h('p', { class: 'newest' });
    this.#at.age = h('p', { class: 'age' });
    return h('div', { class: 'news' }, this.#at.newest, this.#at.age);
  }

  #figures() {
    const row = (name, tip) =>
      h('div', tip ? { tip } : {}, h('dt', { text: `lane.${name}` }), (this.#at[name] = h('dd', {}, '–')));
    return h(
      'dl',
      { class: 'figures' },
      row('updates'),
      row('requests'),
      row('wasted'),
      row('bytesDown', 'lane.bytesTip'),
      row('bytesUp', 'lane.bytesTip'),
      row('missed'),
      row('duplicates'),
    );
  }

  #note() {
    this.#at.note = h('p', { class: 'note' });
    return this.#at.note;
  }

  #actions(explain) {
    const lane = this.#lane;
    const button = (name, click, tip) => {
      const one = h('button', { type: 'button', text: `lane.${name}`, ...(tip ? { tip } : {}), on: { click } });
      this.#buttons[name] = one;
      return one;
    };
    const toggle = () => (lane.isPaused ? this.#lab.resume(lane) : this.#lab.pause(lane));
    const row = h(
      'div',
      { class: 'actions' },
      button('pause', toggle),
      button('cut', () => this.#lab.cut([lane]), 'lane.cutTip'),
      button('stall', () => this.#lab.setReading(lane, !lane.isReading), 'lane.stallTip'),
      button('explain', () => explain(lane.id)),
    );
    this.#buttons.explain.setAttribute('aria-expanded', 'false');
    this.relabel();
    return row;
  }

  setExplained(isExplained) {
    this.#buttons.explain.setAttribute('aria-expanded', String(isExplained));
  }

  /** Buttons and their names, as the lane is now. */
  relabel() {
    const { id, isPaused, isReading, line } = this.#lane;
    const name = say(`name.${id}`);
    const set = (button, key) => {
      retext(button, `lane.${key}`);
      button.setAttribute('aria-label', `${say(`lane.${key}`)}: ${name}`);
    };
    set(this.#buttons.pause, isPaused ? 'resume' : 'pause');
    set(this.#buttons.cut, 'cut');
    set(this.#buttons.stall, isReading ? 'stall' : 'unstall');
    set(this.#buttons.explain, 'explain');
    for (const one of [this.#buttons.cut, this.#buttons.stall]) {
      one.hidden = !line;
      one.disabled = isPaused;
    }
  }

  refresh() {
    const lane = this.#lane;
    const state = lane.status === 'live' && !lane.isReading ? 'stalled' : lane.status;
    this.dataset.state = state;
    retext(this.#at.state, `state.${state}`);
    const { lastMs, medianMs, p95Ms, ageMs } = lane.latency();
    write(this.#at.median, duration(medianMs));
    write(this.#at.p95, duration(p95Ms));
    write(this.#at.last, duration(lastMs));
    const { newest } = lane.arrivals;
    write(this.#at.newest, newest ? `#${newest.seq} ${brief(newest.data)}` : say('lane.nothing'));
    write(
      this.#at.age,
      ageMs === null
        ? ' '
        : say('lane.ageOld', { age: ageMs < 1000 ? `${(ageMs / 1000).toFixed(1)} s` : duration(Math.round(ageMs / 100) * 100) }),
    );
    this.#refreshFigures(lane);
    write(this.#at.note, this.#noteOf(lane));
  }

  #refreshFigures({ arrivals, requests, wasted, traffic, line, isPolling }) {
    const per = line ? traffic.perUpdate() : null;
    write(this.#at.updates, amount(arrivals.updates));
    write(this.#at.requests, amount(requests));
    write(this.#at.wasted, isPolling ? amount(wasted) : '–');
    write(this.#at.bytesDown, amount(per?.down));
    write(this.#at.bytesUp, amount(per?.up));
    write(this.#at.missed, amount(arrivals.missed));
    write(this.#at.duplicates, amount(arrivals.duplicates));
    this.#at.missed.classList.toggle('bad', arrivals.missed > 0);
    this.#at.duplicates.classList.toggle('bad', arrivals.duplicates > 0);
    this.#at.wasted.classList.toggle('waste', isPolling && wasted > 0);
  }

  #noteOf({ absence }) {
    if (!absence) return '';
    const account = absence.account();
    if (!account) return say('lane.awayNow', { time: duration(Math.round((this.#lane.nowMs() - absence.startMs) / 100) * 100) });
    const { awayMs, late, missed, duplicates } = account;
    return (
      say(duplicates > 0 ? 'lane.awayTwice' : 'lane.away', { time: duration(awayMs), late, missed, duplicates }) +
      (this.#lane.renewals > 0 ? ` ${say('lane.renewed')}` : '')
    );
  }
}
