// Server-Sent Events: the browser's EventSource, which reconnects and hands back the cursor by itself. It gives up for good on
// an error status; then it is made anew, with the cursor that the page has.
// SPDX-License-Identifier: MIT
import { httpRequest, serverSentEvent } from '../model/anatomy.js';
import { Backoff, hostOf, publishByPost, query } from './transport.js';

export class SseTransport {
  static id = 'sse';
  #base;
  #lane;
  #source = null;
  #backoff = new Backoff(1000, 8000);
  options;

  constructor(base, lane, options) {
    this.#base = base;
    this.#lane = lane;
    this.options = options;
  }

  open(cursor) {
    const lane = this.#lane;
    const path = `/events${query({ since: cursor })}`;
    lane.state('connecting');
    lane.requested(false);
    lane.timeline.add({
      kind: 'up',
      sentMs: lane.nowMs(),
      anatomy: [httpRequest({ path, host: hostOf(this.#base), extra: [['Accept', 'text/event-stream']] })],
    });
    const source = new EventSource(`${this.#base}${path}`);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#backoff.reset();
      lane.state('live');
    });
    source.addEventListener('message', ({ data, lastEventId: id }) => {
      const receivedMs = lane.nowMs();
      const entry = lane.update(JSON.parse(data), id, receivedMs);
      lane.timeline.add({ kind: 'push', receivedMs, updates: [entry], anatomy: [serverSentEvent({ id, data })] });
    });
    source.addEventListener('gap', ({ data, lastEventId: id }) => {
      lane.gap(JSON.parse(data), id);
      lane.timeline.add({
        kind: 'push',
        receivedMs: lane.nowMs(),
        updates: [],
        anatomy: [serverSentEvent({ type: 'gap', id, data })],
      });
    });
    source.addEventListener('error', () => this.#lost(source));
  }

  #lost(source) {
    const lane = this.#lane;
    if (source !== this.#source) return;
    lane.state('lost');
    lane.requested(false); // the next attempt, which is the browser's or ours
    if (source.readyState !== EventSource.CLOSED) return;
    lane.failed();
    lane.renewed();
    this.#backoff.again(() => this.open(lane.cursor));
  }

  close() {
    this.#backoff.stop();
    this.#source?.close();
    this.#source = null;
  }

  publish(text) {
    return publishByPost(this.#base, text, this.#lane, this.options);
  }
}
