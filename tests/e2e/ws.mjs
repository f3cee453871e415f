// GET /ws with npm's ws, the client that most servers are tested with, and with raw frames for what it would not send.
// SPDX-License-Identifier: MIT
import { assert, load, openSocket, openWebSocket, publish, request, run, test } from './harness.mjs';

const { WebSocket } = await load('ws');

const open = (server, query = '', protocols = [], options = {}) =>
  openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws${query}`, protocols, options);

async function publishMany(server, count) {
  const answers = [];
  for (let i = 1; i <= count; i++) answers.push(await publish(server, i));
  return answers;
}

test('a subscriber gets each update once and in order', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { messages, opened, socket } = open(server);
  await opened();
  await publishMany(server, 50);
  const updates = await messages.take(50, 'updates');
  assert.deepEqual(updates.map(({ seq }) => seq), Array.from({ length: 50 }, (_, i) => i + 1));
  assert.deepEqual(updates.map(({ data }) => data), Array.from({ length: 50 }, (_, i) => i + 1));
  assert.deepEqual(Object.keys(updates[0]), ['seq', 't', 'data']);
  socket.close();
});

test('a fast clock loses nothing', async (t) => {
  const server = await t.server(['--rate', '2000']);
  const { messages, opened, socket } = open(server, '?since=0');
  await opened();
  const updates = await messages.take(3000, 'updates');
  updates.forEach(({ seq }, index) => assert.equal(seq, index + 1));
  socket.close();
});

test('without since it begins now, with a cursor or a number after it', async (t) => {
  const server = await t.server(['--source', 'none']);
  const answers = await publishMany(server, 5);
  const late = open(server);
  const all = open(server, '?since=0');
  const some = open(server, '?since=3');
  const fromCursor = open(server, `?since=${answers[1].cursor}`);
  for (const client of [late, all, some, fromCursor]) await client.opened();
  await publish(server, 6);
  assert.equal((await late.messages.next()).seq, 6);
  assert.deepEqual((await all.messages.take(6)).map(({ seq }) => seq), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual((await some.messages.take(3)).map(({ seq }) => seq), [4, 5, 6]);
  assert.deepEqual((await fromCursor.messages.take(4)).map(({ seq }) => seq), [3, 4, 5, 6]);
  for (const client of [late, all, some, fromCursor]) client.socket.close();
});

test('a since that is no cursor is refused with 400', async (t) => {
  const server = await t.server(['--source', 'none']);
  assert.equal(await open(server, '?since=yesterday').refused(), 400);
});

test('feedlab.v1 opens with hello, tells gaps, publishes and echoes', async (t) => {
  const server = await t.server(['--source', 'none', '--history', '4']);
  await publishMany(server, 9);
  const client = open(server, '?since=2', ['feedlab.v1']);
  await client.opened();
  assert.equal(client.socket.protocol, 'feedlab.v1');
  const { hello } = await client.messages.next('hello');
  assert.match(hello.cursor, /^[0-9a-z]+-\d+$/);
  assert.deepEqual(await client.messages.next('the gap'), { gap: { from: 3, to: 5 } });
  assert.deepEqual((await client.messages.take(4)).map(({ seq }) => seq), [6, 7, 8, 9]);

  client.socket.send('{"echo": {"n": 1.50, "s": "ä"}}');
  assert.deepEqual(await client.messages.next('the echo'), { echo: { n: 1.5, s: 'ä' } });
  client.socket.send('{"publish": [1, null]}');
  const update = await client.messages.next('the update');
  assert.equal(update.seq, 10);
  assert.deepEqual(update.data, [1, null]);
  client.socket.send('no JSON');
  assert.ok((await client.messages.next('the complaint')).error);
  client.socket.close();
});

test('a cursor of another epoch is told so and gets all that is kept', async (t) => {
  const server = await t.server(['--source', 'none']);
  const [{ cursor }] = await publishMany(server, 2);
  const client = open(server, '?since=zzzz-17', ['feedlab.v1']);
  await client.opened();
  await client.messages.next('hello');
  assert.deepEqual(await client.messages.next('the gap'), { gap: { epoch: cursor.split('-')[0], from: null } });
  assert.deepEqual((await client.messages.take(2)).map(({ seq }) => seq), [1, 2]);
  client.socket.close();
});

test('without the subprotocol what is sent is logged and not obeyed', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { messages, opened, socket } = open(server);
  await opened();
  assert.equal(socket.protocol, '');
  socket.send('{"publish":"mine"}');
  await server.logged(/publish.*mine/);
  await publish(server, 'theirs');
  assert.equal((await messages.next()).data, 'theirs');
  socket.close();
});

test('a subprotocol it does not know is not agreed on', async (t) => {
  const server = await t.server(['--source', 'none']);
  const client = open(server, '', ['chat', 'feedlab.v1']);
  await client.opened();
  assert.equal(client.socket.protocol, 'feedlab.v1');
  client.socket.close();
  // npm's ws treats an answer without any of the protocols it asked for as an error; so it is asked by hand.
  const raw = openSocket(server);
  raw.write(handshake('Sec-WebSocket-Protocol: chat\r\n'));
  const head = await raw.until((bytes) => bytes.includes('\r\n\r\n') && bytes.toString('latin1'), 'the handshake');
  assert.match(head, /^HTTP\/1\.1 101 /);
  assert.doesNotMatch(head, /sec-websocket-protocol/i);
  raw.socket.destroy();
});

test('subprotocols in several lines are one list', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const lines of [['chat', 'feedlab.v1'], ['chat, superchat', 'x, feedlab.v1'], ['feedlab.v1', 'chat']]) {
    const raw = openSocket(server);
    raw.write(handshake(lines.map((line) => `Sec-WebSocket-Protocol: ${line}\r\n`).join('')));
    const head = await raw.until((bytes) => bytes.includes('\r\n\r\n') && bytes.toString('latin1'), 'the handshake');
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.match(head, /\r\nsec-websocket-protocol: feedlab\.v1\r\n/i, lines.join(' | '));
    raw.socket.destroy();
  }
});

test('pings are answered with their payload', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { opened, socket } = open(server);
  await opened();
  const pong = new Promise((resolve) => socket.once('pong', (data) => resolve(data.toString())));
  socket.ping('are you there');
  assert.equal(await pong, 'are you there');
  socket.close();
});

test('a ping comes with each heartbeat', async (t) => {
  const server = await t.server(['--source', 'none', '--heartbeat', '200ms']);
  const { opened, socket } = open(server);
  const pings = new Promise((resolve) => {
    let count = 0;
    socket.on('ping', () => ++count === 3 && resolve());
  });
  await opened();
  await pings;
  socket.close();
});

test('a close frame is answered with its code', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { closed, opened, socket } = open(server);
  await opened();
  socket.close(4321, 'enough');
  assert.equal((await closed()).code, 4321);
  await server.logged(/ left .*4321/);
});

test('SIGTERM closes with 1001, and what was published before it arrives', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { closed, messages, opened } = open(server);
  await opened();
  await publishMany(server, 3);
  const stopped = server.stop();
  assert.equal((await closed()).code, 1001);
  assert.deepEqual((await messages.take(3)).map(({ seq }) => seq), [1, 2, 3]);
  await stopped;
});

test('binary and fragmented messages are taken', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { opened, socket, messages } = open(server, '', ['feedlab.v1']);
  await opened();
  await messages.next('hello');
  socket.send(Buffer.from([0, 1, 2, 255]));
  await server.logged(/ spoke .*binary/);
  socket.send('{"echo":', { fin: false });
  socket.send('"in three', { fin: false });
  socket.ping();
  socket.send(' parts"}', { fin: true });
  assert.deepEqual(await messages.next('the echo'), { echo: 'in three parts' });
  socket.close();
});

test('a message over 1 MB closes with 1009', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { closed, opened, socket } = open(server);
  await opened();
  socket.send(Buffer.alloc(1024 * 1024 + 1, 'x').toString());
  assert.equal((await closed()).code, 1009);
});

test('a large message comes back whole', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { opened, socket, messages } = open(server, '', ['feedlab.v1']);
  await opened();
  await messages.next('hello');
  const text = 'x'.repeat(900 * 1000);
  socket.send(JSON.stringify({ echo: text }));
  assert.equal((await messages.next('the echo')).echo, text);
  socket.close();
});

const key = 'dGhlIHNhbXBsZSBub25jZQ==';

function handshake(extra = '') {
  return (
    'GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n' +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${extra}\r\n`
  );
}

