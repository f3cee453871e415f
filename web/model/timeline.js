// The sequence diagram as data: what went between browser and server on one lane, and when. Two rails; an arrow leaves one and
// reaches the other later, by as much as the way took.
//
// What the browser can't see is estimated and marked so: when a request reached the server, and when an answer left it. A push
// left the server at the update's own time.
// SPDX-License-Identifier: MIT
import { Ring } from './ring.js';

/**
 * An event is one of
 *   {kind: 'exchange', sentMs, receivedMs, isHeld, isControl, updates: [{seq, publishedMs}], anatomy}   a request and its answer
 *   {kind: 'push', receivedMs, updates: [{seq, publishedMs}], anatomy}   a message from the server
 *   {kind: 'up', sentMs, anatomy}                                        a message to it
 *   {kind: 'mark', atMs, what}                                           live, lost, cut, paused, gap
 * with all times in Unix ms of the page's clock; `anatomy` are groups of anatomy.js; `isControl`: about the connection, not for
 * updates.
 * `isEmpty`, `id` and `wayMs` are added here.
 */
export class Timeline {
  #events;
  #open = new Map();
  #next = 1;
  #wayMs = Infinity;

  constructor({ capacity = 900 } = {}) {
    this.#events = new Ring(capacity);
  }

  get length() {
    return this.#events.length;
  }

