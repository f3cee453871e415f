// RFC 6455 to the letter, in --conformance (which echoes) and on the feed's /ws: whatever a client may send, in frames
// made by hand, and each conversation whole, byte by byte and cut in two at every place.
// SPDX-License-Identifier: MIT
import { assert, isLong, run, test, within } from '../e2e/harness.mjs';
import { Connection, requestText } from './connection.mjs';
import { BINARY, CLOSE, closeFrame, CONTINUATION, fragments, frame, openSession, PING, PONG, TEXT, upgrading } from './ws-session.mjs';

const bytes = (...list) => Buffer.from(list);
const valid = 'Hello-µ@ßöäüàá-UTF-8!!';
const modes = { '--conformance': ['--conformance'], '/ws': ['--source', 'none'] };
const start = (t, mode, ...args) => t.server([...modes[mode], ...args]);

/** Send, and wait for what the server closes with. */
async function closes(server, sent, { step = 0, before = [] } = {}) {
  const session = await openSession(server);
  await session.send(sent, step);
  for (const expected of before) assert.deepEqual(await session.take(), expected);
  const code = await session.closed();
  session.vanish();
  return code;
}

/** The server answers with `expected`, frames as [opcode, payload], however `sent` is cut. */
async function answers(server, sent, expected, steps = [0, 1]) {
  for (const step of steps) {
    const session = await openSession(server);
    await session.send(sent, step);
    for (const one of expected) assert.deepEqual(await session.take(`a frame, ${step} bytes a write`), one);
    await session.send(closeFrame(1000));
    assert.equal(await session.closed(), 1000);
    session.vanish();
  }
}

/* --- what closes, and with which code ------------------------------------------------------------------------------ */

const reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
const withReason = (payload) => frame(CLOSE, payload);
const refused = {
  'a reserved bit': [1002, [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [TEXT, BINARY, PING, PONG, CLOSE].map((opcode) => frame(opcode, '', { rsv })))],
  'a reserved bit in a continuation': [1002, [1, 2, 4].map((rsv) => Buffer.concat([frame(TEXT, 'a', { fin: false }), frame(CONTINUATION, 'b', { rsv })]))],
  'a reserved opcode': [1002, reserved.flatMap((opcode) => [frame(opcode), frame(opcode, 'x'), frame(opcode, 'x', { fin: false })])],
  'a reserved opcode between fragments': [1002, reserved.map((opcode) => Buffer.concat([frame(TEXT, 'a', { fin: false }), frame(opcode, 'b')]))],
  'a frame that is not masked': [1002, [TEXT, BINARY, PING, PONG, CLOSE].flatMap((opcode) => ['', 'x'].map((text) => frame(opcode, text, { masked: false })))],
  'a fragmented control frame': [1002, [PING, PONG, CLOSE].flatMap((opcode) => [frame(opcode, '', { fin: false }), fragments(opcode, ['', ''])])],
  'a control frame of 126 bytes': [1002, [PING, PONG, CLOSE].flatMap((opcode) => [126, 65536].map((length) => frame(opcode, Buffer.alloc(length))))],
  'a control frame whose short length is written long': [1002, [3, 9].map((form) => frame(PING, 'x', { form }))],
  'a continuation of nothing': [1002, [true, false].flatMap((fin) => ['', 'x'].map((text) => frame(CONTINUATION, text, { fin })))],
  'a continuation after a whole message': [1002, [Buffer.concat([frame(PONG), frame(CONTINUATION, 'x')])]],
  'a new message within one': [1002, [TEXT, BINARY].flatMap((opcode) => ['', 'x'].map((text) => Buffer.concat([frame(TEXT, 'a', { fin: false }), frame(opcode, text)])))],
  'a length that is not in its shortest form': [1002, [[0, 3], [125, 3], [0, 9], [125, 9], [126, 9], [65535, 9]].map(([length, form]) => frame(TEXT, Buffer.alloc(length), { form }))],
  'a length whose top bit is set': [1002, [1n << 63n, (1n << 64n) - 1n].map((length) => frame(BINARY, '', { length, form: 9 }))],
  'a message too large, by the head of its frame alone': [1009, [1n << 32n, (1n << 63n) - 1n, 16n * 1024n * 1024n + 1n].map((length) => frame(BINARY, '', { length, form: 9 }))],
  'fragments too large together, by the head of the last': [1009, [Buffer.concat([frame(BINARY, 'x', { fin: false }), frame(CONTINUATION, '', { length: 16n * 1024n * 1024n, form: 9 })])]],
  'a close frame with half a code': [1002, [frame(CLOSE, 'x')]],
  'a close code that may not be sent': [1002, [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code) => closeFrame(code))],
  'a close reason that is no UTF-8': [1007, [bytes(0xff), bytes(0xce), Buffer.from('a\xc3', 'latin1'), bytes(0xed, 0xa0, 0x80)].map((reason) => closeFrame(1000, reason))],
  'a close frame too large': [1002, [withReason(Buffer.concat([bytes(3, 232), Buffer.alloc(124, 'a')]))]],
};

