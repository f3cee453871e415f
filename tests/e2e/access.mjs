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

const UPGRADE = {
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

/** Every door: what a client of each kind asks first, and the status of the one who may. */
const DOORS = [
  ['GET', '/', 200],
  ['GET', '/poll?since=0', 200],
  ['GET', '/longpoll?since=0&timeout=0', 200],
  ['GET', '/events', 200],
  ['GET', '/ws', 101, UPGRADE],
  ['GET', '/', 101, UPGRADE],
  ['GET', '/socket.io/?EIO=4&transport=polling', 200],
  ['POST', '/socket.io/?EIO=4&transport=polling&sid=none', 400],
  ['GET', '/socket.io/?EIO=4&transport=websocket', 101, UPGRADE],
  ['GET', '/socket.io/?EIO=4&transport=websocket&sid=none', 400, UPGRADE],
  ['POST', '/publish', 415],
  ['PUT', '/publish', 405],
  ['DELETE', '/publish', 405],
  ['GET', '/stats', 200],
  ['GET', '/stats?client=1', 404],
  ['GET', '/demo', 200],
  ['POST', '/demo/feed', 415],
  ['POST', '/demo/lines', 415],
  ['DELETE', '/demo/lines/1', 404],
  ['GET', '/health/live', 200],
  ['GET', '/health/ready', 200],
  ['GET', '/metrics', 404],
  ['GET', '/none', 404],
];

/** A head as it is written, on a connection of its own: status, and the lines of the answer's head by lower-case name. */
async function ask(server, method, target, lines) {
  const raw = openSocket(server);
  raw.write(`${method} ${target} HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}${method === 'GET' ? '' : 'Content-Length: 0\r\n'}\r\n`);
  const text = await raw.until((bytes) => bytes.includes('\r\n\r\n') && bytes.toString('latin1'), `the head of ${method} ${target}`);
  raw.socket.destroy();
  const [first, ...fields] = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  const headers = fields.map((field) => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]);
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers) };
}

const linesOf = (headers) => Object.entries(headers).map(([name, value]) => `${name}: ${value}`);

/** The same head, at every door. */
async function knock(server, lines, expected, method) {
  for (const [how, target, status, headers = {}] of DOORS.filter(([how]) => !method || how === method)) {
    const answer = await ask(server, how, target, [...lines, ...linesOf(headers)]);
    const what = `${how} ${target} with ${JSON.stringify(lines)}`;
    assert.equal(answer.status, expected ?? status, what);
    if (answer.status >= 400) assert.notEqual(answer.headers['access-control-allow-origin'], '*', what);
    if (answer.status === 403) assert.equal(answer.headers['access-control-allow-origin'], undefined, what);
  }
}

test('every door is open to the one who may ask, and shut to every name that could be rebound', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const host of ['127.0.0.1', `localhost:${server.port}`]) await knock(server, [`Host: ${host}`]);
  const hosts = [
    'evil.example',
    `evil.example:${server.port}`,
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'EVIL.example',
    'localhost.',
    '127.0.0.1.',
    'user@localhost',
    'localhost:80@evil.example',
    '[localhost]',
    '[fe80::1%25eth0]',
    '::1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    'localhost, evil.example',
    '',
  ];
  for (const host of hosts) await knock(server, [`Host: ${host}`, `Origin: http://${host}`], 403);
  await knock(server, ['Host: localhost', 'Host: evil.example'], 400);
});

test('every door is shut to every foreign Origin', async (t) => {
  const server = await t.server(['--source', 'none']);
  const origins = [...FOREIGN, 'http://localhost.', 'http://localhost, http://evil.example', 'http://[::1%25lo]:1', 'http://2130706433'];
  for (const origin of origins) await knock(server, ['Host: localhost', `Origin: ${origin}`], 403);
  await knock(server, ['Host: localhost', 'Origin: http://localhost', 'Origin: https://evil.example'], 400);
  await knock(server, ['Host: localhost', 'Origin: HTTP://LOCALHOST:3000']);
});

