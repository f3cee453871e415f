// The bytes of one message, part by part, each with the name of a text that explains it. What goes on the wire is made again
// here from what the page was given; docs/wire says what it looks like. Of HTTP a page is told the answer's head, of its own
// request only what it asked for: such groups are not `isExact`.
// SPDX-License-Identifier: MIT

const SHOWN_CHARACTERS = 600; // or bytes of what is longer
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const sizeOf = (text) => encoder.encode(text).length;
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** A text, cut where it is too long to look at; its size is that of the whole. A copy: a slice would keep the whole in memory. */
function part(text, note, values = {}) {
  if (text.length <= SHOWN_CHARACTERS) return { text, size: sizeOf(text), note, values };
  const bytes = encoder.encode(text);
  return {
    text: `${decoder.decode(bytes.subarray(0, SHOWN_CHARACTERS)).replace(/\uFFFD$/, '')}…`,
    size: bytes.length,
    note,
    values,
  };
}

const bytesPart = (bytes, note, values = {}) => ({ text: hex(bytes), size: bytes.length, note, values, isHex: true });

/** {title, isExact, parts, size}. */
const group = (title, isExact, parts) => ({ title, isExact, parts, size: parts.reduce((sum, { size }) => sum + size, 0) });

/** A request as far as a page knows it; `extra` are headers that it knows of. */
export function httpRequest({ method = 'GET', path, host, extra = [], body = null }) {
  const note = path.includes('since=') ? 'requestSince' : 'requestLine';
  const parts = [part(`${method} ${path} HTTP/1.1\r\n`, note), part(`Host: ${host}\r\n`, 'host')];
  for (const [name, value] of extra) parts.push(part(`${name}: ${value}\r\n`, noteOfHeader(name)));
  if (body !== null) parts.push(part(`\r\n${body}`, 'requestBody'));
  return group('request', false, parts);
}

function noteOfHeader(name) {
  const known = {
    'content-type': 'contentType',
    etag: 'etag',
    date: 'date',
    'cache-control': 'cacheControl',
    'content-length': 'contentLength',
    upgrade: 'upgrade',
    connection: 'connection',
    'last-event-id': 'lastEventId',
  };
  if (name.toLowerCase().startsWith('access-control')) return 'cors';
  return known[name.toLowerCase()] ?? 'header';
}

/** An answer, with the headers that the page was given. */
export function httpResponse({ status, reason = 'OK', headers = [], body }) {
  const parts = [part(`HTTP/1.1 ${status} ${reason}\r\n`, 'statusLine')];
  for (const [name, value] of headers) parts.push(part(`${name}: ${value}\r\n`, noteOfHeader(name)));
  const isEmpty = /"updates":\[\]/.test(body);
  parts.push(part(`\r\n${body}`, isEmpty ? 'bodyEmpty' : 'bodyUpdates'));
  return group('response', false, parts);
}

/** RFC 6455, section 5.2. Servers do not mask; browsers must, with four bytes of their own that a page is not told. */
export function webSocketFrame(text, { isMasked = false } = {}) {
  const size = sizeOf(text);
  const mask = isMasked ? 0x80 : 0;
  const parts = [bytesPart([0x81], 'wsFinText')];
  if (size <= 125) parts.push(bytesPart([mask | size], isMasked ? 'wsLengthMasked' : 'wsLength', { size }));
  else if (size <= 0xffff) parts.push(bytesPart([mask | 126, size >> 8, size & 0xff], 'wsLength16', { size }));
  else
    parts.push(
      bytesPart(
        [mask | 127, 0, 0, 0, 0, (size >>> 24) & 0xff, (size >> 16) & 0xff, (size >> 8) & 0xff, size & 0xff],
        'wsLength64',
        { size },
      ),
    );
  if (isMasked) parts.push({ text: '?? ?? ?? ??', size: 4, note: 'wsMask', values: {}, isHex: true });
  parts.push(part(text, 'wsPayload'));
  return group('frame', !isMasked, parts);
}

/** An event of text/event-stream, as docs/wire/sse.md has it. */
export function serverSentEvent({ type = 'message', id, data }) {
  const parts = [];
  if (type !== 'message') parts.push(part(`event: ${type}\n`, 'sseEvent'));
  if (id) parts.push(part(`id: ${id}\n`, 'sseId'));
  for (const line of data.split('\n')) parts.push(part(`data: ${line}\n`, 'sseData'));
  parts.push(part('\n', 'sseEnd'));
  return group('event', true, parts);
}

/** A packet of Engine.IO with, where it is a message, that of Socket.IO in it. */
export function engineIoPacket(text, { isWebSocket, isMasked = false }) {
  const parts = [part(text[0] ?? '', `eio${text[0]}`)];
  const packet = text.slice(1);
  if (text[0] === '4' && packet) {
    const [head] = packet.match(/^\d(?:\d+-)?(?:\/[^,]*,)?\d*/);
    parts.push(part(packet[0], `sio${packet[0]}`));
    if (head.length > 1) parts.push(part(head.slice(1), 'sioHead'));
    if (packet.length > head.length) parts.push(part(packet.slice(head.length), 'sioData'));
  } else if (packet) {
    parts.push(part(packet, 'eioData'));
  }
  if (!isWebSocket) return group('packet', true, parts);
  const frame = webSocketFrame(text, { isMasked });
  return group('packetInFrame', frame.isExact, [...frame.parts.slice(0, -1), ...parts]);
}
