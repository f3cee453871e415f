// What short and long polling share: one request after the other, each with the cursor of the answer before.
// SPDX-License-Identifier: MIT
import { httpRequest, httpResponse } from '../model/anatomy.js';
import { hostOf, query } from './transport.js';

export class Polling {
  #base;
  #lane;
  #path;
  #cursor = null;
  #abort = null;

  /** `path`: '/poll' or '/longpoll'. */
  constructor(base, lane, path) {
    this.#base = base;
    this.#lane = lane;
    this.#path = path;
  }

  get isOpen() {
    return this.#abort !== null;
  }

  open(cursor) {
    this.#cursor = cursor;
    this.#abort = new AbortController();
    this.#lane.state('connecting');
  }

  close() {
    this.#abort?.abort();
    this.#abort = null;
  }

  /** One request. Returns: 'answered', 'more' (ask again at once), 'failed', or 'closed' while it was on its way. */
  async ask({ isHeld, timeout = null }) {
    const lane = this.#lane;
    const abort = this.#abort;
    const path = `${this.#path}${query({ since: this.#cursor, timeout })}`;
    const sentMs = lane.nowMs();
    const key = lane.timeline.begin(sentMs, isHeld);
    try {
      const response = await fetch(`${this.#base}${path}`, { signal: abort.signal, credentials: 'omit' });
      const body = await response.text();
      const receivedMs = lane.nowMs();
      if (abort.signal.aborted) return 'closed';
      if (!response.ok) throw new Error(`${response.status}`);
      return this.#take(body, { path, response, sentMs, receivedMs, isHeld });
    } catch {
      if (abort.signal.aborted) return 'closed';
      lane.failed();
      lane.state('lost');
      return 'failed';
    } finally {
      lane.timeline.end(key);
    }
  }

  #take(body, { path, response, sentMs, receivedMs, isHeld }) {
    const lane = this.#lane;
    const { cursor, updates, gap, more } = JSON.parse(body);
    const isFirst = this.#cursor === null; // it only asks where the feed is
    lane.state('live');
    if (gap) lane.gap(gap, cursor);
    const entries = updates.map((update) => lane.update(update, cursor, receivedMs));
    this.#cursor = cursor;
    lane.cursor = cursor;
    lane.requested(updates.length === 0 && !isFirst);
    const anatomy = [
      httpRequest({ path, host: hostOf(this.#base) }),
      httpResponse({ status: response.status, headers: [...response.headers], body }),
    ];
    lane.timeline.add({ kind: 'exchange', sentMs, receivedMs, isHeld, updates: entries.filter(Boolean), anatomy });
    return more ? 'more' : 'answered';
  }
}
