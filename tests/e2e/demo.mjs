// The demo's controls: the feed's pace, and lines, through which each transport reaches the server as if from far away.
// SPDX-License-Identifier: MIT
import net from 'node:net';
import { Connection } from '../contract/connection.mjs';
import { frame, kinds } from '../contract/subscriber.mjs';
import { assert, load, openSocket, openWebSocket, publish, request, run, test, within } from './harness.mjs';

const { WebSocket } = await load('ws');

const PROFILES = ['none', 'wifi', '4g', '3g', 'satellite', 'flaky'];
const json = { 'Content-Type': 'application/json' };
const post = (server, target, value, headers = {}) =>
  request(server, target, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(value) });

async function openLine(server, profile = 'none') {
  const answer = await post(server, '/demo/lines', { profile });
  assert.equal(answer.status, 201, answer.text);
  return answer.json();
}
const change = async (server, { line }, what) => {
  const answer = await post(server, `/demo/lines/${line}`, what);
  assert.equal(answer.status, 200, answer.text);
  return answer.json();
};
const look = async (server, { line }) => (await request(server, `/demo/lines/${line}`)).json();

/** Ask again until it is so. */
function becomes(ask, isSo, what) {
  const asking = async () => {
    for (;;) {
      const got = await ask();
      if (isSo(got)) return got;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return within(asking(), what);
}

/** How a new connection to the port ends: by an answer to a request, or by an error's code. */
function attempt(port) {
  return within(
    new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', (error) => resolve(error.code));
      socket.on('data', () => (resolve('answer'), socket.destroy()));
      socket.on('end', () => resolve('end'));
      socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    }),
    'the end of an attempt to connect',
  );
}

// --- the feed

test('GET /demo tells what there is', async (t) => {
  const server = await t.server(['--interval', '1500ms', '--size', '200']);
  const { feed, profiles } = (await request(server, '/demo')).json();
  assert.deepEqual(feed, { source: 'clock', interval_ms: 1500, size: 200, can_change: true });
  assert.deepEqual(profiles.map(({ name }) => name), PROFILES);
  assert.deepEqual(profiles[0], { name: 'none', rtt_ms: 0, jitter_ms: 0, loss: 0, kbit: 0 });
  assert.deepEqual(profiles[5], { name: 'flaky', rtt_ms: 120, jitter_ms: 40, loss: 0.03, kbit: 2000 });
  assert.equal((await request(server, '/demo', { method: 'HEAD' })).status, 200);
  const fine = await t.server(['--interval', '250us']);
  assert.equal((await request(fine, '/demo')).json().feed.interval_ms, 0.25);
});