/** Send bytes after the handshake (`together`: in the same write). Returns: the close code that comes back. */
async function closeCodeAfter(server, frame, together = false) {
  const raw = openSocket(server);
  raw.write(together ? Buffer.concat([Buffer.from(handshake()), frame]) : handshake());
  await raw.until((bytes) => bytes.includes('\r\n\r\n'), 'the handshake');
  const head = raw.received().toString('latin1');
  assert.match(head, /^HTTP\/1\.1 101 /);
  assert.match(head, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
  if (!together) raw.write(frame);
  await raw.ended();
  const bytes = raw.received();
  const frames = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
  assert.equal(frames[0], 0x88, 'a close frame');
  return frames.readUInt16BE(2);
}

test('frames against the RFC close with 1002, text that is no UTF-8 with 1007', async (t) => {
  const server = await t.server(['--source', 'none']);
  const mask = [1, 2, 3, 4];
  const bad = {
    'no mask': [0x81, 0x01, 0x78],
    'RSV1 without an extension': [0xc1, 0x81, ...mask, 0x79],
    'an unknown opcode': [0x83, 0x81, ...mask, 0x79],
    'a continuation of nothing': [0x80, 0x81, ...mask, 0x79],
    'a fragmented ping': [0x09, 0x81, ...mask, 0x79],
    'a close frame of one byte': [0x88, 0x81, ...mask, 0x79],
  };
  for (const [what, bytes] of Object.entries(bad)) {
    assert.equal(await closeCodeAfter(server, Buffer.from(bytes)), 1002, what);
  }
  assert.equal(await closeCodeAfter(server, Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff])), 1007);
});

