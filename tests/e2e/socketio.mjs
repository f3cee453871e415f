// The official Socket.IO clients, unmodified: 4.8 and 3.1 (the generation of the blog post), by every choice of transports,
// with one worker and with four (each request of a session then arrives anywhere).
// SPDX-License-Identifier: MIT
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { assert, load, publish, Queue, request, run, test, within } from './harness.mjs';

const { io } = await load('socket.io-client');
const require = createRequire(import.meta.url);
const clients = { 4.8: io, 3.1: require('socket.io-client-3').io };
const choices = { 'default transports': undefined, 'polling only': ['polling'], 'WebSocket only': ['websocket'] };

/** A client of its own, ended with the case. What comes of `news` and `gap` is queued, in order. */
function connect(t, server, { library = io, ...options } = {}) {
  const socket = library(`http://localhost:${server.port}`, { path: '/socket.io', forceNew: true, ...options });
  const events = new Queue();
  t.cleanup(() => socket.disconnect());
  socket.on('news', (update, cursor) => events.push({ update, cursor }));
  socket.on('gap', (gap, cursor) => events.push({ gap, cursor }));
  const connected = new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  connected.catch(() => {});
  return {
    socket,
    events,
    connected: () => within(connected, 'a Socket.IO connection'),
    ask: (...event) => within(new Promise((resolve) => socket.emit(...event, resolve)), `the acknowledgement of ${event[0]}`),
    upgraded: () => socket.io.engine.transport.name === 'websocket' || within(new Promise((resolve) => socket.io.engine.once('upgrade', resolve)), 'the upgrade'),
    /** The next `count` updates: their seqs, which have to be what the cursors say. */
    async seqs(count) {
      const taken = await events.take(count, 'news');
      for (const { update, cursor } of taken) assert.equal(cursor.split('-')[1], String(update.seq));
      return taken.map(({ update }) => update.seq);
    },
  };
}

const range = (from, count) => Array.from({ length: count }, (_, i) => from + i);

for (const workers of ['1', '4']) {
  for (const [version, library] of Object.entries(clients)) {
    for (const [choice, transports] of Object.entries(choices)) {
      test(`socket.io-client ${version}, ${choice}, ${workers} worker(s): news, reply, publish`, async (t) => {
        const server = await t.server(['--rate', '200', '--workers', workers]);
        const client = connect(t, server, { library, transports });
        await client.connected();
        const first = (await client.seqs(1))[0];
        if (!transports) await client.upgraded();
        assert.deepEqual(await client.seqs(100), range(first + 1, 100));

        const { socket } = client;
        socket.emit('reply', { hello: 'from the page' });
        await server.logged(new RegExp(`spoke .*ip=127.0.0.1 .*socket=${socket.id} kind=reply .*from the page`));
        const { seq, cursor } = await client.ask('publish', { by: version });
        assert.equal(cursor.split('-')[1], String(seq));
        let update;
        do ({ update } = await client.events.next('what was published')); while (update.seq < seq);
        assert.deepEqual(update.data, { by: version });
        assert.deepEqual(await client.ask('reply', 'with an answer'), undefined);
        assert.match((await client.ask('no such event', 1)).error, /reply and publish/);

        socket.disconnect();
        await server.logged(/left transport=socketio ip=127.0.0.1 .*why="the client said so"/);
      });
    }
  }

  test(`binary arguments are taken by polling and by WebSocket, ${workers} worker(s)`, async (t) => {
    const server = await t.server(['--source', 'none', '--workers', workers]);
    for (const transport of ['polling', 'websocket']) {
      const client = connect(t, server, { transports: [transport] });
      await client.connected();
      await client.ask('reply', Buffer.from(transport), { more: Buffer.alloc(1000) });
      await server.logged(new RegExp(`spoke .*socket=${client.socket.id} kind=reply bytes=1\\d\\d\\d `));
      assert.match((await client.ask('publish', Buffer.from('binary'))).error, /one JSON value/);
    }
  });

  test(`connection state recovery: the same socket again, and nothing missed, ${workers} worker(s)`, async (t) => {
    const server = await t.server(['--source', 'none', '--workers', workers]);
    const client = connect(t, server, { reconnectionDelay: 10, randomizationFactor: 0 });
    const { socket } = client;
    await client.connected();
    await client.upgraded();
    await publish(server, 1);
    assert.deepEqual(await client.seqs(1), [1]);
    const { id } = socket;
    const lost = within(new Promise((resolve) => socket.once('disconnect', resolve)), 'the connection to be lost');
    const again = within(new Promise((resolve) => socket.once('connect', resolve)), 'a new connection');
    socket.io.engine.close(); // without a DISCONNECT: as when the network fails
    await lost;
    for (let i = 2; i <= 5; i++) await publish(server, i);
    await again;
    assert.equal(socket.recovered, true);
    assert.equal(socket.id, id);
    assert.deepEqual(await client.seqs(4), [2, 3, 4, 5]);
  });

  test(`a client that comes back too late is told what it missed, ${workers} worker(s)`, async (t) => {
    const server = await t.server(['--source', 'none', '--history', '2', '--workers', workers]);
    const client = connect(t, server, { reconnection: false, transports: ['websocket'] });
    const { socket } = client;
    await client.connected();
    await publish(server, 1);
    await client.seqs(1);
    const lost = within(new Promise((resolve) => socket.once('disconnect', resolve)), 'the connection to be lost');
    socket.io.engine.close();
    await lost;
    for (let i = 2; i <= 6; i++) await publish(server, i);
    const again = within(new Promise((resolve) => socket.once('connect', resolve)), 'a new connection');
    socket.connect(); // not by itself: it would be back before the feed has gone too far
    await again;
    assert.equal(socket.recovered, false);
    assert.deepEqual((await client.events.next('the gap')).gap, { from: 2, to: 4 });
    assert.deepEqual(await client.seqs(2), [5, 6]);
  });
}