test('the feed gets another pace and size, and its numbers go on', async (t) => {
  const server = await t.server(['--interval', '1h']);
  const ws = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws`);
  t.cleanup(() => ws.socket.terminate());
  await ws.opened();
  let seq = 0;
  for (const [what, feed] of [
    [{ interval_ms: 10 }, { interval_ms: 10, size: 0 }],
    [{ size: 64 }, { interval_ms: 10, size: 64 }],
    [{ interval_ms: 30, size: 65536 }, { interval_ms: 30, size: 65536 }],
    [{}, { interval_ms: 30, size: 65536 }],
    [{ size: 2, interval_ms: 10 }, { interval_ms: 10, size: 2 }],
    [{ size: 0 }, { interval_ms: 10, size: 0 }],
  ]) {
    const answer = await post(server, '/demo/feed', what);
    const expected = { source: 'clock', ...feed, can_change: true };
    assert.deepEqual([answer.status, answer.json()], [200, expected]);
    assert.deepEqual((await request(server, '/demo')).json().feed, expected);
    const bytes = feed.size || '"2025-01-01T00:00:00.000Z"'.length;
    const updates = [];
    const arrived = async () => {
      do updates.push(await ws.messages.next());
      while (JSON.stringify(updates.at(-1).data).length !== bytes);
      updates.push(...(await ws.messages.take(3)));
    };
    await arrived();
    for (const update of updates) assert.equal(update.seq, ++seq);
    for (const { data } of updates.slice(-3)) assert.equal(JSON.stringify(data).length, bytes);
    const [before, after] = updates.slice(-2);
    assert.ok(Math.abs(after.t - before.t - feed.interval_ms * 1000) < 1000, `${after.t - before.t} µs between two`);
  }
});

const wrongFeeds = [{ interval_ms: 9 }, { interval_ms: 60001 }, { interval_ms: 50.5 }, { interval_ms: '50' }, { interval_ms: null }, { size: -1 }, { size: 1 }, { size: 65537 }, { size: true }, { rate: 1 }, { interval_ms: 50, sizes: 1 }, [], 'x', 5];

test('a pace that is none changes nothing', async (t) => {
  const server = await t.server(['--interval', '1h']);
  for (const wrong of wrongFeeds) {
    const answer = await post(server, '/demo/feed', wrong);
    assert.equal(answer.status, 400, JSON.stringify(wrong));
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    assert.match(answer.json().detail, /interval_ms/);
  }
  for (const body of ['', '{', '{"size":5,"size":6}', '{"size":5}x', '\u0000'])
    assert.equal((await request(server, '/demo/feed', { method: 'POST', headers: json, body })).status, 400, body);
  assert.equal((await post(server, '/demo/feed', {}, { 'Content-Type': 'text/plain' })).status, 415);
  assert.equal((await request(server, '/demo/feed')).status, 405);
  assert.deepEqual((await request(server, '/demo')).json().feed, { source: 'clock', interval_ms: 3600000, size: 0, can_change: true });
});

test('a feed that is not the clock\'s has no pace to change', async (t) => {
  for (const source of ['none', 'stdin']) {
    const server = await t.server(['--source', source]);
    assert.deepEqual((await request(server, '/demo')).json().feed, { source, interval_ms: null, size: null, can_change: false });
    assert.equal((await post(server, '/demo/feed', { size: 5 })).status, 409);
  }
});

// --- lines, by HTTP

test('a line is opened, looked at, changed and removed', async (t) => {
  const server = await t.server(['--source', 'none']);
  const line = await openLine(server, '3g');
  assert.match(line.line, /^[\w-]{20}$/);
  assert.ok(line.port > 0 && line.port !== server.port);
  const fresh = { ...line, profile: '3g', read: true, cut_ms: 0, connections: 0, accepted: 0, refused: 0, bytes_up: 0, bytes_down: 0 };
  assert.deepEqual(line, { ...fresh, tcp: { bytes_sent: 0, bytes_received: 0, segs_out: 0, segs_in: 0 } });
  assert.deepEqual(await look(server, line), line);
  assert.equal((await request(server, `/demo/lines/${line.line}`, { method: 'HEAD' })).status, 200);
  assert.deepEqual(await change(server, line, { profile: 'none' }), { ...line, profile: 'none' });
  assert.equal((await change(server, line, { read: false })).read, false);
  assert.equal((await change(server, line, { read: true, profile: 'wifi' })).read, true);
  assert.deepEqual(await look(server, line), { ...line, profile: 'wifi' });
  const other = await openLine(server);
  const listed = (await request(server, `/demo/lines?ids=${other.line},nobody,${line.line}`)).json();
  assert.deepEqual(listed.map((one) => one.line), [other.line, line.line]);
  const gone = await request(server, `/demo/lines/${line.line}`, { method: 'DELETE' });
  assert.deepEqual([gone.status, gone.text], [204, '']);
  await server.logged(new RegExp(`line_opened line=${line.line} port=${line.port} profile=3g`));
  await server.logged(new RegExp(`line_ended line=${line.line} why=removed`));
  assert.equal((await request(server, `/demo/lines/${line.line}`)).status, 404);
  assert.equal((await request(server, `/demo/lines?ids=${line.line}`)).text, '[]\n');
});

test('what is no line, and no change of one, is told so', async (t) => {
  const server = await t.server(['--source', 'none']);
  const line = await openLine(server);
  for (const wrong of [{}, { profile: '5g' }, { profile: 3 }, { profile: 'none', more: 1 }, [], null])
    assert.equal((await post(server, '/demo/lines', wrong)).status, 400, JSON.stringify(wrong));
  for (const wrong of [{}, { profile: 'NONE' }, { cut_ms: -1 }, { cut_ms: 60001 }, { cut_ms: '1' }, { read: 1 }, { read: null }, { id: 1 }, { read: true, x: 1 }, []])
    assert.equal((await post(server, `/demo/lines/${line.line}`, wrong)).status, 400, JSON.stringify(wrong));
  assert.deepEqual(await look(server, line), line);
  for (const id of ['nobody', '', `${line.line}x`, `${line.line}/`, line.line.toLowerCase() + '-']) {
    assert.equal((await request(server, `/demo/lines/${id}`)).status, 404, id);
    assert.equal((await post(server, `/demo/lines/${id}`, { read: true })).status, 404, id);
    assert.equal((await request(server, `/demo/lines/${id}`, { method: 'DELETE' })).status, 404, id);
  }
  assert.equal((await request(server, '/demo/lines')).status, 400);
  assert.equal((await post(server, '/demo/lines', { profile: 'none' }, { 'Content-Type': 'text/plain' })).status, 415);
  for (const [target, method, allow] of [
    ['/demo', 'POST', 'GET, HEAD'],
    ['/demo/feed', 'DELETE', 'POST'],
    ['/demo/lines', 'DELETE', 'GET, HEAD, POST'],
    [`/demo/lines/${line.line}`, 'PUT', 'DELETE, GET, HEAD, POST'],
  ]) {
    const answer = await request(server, target, { method });
    assert.deepEqual([answer.status, answer.headers.allow], [405, allow], target);
  }
  for (const target of ['/demo/', '/demos', '/demo/line', '/demo/feeds']) assert.equal((await request(server, target)).status, 404, target);
});

test('there are 64 lines at most, and 64 connections a line', async (t) => {
  const server = await t.server(['--source', 'none']);
  const lines = [];
  while (lines.length < 64) lines.push(await openLine(server));
  const refused = await post(server, '/demo/lines', { profile: 'none' });
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '5']);
  assert.match(refused.json().detail, /64 lines/);
  const sockets = Array.from({ length: 64 }, () => openSocket(lines[0]));
  t.cleanup(() => sockets.forEach(({ socket }) => socket.destroy()));
  for (const { write } of sockets) write('GET /poll HTTP/1.1\r\nHost: localhost\r\n\r\n');
  for (const { until } of sockets) await until((bytes) => bytes.includes('"updates":[]'), 'an answer');
  assert.equal(await attempt(lines[0].port), 'ECONNRESET');
  const { connections, accepted, refused: turned_away } = await look(server, lines[0]);
  assert.deepEqual({ connections, accepted, turned_away }, { connections: 64, accepted: 64, turned_away: 1 });
  sockets[0].socket.destroy();
  await becomes(() => look(server, lines[0]), (line) => line.connections === 63, 'the connection to be gone');
  assert.equal(await attempt(lines[0].port), 'answer');
  await request(server, `/demo/lines/${lines[5].line}`, { method: 'DELETE' });
  await openLine(server);
});

test('the controls are the publisher\'s', async (t) => {
  const server = await t.server(['--publish-token', 'open-sesame']);
  const calls = [['/demo'], ['/demo/feed', {}], ['/demo/lines', { profile: 'none' }], ['/demo/lines?ids=x'], ['/demo/lines/x']];
  for (const [target, value] of calls) {
    const ask = (headers) => (value ? post(server, target, value, headers) : request(server, target, { headers }));
    assert.equal((await ask({})).status, 401, target);
    assert.equal((await ask({ Authorization: 'Bearer guess' })).status, 401, target);
    assert.ok([200, 201, 404].includes((await ask({ Authorization: 'Bearer open-sesame' })).status), target);
  }
  assert.equal((await request(server, '/demo/lines/x', { method: 'DELETE' })).status, 401);
});

test('a foreign page gets at none of them', async (t) => {
  const server = await t.server();
  for (const headers of [{ Origin: 'https://evil.example' }, { Host: 'evil.example' }, { Origin: 'null' }])
    for (const [target, value] of [['/demo'], ['/demo/feed', {}], ['/demo/lines', { profile: 'none' }], ['/demo/lines/x']]) {
      const answer = value ? await post(server, target, value, headers) : await request(server, target, { headers });
      assert.equal(answer.status, 403, target);
    }
});

test('--no-demo turns them off, and the page is told so by its policy', async (t) => {
  const server = await t.server(['--no-demo']);
  for (const target of ['/demo', '/demo/feed', '/demo/lines', '/demo/lines?ids=x', '/demo/lines/x'])
    assert.equal((await request(server, target)).status, 404, target);
  const { headers } = await request(server, '/');
  assert.match(headers['content-security-policy'], new RegExp(`; connect-src 'self' ws://127.0.0.1:${server.port} wss://127.0.0.1:${server.port}; `));
});

