// /poll, /longpoll, /publish, /stats and /health by Node's own fetch and http.
// SPDX-License-Identifier: MIT
import http from 'node:http';
import { assert, publish, request, run, test, within } from './harness.mjs';

const get = async (server, target) => {
  const response = await within(fetch(`${server.url}${target}`), target);
  assert.equal(response.status, 200, target);
  return response.json();
};

const post = (server, body, type, options = {}) =>
  request(server, '/publish', { method: 'POST', body, headers: type ? { 'Content-Type': type } : {}, ...options });

for (const path of ['/poll', '/longpoll']) {
  test(`${path}: a loop on the cursor gets every update once`, async (t) => {
    const server = await t.server(['--rate', '500']);
    const seqs = [];
    let cursor = '0';
    while (seqs.length < 300) {
      const batch = await get(server, `${path}?since=${cursor}`);
      assert.equal(batch.gap, undefined);
      seqs.push(...batch.updates.map(({ seq }) => seq));
      cursor = batch.cursor;
    }
    seqs.forEach((seq, index) => assert.equal(seq, index + 1));
  });

  test(`${path}: the first one, without a cursor, begins now`, async (t) => {
    const server = await t.server(['--source', 'none']);
    await publish(server, 'old');
    const { cursor, updates } = await get(server, `${path}?timeout=0`);
    assert.deepEqual(updates, []);
    assert.match(cursor, /^[0-9a-z]+-1$/);
    await publish(server, 'new');
    assert.deepEqual((await get(server, `${path}?since=${cursor}`)).updates.map(({ data }) => data), ['new']);
  });

  test(`${path}: a gap is told, and all that is kept follows`, async (t) => {
    const server = await t.server(['--source', 'none', '--history', '4']);
    for (let i = 1; i <= 9; i++) await publish(server, i);
    const batch = await get(server, `${path}?since=2`);
    assert.deepEqual(batch.gap, { from: 3, to: 5 });
    assert.deepEqual(batch.updates.map(({ seq }) => seq), [6, 7, 8, 9]);
    const all = await get(server, `${path}?since=0`);
    assert.equal(all.gap, undefined);
    assert.equal(all.updates.length, 4);
    const other = await get(server, `${path}?since=zzzz-3`);
    assert.deepEqual(other.gap, { epoch: batch.cursor.split('-')[0], from: null });
    assert.equal(other.updates.length, 4);
  });

  test(`${path}: what is no cursor is a 400 with a sentence`, async (t) => {
    const server = await t.server(['--source', 'none']);
    for (const since of ['yesterday', '-', 'k3f9-', '-17', '1.5', '%01', 'k3f9-99999999999999999999999']) {
      const answer = await request(server, `${path}?since=${since}`);
      assert.equal(answer.status, 400, since);
      assert.match(answer.headers['content-type'], /^application\/problem\+json/);
      assert.equal(answer.json().status, 400);
      assert.match(answer.json().detail, /since/);
    }
  });

  test(`${path}: HEAD sends the head only, other methods are refused with Allow`, async (t) => {
    const server = await t.server(['--source', 'none']);
    const head = await request(server, `${path}?since=0&timeout=0`, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    assert.match(head.headers.etag, /^"[0-9a-z]+-0"$/);
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await request(server, path, { method });
      assert.equal(answer.status, 405);
      assert.match(answer.headers.allow, /GET/);
      assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    }
  });
}

test('/poll: ETag, and 304 only for If-None-Match', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { cursor } = await publish(server, 1);
  const first = await request(server, `/poll?since=${cursor}`);
  assert.equal(first.status, 200);
  assert.equal(first.headers.etag, `"${cursor}"`);
  assert.equal(first.headers['cache-control'], 'no-store');
  assert.match(first.headers['content-type'], /^application\/json/);
  const same = await request(server, `/poll?since=${cursor}`, { headers: { 'If-None-Match': first.headers.etag } });
  assert.equal(same.status, 304);
  assert.equal(same.text, '');
  await publish(server, 2);
  const next = await request(server, `/poll?since=${cursor}`, { headers: { 'If-None-Match': first.headers.etag } });
  assert.equal(next.status, 200);
  assert.equal(next.json().updates.length, 1);
});

test('/poll: If-None-Match matches weakly, in a list too, and nothing else', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { cursor } = await publish(server, 1);
  const statusOf = async (tag) => (await request(server, `/poll?since=${cursor}`, { headers: { 'If-None-Match': tag } })).status;
  for (const tag of [`"${cursor}"`, `W/"${cursor}"`, '*', `"x", W/"${cursor}"`, `W/"x",W/"${cursor}" , "y"`])
    assert.equal(await statusOf(tag), 304, tag);
  for (const tag of [cursor, `w/"${cursor}"`, `W/${cursor}`, `W/"${cursor}x"`, `"W/${cursor}"`, `W/ "${cursor}"`, '"*"'])
    assert.equal(await statusOf(tag), 200, tag);
});

test('/poll: more than 1,000 updates come in parts, each with "more" but the last', async (t) => {
  const server = await t.server(['--source', 'stdin'], { input: 'pipe' });
  for (let i = 1; i <= 2500; i++) server.input.write(`line ${i}\n`);
  server.input.end();
  await server.logged(/source_ended/);
  const parts = [];
  for (let cursor = '0', more = true; more; ) {
    const batch = await get(server, `/poll?since=${cursor}`);
    parts.push(batch.updates.length);
    ({ cursor, more } = batch);
  }
  assert.deepEqual(parts, [1000, 1000, 500]);
});

