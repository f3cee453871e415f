// permessage-deflate (RFC 7692) under --deflate, by frames made by hand and by npm's ws: offers, messages compressed and not,
// what is against the rules, and that one compression serves all.
// SPDX-License-Identifier: MIT
import zlib from 'node:zlib';
import { assert, load, openWebSocket, publish, run, test, within } from '../e2e/harness.mjs';
import { BINARY, CLOSE, closeFrame, CONTINUATION, fragments, frame, openSession, PING, PONG, TEXT, upgrading } from './ws-session.mjs';

const { WebSocket } = await load('ws');
const RSV1 = 4;
const agreed = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
const offering = (offer) => ({ headers: { ...upgrading, 'Sec-WebSocket-Extensions': offer } });
const echoes = (t, ...args) => t.server(['--conformance', '--deflate', ...args]);
const bytes = (...list) => Buffer.from(list);

/** As a sender makes it: without the end of its last block. */
const pack = (text, options) => zlib.deflateRawSync(text, { finishFlush: zlib.constants.Z_SYNC_FLUSH, ...options }).subarray(0, -4);
const unpack = (payload) => zlib.inflateRawSync(Buffer.concat([payload, bytes(0, 0, 255, 255)]), { finishFlush: zlib.constants.Z_SYNC_FLUSH });

/** The next message, inflated. */
async function message(session) {
  const got = await session.next('a message');
  return [got.opcode, got.rsv, (got.rsv === RSV1 ? unpack(got.payload) : got.payload).toString('latin1')];
}

async function closes(server, sent, step = 0) {
  const session = await openSession(server, offering('permessage-deflate'));
  await session.send(sent, step);
  const code = await session.closed();
  session.vanish();
  return code;
}

test('without --deflate no offer is accepted, and RSV1 closes with 1002', async (t) => {
  const session = await openSession(await t.server(['--conformance']), offering('permessage-deflate'));
  assert.equal(session.answer.headers['sec-websocket-extensions'], undefined);
  await session.send(frame(TEXT, pack('hello'), { rsv: RSV1 }));
  assert.equal(await session.closed(), 1002);
  session.vanish();
});

for (const [mode, flags] of [['--conformance', ['--conformance']], ['/ws', ['--source', 'none']]])
  test(`${mode}: offers are accepted and declined as RFC 7692 says`, async (t) => {
    const server = await t.server([...flags, '--deflate']);
    const small = 'permessage-deflate; server_max_window_bits=9';
    for (const [offer, expected] of [
      ['permessage-deflate', agreed],
      ['Permessage-Deflate', agreed],
      ['permessage-deflate; server_no_context_takeover; client_no_context_takeover', agreed],
      ['permessage-deflate;client_max_window_bits', agreed],
      ['permessage-deflate; client_max_window_bits=9', agreed],
      ['permessage-deflate; client_max_window_bits="15"', agreed],
      ['permessage-deflate; server_max_window_bits=15', `${agreed}; server_max_window_bits=15`],
      ['x-unknown; a="b, permessage-deflate", permessage-deflate', agreed],
      [`${small}, permessage-deflate; server_no_context_takeover`, agreed],
      [small, undefined],
      ['permessage-deflate; server_max_window_bits', undefined],
      ['permessage-deflate; server_max_window_bits=16', undefined],
      ['permessage-deflate; server_max_window_bits=015', undefined],
      ['permessage-deflate; client_max_window_bits=7', undefined],
      ['permessage-deflate; client_max_window_bits=08', undefined],
      ['permessage-deflate; client_max_window_bits=', undefined],
      ['permessage-deflate; server_no_context_takeover=1', undefined],
      ['permessage-deflate; server_no_context_takeover; server_no_context_takeover', undefined],
      ['permessage-deflate; unknown', undefined],
      ['permessage-deflate; ', undefined],
      ['permessage-deflate x', undefined],
      ['permessage-deflated', undefined],
      ['', undefined],
    ]) {
      const session = await openSession(server, offering(offer));
      assert.equal(session.answer.headers['sec-websocket-extensions'], expected, offer);
      session.vanish();
    }
    const lines = [...Object.entries(upgrading), ['Sec-WebSocket-Extensions', small], ['Sec-WebSocket-Extensions', 'permessage-deflate']];
    const session = await openSession(server, { headers: lines });
    assert.equal(session.answer.headers['sec-websocket-extensions'], agreed, 'of two lines');
    session.vanish();
  });

