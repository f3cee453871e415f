// A subscriber of any transport over a plain socket, so that a test has its reading, its half-closing and its vanishing
// in its own hands. What comes is told in the same words for all: {update}, {gap}, {heartbeat}, {end}.
// SPDX-License-Identifier: MIT
import net from 'node:net';
import { assert, Queue, within } from '../e2e/harness.mjs';

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

/** One connection: bytes in order, taken by whoever parses them. */
class Connection {
  #bytes = Buffer.alloc(0);
  #wake = () => {};
  ended = false;

  constructor(server) {
    this.socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (chunk) => {
      this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, chunk]) : chunk;
      this.#wake();
    });
    this.socket.on('end', () => {
      this.#end();
      this.socket.end();
    });
    this.socket.on('close', () => this.#end());
    this.socket.on('error', () => {});
  }

  #end() {
    this.ended = true;
    this.#wake();
  }

  /** Wait until `parse(bytes)` gives [what, bytes used]; null at the end of the stream. */
  async take(parse) {
    for (;;) {
      const found = parse(this.#bytes);
      if (found) {
        this.#bytes = this.#bytes.subarray(found[1]);
        return found[0];
      }
      if (this.ended) return null;
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }
}

const head = (bytes) => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [status, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.split(':')[0].toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return [{ status: Number(status.split(' ')[1]), headers }, end + 4];
};

const exactly = (count) => (bytes) => (bytes.length >= count ? [bytes.subarray(0, count), count] : null);

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

  constructor(server, { since, headers = {}, query = {} } = {}) {
    this.server = server;
    this.since = since;
    this.headers = headers;
    this.query = query;
    this.connection = new Connection(server);
    this.socket = this.connection.socket;
  }

  get(path, headers = {}) {
    const query = new URLSearchParams(this.query);
    if (this.since !== undefined) query.set('since', this.since);
    const lines = Object.entries({ Host: `127.0.0.1:${this.server.port}`, ...headers, ...this.headers });
    const target = `${path}${[...query].length > 0 ? `?${query}` : ''}`;
    this.socket.write(`GET ${target} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`);
  }

  head() {
    return within(this.connection.take(head), 'the head of an answer');
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

  /** Vanish: by a reset, or by the end of the stream in both directions. */
  vanish(reset) {
    if (reset) this.socket.resetAndDestroy();
    else this.socket.destroy();
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
    const answer = await this.connection.take(head);
    if (!answer) return null;
    const body = await this.connection.take(exactly(Number(answer.headers['content-length'])));
    this.status = answer.status;
    if (answer.status !== 200) throw new Error(`status ${answer.status}: ${body}`);
    this.answer = JSON.parse(body);
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
        this.socket.end(frame(8, got.payload));
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

/** Name → class: one a transport, as in src/transport. `pushes`: the server sends unasked. */
export const kinds = [
  { name: 'poll', Subscriber: PollSubscriber, pushes: false },
  { name: 'longpoll', Subscriber: LongPollSubscriber, pushes: false },
  { name: 'sse', Subscriber: SseSubscriber, pushes: true },
  { name: 'ws', Subscriber: WsSubscriber, pushes: true },
];

/** A publisher on one connection that is kept open: many updates in flight, the answers checked. */
export class Publisher {
  constructor(server) {
    this.server = server;
    this.connection = new Connection(server);
  }

  /** Publish JSON texts, one after the other but not waiting in between. Returns: their cursors. */
  async publish(texts) {
    const socket = this.connection.socket;
    const cursors = [];
    for (let i = 0; i < texts.length; i += 200) {
      const batch = texts.slice(i, i + 200);
      socket.write(
        batch
          .map((text) => `POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
          .join(''),
      );
      for (let k = 0; k < batch.length; k++) {
        const answer = await within(this.connection.take(head), 'the answer to a publication');
        assert.equal(answer?.status, 201);
        cursors.push(JSON.parse(await this.connection.take(exactly(Number(answer.headers['content-length'])))).cursor);
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