test('auth.since resumes, as a cursor, a number or 0', async (t) => {
  const server = await t.server(['--source', 'none']);
  const cursors = [];
  for (let i = 1; i <= 4; i++) cursors.push((await publish(server, i)).cursor);
  for (const [since, expected] of [[cursors[1], [3, 4]], [3, [4]], ['0', [1, 2, 3, 4]], [0, [1, 2, 3, 4]]]) {
    const client = connect(t, server, { auth: { since } });
    assert.deepEqual(await client.seqs(expected.length), expected, `since ${since}`);
  }
  const client = connect(t, server, { auth: { since: 'yesterday' } });
  await assert.rejects(client.connected(), /since is no cursor/);
});

test('a token is asked for where the server has one', async (t) => {
  const server = await t.server(['--source', 'none', '--publish-token', 'a/b"c']);
  const wrong = connect(t, server, { auth: { token: 'guess' } });
  await assert.rejects(wrong.connected(), /token is not the right one/);
  const none = connect(t, server);
  assert.match((await none.ask('publish', 1)).error, /--publish-token/);
  const right = connect(t, server, { auth: { token: 'a/b"c' } });
  assert.equal((await right.ask('publish', 1)).seq, 1);
  assert.ok(!server.lines.some((line) => /a\/b|guess/.test(line)), 'no token in the log');
});

test('other namespaces are refused, or taken where --namespace names them', async (t) => {
  const server = await t.server(['--source', 'none', '--namespace', '/chat']);
  const unknown = io(`http://localhost:${server.port}/else`, { forceNew: true });
  t.cleanup(() => unknown.disconnect());
  const error = await within(new Promise((resolve) => unknown.once('connect_error', resolve)), 'a refusal');
  assert.equal(error.message, 'Invalid namespace');
  const chat = io(`http://localhost:${server.port}/chat`, { forceNew: true });
  t.cleanup(() => chat.disconnect());
  await within(new Promise((resolve) => chat.once('connect', resolve)), 'the namespace');
  chat.emit('reply', 'from the chat');
  await server.logged(new RegExp(`connected .*socket=${chat.id} namespace=/chat`));
  await server.logged(new RegExp(`spoke .*socket=${chat.id} .*from the chat`));
});

test('the path can be another', async (t) => {
  const server = await t.server(['--source', 'none', '--socketio-path', '/sio']);
  const client = connect(t, server, { path: '/sio' });
  await client.connected();
  assert.equal((await client.ask('publish', 1)).seq, 1);
  assert.equal((await request(server, '/sio/socket.io.min.js')).status, 200);
  assert.equal((await request(server, '/socket.io/?EIO=4&transport=polling')).status, 404);
});

test('the client script is served as npm has it', async (t) => {
  const server = await t.server(['--source', 'none']);
  const dist = new URL('./dist/', `file://${require.resolve('socket.io-client/package.json')}`);
  const types = { 'socket.io.js': /javascript/, 'socket.io.min.js': /javascript/, 'socket.io.js.map': /json/, 'socket.io.min.js.map': /json/ };
  for (const [name, type] of Object.entries(types)) {
    const answer = await request(server, `/socket.io/${name}`);
    assert.equal(answer.text, await readFile(new URL(name, dist), 'utf8'), name);
    assert.match(answer.headers['content-type'], type);
    const again = await request(server, `/socket.io/${name}`, { headers: { 'If-None-Match': `W/${answer.headers.etag}` } });
    assert.equal(again.status, 304);
    assert.equal(again.text, '');
  }
  assert.equal((await request(server, '/socket.io/socket.io.js', { method: 'HEAD' })).text, '');
  assert.equal((await request(server, '/socket.io/package.json')).status, 404);
});

test('SIGTERM ends sessions in order, by polling and by WebSocket, and the client is told', async (t) => {
  const server = await t.server(['--source', 'none', '--workers', '2']);
  const reasons = [];
  for (const transports of [['polling'], ['websocket'], undefined]) {
    const client = connect(t, server, { transports, reconnection: false });
    await client.connected();
    if (!transports) await client.upgraded();
    reasons.push(within(new Promise((resolve) => client.socket.once('disconnect', resolve)), 'the end'));
  }
  await server.stop();
  assert.deepEqual(await Promise.all(reasons), ['transport close', 'transport close', 'transport close']);
});

await run();
