// A subscriber of any transport over a plain socket, so that a test has its reading, its half-closing and its vanishing
// in its own hands. What comes is told in the same words for all: {update}, {gap}, {heartbeat}, {end}.
// SPDX-License-Identifier: MIT
import { assert, Queue, within } from '../e2e/harness.mjs';
import { Connection, requestText } from './connection.mjs';

const MASK = Buffer.from([1, 2, 3, 4]);

/** A client's frame. */
export function frame(opcode, payload = '', { masked = true, fin = true } = {}) {
  const body = Buffer.from(payload);
  assert.ok(body.length < 65536);
  const length = body.length < 126 ? [body.length] : [126, body.length >> 8, body.length & 255];
  length[0] |= masked ? 0x80 : 0;
  const sent = masked ? body.map((byte, i) => byte ^ MASK[i % 4]) : body;
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | opcode, ...length]), masked ? MASK : Buffer.alloc(0), sent]);
}

const event = (bytes) => {
  const end = bytes.indexOf('\n\n');
  return end < 0 ? null : [bytes.subarray(0, end).toString(), end + 2];
};

const wsFrame = (bytes) => {
  if (bytes.length < 2) return null;
  assert.equal(bytes[1] & 0x80, 0, 'a server masks no frame');
  let length = bytes[1] & 0x7f;
  let at = 2;
  if (length === 126) [length, at] = bytes.length < 4 ? [Infinity, 4] : [bytes.readUInt16BE(2), 4];
  else if (length === 127) [length, at] = bytes.length < 10 ? [Infinity, 10] : [Number(bytes.readBigUInt64BE(2)), 10];
  if (bytes.length < at + length) return null;
  assert.ok(bytes[0] & 0x80, 'the server fragments nothing');
  return [{ opcode: bytes[0] & 0x0f, payload: bytes.subarray(at, at + length) }, at + length];
};

class Subscriber {
  events = new Queue();

  /** `isSilent`: it answers neither a close frame nor the end of the stream. */
  constructor(server, { since, headers = {}, query = {}, isSilent = false } = {}) {
    this.server = server;
    this.since = since;
    this.headers = headers;
    this.query = query;
    this.isSilent = isSilent;
    this.connection = new Connection(server, { isSilent });
    this.socket = this.connection.socket;
  }

  get(path, headers = {}) {
    const query = new URLSearchParams(this.query);
    if (this.since !== undefined) query.set('since', this.since);
    const target = `${path}${[...query].length > 0 ? `?${query}` : ''}`;
    this.connection.ask(target, { headers: { Host: `127.0.0.1:${this.server.port}`, ...headers, ...this.headers } });
  }

  head() {
    return within(this.connection.head(), 'the head of an answer');
  }

  next(what = 'an event') {
    return this.events.next(what);
  }

  /** The next `count` updates; anything else on the way but a heartbeat is an error. */
  async updates(count) {
    const taken = [];
    while (taken.length < count) {
      const got = await this.next(`update ${taken.length + 1} of ${count}`);
      if (got.heartbeat) continue;
      assert.ok(got.update, `an update, not ${JSON.stringify(got)}`);
      taken.push(got.update);
    }
    return taken;
  }

  /** Read on to seq `last`: every update once and in order, and what is missing is told. Returns: how many gaps were. */
  async follow(last, from = 1) {
    let gaps = 0;
    for (let next = from; next <= last; ) {
      const got = await this.next(`update ${next} of ${last}, or a gap`);
      if (got.heartbeat) continue;
      if (got.gap) {
        assert.equal(got.gap.from, next, 'a gap begins where reading stopped');
        next = got.gap.to + 1;
        gaps++;
      } else {
        assert.equal(got.update?.seq, next++, `not ${JSON.stringify(got).slice(0, 100)}`);
      }
    }
    return gaps;
  }

  /** Vanish: by a reset, or by the end of the stream in both directions. */
  vanish(byReset) {
    this.connection.vanish(byReset);
  }
}

class PollSubscriber extends Subscriber {
  path = '/poll';

  async open() {
    await this.ask();
  }