test('messages are echoed compressed, however they were compressed, fragmented and cut', async (t) => {
  const server = await echoes(t);
  for (const text of ['', 'x', 'Hello', '{"a":1}'.repeat(20000), zlib.deflateRawSync('incompressible'.repeat(3)).toString('latin1')])
    for (const options of [{}, { level: 0 }, { level: 9, windowBits: 9 }, { strategy: zlib.constants.Z_FIXED }]) {
      const packed = pack(Buffer.from(text, 'latin1'), options);
      const parts = [packed.subarray(0, 1), '', packed.subarray(1)];
      for (const [sent, step] of [[frame(BINARY, packed, { rsv: RSV1 }), 0], [frame(BINARY, packed, { rsv: RSV1 }), packed.length < 200 ? 1 : 777], [fragments(BINARY, parts, { rsv: RSV1 }), 0]]) {
        const session = await openSession(server, offering('permessage-deflate'));
        await session.send(Buffer.concat([sent, sent]), step);
        for (let i = 0; i < 2; i++) assert.deepEqual(await message(session), [BINARY, RSV1, text]);
        session.vanish();
      }
    }
});

test('the examples of RFC 7692, 7.2.3 are read, a final block too', async (t) => {
  const server = await echoes(t);
  for (const hex of ['f248cdc9c90700', '000500faff48656c6c6f00', 'f348cdc9c9070000', 'f248050000 00ffff cac9c90700'.replaceAll(' ', '')]) {
    const session = await openSession(server, offering('permessage-deflate'));
    await session.send(frame(TEXT, Buffer.from(hex, 'hex'), { rsv: RSV1 }));
    assert.deepEqual(await message(session), [TEXT, RSV1, 'Hello'], hex);
    await session.send(Buffer.concat([frame(TEXT, bytes(0xf2, 0x48, 0xcd), { fin: false, rsv: RSV1 }), frame(PING, 'p'), frame(CONTINUATION, bytes(0xc9, 0xc9, 0x07, 0x00))]));
    assert.deepEqual(await message(session), [PONG, 0, 'p'], 'control frames are not compressed');
    assert.deepEqual(await message(session), [TEXT, RSV1, 'Hello'], 'in fragments');
    await session.send(frame(TEXT, 'plain'));
    assert.deepEqual(await message(session), [TEXT, RSV1, 'plain'], 'a message may be sent as it is');
    await session.send(closeFrame(1000));
    assert.equal(await session.closed(), 1000);
    session.vanish();
  }
});

test('RSV1 on control frames and continuations closes with 1002, and so do RSV2 and RSV3', async (t) => {
  const server = await echoes(t);
  for (const opcode of [PING, PONG, CLOSE]) assert.equal(await closes(server, frame(opcode, '', { rsv: RSV1 })), 1002);
  for (const rsv of [1, 2, 3, 5, 6, 7]) assert.equal(await closes(server, frame(TEXT, pack('x'), { rsv })), 1002);
  for (const first of [0, RSV1]) {
    const sent = Buffer.concat([frame(BINARY, pack('x'), { rsv: first, fin: false }), frame(CONTINUATION, '', { rsv: RSV1 })]);
    assert.equal(await closes(server, sent), 1002);
  }
});

test('what is no DEFLATE, is cut, or inflates to no UTF-8 closes with 1007', async (t) => {
  const server = await echoes(t);
  const random = zlib.deflateRawSync('a text of some length, to be cut');
  for (const wrong of [bytes(0xff, 0xff, 0xff), bytes(0x06), bytes(0x00, 5, 0, 5, 0), random.subarray(0, 9), pack('hello').subarray(0, 3)])
    for (const step of [0, 1]) assert.equal(await closes(server, frame(BINARY, wrong, { rsv: RSV1 }), step).catch((error) => String(error)), 1007, `${wrong.toString('hex')}, ${step} bytes a write`);
  /* At once, in the middle of a frame. */
  assert.equal(await closes(server, frame(BINARY, bytes(0xff, 0xff, 0xff), { rsv: RSV1, length: 5000 })), 1007);
  assert.equal(await closes(server, frame(TEXT, pack(bytes(0x61, 0xff)), { rsv: RSV1 })), 1007);
  assert.equal(await closes(server, frame(TEXT, pack(bytes(0x61, 0xff), { level: 0 }), { rsv: RSV1, fin: false })), 1007);
  assert.equal(await closes(server, frame(TEXT, pack(bytes(0x61, 0xc3)), { rsv: RSV1 })), 1007);
});

