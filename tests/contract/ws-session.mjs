// A WebSocket client whose every byte is the test's own: frames in any shape, right or wrong, cut anywhere.
// SPDX-License-Identifier: MIT
import { assert, within } from '../e2e/harness.mjs';
import { Connection } from './connection.mjs';

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export const upgrading = {
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** The length in one of its three forms, the shortest where none is asked for: 1, 3 or 9 bytes. */
function lengthBytes(length, form = length < 126 ? 1 : length < 65536 ? 3 : 9) {
  const bytes = Buffer.alloc(form);
  if (form === 1) bytes[0] = length;
  else if (form === 3) bytes[0] = 126;
  else bytes[0] = 127;
  if (form === 3) bytes.writeUInt16BE(Number(length), 1);
  if (form === 9) bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** A frame. `length` may lie about the payload, `form` is the length's, `rsv` the three reserved bits as a number. */
export function frame(opcode, payload = '', { fin = true, rsv = 0, masked = true, length, form } = {}) {
  const body = Buffer.from(payload);
  const size = lengthBytes(length ?? body.length, form);
  if (masked) size[0] |= 0x80;
  const first = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode]);
  return Buffer.concat(masked ? [first, size, MASK, body.map((byte, i) => byte ^ MASK[i % 4])] : [first, size, body]);
}

/** A message in fragments, as many as there are payloads. */
export const fragments = (opcode, payloads, { rsv = 0 } = {}) =>
  Buffer.concat(
    payloads.map((payload, i) => frame(i === 0 ? opcode : CONTINUATION, payload, { fin: i === payloads.length - 1, rsv: i === 0 ? rsv : 0 })),
  );

export const closeFrame = (code, reason = '') => frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));

/** Of a server's frame: strict, since it is one's own server. */
function readFrame(bytes) {
  if (bytes.length < 2) return null;
  assert.equal(bytes[1] & 0x80, 0, 'a server masks no frame');
  const form = { 126: 3, 127: 9 }[bytes[1]] ?? 1;
  if (bytes.length < 1 + form) return null;
  const length = form === 1 ? bytes[1] : form === 3 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  assert.ok(length >= { 1: 0, 3: 126, 9: 65536 }[form], 'the shortest form of a length');
  const end = 1 + form + length;
  if (bytes.length < end) return null;
  assert.ok(bytes[0] & 0x80, 'the server fragments nothing');
  return [{ opcode: bytes[0] & 15, rsv: (bytes[0] >> 4) & 7, payload: Buffer.from(bytes.subarray(1 + form, end)) }, end];
}

export class Session {
  constructor(server) {
    this.connection = new Connection(server);
    this.socket = this.connection.socket;
    this.socket.setNoDelay(true);
  }

  /** Returns: the answer's head. */
  async open({ target = '/ws', headers = upgrading } = {}) {
    this.connection.ask(target, { headers });
    const head = await within(this.connection.head(), 'the answer to the handshake');
    assert.equal(head?.status, 101);
    return head;
  }

  /** `step`: bytes a write; 0: all in one. */
  async send(bytes, step = 0) {
    for (let at = 0; at < bytes.length; at += step || bytes.length) {
      const slice = bytes.subarray(at, at + (step || bytes.length));
      await new Promise((resolve) => this.socket.write(slice, resolve));
    }
  }

  /** The next frame; null at the end of the stream. */
  next(what = 'a frame') {
    return within(this.connection.take(readFrame), what);
  }

  /** The next frame but pongs, as [opcode, payload]. */
  async take(what) {
    const got = await this.next(what);
    return got && [got.opcode, got.payload.toString('latin1')];
  }

  /** What the server closes with: the code, or null for an empty close frame; nothing but that comes, and then the end. */
  async closed(what = 'a close frame') {
    const got = await this.next(what);
    assert.equal(got?.opcode, CLOSE, `${what}, not ${JSON.stringify(got)}`);
    assert.equal(await this.next('the end of the stream'), null, 'nothing comes after a close frame');
    return got.payload.length === 0 ? null : got.payload.readUInt16BE(0);
  }

  vanish() {
    this.connection.vanish();
  }
}

export async function openSession(server, options) {
  const session = new Session(server);
  session.answer = await session.open(options);
  return session;
}