// --- what goes through a line

/** What a page needs, by any transport. */
for (const profile of PROFILES)
  test(`${profile}: every transport gets every update once and in order, and not before its time`, async (t) => {
    const server = await t.server(['--interval', '40ms', '--size', '1000']);
    const { rtt_ms } = (await request(server, '/demo')).json().profiles.find(({ name }) => name === profile);
    const readTo = async ({ Subscriber }) => {
      const line = await openLine(server, profile);
      const subscriber = new Subscriber(line, { since: '0' });
      t.cleanup(() => subscriber.socket.destroy());
      await subscriber.open();
      for (let seq = 1; seq <= 40; ) {
        const got = await subscriber.next(`update ${seq}`);
        if (got.heartbeat) continue;
        assert.equal(got.update?.seq, seq++, JSON.stringify(got).slice(0, 100));
        const after_ms = Date.now() + 1 - got.update.t / 1000;
        assert.ok(after_ms >= rtt_ms / 2, `seq ${got.update.seq} after ${after_ms} ms`);
      }
      const { bytes_up, bytes_down, tcp } = await look(server, line);
      assert.ok(bytes_up > 50 && bytes_down > 40 * 1000);
      assert.ok(tcp.bytes_sent >= bytes_down && tcp.bytes_received >= bytes_up && tcp.segs_out > 20 && tcp.segs_in > 2);
    };
    await Promise.all(kinds.map(readTo));
  });

