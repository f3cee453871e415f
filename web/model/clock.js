// Two clocks. The page's own: performance.now() is fine but counts from nowhere, Date.now() is right but coarse; together they
// tell the time in Unix ms to a fraction. And the server's: how far it is from ours, bracketed by answers that carry its time.
// SPDX-License-Identifier: MIT

/** Unix time in ms with the resolution of performance.now(); follows the system clock where that is set. */
export class WallClock {
  #fine;
  #coarse;
  #base = -Infinity;
  #checkedMs = -Infinity;

  constructor(fine = () => performance.now(), coarse = () => Date.now()) {
    this.#fine = fine;
    this.#coarse = coarse;
    this.now();
  }

  /**
   * Date.now() cuts off what is below a millisecond, so of many differences the greatest is right; they are only wrong
   * downwards.
   */
  now() {
    const fineMs = this.#fine();
    const base = this.#coarse() - fineMs;
    const isSet = Math.abs(base - this.#base) > 50;
    if (base > this.#base || isSet) this.#base = base;
    else if (fineMs - this.#checkedMs > 10000) this.#base -= 0.05; // so that a slow drift is followed in both directions
    if (isSet || fineMs - this.#checkedMs > 10000) this.#checkedMs = fineMs;
    return fineMs + this.#base;
  }
}

/**
 * The offset of our clock to the server's, from answers that carry the server's time: a stamp that was true at some moment
 * between `sentMs` and `receivedMs` of ours says that the offset is between sentMs - stamp and receivedMs - stamp. A stamp that
 * is cut off to `grainMs` (the Date header has whole seconds) may be that much later. All samples together leave the range
 * where all of them hold.
 */
export class ServerClock {
  #low = -Infinity;
  #high = Infinity;
  #pinned = null;
  samples = 0;

  take({ sentMs, receivedMs, stampMs, grainMs = 0 }) {
    const low = sentMs - stampMs - grainMs;
    const high = receivedMs - stampMs;
    this.samples++;
    // A clock was set: what was known before is worth nothing.
    if (low > this.#high + 1 || high < this.#low - 1) [this.#low, this.#high] = [low, high];
    else [this.#low, this.#high] = [Math.max(low, this.#low), Math.min(high, this.#high)];
  }

  /** The same machine has one clock; what is left is what the page's clock cuts off. */
  pin(boundMs) {
    this.#pinned = boundMs;
  }

  get isKnown() {
    return this.#pinned !== null || this.samples > 0;
  }

  /** To subtract from a time of ours to have the server's. */
  get offsetMs() {
    if (this.#pinned !== null || this.samples === 0) return 0;
    return (this.#low + this.#high) / 2;
  }

  /** The offset is right to plus or minus this. */
  get boundMs() {
    if (this.#pinned !== null) return this.#pinned;
    return this.samples === 0 ? Infinity : Math.max(0, (this.#high - this.#low) / 2);
  }

  /**
   * When to ask next, at or after `nowMs`, so that a stamp in whole seconds halves the range: at the moment at which, were the
   * offset in the middle of it, the server's clock would reach a second as the request gets there (`wayMs` after it was sent).
   */
  nextAsk(nowMs, wayMs = 0) {
    const grainMs = 1000;
    const middle = this.offsetMs;
    const serverMs = Math.ceil((nowMs + wayMs - middle) / grainMs) * grainMs;
    return serverMs + middle - wayMs;
  }
}