for (const mode of Object.keys(modes)) {
  const it = (sentence, body, options) => test(`${mode}: ${sentence}`, body, options);

  for (const [what, [code, list]] of Object.entries(refused))
    it(`${what} closes with ${code}`, async (t) => {
      const server = await start(t, mode);
      for (const [i, sent] of list.entries())
        for (const step of sent.length < 200 ? [0, 1] : [0]) assert.equal(await closes(server, sent, { step }), code, `number ${i}, ${step} bytes a write`);
    });

  it('a frame of a reserved kind is refused at its second byte', async (t) => {
    const server = await start(t, mode);
    for (const head of [[0x83, 0x85], [0xc1, 0x85], [0x8b, 0x81], [0x81, 0x05], [0x89, 0xfe], [0x09, 0x80], [0x80, 0x81]])
      assert.equal(await closes(server, bytes(...head)), 1002, head.map((byte) => byte.toString(16)).join(' '));
  });

  it('every valid close code is echoed, with a reason and without', async (t) => {
    const server = await start(t, mode);
    for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
      for (const reason of ['', valid, 'x'.repeat(123)]) assert.equal(await closes(server, closeFrame(code, reason)), code);
  });

  it('a close frame without a body is answered by one without a body', async (t) => {
    assert.equal(await closes(await start(t, mode), frame(CLOSE), { step: 1 }), null);
  });

  it('what comes after a close frame is not looked at', async (t) => {
    const server = await start(t, mode);
    for (const after of [frame(TEXT, 'x'), frame(PING, 'x'), frame(3, 'x'), closeFrame(1001), bytes(0xff, 0xff, 0xff), frame(TEXT, Buffer.alloc(60000, 0xff))])
      assert.equal(await closes(server, Buffer.concat([closeFrame(1000), after])), 1000);
  });

  it('a close frame within an unfinished message is obeyed', async (t) => {
    assert.equal(await closes(await start(t, mode), Buffer.concat([frame(TEXT, 'begun', { fin: false }), closeFrame(1000)]), { step: 1 }), 1000);
  });

  it('pings are answered with their payload, each of them and in order', async (t) => {
    const server = await start(t, mode);
    for (const payload of ['', 'Hello', '\0\xff\xfe\xfd\xfc\xfb', 'x'.repeat(125)])
      await answers(server, frame(PING, Buffer.from(payload, 'latin1')), [[PONG, payload]]);
    const many = Array.from({ length: 50 }, (_, i) => `ping ${i}`);
    await answers(server, Buffer.concat(many.map((text) => frame(PING, text))), many.map((text) => [PONG, text]));
  });

  it('a pong that no one asked for is nothing', async (t) => {
    const server = await start(t, mode);
    await answers(server, Buffer.concat([frame(PONG, ''), frame(PONG, 'unsolicited'), frame(PING, 'p')]), [[PONG, 'p']]);
  });

  it('pings between fragments are answered before the message is whole', async (t) => {
    const server = await start(t, mode);
    const session = await openSession(server);
    await session.send(frame(TEXT, 'one', { fin: false }));
    await session.send(frame(PING, 'between'));
    assert.deepEqual(await session.take(), [PONG, 'between']);
    await session.send(frame(CONTINUATION, 'two', { fin: false }));
    await session.send(frame(PING, 'again'));
    assert.deepEqual(await session.take(), [PONG, 'again']);
    session.vanish();
  });

  const bad = {
    'a byte that is never one': [0xff],
    'a character written too long': [0xc0],
    'a character of three bytes written too long': [0xe0, 0x80],
    'a surrogate': [0xed, 0xa0],
    'a character above U+10FFFF': [0xf4, 0x90],
    'a lead byte of five': [0xf8],
    'a continuation byte alone': [0x80],
    'a second byte that is none': [0xc3, 0x28],
    'a third byte that is none': [0xe2, 0x82, 0x28],
    'a fourth byte that is none': [0xf0, 0x9f, 0x98, 0x28],
  };
  it('bad UTF-8 closes with 1007 at its first bad byte: the frame is not waited for', async (t) => {
    const server = await start(t, mode);
    for (const [what, wrong] of Object.entries(bad)) {
      const payload = Buffer.concat([Buffer.from(valid), bytes(...wrong)]);
      for (const step of [0, 1]) {
        assert.equal(await closes(server, frame(TEXT, payload, { length: 50000 }), { step }), 1007, `${what}, in a frame`);
        assert.equal(await closes(server, frame(TEXT, payload, { fin: false }), { step }), 1007, `${what}, in a fragment`);
        const cut = Buffer.concat([frame(TEXT, payload.subarray(0, -1), { fin: false }), frame(CONTINUATION, payload.subarray(-1), { fin: false })]);
        assert.equal(await closes(server, cut, { step }), 1007, `${what}, in the next fragment`);
      }
    }
  });

  it('a character that is cut by the end of its message closes with 1007', async (t) => {
    const server = await start(t, mode);
    for (const cut of [bytes(0xc3), bytes(0xe2, 0x82), bytes(0xf0, 0x9f, 0x98)]) {
      assert.equal(await closes(server, frame(TEXT, cut)), 1007);
      assert.equal(await closes(server, fragments(TEXT, [cut, ''])), 1007);
      assert.equal(await closes(server, fragments(TEXT, [cut, 'a'])), 1007);
    }
  });
}

