// The sequence diagram: a server rail and a browser rail a lane, drawn on a canvas; what is pointed at, or chosen by keys, is
// shown with its bytes below.
// SPDX-License-Identifier: MIT
import { changes, say } from '../language.js';
import { endOf, TimelineView } from '../model/timeline.js';
import { duration, span } from '../model/words.js';
import { Bytes } from './bytes.js';
import { h, mark, retext, still, write } from './dom.js';
import { Diagram } from './diagram.js';

const NARROW_PX = 600;
const NARROW_SPAN_MS = 5000;
const FRAME_MS = 33;
const STILL_FRAME_MS = 1000; // where motion is to be reduced

export class TimelineElement extends HTMLElement {
  #lab;
  #view = new TimelineView();
  #diagram;
  #bytes;
  #canvas = h('canvas', { 'aria-hidden': 'true' });
  #frame = h('div', { class: 'diagram', tabIndex: 0, role: 'application', label: 'timeline.label' });
  #span = h('span', { class: 'span' });
  #summary = h('p', { class: 'summary', 'aria-live': 'polite' });
  #pause = h('button', { type: 'button', text: 'timeline.pause', on: { click: () => this.#toggle() } });
  #chosen = null; // {lane, event}
  #lane = 0;
  #drawnMs = -Infinity;
  #isSeen = true;

  set lab(lab) {
    this.#lab = lab;
    if (innerWidth < NARROW_PX) this.#view.spanMs = NARROW_SPAN_MS;
    this.#diagram = new Diagram(this.#canvas, this.#view);
    this.#bytes = new Bytes();
    this.#frame.append(this.#canvas);
    const button = (text, label, click) =>
      h('button', { type: 'button', class: 'icon', label: `timeline.${label}`, tip: `timeline.${label}`, on: { click } }, text);
    const bar = h(
      'div',
      { class: 'bar' },
      h('h2', { id: 'timeline-title', text: 'timeline.heading' }),
      h(
        'div',
        { class: 'row' },
        this.#pause,
        button('◀', 'back', () => this.#step(-1)),
        button('▶', 'next', () => this.#step(1)),
        button('−', 'zoomOut', () => this.#zoom(-1)),
        button('+', 'zoomIn', () => this.#zoom(1)),
        this.#span,
      ),
    );
    this.replaceChildren(
      h(
        'section',
        { 'aria-labelledby': 'timeline-title' },
        bar,
        h('p', { class: 'hint', text: 'timeline.intro' }),
        this.#frame,
        this.#legend(),
        this.#summary,
        this.#bytes.element,
      ),
    );
    this.#listen();
    this.#relabel();
    changes.addEventListener('change', () => this.#relabel());
    new IntersectionObserver((entries) => (this.#isSeen = entries.at(-1).isIntersecting)).observe(this.#frame);
    requestAnimationFrame((ms) => this.#draw(ms));
  }

  #legend() {
    const item = (kind) =>
      h('li', {}, h('span', { class: `sample is-${kind}`, 'aria-hidden': 'true' }), h('span', { text: `timeline.${kind}` }));
    return h(
      'div',
      { class: 'legend' },
      h('ul', {}, ['news', 'push', 'request', 'empty', 'held', 'waits'].map(item)),
      h('p', { class: 'hint', text: 'timeline.estimate' }),
    );
  }

  get #lanes() {
    const { present } = document.body.dataset;
    return present ? this.#lab.lanes.filter(({ id }) => id === present) : this.#lab.shown;
  }

  #listen() {
    const at = ({ clientX, clientY }) => {
      const box = this.#canvas.getBoundingClientRect();
      return { x: clientX - box.left, y: clientY - box.top };
    };
    this.#canvas.addEventListener('pointermove', (event) => event.pointerType === 'mouse' && this.#point(at(event)));
    this.#canvas.addEventListener('click', (event) => {
      this.#view.pause(this.#lab.clock.now());
      this.#point(at(event));
      this.#relabel();
    });
    this.#frame.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.#zoom(event.deltaY < 0 ? 1 : -1, at(event).x);
      },
      { passive: false },
    );
    this.#frame.addEventListener('keydown', (event) => this.#key(event));
  }

  #key(event) {
    const { key } = event;
    const actions = {
      ArrowLeft: () => this.#step(-1),
      ArrowRight: () => this.#step(1),
      ArrowUp: () => this.#moveLane(-1),
      ArrowDown: () => this.#moveLane(1),
      '+': () => this.#zoom(1),
      '=': () => this.#zoom(1),
      '-': () => this.#zoom(-1),
      ' ': () => this.#toggle(),
    };
    if (!actions[key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    actions[key]();
  }

  #point({ x, y }) {
    const lanes = this.#lanes;
    const index = this.#diagram.laneAt(y, lanes.length);
    const event = lanes[index] && this.#diagram.eventAt(lanes[index], x, this.#lab.clock.now());
    if (event) this.#choose(index, event);
  }

  #choose(index, event) {
    const lane = this.#lanes[index];
    this.#lane = index;
    if (this.#chosen?.event === event && this.#chosen.lane === lane) return;
    this.#chosen = { lane, event };
    this.#drawnMs = -Infinity;
    this.#tell();
  }

  #step(direction) {
    const nowMs = this.#lab.clock.now();
    const lane = this.#lanes[Math.min(this.#lane, this.#lanes.length - 1)];
    if (!lane || lane.timeline.length === 0) return;
    const isSame = this.#chosen?.lane === lane;
    const event = isSame
      ? lane.timeline.neighbour(this.#chosen.event.id, direction)
      : lane.timeline.nearest(this.#chosen ? endOf(this.#chosen.event) : nowMs);
    if (!event) return;
    this.#view.reveal(endOf(event), nowMs);
    this.#choose(this.#lanes.indexOf(lane), event);
    this.#relabel();
  }

  #moveLane(direction) {
    this.#lane = Math.max(0, Math.min(this.#lanes.length - 1, this.#lane + direction));
    this.#step(1);
  }

  #zoom(direction, x = null) {
    const nowMs = this.#lab.clock.now();
    this.#view.zoom(direction, nowMs, x === null ? undefined : this.#view.toMs(x, this.#canvas.clientWidth, nowMs));
    this.#drawnMs = -Infinity;
    this.#relabel();
  }

