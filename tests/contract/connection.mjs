// One TCP connection in the test's own hands: its writing, pausing, half-closing and vanishing. Bytes come in order and are
// taken by whoever parses them; requests go out in any shape.
// SPDX-License-Identifier: MIT
import net from 'node:net';
import { within } from '../e2e/harness.mjs';

/** Parsers of Connection.take: [what, bytes used], or null where more is needed. */
const head = (bytes) => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [status, ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.split(':')[0].toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return [{ status: Number(status.split(' ')[1]), headers }, end + 4];
};
const exactly = (count) => (bytes) => (bytes.length >= count ? [bytes.subarray(0, count), count] : null);

/** A request's bytes. `headers`: an object, or pairs where a name stands more than once. */
export function requestText(target, { method = 'GET', headers = {}, body = '' } = {}) {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  if (!pairs.some(([name]) => name === 'Host')) pairs.unshift(['Host', 'localhost']);
  if (body) pairs.push(['Content-Length', Buffer.byteLength(body)]);
  return `${method} ${target} HTTP/1.1\r\n${pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

export class Connection {
  #bytes = Buffer.alloc(0);
  #wake = () => {};
  ended = false;

  /** `isSilent`: at the peer's end of stream it does not end its own. */
  constructor(server, { isSilent = false } = {}) {
    this.socket = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (chunk) => {
      this.#bytes = this.#bytes.length > 0 ? Buffer.concat([this.#bytes, chunk]) : chunk;
      this.#wake();
    });
    this.socket.on('end', () => {
      this.#end();
      if (!isSilent) this.socket.end();
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

  ask(target, options) {
    this.socket.write(requestText(target, options));
  }

  /** The head of the next answer; null at the end of the stream. */
  head() {
    return this.take(head);
  }

  /** The next answer, {status, headers, text}; null at the end of the stream. `hasBody`: false for one to a HEAD. */
  async answer({ hasBody = true } = {}) {
    const answer = await this.head();
    if (!answer) return null;
    const length = hasBody ? Number(answer.headers['content-length'] ?? 0) : 0;
    const body = await this.take(exactly(length));
    return body && { ...answer, text: body.toString() };
  }

  /** A request and its answer. */
  exchange(target, options) {
    this.ask(target, options);
    return within(this.answer({ hasBody: options?.method !== 'HEAD' }), `an answer to ${options?.method ?? 'GET'} ${target}`);
  }

  /** Go without a word: by a reset, or by the end of the stream in both directions. */
  vanish(byReset = false) {
    if (byReset) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }
}