test('an answer takes a round trip, and the first one on a connection a handshake more', async (t) => {
  const server = await t.server(['--source', 'none']);
  const line = await openLine(server, '3g');
  const connection = new Connection(line);
  t.cleanup(() => connection.vanish());
  await within(new Promise((resolve) => connection.socket.once('connect', resolve)), 'a connection');
  for (const least_ms of [600, 300, 300]) {
    const begin = performance.now();
    assert.equal((await connection.exchange('/poll')).status, 200);
    const took = performance.now() - begin;
    assert.ok(took >= least_ms - 20, `${took} ms`); // the connection was there a moment before it was known here
  }
});

test('a rate is kept to', async (t) => {
  const server = await t.server(['--source', 'none']);
  await publish(server, 'x'.repeat(100000));
  const line = await openLine(server, '3g');
  const begin = performance.now();
  assert.ok((await request(line, '/poll?since=0')).text.length > 100000);
  const took = performance.now() - begin;
  assert.ok(took >= 600 + (100000 * 8) / 1600, `${took} ms`);
});

test('the figures are those of what came and went, of connections that have ended too', async (t) => {
  const server = await t.server(['--source', 'none']);
  const line = await openLine(server);
  let up = 0;
  let down = 0;
  for (let i = 1; i <= 3; i++) {
    const client = openSocket(line);
    const asked = `GET /poll HTTP/1.1\r\nHost: localhost\r\n${i === 3 ? 'Connection: close\r\n' : ''}\r\n`;
    client.write(asked);
    await client.until((bytes) => bytes.includes('"updates":[]}'), 'an answer');
    up += asked.length;
    if (i < 3) client.socket.end();
    await client.ended();
    down += client.received().length;
  }
  const figures = await becomes(() => look(server, line), ({ connections }) => connections === 0, 'the connections to be gone');
  assert.deepEqual([figures.accepted, figures.bytes_up, figures.bytes_down, figures.tcp.bytes_sent], [3, up, down, down]);
  // The kernel counts the end of a stream as one byte more.
  assert.ok(figures.tcp.bytes_received - up <= 3, `${figures.tcp.bytes_received} of ${up}`);
  assert.ok(figures.tcp.segs_out >= 6 && figures.tcp.segs_in >= 6, JSON.stringify(figures.tcp));
});

test('segments are as long as on Ethernet', async (t) => {
  const server = await t.server(['--source', 'none']);
  await publish(server, 'x'.repeat(144800));
  const line = await openLine(server);
  await request(line, '/poll?since=0');
  const { tcp } = await look(server, line);
  assert.ok(tcp.segs_out >= 100 && tcp.segs_out < 130, `${tcp.segs_out} segments`);
});