  /** One request and its answer. Returns: null where the connection ended instead. */
  async ask() {
    this.get(this.path);
    const answer = await this.connection.answer();
    if (!answer) return null;
    if (answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.text}`);
    this.answer = JSON.parse(answer.text);
    assert.equal(answer.headers.etag, `"${this.answer.cursor}"`);
    this.since = this.answer.cursor;
    if (this.answer.gap) this.events.push({ gap: this.answer.gap });
    for (const update of this.answer.updates) this.events.push({ update });
    return this.answer;
  }

  async next(what) {
    const asking = async () => {
      while (this.events.length === 0) if (!(await this.ask())) this.events.push({ end: true });
    };
    await within(asking(), what ?? 'an answer with news');
    return this.events.next(what);
  }
}

class LongPollSubscriber extends PollSubscriber {
  path = '/longpoll';

  async open() {
    this.query.timeout = 0;
    await this.ask();
    this.query.timeout = 25;
  }
}

class SseSubscriber extends Subscriber {
  async open() {
    this.get('/events');
    const answer = await this.head();
    assert.equal(answer?.status, 200, `status of /events: ${answer?.status}`);
    const opening = await within(this.connection.take(event), 'the opening of the stream');
    this.cursor = opening.match(/^id: (.*)$/m)[1];
    this.#read();
  }

  async #read() {
    for (;;) {
      const text = await this.connection.take(event);
      if (text === null) return this.events.push({ end: true });
      const field = (name) => text.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1];
      if (text.startsWith(':')) this.events.push({ heartbeat: true });
      else if (field('event') === 'gap') this.events.push({ gap: JSON.parse(field('data')) });
      else {
        const update = JSON.parse(field('data'));
        assert.equal(field('id').split('-')[1], String(update.seq), 'the id is the cursor of its update');
        this.events.push({ update });
      }
    }
  }
}

class WsSubscriber extends Subscriber {
  async open() {
    this.get('/ws', {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol': 'feedlab.v1',
    });
    const answer = await this.head();
    assert.equal(answer?.status, 101, `status of /ws: ${answer?.status}`);
    assert.equal(answer.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    this.#read();
    this.cursor = (await this.events.next('hello')).hello.cursor;
  }

  async #read() {
    for (;;) {
      const got = await this.connection.take(wsFrame);
      if (got === null) return this.events.push({ end: true });
      if (got.opcode === 8) {
        this.events.push({ end: true, code: got.payload.readUInt16BE(0) });
        if (!this.isSilent) this.socket.end(frame(8, got.payload));
        return;
      }
      if (got.opcode === 9) {
        this.socket.write(frame(10, got.payload));
        this.events.push({ heartbeat: true });
      } else {
        const message = JSON.parse(got.payload);
        this.events.push(message.seq ? { update: message } : message);
      }
    }
  }
}

/** What a Socket.IO packet says, Engine.IO's type in front; null where it is not for the test. */
function socketIoEvent(text) {
  if (text === '2') return { heartbeat: true };
  if (text === '1') return { end: true };
  if (text === '6') return null;
  const [name, what, cursor] = JSON.parse(text.slice(2));
  if (name === 'gap') return { gap: what };
  assert.equal(name, 'news');
  assert.equal(cursor.split('-')[1], String(what.seq), 'the second argument is the cursor of its update');
  return { update: what };
}

const connectPacket = (since) => `40${since === undefined ? '' : JSON.stringify({ since })}`;

/** The answer to CONNECT. */
function assertConnected(text) {
  if (text.startsWith('44')) throw new Error(`refused as by status 400: ${text}`);
  assert.match(text, /^40\{"sid":"[\w-]{20}","pid":"[\w-]{20}"\}$/);
}

class SocketIoSubscriber extends Subscriber {
  async open() {
    const { since } = this;
    this.since = undefined;
    this.query = { EIO: 4, transport: 'websocket' };
    this.get('/socket.io/', {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    });
    const answer = await this.head();
    assert.equal(answer?.status, 101, `status of /socket.io/: ${answer?.status}`);
    const packet = async () => (await within(this.connection.take(wsFrame), 'a packet')).payload.toString();
    assert.match(await packet(), /^0\{"sid"/);
    this.socket.write(frame(1, connectPacket(since)));
    assertConnected(await packet());
    this.#read();
  }

  async #read() {
    for (;;) {
      const got = await this.connection.take(wsFrame);
      if (got === null) return this.events.push({ end: true });
      if (got.opcode === 8) {
        this.events.push({ end: true, code: got.payload.readUInt16BE(0) });
        if (!this.isSilent) this.socket.end(frame(8, got.payload));
        return;
      }
      const event = socketIoEvent(got.payload.toString());
      if (event.heartbeat) this.socket.write(frame(1, '3'));
      this.events.push(event);
    }
  }
}

/** All on one connection, one request after the other. */
class SocketIoPollingSubscriber extends Subscriber {
  async #exchange(method, body) {
    const target = `/socket.io/?EIO=4&transport=polling${this.sid ? `&sid=${this.sid}` : ''}`;
    const headers = { Host: `127.0.0.1:${this.server.port}`, ...this.headers };
    this.connection.ask(target, { method, headers, body });
    const answer = await this.connection.answer();
    if (answer && answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.text}`);
    return answer?.text;
  }

  async open() {
    this.sid = JSON.parse((await within(this.#exchange('GET'), 'the handshake')).slice(1)).sid;
    await this.#exchange('POST', connectPacket(this.since));
    const [connected, ...rest] = (await within(this.#exchange('GET'), 'the answer to CONNECT')).split('\x1e');
    assertConnected(connected);
    this.#take(rest);
  }

  #take(packets) {
    for (const packet of packets) {
      const event = socketIoEvent(packet);
      if (event) this.events.push(event);
    }
  }

  async next(what) {
    const asking = async () => {
      while (this.events.length === 0) {
        const payload = await this.#exchange('GET');
        if (payload === undefined) this.events.push({ end: true });
        else this.#take(payload.split('\x1e'));
        if (payload?.split('\x1e').includes('2')) await this.#exchange('POST', '3');
      }
    };
    await within(asking(), what ?? 'an answer with news');
    return this.events.next(what);
  }
}

const heartbeat = (ms) => ['--heartbeat', `${ms}ms`];

/** One a transport, as in src/transport, or a way of using it. `transport`: its name in /stats and in the log. `pushes`: the
 * server sends unasked. `closes`: with a code. `args`: of its servers. `beat(ms)`: what makes the server beat. */
export const kinds = [
  { name: 'poll', Subscriber: PollSubscriber },
  { name: 'longpoll', Subscriber: LongPollSubscriber },
  { name: 'sse', Subscriber: SseSubscriber, pushes: true, beat: heartbeat },
  { name: 'ws', Subscriber: WsSubscriber, pushes: true, closes: true, beat: heartbeat },
  {
    name: 'socketio by WebSocket',
    transport: 'socketio',
    Subscriber: SocketIoSubscriber,
    pushes: true,
    closes: true,
    beat: (ms) => ['--ping-interval', `${ms}`],
  },
  // A session outlives its connection, by a ping and the time for its answer.
  {
    name: 'socketio by polling',
    transport: 'socketio',
    Subscriber: SocketIoPollingSubscriber,
    args: ['--ping-interval', '1000', '--ping-timeout', '2000'],
  },
].map((kind) => ({ transport: kind.name, pushes: false, closes: false, args: [], ...kind }));

/** A publisher on one connection that is kept open: many updates in flight, the answers checked. */
export class Publisher {
  constructor(server) {
    this.server = server;
    this.connection = new Connection(server);
  }

  /** Publish JSON texts, one after the other but not waiting in between. Returns: their cursors. */
  async publish(texts) {
    const headers = { 'Content-Type': 'application/json' };
    const cursors = [];
    for (let i = 0; i < texts.length; i += 200) {
      const batch = texts.slice(i, i + 200);
      this.connection.socket.write(batch.map((body) => requestText('/publish', { method: 'POST', headers, body })).join(''));
      for (let k = 0; k < batch.length; k++) {
        const answer = await within(this.connection.answer(), 'the answer to a publication');
        assert.equal(answer?.status, 201, answer?.text);
        cursors.push(JSON.parse(answer.text).cursor);
      }
    }
    return cursors;
  }

  /** `count` updates whose data are numbers from `from` on. */
  count(count, from = 1) {
    return this.publish(Array.from({ length: count }, (_, i) => String(from + i)));
  }

  close() {
    this.connection.socket.destroy();
  }
}
