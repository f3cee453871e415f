// WebSocket with the subprotocol feedlab.v1. A WebSocket does not come back by itself: the page waits, connects anew and asks
// from its cursor on.
// SPDX-License-Identifier: MIT
import { httpRequest, webSocketFrame } from '../model/anatomy.js';
import { Backoff, hostOf, query } from './transport.js';

export class WsTransport {
  static id = 'ws';
  #base;
  #lane;
  #socket = null;
  #epoch = null;
  #backoff = new Backoff();
  options;

  constructor(base, lane, options) {
    this.#base = base;
    this.#lane = lane;
    this.options = options;
  }

  open(cursor) {
    const lane = this.#lane;
    const path = `/ws${query({ since: cursor })}`;
    const extra = [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Protocol', 'feedlab.v1'],
    ];
    lane.state('connecting');
    lane.requested(false);
    lane.timeline.add({ kind: 'up', sentMs: lane.nowMs(), anatomy: [httpRequest({ path, host: hostOf(this.#base), extra })] });
    const socket = new WebSocket(`${this.#base.replace(/^http/, 'ws')}${path}`, 'feedlab.v1');
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(data));
    socket.addEventListener('close', () => this.#lost(socket));
  }

  #take(text) {
    const lane = this.#lane;
    const receivedMs = lane.nowMs();
    const message = JSON.parse(text);
    const updates = [];
    if ('seq' in message) updates.push(lane.update(message, `${this.#epoch}-${message.seq}`, receivedMs));
    else if (message.hello) this.#greet(message.hello);
    else if (message.gap) this.#miss(message.gap);
    else if (message.error) lane.refused(message.error);
    lane.timeline.add({ kind: 'push', receivedMs, updates, anatomy: [webSocketFrame(text)] });
  }

  #greet({ cursor }) {
    [this.#epoch] = cursor.split('-');
    this.#backoff.reset();
    this.#lane.cursor ??= cursor;
    if (this.options.token) this.#socket.send(JSON.stringify({ auth: this.options.token }));
    this.#lane.state('live');
  }

  #miss(gap) {
    if (gap.epoch) this.#epoch = gap.epoch;
    this.#lane.gap(gap, gap.to ? `${this.#epoch}-${gap.to}` : null);
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#lane.failed();
    this.#lane.state('lost');
    this.#backoff.again(() => this.open(this.#lane.cursor));
  }

  close() {
    this.#backoff.stop();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  async publish(text) {
    if (this.#socket?.readyState !== WebSocket.OPEN) throw new Error('closed');
    const message = JSON.stringify({ publish: text });
    this.#lane.said(this.#lane.nowMs(), { anatomy: [webSocketFrame(message, { isMasked: true })] });
    this.#socket.send(message);
  }
}