test('a page of another site that names no Origin changes nothing and reads nothing', async (t) => {
  const server = await t.server(['--source', 'none']);
  const foreign = ['Host: localhost', 'Sec-Fetch-Site: cross-site'];
  await knock(server, foreign, 403, 'POST');
  await knock(server, foreign, 403, 'PUT');
  await knock(server, foreign, 403, 'DELETE');
  for (const target of [...READERS, '/socket.io/?EIO=4&transport=polling', '/demo'])
    assert.equal((await ask(server, 'GET', target, [...foreign, 'Sec-Fetch-Mode: no-cors'])).status, 403, target);
  await server.logged(/refused .*sec-fetch-site=cross-site/);
  // A link to it is no load; nor is what any page may have, or a request with an Origin that is let in.
  for (const target of ['/', '/stats', '/poll'])
    assert.equal((await ask(server, 'GET', target, [...foreign, 'Sec-Fetch-Mode: navigate'])).status, 200, target);
  assert.equal((await ask(server, 'GET', '/socket.io/socket.io.js', [...foreign, 'Sec-Fetch-Mode: no-cors'])).status, 200);
  await knock(server, [...foreign, 'Origin: http://localhost:3000']);
  for (const site of ['same-origin', 'same-site', 'none']) await knock(server, ['Host: localhost', `Sec-Fetch-Site: ${site}`]);
});

test('a preflight lets no method through that is not served, and nothing with credentials', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const lines = ['Host: localhost', `Access-Control-Request-Method: ${method}`];
    const good = await ask(server, 'OPTIONS', '/publish', [...lines, 'Origin: http://localhost:3000']);
    assert.equal(good.status, 204);
    assert.equal(good.headers['access-control-allow-methods'], 'DELETE, GET, HEAD, POST');
    assert.equal(good.headers['access-control-allow-origin'], 'http://localhost:3000');
    assert.equal(good.headers['access-control-allow-credentials'], undefined);
    assert.equal(good.headers.vary, 'Origin');
    for (const origin of FOREIGN) {
      const bad = await ask(server, 'OPTIONS', '/publish', [...lines, `Origin: ${origin}`]);
      assert.equal(bad.status, 403);
      assert.ok(!Object.keys(bad.headers).some((name) => name.startsWith('access-control-')), origin);
      assert.equal(bad.headers.vary, 'Origin');
    }
  }
});

test('every answer forbids to be taken for what it is not, and pages say what they may load', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const [method, target, status, headers = {}] of DOORS.filter(([, , status]) => status !== 101)) {
    const answer = await ask(server, method, target, ['Host: localhost', ...linesOf(headers)]);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff', `${method} ${target} ${status}`);
  }
  const page = await ask(server, 'GET', '/', ['Host: localhost']);
  assert.match(page.headers['content-security-policy'], /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/);
  assert.equal(page.headers['referrer-policy'], 'no-referrer');
  for (const target of ['/stats', '/demo', '/none'])
    assert.equal((await ask(server, 'GET', target, ['Host: localhost'])).headers['cross-origin-resource-policy'], 'same-origin');
  assert.equal((await ask(server, 'GET', '/socket.io/socket.io.js', ['Host: localhost'])).headers['cross-origin-resource-policy'], undefined);
});

for (const format of ['text', 'json'])
  test(`nothing that a client sends forges a line of the log, ${format}`, async (t) => {
    const server = await t.server(['--source', 'none', '-v', '--log-format', format]);
    const nasty = 'a\x1b[31m\x9b\xff\xfe"\\\x7f\xe2\x80\xa8\xe2\x80\xae';
    for (const lines of [[`Host: ${nasty}`], ['Host: localhost', `Origin: ${nasty}`], [`Host: ${'x'.repeat(3000)}`]]) {
      const raw = openSocket(server);
      raw.write(Buffer.from(`DELETE /${'%0d%0aforged%1b[2J%ff'}${'y'.repeat(3000)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
      await raw.until((bytes) => / 40[03] /.test(bytes), 'the refusal'); // 400: by its head
      raw.socket.destroy();
    }
    await server.logged(/\b(refused|erred)\b/, 3);
    for (const line of server.lines) {
      assert.match(line, format === 'json' ? /^\{"time":"/ : /^(20\d\d-\S+Z \w+ |listening on )/, 'a line of its own');
      assert.ok(!/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(line), JSON.stringify(line));
      assert.ok(line.length < 1000, 'long values are cut');
      if (format === 'json') JSON.parse(line);
    }
  });

await run();