/* --- what is echoed ------------------------------------------------------------------------------------------------ */

test('--conformance: text and binary of every size are echoed', async (t) => {
  const server = await start(t, '--conformance');
  for (const size of [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1000000])
    for (const opcode of [TEXT, BINARY]) {
      const payload = Buffer.alloc(size, opcode === TEXT ? '*' : 0xfe);
      await answers(server, frame(opcode, payload), [[opcode, payload.toString('latin1')]], size < 200 ? [0, 1] : [0, 997]);
    }
});

test('--conformance: 16 MiB are echoed, a byte more closes with 1009', async (t) => {
  const server = await start(t, '--conformance');
  const most = Buffer.alloc(16 * 1024 * 1024, 'x');
  await answers(server, frame(BINARY, most), [[BINARY, most.toString('latin1')]], [0]);
  const half = most.subarray(0, most.length / 2);
  assert.equal(await closes(server, fragments(BINARY, [half, half, 'x'])), 1009);
});

test('/ws: a message as large as --max-body is taken, a byte more closes with 1009', async (t) => {
  const server = await start(t, '/ws', '--max-body', '1000');
  await answers(server, Buffer.concat([frame(TEXT, 'x'.repeat(1000)), frame(PING, 'p')]), [[PONG, 'p']]);
  assert.equal(await closes(server, frame(TEXT, 'x'.repeat(1001))), 1009);
  assert.equal(await closes(server, fragments(TEXT, ['x'.repeat(500), 'x'.repeat(500), 'x'])), 1009);
});

test('--conformance: fragments are put together, empty ones too', async (t) => {
  const server = await start(t, '--conformance');
  for (const parts of [['frag1', 'frag2'], ['', '', ''], ['', 'middle', ''], ['a', ...'bcdefghij'], ['x'.repeat(70000), 'y'.repeat(70000)]])
    for (const opcode of [TEXT, BINARY]) await answers(server, fragments(opcode, parts), [[opcode, parts.join('')]], [0, parts[0].length > 99 ? 4001 : 1]);
});

