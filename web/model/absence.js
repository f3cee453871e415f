// A time without a connection, told afterwards: how long, and what became of what was published meanwhile.
// SPDX-License-Identifier: MIT

/** From the moment at which a lane was cut, paused or hidden to the first update after it is back. */
export class Absence {
  #arrivals;
  #before;

  constructor(arrivals, why, startMs) {
    this.#arrivals = arrivals;
    this.why = why;
    this.startMs = startMs;
    this.backMs = null;
    this.#before = { last: arrivals.last, missed: arrivals.missed, duplicates: arrivals.duplicates };
    this.late = 0;
  }

  /** The connection stands again. */
  back(atMs) {
    this.backMs ??= atMs;
  }

  /** An update came; it was published at `publishedMs`. Those published while the lane was away came late, but came. */
  take(publishedMs) {
    if (publishedMs >= this.startMs && (this.backMs === null || publishedMs < this.backMs)) this.late++;
  }

  /** {awayMs, late, missed, duplicates}; null before it is back. */
  account() {
    if (this.backMs === null) return null;
    return {
      awayMs: this.backMs - this.startMs,
      late: this.late,
      missed: this.#arrivals.missed - this.#before.missed,
      duplicates: this.#arrivals.duplicates - this.#before.duplicates,
    };
  }
}
