// The age of information (Kaul, Yates, Gruteser 2012): how old what is shown is, averaged over time. Between arrivals it grows
// by a second a second; an arrival sets it to that update's own latency.
// SPDX-License-Identifier: MIT
export class Age {
  #publishedMs = null;
  #sinceMs = 0;
  #area = 0;
  #lengthMs = 0;

  /** How old what is shown is now; null where nothing is. */
  at(nowMs) {
    return this.#publishedMs === null ? null : Math.max(0, nowMs - this.#publishedMs);
  }

  show(publishedMs, nowMs) {
    this.#advance(nowMs);
    this.#publishedMs = this.#publishedMs === null ? publishedMs : Math.max(this.#publishedMs, publishedMs);
    this.#sinceMs = nowMs;
  }

  stop() {
    this.#publishedMs = null;
  }

  /** Begin to average anew, with what is shown as it is. */
  reset(nowMs) {
    this.#area = this.#lengthMs = 0;
    this.#sinceMs = nowMs;
  }

  #advance(nowMs) {
    if (this.#publishedMs === null || nowMs <= this.#sinceMs) return;
    const lengthMs = nowMs - this.#sinceMs;
    this.#area += lengthMs * (this.#sinceMs - this.#publishedMs + lengthMs / 2);
    this.#lengthMs += lengthMs;
    this.#sinceMs = nowMs;
  }

  /** In ms, up to now; null where nothing was shown for any time. */
  mean(nowMs) {
    this.#advance(nowMs);
    return this.#lengthMs === 0 ? null : this.#area / this.#lengthMs;
  }
}
