// GET /events with npm's eventsource: it parses the stream as browsers do, and comes back with Last-Event-ID.
// SPDX-License-Identifier: MIT
import { Connection } from '../contract/connection.mjs';
import { Queue, assert, load, openSocket, publish, request, run, test, within } from './harness.mjs';

const { EventSource } = await load('eventsource');

/** One event of a stream, for Connection.take. */
const event = (bytes) => {
  const end = bytes.indexOf('\n\n');
  return end < 0 ? null : [bytes.subarray(0, end).toString(), end + 2];
};

function open(t, url) {
  const source = new EventSource(url);
  const events = new Queue();
  const gaps = new Queue();
  const errors = new Queue();
  source.onmessage = (event) => events.push({ id: event.lastEventId, ...JSON.parse(event.data) });
  source.addEventListener('gap', (event) => gaps.push({ id: event.lastEventId, ...JSON.parse(event.data) }));
  source.addEventListener('error', (event) => errors.push(event));
  const opened = new Promise((resolve) => source.addEventListener('open', resolve));
  t.cleanup(() => source.close());
  return { source, events, gaps, errors, opened: () => within(opened, `${url} to open`) };
}

test('a subscriber gets each update once and in order, with its cursor as id', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { events, opened } = open(t, `${server.url}/events`);
  await opened();
  await server.logged(/ came .*sse/);
  const answers = [];
  for (let i = 1; i <= 50; i++) answers.push(await publish(server, { i, text: 'line\nbreak \u2028 ä' }));
  const updates = await events.take(50, 'events');
  assert.deepEqual(updates.map(({ id }) => id), answers.map(({ cursor }) => cursor));
  assert.deepEqual(updates.map(({ seq }) => seq), answers.map(({ seq }) => seq));
  assert.deepEqual(updates[49].data, { i: 50, text: 'line\nbreak \u2028 ä' });
});

test('it resumes where it was when the connection is cut', async (t) => {
  const { createServer, connect } = await import('node:net');
  const server = await t.server(['--source', 'none']);
  // A proxy that can cut, as networks do.
  const cut = [];
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    for (const end of [client, upstream]) end.on('error', () => {});
    cut.push(() => (client.destroy(), upstream.destroy()));
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.cleanup(() => (cut.forEach((end) => end()), proxy.close()));

  const { events, errors, opened } = open(t, `http://127.0.0.1:${proxy.address().port}/events`);
  await opened();
  await publish(server, 'one');
  assert.equal((await events.next()).data, 'one');
  cut.forEach((end) => end());
  await errors.next('the cut');
  await publish(server, 'two');
  await publish(server, 'three');
  assert.deepEqual((await events.take(2)).map(({ data }) => data), ['two', 'three']);
});

test('a stream that was cut before its first update resumes too', async (t) => {
  const server = await t.server(['--source', 'none']);
  await publish(server, 'before');
  const raw = openSocket(server);
  raw.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const id = await raw.until((bytes) => bytes.toString().match(/\nid: (\S+)\n/)?.[1], 'the opening id');
  assert.match(raw.received().toString(), /\r\n\r\nretry: 1000\nid: \S+\n\n$/);
  raw.socket.destroy();
  await publish(server, 'while away');
  const again = openSocket(server);
  again.write(`GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: ${id}\r\n\r\n`);
  await again.until((bytes) => bytes.includes('while away'), 'the update');
  assert.ok(!again.received().includes('before'));
  again.socket.destroy();
});