test('/longpoll: is held until there is something, and answers all at once', async (t) => {
  const server = await t.server(['--source', 'none']);
  const held = Array.from({ length: 20 }, () => get(server, '/longpoll'));
  await server.logged(/ came .*longpoll/, 20);
  const { cursor } = await publish(server, 'now');
  for (const batch of await Promise.all(held)) {
    assert.deepEqual(batch.updates.map(({ data }) => data), ['now']);
    assert.equal(batch.cursor, cursor);
  }
});

test('/longpoll: answers empty, with the cursor, at the timeout', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { cursor } = await publish(server, 1);
  const began = process.hrtime.bigint();
  const batch = await get(server, `/longpoll?since=${cursor}&timeout=1`);
  assert.ok(process.hrtime.bigint() - began > 900_000_000n, 'it was held for a second');
  assert.deepEqual(batch, { cursor, updates: [] });
  const bad = await request(server, '/longpoll?timeout=soon');
  assert.equal(bad.status, 400);
});

test('/longpoll: a drain answers what is held', async (t) => {
  const server = await t.server(['--source', 'none']);
  const held = get(server, '/longpoll');
  await server.logged(/ came .*longpoll/);
  const stopped = server.stop();
  assert.deepEqual((await held).updates, []);
  await stopped;
});

test('a GET may have a body, and the connection goes on', async (t) => {
  const server = await t.server(['--source', 'none']);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.cleanup(() => agent.destroy());
  for (let i = 0; i < 3; i++) {
    const headers = { 'Content-Length': '13' };
    const answer = await request(server, '/poll?since=0', { headers, body: 'not asked for', agent });
    assert.equal(answer.status, 200);
  }
  agent.destroy();
  await server.logged(/ left .*poll/);
  assert.equal(server.lines.filter((line) => / came .*poll/.test(line)).length, 1, 'one connection for all');
});

test('POST /publish takes any JSON value, byte for byte but for white space', async (t) => {
  const server = await t.server(['--source', 'none']);
  const values = ['{ "a" : [ 1 , 2.50 , 1e2 ] }', '12345678901234567890', 'null', '"\\u00e4 \\/"', '[]', ' true\n'];
  for (const value of values) assert.equal((await post(server, value, 'application/json')).status, 201, value);
  const { text } = await request(server, '/poll?since=0');
  const data = [...text.matchAll(/"data":(.*?)\}(?=,\{"seq"|\])/g)].map(([, value]) => value);
  assert.deepEqual(data, ['{"a":[1,2.50,1e2]}', '12345678901234567890', 'null', '"\\u00e4 \\/"', '[]', 'true']);
});

test('POST /publish: text/plain becomes a string', async (t) => {
  const server = await t.server(['--source', 'none']);
  const answer = await post(server, 'say "hi"\n\tä', 'text/plain; charset=utf-8');
  assert.equal(answer.status, 201);
  assert.equal(answer.json().seq, 1);
  assert.match(answer.json().cursor, /-1$/);
  const [update] = (await get(server, '/poll?since=0')).updates;
  assert.equal(update.data, 'say "hi"\n\tä');
  assert.ok(Math.abs(update.t - Date.now() * 1000) < 60_000_000, 't is when it was received');
});

test('POST /publish refuses what is no JSON, too large, or of another type', async (t) => {
  const server = await t.server(['--source', 'none', '--max-body', '1k']);
  for (const bad of ['', '{', "'x'", '01', '[1,]', 'nul', '{"a":1}x', '"\xff"', '['.repeat(1000)]) {
    const answer = await post(server, Buffer.from(bad, 'latin1'), 'application/json');
    assert.equal(answer.status, 400, bad);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    assert.ok(answer.json().detail.length > 10);
  }
  assert.equal((await post(server, JSON.stringify('x'.repeat(1022)), 'application/json')).status, 201);
  assert.equal((await post(server, JSON.stringify('x'.repeat(1023)), 'application/json')).status, 413);
  // Without a Content-Length it is only known by counting.
  const headers = { 'Content-Type': 'text/plain', 'Transfer-Encoding': 'chunked' };
  assert.equal((await post(server, 'x'.repeat(2000), null, { headers })).status, 413);
  assert.equal((await post(server, '<a/>', 'application/xml')).status, 415);
  assert.equal((await get(server, '/poll?since=0')).updates.length, 1);
});

test('/publish answers other methods with 405, unknown paths are 404', async (t) => {
  const server = await t.server(['--source', 'none']);
  const answer = await request(server, '/publish');
  assert.equal(answer.status, 405);
  assert.match(answer.headers.allow, /POST/);
  const unknown = await request(server, '/nowhere');
  assert.equal(unknown.status, 404);
  assert.match(unknown.headers['content-type'], /^application\/problem\+json/);
});

test('/stats counts, /health tells that it is live and ready', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { cursor } = await publish(server, 1);
  await request(server, '/poll?since=0');
  await server.logged(/ left .*poll/);
  const stats = await get(server, '/stats');
  assert.equal(stats.epoch, cursor.split('-')[0]);
  assert.equal(stats.head, 1);
  assert.deepEqual(Object.keys(stats.transports), ['poll', 'longpoll', 'sse', 'ws', 'socketio']);
  const { opened, clients, requests, deliveries } = stats.transports.poll;
  assert.deepEqual({ opened, clients, requests, deliveries }, { opened: 1, clients: 0, requests: 1, deliveries: 1 });
  assert.equal((await request(server, '/health/live')).status, 200);
  assert.equal((await request(server, '/health/ready')).status, 200);
});

await run();