test('--conformance: UTF-8 that is right is echoed, wherever its characters are cut', async (t) => {
  const server = await start(t, '--conformance');
  for (const text of [valid, 'κόσμε', '\0', '\u007f\u0080\u07ff\u0800\uffff\ufffe\ud7ff\ue000\ufdd0', '\u{10000}\u{10ffff}\u{1f600}']) {
    const whole = Buffer.from(text);
    const latin = whole.toString('latin1');
    await answers(server, frame(TEXT, whole), [[TEXT, latin]]);
    await answers(server, fragments(TEXT, [...whole].map((byte) => bytes(byte))), [[TEXT, latin]]);
    for (let at = 0; at <= whole.length; at++) await answers(server, fragments(TEXT, [whole.subarray(0, at), whole.subarray(at)]), [[TEXT, latin]], [0]);
  }
});

test('--conformance: binary is not looked at', async (t) => {
  const server = await start(t, '--conformance');
  await answers(server, frame(BINARY, bytes(0xff, 0xfe, 0x80)), [[BINARY, '\xff\xfe\x80']]);
  await answers(server, fragments(BINARY, [bytes(0xff), bytes(0xc0)]), [[BINARY, '\xff\xc0']]);
});

test('--conformance: a conversation is the same cut in two at every byte', async (t) => {
  const server = await start(t, '--conformance');
  const said = Buffer.concat([
    frame(TEXT, valid),
    frame(TEXT, 'a', { fin: false }),
    frame(PING, 'p'),
    frame(CONTINUATION, 'b'),
    frame(BINARY, Buffer.alloc(130, 'x')),
    frame(PONG),
    closeFrame(3000, 'bye'),
  ]);
  const expected = [[TEXT, Buffer.from(valid).toString('latin1')], [PONG, 'p'], [TEXT, 'ab'], [BINARY, 'x'.repeat(130)]];
  const upgrade = Buffer.from(requestText('/ws', { headers: upgrading }));
  for (let at = 0; at < said.length; at++) {
    const session = await openSession(server);
    await session.send(said.subarray(0, at || said.length));
    if (at > 0) await session.send(said.subarray(at));
    for (const one of expected) assert.deepEqual(await session.take(`cut at ${at}`), one);
    assert.equal(await session.closed(), 3000);
    session.vanish();
  }
  /* With the handshake, as one segment: frames that come before the answer are not lost. */
  const early = new Connection(server);
  early.socket.write(Buffer.concat([upgrade, said]));
  assert.equal((await within(early.head(), 'the answer')).status, 101);
  early.vanish();
});

test('--conformance: many messages in one write are echoed in order', async (t) => {
  const server = await start(t, '--conformance');
  const texts = Array.from({ length: 500 }, (_, i) => `message ${i}`);
  await answers(server, Buffer.concat(texts.map((text) => frame(TEXT, text))), texts.map((text) => [TEXT, text]), [0]);
});

/* --- the handshake ------------------------------------------------------------------------------------------------- */

const without = (name) => Object.fromEntries(Object.entries(upgrading).filter(([key]) => key !== name));
const shakes = async (server, headers, { method = 'GET', version = '1.1' } = {}) => {
  const connection = new Connection(server);
  connection.socket.write(requestText('/ws', { method, headers }).replace('HTTP/1.1', `HTTP/${version}`));
  const head = await within(connection.head(), 'an answer to the handshake');
  connection.vanish();
  return head;
};