test('Last-Event-ID, last_event_id= and since= mean the same', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { cursor } = await publish(server, 'first');
  await publish(server, 'second');
  const ways = [
    ['/events', { 'Last-Event-ID': cursor }],
    [`/events?last_event_id=${cursor}`, {}],
    [`/events?since=${cursor}`, {}],
    ['/events?since=1', {}],
  ];
  for (const [target, headers] of ways) {
    const raw = openSocket(server);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    raw.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}\r\n`);
    await raw.until((bytes) => bytes.includes('"second"'), `the update by ${target}`);
    assert.ok(!raw.received().includes('"first"'));
    raw.socket.destroy();
  }
});

test('a gap is an event of its own, with an id', async (t) => {
  const server = await t.server(['--source', 'none', '--history', '4']);
  for (let i = 1; i <= 9; i++) await publish(server, i);
  const { events, gaps } = open(t, `${server.url}/events?since=2`);
  const { id, ...gap } = await gaps.next('the gap');
  assert.deepEqual(gap, { from: 3, to: 5 });
  assert.match(id, /-5$/);
  assert.deepEqual((await events.take(4)).map(({ seq }) => seq), [6, 7, 8, 9]);
});

test('a cursor of another epoch is told so and gets all that is kept', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { cursor } = await publish(server, 1);
  const { events, gaps } = open(t, `${server.url}/events?since=zzzz-7`);
  const { id, ...gap } = await gaps.next('the gap');
  assert.deepEqual(gap, { epoch: cursor.split('-')[0], from: null });
  assert.equal((await events.next()).seq, 1);
});

test('a Last-Event-ID that is no cursor is told of a gap, since a refusal would be for good', async (t) => {
  const server = await t.server(['--source', 'none', '--history', '4']);
  const { cursor } = await publish(server, 1);
  for (let i = 2; i <= 6; i++) await publish(server, i);
  let head = 6;
  for (const id of ['yesterday', '17-', `${cursor}x`, '99999999999999999999999', '\u00e4']) {
    const raw = new Connection(server);
    t.cleanup(() => raw.vanish());
    raw.ask('/events', { headers: { 'Last-Event-ID': id } });
    const { status } = await within(raw.head(), 'the head of the stream');
    assert.equal(status, 200, id);
    const next = () => within(raw.take(event), 'an event');
    await next();
    assert.match(await next(), new RegExp(`^event: gap\n[^]*data: {"epoch":"${cursor.split('-')[0]}","from":null}`));
    for (let seq = head - 3; seq <= head; seq++) assert.match(await next(), new RegExp(`data: {"seq":${seq},`));
    head = (await publish(server, 'news')).seq;
    assert.match(await next(), new RegExp(`data: {"seq":${head},`), 'and it goes on');
  }
  const asked = await request(server, '/events?since=yesterday');
  assert.equal(asked.status, 400, 'a query that is wrong is refused');
});

test('HEAD /events has the head of GET, and no length', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const origin of [{}, { Origin: 'http://localhost:5173' }]) {
    const heads = [];
    for (const method of ['GET', 'HEAD']) {
      const raw = new Connection(server);
      t.cleanup(() => raw.vanish());
      raw.ask('/events', { method, headers: { ...origin } });
      const { status, headers } = await within(raw.head(), `the head of ${method}`);
      assert.equal(status, 200);
      assert.equal(headers['content-length'], undefined, method);
      assert.equal(headers['x-accel-buffering'], 'no', method);
      delete headers.date;
      heads.push(headers);
    }
    assert.deepEqual(heads[1], heads[0]);
  }
});

test('who is too many is told to come later, by a stream that proxies pass on at once', async (t) => {
  const server = await t.server(['--source', 'none', '--max-clients', '1']);
  const first = new Connection(server);
  t.cleanup(() => first.vanish());
  first.ask('/events');
  await server.logged(/ came transport=sse /);
  const { status, headers, text } = await request(server, '/events');
  assert.equal(status, 200);
  assert.match(headers['content-type'], /^text\/event-stream/);
  assert.equal(headers['x-accel-buffering'], 'no');
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(text, 'retry: 5000\n\n');
});

test('the head says what proxies and browsers must know', async (t) => {
  const server = await t.server(['--source', 'none']);
  const raw = openSocket(server);
  raw.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const text = await raw.until((bytes) => bytes.includes('\r\n\r\n') && bytes.toString(), 'the head');
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.match(text, /\r\ncontent-type: text\/event-stream/i);
  assert.match(text, /\r\nx-accel-buffering: no\r\n/i);
  assert.match(text, /\r\ncache-control: no-store\r\n/i);
  assert.doesNotMatch(text, /transfer-encoding|content-length/i);
  raw.socket.destroy();
});

test('a comment comes with each heartbeat', async (t) => {
  const server = await t.server(['--source', 'none', '--heartbeat', '200ms']);
  const raw = openSocket(server);
  raw.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await raw.until((bytes) => bytes.toString().split(/^:.*$/m).length > 3, 'three comments');
  raw.socket.destroy();
});

test('a drain ends the stream after the last update', async (t) => {
  const server = await t.server(['--source', 'none']);
  const raw = openSocket(server);
  raw.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await raw.until((bytes) => bytes.includes('\nid: '), 'the opening');
  await publish(server, 'the last one');
  const stopped = server.stop();
  await raw.ended();
  assert.match(raw.received().toString(), /"the last one"\}\n\n$/);
  await stopped;
});

test('an EventSource comes back after the server was restarted, and is told of the new epoch', async (t) => {
  const first = await t.server(['--source', 'none']);
  const { events, gaps, opened } = open(t, `${first.url}/events`);
  await opened();
  await publish(first, 'of the first run');
  await events.next();
  await first.stop();
  const second = await t.server(['--source', 'none', '--port', String(first.port)]);
  await publish(second, 'of the second run');
  assert.equal((await gaps.next('the gap')).from, null);
  assert.equal((await events.next()).data, 'of the second run');
});

test('--slow close ends the stream of a slow reader', async (t) => {
  const server = await t.server(['--rate', '2000', '--size', '8k', '--history', '64', '--slow', 'close']);
  const raw = openSocket(server);
  raw.write('GET /events?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await raw.until((bytes) => bytes.includes('\nid: '), 'the opening');
  raw.socket.pause();
  await server.logged(/erred .*max-lag/);
  raw.socket.resume();
  await raw.ended();
  assert.match(raw.received().subarray(-4).toString(), /\}\n\n$/, 'it ends after a whole event');
});

await run();
