// Who may ask: a page elsewhere must neither read from nor publish to a server on localhost.
// SPDX-License-Identifier: MIT
import { assert, load, openSocket, openWebSocket, publish, request, run, test } from './harness.mjs';

const { WebSocket } = await load('ws');

const FOREIGN = [
  'https://evil.example',
  'null',
  'http://localhost.evil.example',
  'http://127.0.0.1.evil.example',
  'http://evil.example:80',
  'http://localhost@evil.example',
  'http://evil.example#localhost',
  'file://localhost',
  'localhost',
  '',
];

const READERS = ['/poll?since=0', '/longpoll?since=0&timeout=0', '/events', '/stats'];

/** The status line and head of a GET, whatever the body does. */
async function headOf(server, target, headers) {
  const raw = openSocket(server);
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  raw.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`);
  const text = await raw.until((bytes) => bytes.includes('\r\n\r\n') && bytes.toString(), `the head of ${target}`);
  raw.socket.destroy();
  return { status: Number(text.split(' ')[1]), allowed: text.match(/access-control-allow-origin: (.*)\r/i)?.[1] };
}

test('a foreign Origin is refused by every transport, and the log names the flag', async (t) => {
  const server = await t.server(['--source', 'none']);
  await publish(server, 'secret');
  for (const origin of FOREIGN) {
    for (const target of READERS) {
      const { status, allowed } = await headOf(server, target, { Origin: origin });
      assert.equal(status, 403, `${target} from '${origin}'`);
      assert.equal(allowed, undefined);
    }
  }
  const answer = await request(server, '/poll?since=0', { headers: { Origin: 'https://evil.example' } });
  assert.match(answer.headers['content-type'], /^application\/problem\+json/);
  assert.match(answer.json().detail, /--allow-origin/);
  assert.ok(!answer.text.includes('secret'));
  await server.logged(/refused .*evil\.example.*--allow-origin/);
});

test('a foreign page opens no WebSocket', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const path of ['/ws', '/']) {
    for (const origin of FOREIGN.slice(0, 3)) {
      const { refused } = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}${path}`, [], { origin });
      assert.equal(await refused(), 403, `${path} from ${origin}`);
    }
  }
  await server.logged(/refused .*--allow-origin/);
});

test('a foreign page publishes nothing, not by a form either', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
    for (const origin of FOREIGN) {
      const headers = { 'Content-Type': type, Origin: origin };
      const answer = await request(server, '/publish', { method: 'POST', headers, body: '"x"' });
      assert.equal(answer.status, 403, `${type} from '${origin}'`);
    }
  }
  assert.deepEqual((await request(server, '/poll?since=0')).json().updates, []);
});

test('pages of this machine may read, on any port', async (t) => {
  const server = await t.server(['--source', 'none']);
  const origins = ['http://localhost:5173', 'http://127.0.0.1:1234', 'https://localhost', 'http://[::1]:3000'];
  for (const origin of origins) {
    for (const target of READERS) {
      assert.deepEqual(await headOf(server, target, { Origin: origin }), { status: 200, allowed: origin }, target);
    }
    const client = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws`, [], { origin });
    await client.opened();
    client.socket.close();
    const headers = { 'Content-Type': 'application/json', Origin: origin };
    const answer = await request(server, '/publish', { method: 'POST', headers, body: '1' });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['access-control-allow-origin'], origin);
  }
});

test('the answer to one origin is not given to another', async (t) => {
  const server = await t.server(['--source', 'none']);
  await publish(server, 1);
  const plain = await headOf(server, '/poll?since=0', {});
  assert.equal(plain.allowed, undefined);
  for (const origin of ['http://localhost:1', 'http://localhost:2']) {
    const answer = await request(server, '/poll?since=0', { headers: { Origin: origin } });
    assert.equal(answer.headers['access-control-allow-origin'], origin);
    assert.match(answer.headers.vary, /Origin/i);
  }
  assert.equal((await headOf(server, '/poll?since=0', {})).allowed, undefined);
});

test('--allow-origin lets origins in by name, null too', async (t) => {
  const server = await t.server(['--source', 'none', '--allow-origin', 'https://app.example', '--allow-origin', 'null']);
  for (const origin of ['https://app.example', 'null']) {
    for (const target of READERS) {
      assert.deepEqual(await headOf(server, target, { Origin: origin }), { status: 200, allowed: origin }, target);
    }
  }
  for (const origin of ['http://app.example', 'https://app.example:444', 'https://www.app.example']) {
    assert.equal((await headOf(server, '/poll', { Origin: origin })).status, 403, origin);
  }
});

test('a preflight is answered for those who may, and refused for others', async (t) => {
  const server = await t.server(['--source', 'none']);
  const headers = {
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'content-type',
    Origin: 'http://localhost:5173',
  };
  const yes = await request(server, '/publish', { method: 'OPTIONS', headers });
  assert.equal(yes.status, 204);
  assert.equal(yes.headers['access-control-allow-origin'], 'http://localhost:5173');
  assert.match(yes.headers['access-control-allow-methods'], /POST/);
  assert.match(yes.headers['access-control-allow-headers'], /content-type/i);
  const foreign = { ...headers, Origin: 'https://evil.example' };
  const no = await request(server, '/publish', { method: 'OPTIONS', headers: foreign });
  assert.equal(no.status, 403);
  assert.equal(no.headers['access-control-allow-origin'], undefined);
});

test('a foreign Host is refused, against DNS rebinding', async (t) => {
  const server = await t.server(['--source', 'none']);
  const hosts = ['evil.example', `evil.example:${server.port}`, 'localhost.evil.example', '127.0.0.1.nip.example', ''];
  for (const host of hosts) {
    for (const target of ['/', ...READERS]) {
      assert.equal((await headOf(server, target, { Host: host })).status, 403, `${target} at '${host}'`);
    }
    // As in the attack: the page is at the same name, so its Origin matches.
    const headers = { Host: host, Origin: `http://${host}` };
    assert.equal((await headOf(server, '/poll', headers)).status, 403);
  }
  await server.logged(/refused .*evil\.example.*--allow-host/);
  for (const host of ['localhost', 'LOCALHOST', `localhost:${server.port}`, '127.0.0.1', '[::1]:80', '192.0.2.7']) {
    assert.equal((await headOf(server, '/poll', { Host: host })).status, 200, host);
  }
});

test('--allow-host lets a name in, with pages of its own', async (t) => {
  const server = await t.server(['--source', 'none', '--allow-host', 'feed.example']);
  for (const host of ['feed.example', `feed.example:${server.port}`]) {
    const headers = { Host: host, Origin: `http://${host}` };
    assert.equal((await headOf(server, '/poll', headers)).status, 200);
  }
  assert.equal((await headOf(server, '/poll', { Host: 'www.feed.example' })).status, 403);
});

test('a request with two Hosts or two Origins is a bad one', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const doubled of ['Host: localhost\r\nHost: evil.example', 'Host: localhost\r\nOrigin: null\r\nOrigin: http://localhost']) {
    const raw = openSocket(server);
    raw.write(`GET /poll HTTP/1.1\r\n${doubled}\r\n\r\n`);
    const text = await raw.until((bytes) => bytes.includes('\r\n') && bytes.toString(), 'the answer');
    assert.match(text, /^HTTP\/1\.1 400 /, doubled);
    raw.socket.destroy();
  }
});

await run();
