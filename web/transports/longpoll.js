// Long polling: a request that the server holds until there is news; then at once the next.
// SPDX-License-Identifier: MIT
import { Polling } from './polling.js';
import { Backoff, publishByPost } from './transport.js';

const TIMEOUT_S = 25;

export class LongpollTransport {
  static id = 'longpoll';
  #base;
  #lane;
  #polling;
  #backoff = new Backoff();
  #cursorKnown = false;
  options;

  constructor(base, lane, options) {
    this.#base = base;
    this.#lane = lane;
    this.options = options;
    this.#polling = new Polling(base, lane, '/longpoll');
  }

  open(cursor) {
    this.#cursorKnown = cursor !== null;
    this.#polling.open(cursor);
    this.#ask();
  }

  close() {
    this.#backoff.stop();
    this.#polling.close();
  }

  publish(text) {
    return publishByPost(this.#base, text, this.#lane, this.options);
  }

  async #ask() {
    for (;;) {
      // The first request, and the first after a failure, is answered at once: so the page knows that it is live.
      const isHeld = this.#cursorKnown;
      const result = await this.#polling.ask({ isHeld, timeout: isHeld ? TIMEOUT_S : 0 });
      if (result === 'closed') return;
      this.#cursorKnown = result !== 'failed';
      if (result === 'failed') {
        this.#backoff.again(() => this.#ask());
        return;
      }
      this.#backoff.reset();
    }
  }
}