test('another profile is for what comes from then on', async (t) => {
  const server = await t.server(['--interval', '10ms']);
  const line = await openLine(server, 'satellite');
  const ws = openWebSocket(WebSocket, `ws://127.0.0.1:${line.port}/ws?since=0`);
  t.cleanup(() => ws.socket.terminate());
  let seq = 0;
  const isLate = ({ t: t_us }) => Date.now() + 1 - t_us / 1000 >= 300;
  for (const update of await ws.messages.take(5)) assert.ok(update.seq === ++seq && isLate(update));
  await change(server, line, { profile: 'none' });
  let update;
  do {
    update = await ws.messages.next();
    assert.equal(update.seq, ++seq);
  } while (isLate(update));
});

test('a side that has said its last still gets what the other says', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const profile of ['none', 'wifi']) {
    const client = openSocket(await openLine(server, profile));
    t.cleanup(() => client.socket.destroy());
    client.socket.end('GET /longpoll?timeout=25 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.until((bytes) => bytes.includes('"updates":[]'), 'the answer, at once');
  }
});

test('a refusal in the middle of a body still arrives', async (t) => {
  const server = await t.server(['--source', 'none', '--max-body', '1k']);
  const client = openSocket(await openLine(server, 'wifi'));
  client.write('POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n');
  client.write('x'.repeat(50000));
  await client.until((bytes) => bytes.includes('HTTP/1.1 413 '), 'the refusal');
  await client.ended();
});

test('a client that is gone is gone at the server too', async (t) => {
  const server = await t.server(['--source', 'none']);
  const line = await openLine(server, 'wifi');
  for (const [nth, leave] of [(socket) => socket.end(), (socket) => socket.destroy(), (socket) => socket.resetAndDestroy()].entries()) {
    const client = openSocket(line);
    client.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.until((bytes) => bytes.includes('retry:'), 'the stream');
    leave(client.socket);
    await server.logged(/left transport=sse/, nth + 1);
  }
  await becomes(() => look(server, line), ({ connections }) => connections === 0, 'the connections to be gone');
});

// --- pages of the server's own port

const origins = (server) => [`http://localhost:${server.port}`, `http://127.0.0.1:${server.port}`];

test('the server\'s page may use its lines, by every transport', async (t) => {
  const server = await t.server(['--source', 'none']);
  const line = await openLine(server);
  for (const origin of origins(server)) {
    const headers = { Host: `localhost:${line.port}`, Origin: origin };
    for (const target of ['/poll?since=0', '/longpoll?timeout=0', '/socket.io/?EIO=4&transport=polling', '/stats']) {
      const answer = await request(line, target, { headers });
      assert.equal(answer.status, 200, target);
      assert.equal(answer.headers['access-control-allow-origin'], origin, target);
      assert.match(answer.headers.vary, /Origin/, target);
      assert.match(answer.headers['access-control-expose-headers'], /ETag/, target);
    }
    const { etag } = (await request(line, '/poll?since=0', { headers })).headers;
    const same = await request(line, '/poll?since=0', { headers: { ...headers, 'If-None-Match': etag } });
    assert.deepEqual([same.status, same.headers['access-control-allow-origin']], [304, origin]);
    const events = openSocket(line);
    events.write(`GET /events HTTP/1.1\r\nHost: localhost:${line.port}\r\nOrigin: ${origin}\r\n\r\n`);
    const head = await events.until((bytes) => bytes.includes('\r\n\r\n') && bytes.toString(), 'the head of a stream');
    assert.match(head, new RegExp(`^HTTP/1.1 200 [^]*Access-Control-Allow-Origin: ${origin}\r\n`, 'i'));
    events.socket.destroy();
    for (const target of ['/ws', '/socket.io/?EIO=4&transport=websocket']) {
      const socket = new WebSocket(`ws://localhost:${line.port}${target}`, { origin });
      await within(new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject)), `${target} to open`);
      socket.terminate();
    }
    const answer = await post(line, '/publish', 'x', headers);
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [201, origin]);
  }
});

test('a browser that asks before is told that it may', async (t) => {
  const server = await t.server(['--source', 'none']);
  const line = await openLine(server);
  const [origin] = origins(server);
  for (const [target, method] of [['/publish', 'POST'], ['/poll?since=0', 'GET'], ['/socket.io/', 'POST'], ['/events', 'GET']]) {
    const headers = {
      Host: `localhost:${line.port}`,
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': 'authorization,content-type,if-none-match,last-event-id',
    };
    const answer = await request(line, target, { method: 'OPTIONS', headers });
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [204, origin], target);
    for (const name of ['Authorization', 'Content-Type', 'If-None-Match', 'Last-Event-ID'])
      assert.ok(answer.headers['access-control-allow-headers'].split(', ').includes(name), name);
    assert.ok(answer.headers['access-control-allow-methods'].split(', ').includes(method));
    assert.equal(answer.headers['access-control-max-age'], '600');
  }
});

