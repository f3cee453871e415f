// What came on one lane: is each update there, once, in order, and how late? By `seq` only; `t` never orders. The latest
// latencies are kept for percentiles, and the age of what is shown is summed up over time (docs/method.md, "age.mean").
// SPDX-License-Identifier: MIT
import { Age } from './age.js';
import { Ring } from './ring.js';

const MISSING_KEPT = 4096; // numbers that may still come; beyond it a late one counts as a duplicate

export class Arrivals {
  #missing = new Set();
  #last = null;
  updates = 0;
  missed = 0;
  duplicates = 0;
  reordered = 0;
  gaps = 0;
  newest = null; // the newest update itself
  latencies;
  age = new Age();

  constructor({ capacity = 1200 } = {}) {
    this.latencies = new Ring(capacity);
  }

  /** The number of the newest update, null before the first. */
  get last() {
    return this.#last;
  }

  /** How many are missing now: passed over, and not come since. */
  get missingNow() {
    return this.#missing.size;
  }

  /**
   * An update {seq, t, data} came at `receivedMs`; `publishedMs` is its `t` on the same clock.
   * Returns: 'new', 'late' (it had been passed over) or 'duplicate'.
   */
  take(update, receivedMs, publishedMs) {
    const { seq } = update;
    const kind = this.#place(seq);
    if (kind === 'duplicate') {
      this.duplicates++;
      return kind;
    }
    this.updates++;
    this.latencies.push({ receivedMs, latencyMs: receivedMs - publishedMs, seq });
    if (kind === 'late') {
      this.reordered++;
      return kind;
    }
    this.newest = update;
    this.age.show(publishedMs, receivedMs);
    return kind;
  }

  #place(seq) {
    if (this.#last !== null && seq <= this.#last) {
      if (!this.#missing.delete(seq)) return 'duplicate';
      this.missed--;
      return 'late';
    }
    if (this.#last !== null) this.#pass(this.#last + 1, seq - 1);
    this.#last = seq;
    return 'new';
  }

  #pass(from, to) {
    this.missed += Math.max(0, to - from + 1);
    for (let seq = Math.max(from, to - MISSING_KEPT + 1); seq <= to; seq++) this.#missing.add(seq);
    for (const seq of this.#missing) {
      if (this.#missing.size <= MISSING_KEPT) break;
      this.#missing.delete(seq);
    }
  }

  /** The server told of a gap: {from, to}, or {epoch, from: null} of a feed that began anew, whose numbers begin anew too. */
  gap({ from, to = null }) {
    this.gaps++;
    if (from === null || to === null) {
      this.restart();
      return;
    }
    const next = this.#last === null ? from : Math.max(from, this.#last + 1);
    this.#pass(next, to);
    this.#last = Math.max(this.#last ?? 0, to);
  }

  /** What comes next has nothing to do with what came last: a lane that was away and did not ask for what it missed. */
  restart() {
    this.#last = null;
    this.#missing.clear();
    this.age.stop();
  }

  /** The latencies in ms of what came since `fromMs` and was not published before `bornMs`, the newest first. */
  since(fromMs, bornMs = -Infinity) {
    return this.#recent(fromMs, bornMs).map(({ latencyMs }) => latencyMs);
  }

  /** The same by number: a Map from seq to ms. */
  bySeq(fromMs, bornMs = -Infinity) {
    return new Map(this.#recent(fromMs, bornMs).map(({ seq, latencyMs }) => [seq, latencyMs]));
  }

  #recent(fromMs, bornMs) {
    const found = [];
    for (let i = this.latencies.length - 1; i >= 0; i--) {
      const one = this.latencies.at(i);
      if (one.receivedMs < fromMs) break;
      if (one.receivedMs - one.latencyMs >= bornMs) found.push(one);
    }
    return found;
  }
}