test('a message may refer to nothing before it: each stands by itself', async (t) => {
  const server = await echoes(t);
  const deflate = zlib.createDeflateRaw();
  const flushed = (text) =>
    new Promise((resolve) => {
      deflate.write(text);
      deflate.flush(zlib.constants.Z_SYNC_FLUSH, () => resolve(deflate.read().subarray(0, -4)));
    });
  const text = 'a text that is said again, a text that is said again';
  const sent = [await flushed(text), await flushed(text)];
  assert.equal(await closes(server, frame(TEXT, sent[1], { rsv: RSV1 })), 1007);
});

test('--max-body is of what a message inflates to: a byte more closes with 1009', async (t) => {
  const server = await echoes(t, '--max-body', '100000');
  const session = await openSession(server, offering('permessage-deflate'));
  await session.send(frame(TEXT, pack('x'.repeat(100000)), { rsv: RSV1 }));
  assert.deepEqual(await message(session), [TEXT, RSV1, 'x'.repeat(100000)]);
  session.vanish();
  assert.equal(await closes(server, frame(TEXT, pack('x'.repeat(100001)), { rsv: RSV1 })), 1009);
  assert.equal(await closes(server, frame(BINARY, pack(Buffer.alloc(50000000)), { rsv: RSV1 })), 1009);
  assert.equal(await closes(server, frame(BINARY, pack(Buffer.alloc(50000000)).subarray(0, 1000), { rsv: RSV1, fin: false })), 1009);
  const plain = frame(TEXT, 'x'.repeat(60000), { fin: false });
  assert.equal(await closes(server, Buffer.concat([plain, frame(CONTINUATION, 'x'.repeat(60000))])), 1009);
});

test('/ws: updates are the same bytes for all who take them compressed, and plain for the others', async (t) => {
  const server = await t.server(['--source', 'none', '--deflate']);
  const packed = [await openSession(server, offering('permessage-deflate')), await openSession(server, offering('permessage-deflate'))];
  const plain = await openSession(server);
  const data = 'news, news, '.repeat(200);
  await publish(server, data);
  await publish(server, 1);
  const frames = await Promise.all(packed.map((session) => session.next('an update')));
  assert.equal(frames[0].rsv, RSV1);
  assert.ok(frames[0].payload.equals(frames[1].payload) && frames[0].payload.length < 200);
  const text = await plain.next('an update');
  assert.equal(text.rsv, 0);
  assert.equal(unpack(frames[0].payload).toString(), text.payload.toString());
  assert.equal(JSON.parse(text.payload).data, data);
  for (const session of [...packed, plain]) {
    assert.equal(JSON.parse((await message(session))[2]).data, 1);
    session.vanish();
  }
});

test("npm's ws speaks compressed with the echo and with the feed", async (t) => {
  const server = await echoes(t);
  const options = { perMessageDeflate: { threshold: 0 } };
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, options);
  await within(new Promise((resolve) => socket.once('open', resolve)), 'the WebSocket to open');
  assert.equal(socket.extensions, 'permessage-deflate');
  for (const text of ['', 'x', 'Hello, '.repeat(10000), 'Ω'.repeat(30000)]) {
    const back = within(new Promise((resolve) => socket.once('message', resolve)), 'the echo');
    socket.send(text);
    assert.equal((await back).toString(), text);
  }
  socket.terminate();
  const feed = await t.server(['--source', 'none', '--deflate']);
  const client = openWebSocket(WebSocket, `${feed.url.replace('http', 'ws')}/ws`, ['feedlab.v1'], options);
  await client.opened();
  assert.ok((await client.messages.next('hello')).hello);
  client.socket.send(JSON.stringify({ publish: 'again and '.repeat(1000) }));
  assert.equal((await client.messages.next('the update')).data, 'again and '.repeat(1000));
  client.socket.close(1000);
  assert.equal((await client.closed()).code, 1000);
});

await run();
