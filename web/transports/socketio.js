// Socket.IO: the official client, which the server serves. It polls first, upgrades to WebSocket, and comes back by itself; the
// cursor travels in its connection state recovery, and as `since` where that is not possible.
// SPDX-License-Identifier: MIT
import { engineIoPacket, httpRequest } from '../model/anatomy.js';
import { hostOf } from './transport.js';

const CLIENT = 'socket.io.esm.min.js'; // below the path
const TYPES = { open: '0', close: '1', ping: '2', pong: '3', message: '4', upgrade: '5', noop: '6' };
const WAITING = 1000; // packets between the engine and the socket

export class SocketioTransport {
  static id = 'socketio';
  #base;
  #lane;
  #socket = null;
  #watcher = null;
  #packets = [];
  #isClosed = true;
  options;

  constructor(base, lane, options) {
    this.#base = base;
    this.#lane = lane;
    this.options = options;
  }

  async open(cursor) {
    const lane = this.#lane;
    this.#isClosed = false;
    lane.state('connecting');
    const { io } = await import(`${this.options.socketioPath}${CLIENT}`);
    if (this.#isClosed) return;
    lane.cursor = cursor;
    this.#watch();
    const socket = io(this.#base, {
      path: this.options.socketioPath,
      forceNew: true,
      autoConnect: false,
      auth: (give) =>
        give({ ...(lane.cursor ? { since: lane.cursor } : {}), ...(this.options.token ? { token: this.options.token } : {}) }),
    });
    this.#socket = socket;
    socket.on('connect', () => lane.state('live'));
    socket.on('news', (update, at) => this.#news(update, at));
    socket.on('gap', (gap, at) => {
      lane.gap(gap, at);
      this.#packets.shift();
    });
    socket.on('disconnect', () => lane.state('lost'));
    socket.io.on('error', () => {
      lane.failed();
      lane.state('lost');
    });
    socket.io.on('open', () => this.#listen(socket.io.engine));
    socket.connect();
  }

  /** What the engine reads and writes; the updates among it wait for the socket, which hands them out a moment later. */
  #listen(engine) {
    const lane = this.#lane;
    this.#packets = [];
    engine.on('upgrade', () => lane.requested(false));
    engine.on('packet', ({ type, data }) => {
      const receivedMs = lane.nowMs();
      const text = `${TYPES[type]}${data ?? ''}`;
      const packet = { receivedMs, anatomy: [engineIoPacket(text, { isWebSocket: engine.transport.name === 'websocket' })] };
      if (/^42\["(?:news|gap)"/.test(text)) this.#packets.push(packet);
      if (!text.startsWith('42["news"')) lane.timeline.add({ kind: 'push', updates: [], ...packet });
      if (this.#packets.length > WAITING) this.#packets.shift();
    });
    engine.on('packetCreate', ({ type, data }) => {
      const text = `${TYPES[type]}${data ?? ''}`;
      lane.said(lane.nowMs(), {
        anatomy: [engineIoPacket(text, { isWebSocket: engine.transport.name === 'websocket', isMasked: true })],
      });
    });
  }

  #news(update, cursor) {
    const packet = this.#packets.shift();
    const receivedMs = packet?.receivedMs ?? this.#lane.nowMs();
    const entry = this.#lane.update(update, cursor, receivedMs);
    this.#lane.timeline.add({ kind: 'push', receivedMs, updates: [entry], anatomy: packet?.anatomy ?? [] });
  }

  /** The client's own requests: only the browser knows of them. */
  #watch() {
    const lane = this.#lane;
    const prefix = `${this.#base}${this.options.socketioPath}`;
    this.#watcher?.disconnect();
    this.#watcher = new PerformanceObserver((list) => {
      for (const { name, startTime, responseEnd } of list.getEntries()) {
        if (!name.startsWith(prefix) || name.endsWith('.js')) continue;
        lane.requested(false);
        const sinceMs = performance.now() - lane.nowMs();
        const path = name.slice(this.#base.length);
        lane.timeline.add({
          kind: 'exchange',
          isControl: true,
          sentMs: startTime - sinceMs,
          receivedMs: responseEnd - sinceMs,
          isHeld: true,
          updates: [],
          anatomy: [httpRequest({ path: path.replace(/sid=[^&]+/, 'sid=…'), host: hostOf(this.#base) })],
        });
      }
    });
    this.#watcher.observe({ type: 'resource' });
  }

  close() {
    this.#isClosed = true;
    this.#watcher?.disconnect();
    this.#watcher = null;
    this.#socket?.off();
    this.#socket?.io.off();
    this.#socket?.disconnect();
    this.#socket = null;
  }

  async publish(text) {
    if (!this.#socket?.connected) throw new Error('closed');
    const answer = await this.#socket.timeout(30000).emitWithAck('publish', text);
    if (answer?.error) throw new Error(answer.error);
  }
}
