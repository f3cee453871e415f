// A client of Engine.IO with no will of its own: it says what a test tells it to, and hands over what comes. By polling,
// each request has a connection of its own, so that requests of one session arrive at all workers.
// SPDX-License-Identifier: MIT
import { Connection, requestText } from '../contract/connection.mjs';
import { assert, load, Queue, request, within } from './harness.mjs';

const { WebSocket } = await load('ws');

export const SEPARATOR = '\x1e';

/** What the reference implementation says to requests that it refuses with 400. */
export const refusals = {
  transport: '{"code":0,"message":"Transport unknown"}',
  sid: '{"code":1,"message":"Session ID unknown"}',
  method: '{"code":2,"message":"Bad handshake method"}',
  request: '{"code":3,"message":"Bad request"}',
  protocol: '{"code":5,"message":"Unsupported protocol version"}',
};

/** Flags: the server pings after `interval` ms, and waits `timeout` ms for the pong. */
export const pings = (interval, timeout) => ['--ping-interval', `${interval}`, '--ping-timeout', `${timeout}`];

/** Where a request goes; a parameter that is undefined is left out. */
export function target(path, parameters = {}) {
  const all = Object.entries({ EIO: '4', transport: 'polling', ...parameters });
  return `${path}?${new URLSearchParams(all.filter(([, value]) => value !== undefined))}`;
}

/** Packets of a polling payload, text as it is and binary ones as Buffers; and the other way. */
export function decode(payload) {
  return payload.split(SEPARATOR).map((record) => (record[0] === 'b' ? Buffer.from(record.slice(1), 'base64') : record));
}

export function encode(packets) {
  return packets.map((packet) => (typeof packet === 'string' ? packet : `b${packet.toString('base64')}`)).join(SEPARATOR);
}

/** A request is refused, in these words. */
export function assertRefused(answer, body, what) {
  assert.equal(answer.status, 400, `${what ?? ''} ${answer.text}`);
  assert.equal(answer.text, body, what);
  assert.match(answer.headers['content-type'], /^application\/json/);
}

/** A WebSocket of npm's ws: what packets come, and how it ends. */
export class Socket {
  packets = new Queue();
  #opened;
  #closed;
  #refused;