test('a line is no way around the rules', async (t) => {
  const server = await t.server(['--source', 'none', '--publish-token', 'open-sesame']);
  const bearer = { Authorization: 'Bearer open-sesame' };
  const line = (await post(server, '/demo/lines', { profile: 'none' }, bearer)).json();
  for (const headers of [{ Origin: 'https://evil.example' }, { Host: `evil.example:${line.port}` }, { Origin: 'null' }])
    for (const target of ['/poll?since=0', '/events', '/stats', '/socket.io/?EIO=4&transport=polling']) {
      const answer = await request(line, target, { headers });
      assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [403, undefined], target);
    }
  const { refused } = openWebSocket(WebSocket, `ws://127.0.0.1:${line.port}/ws`, [], { origin: 'https://evil.example' });
  assert.equal(await refused(), 403);
  assert.equal((await post(line, '/publish', 1)).status, 401);
  assert.equal((await post(line, '/publish', 1, bearer)).status, 201);
});

// --- cutting, and slow readers

test('a cut resets connections and refuses others, for its time', async (t) => {
  const server = await t.server(['--interval', '20ms']);
  const line = await openLine(server, 'wifi');
  const other = await openLine(server, 'wifi');
  const clients = [line, line, other].map((one) => openSocket(one));
  const ends = clients.map(({ socket }) => new Promise((resolve) => socket.once('error', resolve)));
  t.cleanup(() => clients.forEach(({ socket }) => socket.destroy()));
  for (const { write } of clients) write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  for (const { until } of clients) await until((bytes) => bytes.includes('data:'), 'an update');
  const begin = performance.now();
  const cut = await change(server, line, { cut_ms: 500 });
  assert.ok(cut.cut_ms > 0 && cut.cut_ms <= 500 && cut.connections === 0);
  for (const ended of ends.slice(0, 2)) assert.equal((await within(ended, 'a reset')).code, 'ECONNRESET');
  await server.logged(/left transport=sse/, 2);
  let how;
  let refused = 0;
  while ((how = await attempt(line.port)) !== 'answer') {
    assert.equal(how, 'ECONNRESET');
    refused++;
  }
  const took = performance.now() - begin;
  assert.ok(took >= 500 && refused > 0, `${refused} refused, back after ${took} ms`);
  assert.equal((await look(server, line)).refused, refused);
  const seen = clients[2].received().length;
  await clients[2].until((bytes) => bytes.length > seen, 'updates by the other line');
});

test('after a cut each transport goes on from its cursor', async (t) => {
  const server = await t.server(['--interval', '20ms']);
  const cutOff = async ({ Subscriber }) => {
    const line = await openLine(server, 'wifi');
    const first = new Subscriber(line, { since: '0' });
    await first.open();
    const { seq } = (await first.updates(5)).at(-1);
    await change(server, line, { cut_ms: 0 });
    first.socket.destroy();
    const second = new Subscriber(line, { since: String(seq) });
    t.cleanup(() => second.socket.destroy());
    await second.open();
    assert.equal(await second.follow(seq + 20, seq + 1), 0, 'no gap');
  };
  await Promise.all(kinds.map(cutOff));
});

test('a slow reader costs neither the server nor others anything, and learns of its gap', async (t) => {
  const server = await t.server(['--interval', '1h', '--history-bytes', '2M', '--history', '64']);
  const line = await openLine(server);
  const subscribe = async (to, kind) => {
    const subscriber = new (kinds.find(({ name }) => name === kind).Subscriber)(to, { since: '0' });
    t.cleanup(() => subscriber.socket.destroy());
    await subscriber.open();
    return subscriber;
  };
  const slow = await subscribe(line, 'ws');
  const fast = await subscribe(await openLine(server), 'sse');
  await change(server, line, { read: false });
  await post(server, '/demo/feed', { interval_ms: 10, size: 65536 });
  let next = 1;
  const resident = async () => JSON.parse((await request(server, '/stats')).text).process.resident_bytes;
  const read = async (count) => {
    for (const update of await fast.updates(count)) assert.equal(update.seq, next++);
  };
  await read(200);
  const before = await resident();
  await read(400);
  const after = await resident();
  // A sanitizer keeps freed memory for a while.
  if (!process.env.FEEDLAB_SANITIZERS) assert.ok(after - before < 8e6, `${after - before} bytes more after 26 MB of updates`);
  assert.equal((await look(server, line)).read, false);
  await change(server, line, { read: true });
  await post(server, '/demo/feed', { interval_ms: 200, size: 2 });
  assert.equal(await slow.follow(next + 5), 1, 'one gap');
});