for (const mode of Object.keys(modes)) {
  const it = (sentence, body) => test(`${mode}: ${sentence}`, body);

  it('a handshake is taken in any case, and with lists', async (t) => {
    const server = await start(t, mode);
    for (const headers of [
      upgrading,
      { ...upgrading, Upgrade: 'WebSocket', Connection: 'UPGRADE' },
      { ...upgrading, Connection: 'keep-alive, Upgrade' },
      { ...upgrading, Connection: 'keep-alive,upgrade' },
      { ...upgrading, Connection: 'foo ,\t Upgrade , bar' },
      { ...upgrading, Upgrade: 'h2c, websocket' },
      [...Object.entries(without('Connection')), ['Connection', 'keep-alive'], ['Connection', 'Upgrade']],
      Object.fromEntries(Object.entries(upgrading).map(([name, value]) => [name.toUpperCase(), value])),
      Object.fromEntries(Object.entries(upgrading).map(([name, value]) => [name.toLowerCase(), value])),
      { ...upgrading, 'Sec-WebSocket-Extensions': 'x-unknown; a=1, permessage-deflate' },
      { ...upgrading, 'Sec-WebSocket-Protocol': 'unknown' },
    ]) {
      const { status, headers: answer } = await shakes(server, headers);
      assert.equal(status, 101, JSON.stringify(headers));
      assert.equal(answer['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
      assert.match(answer.upgrade, /^websocket$/i);
      assert.match(answer.connection, /^upgrade$/i);
      assert.equal(answer['sec-websocket-extensions'], undefined, 'no extension unless the server has it');
      assert.equal(answer['sec-websocket-protocol'], undefined, 'no subprotocol that was not asked for');
    }
  });

  it('another version gets 426 with the one that is spoken', async (t) => {
    const server = await start(t, mode);
    for (const version of ['', '0', '8', '12', '14', '013', '13.0', '+13', '13, 8', '1 3', 'thirteen'])
      for (const headers of [{ ...upgrading, 'Sec-WebSocket-Version': version }, without('Sec-WebSocket-Version')]) {
        const { status, headers: answer } = await shakes(server, headers);
        assert.equal(status, 426, version);
        assert.equal(answer['sec-websocket-version'], '13');
      }
  });

  it('what asks for no WebSocket gets none', async (t) => {
    const server = await start(t, mode);
    for (const headers of [
      {},
      without('Upgrade'),
      without('Connection'),
      { ...upgrading, Upgrade: 'websocket2' },
      { ...upgrading, Upgrade: 'h2c' },
      { ...upgrading, Connection: 'close' },
      { ...upgrading, Connection: 'xUpgrade, Upgrades' },
    ]) {
      const { status, headers: answer } = await shakes(server, headers);
      assert.equal(status, 426, JSON.stringify(headers));
      assert.match(answer.upgrade, /^websocket$/i);
    }
  });

  it('a key that is not the base64 of 16 bytes gets 400', async (t) => {
    const server = await start(t, mode);
    for (const key of ['', 'x', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZWQ=', 'dGhlIHNhbXBsZSBub25j', 'dGhlIHNhbXBsZSBub2-_ZQ==', 'dGhlIHNhbXBsZSBub25jZQ==='])
      assert.equal((await shakes(server, { ...upgrading, 'Sec-WebSocket-Key': key })).status, 400, key);
    assert.equal((await shakes(server, without('Sec-WebSocket-Key'))).status, 400);
    const twice = [...Object.entries(upgrading), ['Sec-WebSocket-Key', upgrading['Sec-WebSocket-Key']]];
    assert.equal((await shakes(server, twice)).status, 400, 'two keys');
  });

  it('only GET by HTTP/1.1 opens a WebSocket', async (t) => {
    const server = await start(t, mode);
    for (const method of ['HEAD', 'PUT', 'DELETE', 'POST']) assert.equal((await shakes(server, upgrading, { method })).status, 405, method);
    const { status } = await shakes(server, upgrading, { version: '1.0' });
    assert.ok([400, 426, 505].includes(status), `HTTP/1.0 gets ${status}`);
  });
}

/* --- a long run ---------------------------------------------------------------------------------------------------- */

if (isLong)
  test(
    '--conformance: 100,000 messages of 64 kB are echoed',
    async (t) => {
      const server = await start(t, '--conformance');
      const session = await openSession(server);
      const payload = Buffer.alloc(65536, 'The quick brown fox, jumping. ');
      const sent = frame(BINARY, payload);
      const count = 100000;
      const began = performance.now();
      const writing = (async () => {
        for (let i = 0; i < count; i++) if (!session.socket.write(sent)) await new Promise((resolve) => session.socket.once('drain', resolve));
      })();
      for (let i = 0; i < count; i++) {
        const got = await session.next(`message ${i}`);
        assert.ok(got.opcode === BINARY && got.payload.equals(payload), `message ${i} is what was sent`);
      }
      await writing;
      const seconds = (performance.now() - began) / 1000;
      const { readFile } = await import('node:fs/promises');
      const peak = (await readFile(`/proc/${server.child.pid}/status`, 'utf8')).match(/VmHWM:\s+(\d+) kB/)[1];
      console.log(`# ${count} messages of 65,536 bytes there and back in ${seconds.toFixed(1)} s; the server's memory at most ${peak} kB`);
      session.vanish();
    },
    { deadline: 1200000 },
  );

await run();