  #toggle() {
    if (this.#view.isPaused) this.#view.follow();
    else this.#view.pause(this.#lab.clock.now());
    this.#drawnMs = -Infinity;
    this.#relabel();
  }

  #relabel() {
    retext(this.#pause, this.#view.isPaused ? 'timeline.follow' : 'timeline.pause');
    write(this.#span, say('timeline.span', { time: span(this.#view.spanMs) }));
    this.#tell();
  }

  /** What is chosen, in a sentence and in bytes. */
  #tell() {
    if (!this.#chosen) {
      retext(this.#summary, 'timeline.hint');
      return;
    }
    const { lane, event } = this.#chosen;
    delete this.#summary.dataset.text;
    const when = timeOfDay(endOf(event));
    const values = { lane: say(`name.${lane.id}`), what: describe(event), when };
    this.#summary.replaceChildren(mark(lane.id), say('timeline.chosen', values));
    this.#bytes.show(event.anatomy ?? []);
  }

  #draw(ms) {
    requestAnimationFrame((next) => this.#draw(next));
    const pause = still.matches ? STILL_FRAME_MS : FRAME_MS;
    const isIdle = this.#view.isPaused && this.#drawnMs !== -Infinity && !this.#diagram.isStale;
    if (document.hidden || !this.#isSeen || isIdle || ms - this.#drawnMs < pause - 2) return;
    this.#drawnMs = ms;
    this.#diagram.draw(this.#lanes, this.#lab.clock.now(), this.#chosen, say);
  }
}

/** 15:04:05.678, as the reader's clock has it. */
function timeOfDay(ms) {
  const time = new Date(ms);
  const digits = (value, n) => String(value).padStart(n, '0');
  return `${[time.getHours(), time.getMinutes(), time.getSeconds()].map((value) => digits(value, 2)).join(':')}.${digits(time.getMilliseconds(), 3)}`;
}

function describe(event) {
  const { kind, updates, sentMs, receivedMs } = event;
  if (kind === 'mark') return say(`timeline.${event.what}`);
  if (kind === 'up') return say('timeline.up');
  if (kind === 'push')
    return updates.length > 0
      ? say('timeline.pushed', { seq: updates.at(-1).seq, took: duration(receivedMs - updates.at(-1).publishedMs) })
      : say('timeline.pushedControl');
  if (receivedMs === null) return say('timeline.exchangeOpen');
  const took = duration(receivedMs - sentMs);
  if (event.isControl) return say('timeline.exchangeControl', { took });
  return event.isEmpty ? say('timeline.exchangeEmpty', { took }) : say('timeline.exchange', { updates: updates.length, took });
}
