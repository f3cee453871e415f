// Short polling: a request every interval, whether or not there is news. By absolute slots, so that the answers' time does not
// add up.
// SPDX-License-Identifier: MIT
import { Polling } from './polling.js';
import { publishByPost } from './transport.js';

export class PollTransport {
  static id = 'poll';
  #base;
  #lane;
  #polling;
  #timer = null;
  #isAsking = false;
  #nextMs = 0;
  options;

  constructor(base, lane, options) {
    this.#base = base;
    this.#lane = lane;
    this.options = options;
    this.#polling = new Polling(base, lane, '/poll');
  }

  open(cursor) {
    this.#polling.open(cursor);
    this.#nextMs = performance.now();
    this.#ask();
  }

  close() {
    clearTimeout(this.#timer);
    this.#polling.close();
  }

  publish(text) {
    return publishByPost(this.#base, text, this.#lane, this.options);
  }

  /** The interval was changed: the next poll comes by it. */
  retime() {
    if (!this.#polling.isOpen || this.#isAsking) return;
    this.#nextMs = performance.now();
    this.#schedule();
  }

  async #ask() {
    this.#isAsking = true;
    let result;
    do result = await this.#polling.ask({ isHeld: false });
    while (result === 'more');
    this.#isAsking = false;
    if (result !== 'closed') this.#schedule();
  }

  /** A slot that passed while an answer was awaited is left out. */
  #schedule() {
    const { pollIntervalMs } = this.options;
    const nowMs = performance.now();
    this.#nextMs += pollIntervalMs * Math.max(1, Math.ceil((nowMs - this.#nextMs) / pollIntervalMs));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), this.#nextMs - nowMs);
  }
}