  /** One way, by the fastest round trip seen so far; 0 while there was none. */
  get wayMs() {
    return Number.isFinite(this.#wayMs) ? this.#wayMs : 0;
  }

  add(event) {
    const isEmpty = event.kind === 'exchange' && !event.isControl && event.updates.length === 0;
    const whole = { ...event, id: this.#next++, isEmpty };
    this.#learn(whole);
    whole.wayMs = this.wayMs; // as it was then: a network may change
    this.#events.push(whole);
    return whole;
  }

  /** A request is on its way: shown while it waits. Returns a key to end it by. */
  begin(sentMs, isHeld) {
    const key = this.#next++;
    this.#open.set(key, { kind: 'exchange', id: key, sentMs, receivedMs: null, isHeld, updates: [], isEmpty: false });
    return key;
  }

  end(key) {
    this.#open.delete(key);
  }

  #learn({ kind, sentMs, receivedMs, isHeld, updates }) {
    let wayMs = Infinity;
    if (kind === 'exchange' && !isHeld) wayMs = (receivedMs - sentMs) / 2;
    else if (kind === 'exchange' && updates.length > 0)
      wayMs = Math.min((receivedMs - sentMs) / 2, receivedMs - updates.at(-1).publishedMs);
    else if (kind === 'push' && updates.length > 0) wayMs = receivedMs - updates.at(-1).publishedMs;
    if (wayMs >= 0) this.#wayMs = Math.min(this.#wayMs, wayMs);
  }

  /** A new network: what was learned of the old one is no good. */
  forget() {
    this.#wayMs = Infinity;
  }

  /** Those with any part between the two times, oldest first; requests that wait come last. */
  between(fromMs, toMs) {
    const found = [];
    for (let i = this.#events.search((event) => endOf(event) < fromMs); i < this.#events.length; i++) {
      const event = this.#events.at(i);
      if (startOf(event) <= toMs) found.push(event);
    }
    for (const event of this.#open.values()) if (event.sentMs <= toMs) found.push(event);
    return found;
  }

  /** The one whose end is next to `atMs`; null of none. */
  nearest(atMs) {
    const after = this.#events.search((event) => endOf(event) < atMs);
    const around = [this.#events.at(Math.max(0, after - 1)), this.#events.at(after)].filter(Boolean);
    return around.reduce(
      (best, event) => (!best || Math.abs(endOf(event) - atMs) < Math.abs(endOf(best) - atMs) ? event : best),
      null,
    );
  }

  /** The next one after (1) or before (-1) the one with that id. */
  neighbour(id, direction) {
    const index = this.#events.search((event) => event.id < id);
    return this.#events.at(Math.max(0, Math.min(this.#events.length - 1, direction > 0 ? index + 1 : index - 1))) ?? null;
  }

  clear() {
    this.#events.clear();
    this.#open.clear();
  }
}

export const endOf = (event) => event.receivedMs ?? event.atMs ?? event.sentMs;
export const startOf = (event) =>
  event.kind === 'push' ? (event.updates[0]?.publishedMs ?? event.receivedMs) : (event.sentMs ?? event.atMs);

/**
 * `wayMs` is for events that have none of their own. What is to be drawn of an event: [{kind, from, to, fromRail, toRail,
 * isEstimated}], rails 'client' and 'server'; kinds request, answer,
 * empty, push, up, held (the request waits at the server), waits (news waits there).
 */
export function strokesOf(event, wayMs, nowMs) {
  const way = event.wayMs ?? wayMs;
  if (event.kind === 'push') return pushStrokes(event);
  if (event.kind === 'up') return [stroke('up', event.sentMs, event.sentMs + way, 'client', 'server', true)];
  if (event.kind === 'exchange') return exchangeStrokes(event, way, nowMs);
  return [];
}

function stroke(kind, from, to, fromRail, toRail, isEstimated = false) {
  return { kind, from, to, fromRail, toRail, isEstimated };
}

function pushStrokes({ receivedMs, updates }) {
  const leftMs = updates.length > 0 ? Math.min(updates.at(-1).publishedMs, receivedMs) : receivedMs;
  return [stroke(updates.length > 0 ? 'push' : 'control', leftMs, receivedMs, 'server', 'client')];
}

function exchangeStrokes({ sentMs, receivedMs, isHeld, updates, isEmpty }, wayMs, nowMs) {
  const untilMs = receivedMs ?? nowMs;
  const way = Math.min(wayMs, (untilMs - sentMs) / 2);
  const reachedMs = sentMs + way;
  const strokes = [stroke('request', sentMs, reachedMs, 'client', 'server', true)];
  if (receivedMs === null)
    return isHeld && untilMs > reachedMs ? [...strokes, stroke('held', reachedMs, untilMs, 'server', 'server', true)] : strokes;
  let leftMs = receivedMs - way;
  if (isHeld && updates.length > 0) leftMs = Math.min(Math.max(updates[0].publishedMs, reachedMs), receivedMs);
  if (isHeld && leftMs > reachedMs) strokes.push(stroke('held', reachedMs, leftMs, 'server', 'server', true));
  for (const { publishedMs } of updates)
    if (publishedMs < leftMs - 1) strokes.push(stroke('waits', publishedMs, leftMs, 'server', 'server'));
  strokes.push(stroke(isEmpty ? 'empty' : 'answer', leftMs, receivedMs, 'server', 'client', true));
  return strokes;
}

// --- the view --------------------------------------------------------------------------------------------------------

export const SPANS_MS = [500, 1000, 2000, 5000, 10000, 20000, 60000];

/** Which stretch of time is seen. It follows the present until it is paused. */
export class TimelineView {
  spanMs = 10000;
  #endMs = null;

  get isPaused() {
    return this.#endMs !== null;
  }

  endMs(nowMs) {
    return this.#endMs ?? nowMs;
  }

  startMs(nowMs) {
    return this.endMs(nowMs) - this.spanMs;
  }

  pause(nowMs) {
    this.#endMs ??= nowMs;
  }

  follow() {
    this.#endMs = null;
  }

  /** A share of the span to the left (negative) or right; not beyond the present. */
  move(share, nowMs) {
    this.pause(nowMs);
    this.#endMs = Math.min(nowMs, this.#endMs + share * this.spanMs);
  }

  /** One step in (1) or out (-1); what lies at `atMs` stays where it is while the view is paused. */
  zoom(direction, nowMs, atMs = this.endMs(nowMs)) {
    const now = SPANS_MS.indexOf(this.spanMs);
    const next = SPANS_MS[Math.max(0, Math.min(SPANS_MS.length - 1, now - direction))];
    if (this.isPaused) this.#endMs = Math.min(nowMs, atMs + ((this.#endMs - atMs) * next) / this.spanMs);
    this.spanMs = next;
  }

  /** Bring a moment into view, where it isn't. */
  reveal(atMs, nowMs) {
    this.pause(nowMs);
    const margin = this.spanMs * 0.1;
    if (atMs > this.#endMs - margin) this.#endMs = Math.min(nowMs, atMs + margin);
    else if (atMs < this.#endMs - this.spanMs + margin) this.#endMs = atMs - margin + this.spanMs;
  }

  toX(atMs, width, nowMs) {
    return ((atMs - this.startMs(nowMs)) / this.spanMs) * width;
  }

  toMs(x, width, nowMs) {
    return this.startMs(nowMs) + (x / width) * this.spanMs;
  }
}

/** A tick about every 80 px: the step in ms. */
export function tickStep(spanMs, width) {
  const wanted = (spanMs * 80) / Math.max(width, 1);
  return [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 30000].find((step) => step >= wanted) ?? 60000;
}