test('a line that was removed is refused, and what it carried is reset', async (t) => {
  const server = await t.server(['--source', 'none']);
  const line = await openLine(server);
  const client = openSocket(line);
  const ended = new Promise((resolve) => client.socket.once('error', resolve));
  client.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await client.until((bytes) => bytes.includes('retry:'), 'the stream');
  assert.equal((await request(server, `/demo/lines/${line.line}`, { method: 'DELETE' })).status, 204);
  assert.equal((await within(ended, 'a reset')).code, 'ECONNRESET');
  assert.equal(await attempt(line.port), 'ECONNREFUSED');
});

// --- the end of lines

test('a line ends when no one has been connected for its time, and not before', async (t) => {
  const server = await t.server(['--source', 'none', '--line-idle', '150ms']);
  const used = await openLine(server);
  const client = openSocket(used);
  client.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await client.until((bytes) => bytes.includes('retry:'), 'the stream');
  const begin = performance.now();
  const unused = await openLine(server);
  await server.logged(new RegExp(`line_ended line=${unused.line} why=idle`));
  const took = performance.now() - begin;
  assert.ok(took >= 150, `${took} ms`);
  assert.equal(await attempt(unused.port), 'ECONNREFUSED');
  assert.equal((await look(server, used)).connections, 1);
  client.socket.destroy();
  await server.logged(new RegExp(`line_ended line=${used.line} why=idle`));
  assert.equal((await request(server, `/demo/lines/${used.line}`)).status, 404);
});

test('a connection that one side has ended, and on which nothing moves, is ended', async (t) => {
  const server = await t.server(['--source', 'none', '--line-idle', '150ms']);
  const line = await openLine(server);
  const client = new Connection(line, { isSilent: true });
  t.cleanup(() => client.vanish());
  await client.exchange('/poll', { headers: { Connection: 'close' } });
  // Else the line would have a connection, and not end.
  await server.logged(new RegExp(`line_ended line=${line.line} why=idle`));
  const error = new Promise((resolve) => client.socket.once('error', resolve));
  client.socket.write('x');
  assert.match((await within(error, 'an error')).code, /^(EPIPE|ECONNRESET)$/);
});

for (const profile of ['none', '3g'])
  test(`${profile}: at SIGTERM each client hears the server's last words through its line`, async (t) => {
    const server = await t.server(['--interval', '20ms']);
    const line = await openLine(server, profile);
    const ws = openWebSocket(WebSocket, `ws://127.0.0.1:${line.port}/ws`);
    await ws.opened();
    await ws.messages.next();
    const events = openSocket(line);
    events.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await events.until((bytes) => bytes.includes('data:'), 'an update');
    const held = request(line, '/longpoll?timeout=25&since=1000');
    await server.logged(/came transport=longpoll/);
    await server.stop();
    assert.equal((await ws.closed()).code, 1001);
    assert.equal((await held).status, 200);
    await events.ended();
    assert.match(events.received().toString(), /\n\n$/, 'the stream ends between two events');
  });

test('the last answer is passed on when the server itself has nothing more to do', async (t) => {
  const server = await t.server(['--source', 'none']);
  const line = await openLine(server, 'satellite');
  const held = request(line, '/longpoll?timeout=25');
  await server.logged(/came transport=longpoll/);
  await server.stop();
  assert.equal((await held).status, 200);
});

test('a line whose reading is stopped holds up no end', async (t) => {
  const server = await t.server(['--source', 'none', '--drain', '300ms']);
  const line = await openLine(server);
  const client = new Connection(line);
  await client.ask('/ws', { headers: { Host: 'localhost', Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' } });
  assert.equal((await client.head()).status, 101);
  await change(server, line, { read: false });
  client.socket.write(frame(1, 'hello'));
  await server.logged(/spoke transport=ws .*hello/);
  await server.stop();
});

await run();