  constructor(server, path, parameters, options) {
    this.url = `ws://127.0.0.1:${server.port}${target(path, { transport: 'websocket', ...parameters })}`;
    this.ws = new WebSocket(this.url, options);
    this.ws.on('message', (data, isBinary) => this.packets.push(isBinary ? data : data.toString()));
    this.#closed = new Promise((resolve) => {
      this.ws.on('close', (code, reason) => {
        this.packets.end(`the WebSocket was closed with ${code} ${reason}`);
        resolve(code);
      });
    });
    this.#refused = new Promise((resolve) => {
      this.ws.on('unexpected-response', async (_, response) => {
        const chunks = await response.toArray();
        const { statusCode: status, headers } = response;
        resolve({ status, headers, text: Buffer.concat(chunks).toString() });
        this.ws.terminate();
      });
    });
    this.#opened = new Promise((resolve, reject) => this.ws.on('open', resolve).on('error', reject));
    this.#opened.catch(() => {});
  }

  opened() {
    return within(this.#opened, `the WebSocket ${this.url} to open`);
  }

  /** The code with which it was closed. */
  closed() {
    return within(this.#closed, `the WebSocket ${this.url} to be closed`);
  }

  /** The answer that it was refused with. */
  refused() {
    return within(this.#refused, `the WebSocket ${this.url} to be refused`);
  }

  send(...packets) {
    for (const packet of packets) this.ws.send(packet);
  }

  next(what = 'a packet') {
    return this.packets.next(what);
  }

  take(count) {
    return this.packets.take(count, 'packets');
  }

  /** It is closed before anything else comes. Returns: the code. */
  async closedNext(what) {
    const code = await this.closed();
    assert.equal(this.packets.length, 0, what);
    return code;
  }
}

/** A session by polling. */
export class Session {
  #fetched = []; // and not taken yet

  constructor(server, path, handshake) {
    Object.assign(this, { server, path, handshake, sid: handshake.sid });
  }

  get target() {
    return target(this.path, { sid: this.sid });
  }

  get(options) {
    return request(this.server, this.target, options);
  }

  post(body, options) {
    return request(this.server, this.target, { method: 'POST', body, ...options });
  }

  /** One GET. Returns: the packets that it is answered with. */
  async poll() {
    const answer = await this.get();
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'text/plain; charset=UTF-8');
    return decode(answer.text);
  }

  /** The next `count` packets, by as many GETs as it takes. */
  async take(count) {
    while (this.#fetched.length < count) this.#fetched.push(...(await this.poll()));
    return this.#fetched.splice(0, count);
  }

  /** One POST, which succeeds. */
  async send(...packets) {
    const answer = await this.post(encode(packets));
    assert.equal(answer.text, 'ok');
    assert.equal(answer.status, 200);
  }

  webSocket(options) {
    return new Socket(this.server, this.path, { sid: this.sid }, options);
  }

  /** A WebSocket that stands in the middle of the upgrade. */
  async probe() {
    const socket = this.webSocket();
    await socket.opened();
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    return socket;
  }

  /** The worker that owns it has heard all that other workers told it. */
  settle() {
    return settle(this.server, this.path, workerOf(this.sid));
  }

  /** The server no longer knows it. */
  async assertOver(what) {
    assertRefused(await this.get(), refusals.sid, what);
  }
}

/** A new session by polling. */
export async function openSession(server, path = '/engine.io/', parameters = {}) {
  const answer = await request(server, target(path, parameters));
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.text[0], '0');
  return new Session(server, path, JSON.parse(answer.text.slice(1)));
}

/** A new session over WebSocket; its open packet has been taken. */
export async function openSocket(server, path = '/engine.io/', options) {
  const socket = new Socket(server, path, {}, options);
  await socket.opened();
  const open = await socket.next('the open packet');
  assert.equal(open[0], '0');
  socket.handshake = JSON.parse(open.slice(1));
  socket.sid = socket.handshake.sid;
  return socket;
}

/* --- over a Connection -------------------------------------------------------------------------------------------- */

/** The opening handshake of a WebSocket, as bytes. */
export function upgradeText(path, parameters) {
  const key = Buffer.alloc(16).toString('base64');
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': key };
  return requestText(target(path, { transport: 'websocket', ...parameters }), { headers });
}

/** Which worker a handshake came to, or a session belongs to: the sid begins with it. */
export const workerOf = (sid) => sid.slice(0, 2);

/** A handshake over a connection. Returns: the sid. */
export async function shake(connection, path) {
  const { text } = await connection.exchange(target(path));
  return JSON.parse(text.slice(1)).sid;
}

/** A worker has done all that it was told to until now: it has answered two requests since, and was in its loop between. */
async function settle(server, path, worker) {
  for (;;) {
    const connection = new Connection(server);
    const found = workerOf(await shake(connection, path)) === worker;
    if (found) await shake(connection, path);
    connection.vanish();
    if (found) return;
  }
}

/** A POST that takes its time: `begin` of its body comes as soon as the owner of the session knows of it, `more` ends it. */
export async function openPost(session, connection, { begin = '4', more = 'late' } = {}) {
  const headers = { Expect: '100-continue', 'Content-Length': begin.length + more.length };
  connection.ask(session.target, { method: 'POST', headers });
  const answer = await within(connection.head(), 'the server to ask for the body');
  assert.equal(answer?.status, 100);
  await session.settle();
  await new Promise((resolve) => connection.socket.write(begin, resolve));
  return {
    end() {
      connection.socket.write(more);
      return within(connection.answer(), 'the answer to a POST that took its time');
    },
  };
}

/** A GET that is held, and known to be. `answer` is what will come. */
export async function holdPoll(session, connection) {
  connection.socket.write(requestText(target(session.path)) + requestText(session.target));
  const { text } = await within(connection.answer(), 'the answer before the poll');
  const answer = within(connection.answer(), 'the answer to the poll that is held');
  await settle(session.server, session.path, workerOf(JSON.parse(text.slice(1)).sid));
  await session.settle();
  return { answer };
}

/** The next frame of a server, {opcode, payload}; null at the end of the stream. */
export function takeFrame(connection) {
  const parse = (bytes) => {
    if (bytes.length < 4 && bytes.length < 2 + (bytes[1] ?? 126)) return null;
    const [length, at] = bytes[1] < 126 ? [bytes[1], 2] : [bytes.readUInt16BE(2), 4];
    assert.ok(bytes[0] & 0x80 && bytes[1] < 127, 'a frame that is whole, unmasked and not too long for this parser');
    return bytes.length < at + length ? null : [{ opcode: bytes[0] & 15, payload: bytes.subarray(at, at + length) }, at + length];
  };
  return within(connection.take(parse), 'a frame');
}