test('a frame that came in the same packet as the request is not lost', async (t) => {
  const server = await t.server(['--source', 'none']);
  assert.equal(await closeCodeAfter(server, Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]), true), 1000);
});

test('what is no WebSocket handshake is told so', async (t) => {
  const server = await t.server(['--source', 'none']);
  const plain = await request(server, '/ws');
  assert.equal(plain.status, 426);
  assert.match(plain.headers['content-type'], /^application\/problem\+json/);
  assert.equal(plain.headers.upgrade, 'websocket');
  const upgrade = { Upgrade: 'websocket', Connection: 'Upgrade' };
  const old = await request(server, '/ws', {
    headers: { ...upgrade, 'Sec-WebSocket-Key': key, 'Sec-WebSocket-Version': '8' },
  });
  assert.equal(old.status, 426);
  assert.equal(old.headers['sec-websocket-version'], '13');
  const short = await request(server, '/ws', {
    headers: { ...upgrade, 'Sec-WebSocket-Key': 'short', 'Sec-WebSocket-Version': '13' },
  });
  assert.equal(short.status, 400);
});

const flood = ['--rate', '2000', '--size', '8k', '--history', '64'];

test('--slow close ends a slow reader with 1008', async (t) => {
  const server = await t.server([...flood, '--slow', 'close']);
  const client = open(server);
  await client.opened();
  client.socket._socket.pause();
  await server.logged(/erred .*max-lag/);
  client.socket._socket.resume();
  assert.equal((await client.closed()).code, 1008);
});

test('--slow gap tells a slow reader what it missed, and nothing else is missing', async (t) => {
  const server = await t.server([...flood, '--slow', 'gap']);
  const client = open(server, '?since=0', ['feedlab.v1']);
  await client.opened();
  client.socket._socket.pause();
  // Another one reads on: after 40 MB neither kernel nor ring can hold what the slow one has not taken.
  const quick = open(server);
  await quick.messages.take(5000, 'updates of the quick one');
  quick.socket.close();
  client.socket._socket.resume();
  const { hello } = await client.messages.next('hello');
  let last = Number(hello.cursor.split('-')[1]);
  for (let gap; !gap; ) {
    const message = await client.messages.next('a gap');
    ({ gap } = message);
    assert.equal(gap ? gap.from : message.seq, last + 1);
    last = gap ? gap.to : message.seq;
  }
  assert.equal((await client.messages.next('the update after the gap')).seq, last + 1);
  await server.logged(/ gap .*from=/);
  client.socket.terminate();
});

await run();
