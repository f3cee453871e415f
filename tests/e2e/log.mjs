// The lines of the log for what clients say and what they are refused: each with the address it came from. That clients
// come and leave, and that nothing raw gets into it, is checked beside what they do.
// SPDX-License-Identifier: MIT
import { assert, load, openSocket, openWebSocket, request, run, test } from './harness.mjs';

const { WebSocket } = await load('ws');

/** The fields of a JSON log's line with this event, the `nth`. */
const logged = async (server, event, nth = 1) => JSON.parse(await server.logged(new RegExp(`"event":"${event}"`), nth));

const start = (t, ...args) => t.server(['--source', 'none', '--log-format', 'json', ...args]);
const post = (server, body, type, options = {}) =>
  request(server, '/publish', { method: 'POST', body, headers: { ...(type && { 'Content-Type': type }), ...options.headers } });

test('a publication by HTTP is what its client said', async (t) => {
  const server = await start(t);
  await post(server, '{"n":1}', 'application/json');
  await post(server, 'say "hi"\n\u00e4', 'text/plain');
  const { kind, ip, client, bytes, message } = await logged(server, 'spoke');
  assert.deepEqual({ kind, ip, bytes, message }, { kind: 'publish', ip: '127.0.0.1', bytes: 7, message: '{"n":1}' });
  assert.ok(client > 0);
  // A string may stand in the log as it was sent, or as the value that it became.
  const second = await logged(server, 'spoke', 2);
  assert.ok(['say "hi"\n\u00e4', JSON.stringify('say "hi"\n\u00e4')].includes(second.message), second.message);
  assert.equal(second.bytes, Buffer.byteLength(second.message));
});

test('a publication by WebSocket is too', async (t) => {
  const server = await start(t);
  const { opened, socket } = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws`, ['feedlab.v1']);
  await opened();
  socket.send('{"publish":[1,2]}');
  const { transport, ip, bytes, message } = await logged(server, 'spoke');
  assert.deepEqual({ transport, ip, bytes, message }, { transport: 'ws', ip: '127.0.0.1', bytes: 17, message: '{"publish":[1,2]}' });
  socket.close();
});

const refusals = {
  'a body that is no JSON': [400, (server) => post(server, '{', 'application/json')],
  'no token': [401, (server) => post(server, '1', 'application/json', { headers: { Authorization: '' } })],
  'a wrong token': [401, (server) => post(server, '1', 'application/json', { headers: { Authorization: 'Bearer guess' } })],
  'a method that is not taken': [405, (server) => request(server, '/publish', { method: 'PUT', body: '1' })],
  'a body that says it is too large': [413, (server) => post(server, 'x'.repeat(2000), 'text/plain')],
  'a body that turns out too large': [413, (server) => post(server, 'x'.repeat(2000), 'text/plain', { headers: { 'Transfer-Encoding': 'chunked' } })],
  'a type that is not taken': [415, (server) => post(server, '<a/>', 'application/xml')],
};

for (const [what, [status, ask]] of Object.entries(refusals))
  test(`${what} has a line: who, where, and ${status}`, async (t) => {
    const server = await start(t, '--max-body', '1k', ...(status === 401 ? ['--publish-token', 'open-sesame'] : []));
    assert.equal((await ask(server)).status, status);
    const line = await logged(server, 'erred');
    assert.equal(line.ip, '127.0.0.1');
    assert.equal(line.path, '/publish');
    assert.equal(line.status, status);
    assert.ok(!JSON.stringify(line).includes('guess'));
    assert.equal(server.lines.filter((each) => /"event":"(spoke|came)"/.test(each)).length, 0, 'it was no client and said nothing');
  });

test('a cursor that is none, and a time-out that is none, have lines', async (t) => {
  const server = await start(t);
  for (const [index, target] of ['/poll?since=x', '/longpoll?since=x', '/longpoll?timeout=x', '/ws?since=x', '/events?since=x'].entries()) {
    const upgrade = {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version': '13',
    };
    assert.equal((await request(server, target, { headers: target.startsWith('/ws') ? upgrade : {} })).status, 400);
    const { path, status } = await logged(server, 'erred', index + 1);
    assert.deepEqual({ path, status }, { path: target.split('?')[0], status: 400 });
  }
});

test('a head that is against the rules has a line', async (t) => {
  const server = await start(t);
  for (const [index, lines] of ['Host: localhost\r\nHost: localhost\r\n', 'Host: localhost\r\nOrigin: null\r\nOrigin: null\r\n'].entries()) {
    const raw = openSocket(server);
    raw.write(`GET /poll HTTP/1.1\r\n${lines}\r\n`);
    await raw.until((bytes) => bytes.includes(' 400 '), 'the refusal');
    const { ip, path, status } = await logged(server, 'erred', index + 1);
    assert.deepEqual({ ip, path, status }, { ip: '127.0.0.1', path: '/poll', status: 400 });
    raw.socket.destroy();
  }
});

test('a path that a refusal names cannot forge a line', async (t) => {
  const server = await t.server(['--source', 'none']);
  await request(server, '/a%0aforged%1b%5b31m%e2%80%ae%e2%80%a8%22', { headers: { Host: 'evil.example' } });
  const line = await server.logged(/ refused /);
  assert.match(line, / path="\/a\\nforged\\u001b\[31m\\u202e\\u2028\\"" /);
});

await run();
