// Clients that are slow, greedy or gone: what each may cost, when it is let go, and that the others do not notice. The times
// are set short by flags; where a case waits, it waits for an end or an answer.
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { assert, publish, request, run, test, within } from '../e2e/harness.mjs';
import { Connection, requestText } from './connection.mjs';
import { frame, kinds, Publisher } from './subscriber.mjs';

const start = (t, ...args) => t.server(['--source', 'none', ...args]);

function connect(t, server, options) {
  const made = new Connection(server, options);
  t.cleanup(() => made.vanish());
  return made;
}

/** Write a byte again and again until the connection ends: never idle, never done. Returns: what was answered, if anything. */
async function drip(client, byte, everyMs = 20) {
  const timer = setInterval(() => client.socket.write(byte), everyMs);
  try {
    const answer = await within(client.answer(), 'the server to lose its patience');
    if (answer) await within(client.head(), 'the end of the connection');
    return answer;
  } finally {
    clearInterval(timer);
  }
}

// --- requests that do not arrive -------------------------------------------------------------------------------------

for (const workers of ['1', '2'])
  test(`${workers} worker(s): a head that drips is ended by --head-timeout, by 408`, async (t) => {
    const server = await start(t, '--workers', workers, '--head-timeout', '300ms', '--body-timeout', '1h', '--idle-timeout', '1h');
    const client = connect(t, server);
    client.socket.write('GET /poll HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const answer = await drip(client, 'a');
    assert.equal(answer?.status, 408);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal(JSON.parse(answer.text).status, 408);
    await server.logged(/ erred .*408/);
  });

test('a second head on a connection that drips is ended by --head-timeout too', async (t) => {
  const server = await start(t, '--head-timeout', '300ms', '--body-timeout', '1h', '--idle-timeout', '1h');
  const client = connect(t, server);
  for (let i = 0; i < 3; i++) assert.equal((await client.exchange('/health/live')).status, 200);
  client.socket.write('GET /poll HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  assert.equal((await drip(client, 'a'))?.status, 408);
});

test('a body that drips is ended by --body-timeout, by 408, and publishes nothing', async (t) => {
  const server = await start(t, '--head-timeout', '1h', '--body-timeout', '300ms', '--idle-timeout', '1h');
  const client = connect(t, server);
  client.socket.write('POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n');
  assert.equal((await drip(client, 'a'))?.status, 408);
  const chunked = connect(t, server);
  chunked.socket.write('POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n');
  assert.equal((await drip(chunked, '1\r\na\r\n'))?.status, 408);
  assert.equal((await request(server, '/stats')).json().head, 0);
});

test('a connection on which nothing comes is ended by --head-timeout without a word', async (t) => {
  const server = await start(t, '--head-timeout', '300ms', '--idle-timeout', '1h');
  const client = connect(t, server);
  assert.equal(await within(client.answer(), 'its end'), null);
});

test('a connection that has been answered is kept for --idle-timeout, and ended without a word', async (t) => {
  const server = await start(t, '--head-timeout', '100ms', '--body-timeout', '100ms', '--idle-timeout', '700ms');
  const client = connect(t, server);
  assert.equal((await client.exchange('/health/live')).status, 200);
  const began = performance.now();
  assert.equal(await within(client.answer(), 'its end'), null);
  assert.ok(performance.now() - began > 600, 'no earlier than that');
});

test('held polls, streams and whole requests know none of these deadlines', async (t) => {
  const server = await start(t, '--head-timeout', '200ms', '--body-timeout', '200ms', '--idle-timeout', '200ms');
  const held = connect(t, server);
  held.ask('/longpoll?timeout=1');
  const streams = kinds.filter(({ pushes }) => pushes).map(({ Subscriber }) => new Subscriber(server));
  for (const stream of streams) {
    t.cleanup(() => stream.vanish());
    await stream.open();
  }
  assert.equal((await within(held.answer(), 'the answer to a held poll'))?.status, 200);
  await publish(server, 'still there');
  for (const stream of streams) await stream.updates(1);
});

// --- publishing too often --------------------------------------------------------------------------------------------

const text = { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'again' };
const head = async (server) => (await request(server, '/stats')).json().head;

for (const workers of ['1', '2'])
  test(`${workers} worker(s): --publish-rate answers 429 with Retry-After to an address that publishes more often`, async (t) => {
    const server = await start(t, '--workers', workers, '--publish-rate', '0.05', '--trust-proxy', '127.0.0.1');
    const by = (ip) => request(server, '/publish', { ...text, headers: { ...text.headers, 'X-Forwarded-For': ip } });
    assert.equal((await by('203.0.113.1')).status, 201);
    const refused = await by('203.0.113.1');
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['content-type'], 'application/problem+json');
    assert.match(refused.json().detail, /--publish-rate/);
    const seconds = Number(refused.headers['retry-after']);
    assert.ok(seconds > 10 && seconds <= 20, `Retry-After: ${refused.headers['retry-after']}`);
    assert.equal((await by('203.0.113.2')).status, 201, 'another address has its own');
    assert.equal(await head(server), 2);
  });

test('--publish-rate lets an address publish again, at that rate', async (t) => {
  const server = await start(t, '--publish-rate', '5');
  const answers = [];
  for (let i = 0; i < 6; i++) answers.push((await request(server, '/publish', text)).status);
  assert.deepEqual(answers.slice(0, 5), [201, 201, 201, 201, 201], 'a second\'s worth at once');
  const again = async () => {
    while ((await request(server, '/publish', text)).status !== 201);
  };
  await within(again(), 'the next to be taken');
});

test('--publish-rate is told on a WebSocket as an error, and the connection goes on', async (t) => {
  const server = await start(t, '--publish-rate', '0.05');
  const ws = new (kinds.find(({ name }) => name === 'ws').Subscriber)(server);
  t.cleanup(() => ws.vanish());
  await ws.open();
  ws.socket.write(Buffer.concat([1, 2, 3].map((n) => frame(1, JSON.stringify({ publish: n })))));
  const got = await ws.events.take(3, 'an update and two errors');
  assert.equal(got.filter(({ update }) => update?.data === 1).length, 1);
  assert.equal(got.filter(({ error }) => /--publish-rate/.test(error)).length, 2);
  ws.socket.write(frame(1, '{"echo":"still there"}'));
  assert.deepEqual(await ws.next(), { echo: 'still there' });
});

test('--publish-rate is told by Socket.IO as the acknowledgement, and the session goes on', async (t) => {
  const server = await start(t, '--publish-rate', '0.05');
  const io = connect(t, server);
  const exchange = async (method, sid, body) =>
    (await io.exchange(`/socket.io/?EIO=4&transport=polling${sid ? `&sid=${sid}` : ''}`, { method, body }))?.text;
  const { sid } = JSON.parse((await exchange('GET')).slice(1));
  assert.equal(await exchange('POST', sid, '40'), 'ok');
  await exchange('GET', sid);
  assert.equal(await exchange('POST', sid, '421["publish",1]\x1e422["publish",2]'), 'ok');
  let seen = '';
  while (!/43[12].*43[12]/s.test(seen)) seen += await exchange('GET', sid);
  assert.match(seen, /431\[\{"seq":1,/);
  assert.match(seen, /432\[\{"error":"[^"]*--publish-rate/);
  assert.equal(await exchange('POST', sid, '423["reply","still there"]'), 'ok');
  while (!seen.includes('433[]')) seen += await exchange('GET', sid);
});

// --- too many of one address -----------------------------------------------------------------------------------------

const eventStream = { Accept: 'text/event-stream' };
const untilAdmitted = (ask) => within((async () => { while (!(await ask())); })(), 'a place to be free again');

/** What an EventSource must be told: 200, to come again later, and the end. */
async function assertComeLater(client, options) {
  client.ask('/events', { headers: { ...eventStream }, ...options });
  const answer = await within(client.head(), 'an answer to an EventSource');
  assert.equal(answer?.status, 200);
  assert.match(answer.headers['content-type'], /^text\/event-stream/);
  const text = await within(client.take((bytes) => (bytes.includes('\n\n') ? [bytes.toString(), bytes.length] : null)), 'its words');
  assert.equal(text, 'retry: 5000\n\n');
  assert.equal(await within(client.head(), 'its end'), null);
}

for (const workers of ['1', '2'])
  test(`${workers} worker(s): --max-clients-per-address: who is too many is told so, in words of its kind`, async (t) => {
    const server = await start(t, '--workers', workers, '--max-clients-per-address', '3');
    const streams = kinds.filter(({ pushes }) => pushes).map(({ Subscriber }) => new Subscriber(server));
    for (const stream of streams) {
      t.cleanup(() => stream.vanish());
      await stream.open();
    }
    assert.equal(streams.length, 3);
    const upgrade = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    for (const [target, headers] of [['/poll'], ['/longpoll'], ['/ws', upgrade], ['/socket.io/?EIO=4&transport=polling'], ['/']]) {
      const client = connect(t, server);
      const refused = await client.exchange(target, { headers: { ...headers } });
      assert.equal(refused?.status, 429, target);
      assert.equal(refused.headers['retry-after'], '5');
      assert.match(JSON.parse(refused.text).detail, /--max-clients-per-address/);
      assert.equal(await within(client.head(), 'its end'), null, 'and it is let go');
    }
    await assertComeLater(connect(t, server));
    assert.equal((await request(server, '/health/ready')).status, 200, 'health is always told');
    streams.pop().vanish();
    await untilAdmitted(async () => (await connect(t, server).exchange('/poll'))?.status === 200);
  });

test('--max-clients-per-address: places are given back, however often clients come and go', async (t) => {
  const server = await start(t, '--workers', '2', '--max-clients-per-address', '6');
  for (let round = 0; round < 30; round++)
    for (const { Subscriber } of kinds) {
      const client = new Subscriber(server);
      await untilAdmitted(() => client.open().then(() => true, () => (client.vanish(), assert.fail('it was refused'))));
      client.vanish(round % 2 === 0);
      await untilAdmitted(async () => (await request(server, '/poll')).status === 200);
    }
});

test('--max-clients-per-address: by far too many are cut off, and those that are in notice nothing', async (t) => {
  const server = await start(t, '--max-clients-per-address', '2');
  const inside = new (kinds.find(({ name }) => name === 'sse').Subscriber)(server);
  t.cleanup(() => inside.vanish());
  await inside.open();
  const crowd = Array.from({ length: 60 }, () => connect(t, server));
  const cut = await within(Promise.all(crowd.slice(20).map((client) => client.head())), 'the end of those who are far too many');
  assert.ok(cut.every((answer) => answer === null));
  for (const client of crowd) client.vanish();
  await untilAdmitted(async () => (await request(server, '/publish', text).catch(() => null))?.status === 201);
  assert.equal((await inside.updates(1))[0].data, 'again');
});

test('--max-clients-per-address: behind a trusted proxy the forwarded address counts', async (t) => {
  const server = await start(t, '--max-clients-per-address', '2', '--trust-proxy', '127.0.0.1');
  const by = (ip) => ({ headers: { 'X-Forwarded-For': ip } });
  const clients = Array.from({ length: 8 }, () => connect(t, server));
  for (const [i, client] of clients.slice(0, 6).entries())
    assert.equal((await client.exchange('/poll', by(`203.0.113.${i >> 1}`)))?.status, 200, `two of each: ${i}`);
  assert.equal((await clients[6].exchange('/poll', by('203.0.113.0')))?.status, 429, 'a third');
  assert.equal((await clients[0].exchange('/poll', by('203.0.113.9')))?.status, 200, 'a connection is whose request came last');
  assert.equal((await clients[7].exchange('/poll', by('203.0.113.0')))?.status, 200);
  await assertComeLater(connect(t, server), { headers: { ...eventStream, 'X-Forwarded-For': '203.0.113.0' } });
  for (let i = 0; i < 8; i++) assert.equal((await connect(t, server).exchange('/poll'))?.status, 200, "the proxy's own count for no one");
});

test('an EventSource that asks a server which is going away is told to come again', async (t) => {
  const server = await start(t, '--drain', '10s');
  const kept = connect(t, server);
  assert.equal((await kept.exchange('/poll')).status, 200);
  const last = new (kinds.find(({ name }) => name === 'ws').Subscriber)(server, { isSilent: true }); // the server waits for it
  await last.open();
  server.child.kill('SIGTERM');
  while (!(await last.next('the close')).end);
  await assertComeLater(kept);
  last.vanish();
  assert.equal(await server.ended(), 0);
});

// --- no descriptor left ----------------------------------------------------------------------------------------------

/** Let the server, as it runs, have no more descriptors than it has now, and `more`. */
async function limitFiles(server, more) {
  const { pid } = server.child;
  const used = new Set((await readdir(`/proc/${pid}/fd`)).map(Number));
  let files = 0;
  for (let free = 0; free < more; files++) if (!used.has(files)) free++; // what is taken next is the lowest that is free
  const { status } = spawnSync('prlimit', [`--pid=${pid}`, `--nofile=${files}:${files}`]);
  assert.equal(status, 0, 'prlimit');
}

for (const workers of ['1', '2'])
  test(`${workers} worker(s): without a descriptor left it answers 503, tells EventSources to come again, and recovers by itself`, async (t) => {
    const server = await start(t, '--workers', workers);
    const inside = new (kinds.find(({ name }) => name === 'ws').Subscriber)(server);
    t.cleanup(() => inside.vanish());
    await inside.open();
    await limitFiles(server, 8);
    const crowd = [];
    // Until one is refused: by 503, or by the end where its request came too late to be seen.
    const isIn = async () => {
      crowd.push(connect(t, server));
      return (await crowd.at(-1).exchange('/poll'))?.status === 200;
    };
    while (await isIn()) assert.ok(crowd.length < 20, 'the limit of files has no effect');
    const ask = async (target, headers) => {
      for (;;) {
        const client = connect(t, server);
        client.ask(target, { headers: { ...headers } });
        const answer = await within(client.head(), 'an answer or the end');
        if (answer) return { ...answer, client };
      }
    };
    const full = await within(ask('/poll'), 'the refusal');
    assert.equal(full.status, 503);
    assert.equal(full.headers['content-type'], 'application/problem+json');
    assert.equal(full.headers['retry-after'], '5');
    const events = await within(ask('/events', eventStream), 'what an EventSource is told');
    assert.equal(events.status, 200);
    const words = (bytes) => (bytes.includes('\n\n') ? [bytes.toString(), bytes.length] : null);
    assert.equal(await within(events.client.take(words), 'its words'), 'retry: 5000\n\n');
    inside.socket.write(frame(1, '{"publish":"from inside"}'));
    assert.equal((await inside.updates(1))[0].data, 'from inside');
    for (const client of crowd) client.vanish();
    await untilAdmitted(async () => (await connect(t, server).exchange('/poll'))?.status === 200);
  });

// --- who is gone, or might as well be --------------------------------------------------------------------------------

const WsSubscriber = kinds.find(({ name }) => name === 'ws').Subscriber;

test('a WebSocket that answers no ping is closed at the third heartbeat, and one that does is kept', async (t) => {
  const server = await start(t, '--heartbeat', '150ms');
  const good = new WsSubscriber(server);
  t.cleanup(() => good.vanish());
  await good.open();
  const gone = connect(t, server, { isSilent: true });
  const upgrade = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  assert.equal((await gone.exchange('/ws', { headers: { ...upgrade } })).status, 101);
  const frameHead = (bytes) => (bytes.length >= 4 || bytes[0] === 0x89 ? [bytes[0] === 0x89 ? 'ping' : bytes.readUInt16BE(2), bytes[0] === 0x89 ? 2 : bytes.length] : null);
  const got = [];
  while (got.at(-1) !== 1008) got.push(await within(gone.take((bytes) => (bytes.length > 0 ? frameHead(bytes) : null)), 'a ping or a close'));
  assert.deepEqual(got, ['ping', 'ping', 1008]);
  await server.logged(/ erred transport=ws .*no pong came in time/);
  for (let beats = 0; beats < 4; ) beats += (await good.next('a heartbeat')).heartbeat ? 1 : 0;
  gone.socket.destroy();
  await publish(server, 1);
  await good.updates(1);
});

// --- what is too large -----------------------------------------------------------------------------------------------

test('a head of more than the 16 kB is refused, and a body of more than --max-body, before it has come', async (t) => {
  const server = await start(t, '--max-body', '1000');
  const large = connect(t, server);
  const refused = await large.exchange('/poll', { headers: { 'X-Large': 'x'.repeat(20000) } });
  assert.equal(refused?.status, 431);
  assert.equal(await within(large.head(), 'its end'), null);
  const line = await connect(t, server).exchange(`/poll?since=${'0'.repeat(20000)}`);
  assert.ok(line?.status === 414 || line?.status === 431, `status ${line?.status} of a long request line`);
  const declared = connect(t, server);
  declared.socket.write('POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1001\r\n\r\n');
  assert.equal((await within(declared.answer(), 'the refusal'))?.status, 413);
  const chunked = connect(t, server);
  chunked.socket.write('POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n');
  chunked.socket.write(`3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`);
  assert.equal((await within(chunked.answer(), 'the refusal'))?.status, 413);
  const fits = await request(server, '/publish', { ...text, body: 'x'.repeat(1000) });
  assert.equal(fits.status, 201, 'as much as is allowed is taken');
});

// --- who does not read -----------------------------------------------------------------------------------------------

// A sanitizer keeps what was freed.
const assertBelow = (grown, most, what) => assert.ok(grown < most || process.env.FEEDLAB_SANITIZERS === 'yes', what);
const resident = async (server) => (await request(server, '/stats')).json().process.resident_bytes;
const PUBLISHED = 16 * 1024 * 1024; // to each who doesn't read

test('streams that stop reading cost what they cost, however much is published', async (t) => {
  const server = await start(t, '--history', '16', '--sndbuf', '4096');
  const stalled = [];
  for (let i = 0; i < 10; i++)
    for (const { Subscriber } of kinds.filter(({ pushes }) => pushes)) stalled.push(new Subscriber(server));
  for (const stream of stalled) {
    t.cleanup(() => stream.vanish());
    await stream.open();
    stream.socket.pause();
  }
  const publisher = new Publisher(server);
  t.cleanup(() => publisher.close());
  const update = JSON.stringify('x'.repeat(100000));
  await publisher.publish(Array(64).fill(update)); // what there is of history and buffers is in use
  const before = await resident(server);
  for (let sent = 0; sent < PUBLISHED; sent += 64 * update.length) await publisher.publish(Array(64).fill(update));
  const grown = (await resident(server)) - before;
  assertBelow(grown, PUBLISHED / 2, `${stalled.length} of them made it grow by ${(grown / 1e6).toFixed(1)} MB`);
});

test('a WebSocket that floods pings and reads nothing costs no memory; when it reads again, it gets the newest pong', async (t) => {
  const server = await start(t, '--sndbuf', '4096', '--idle-timeout', '1h');
  const client = new WsSubscriber(server);
  t.cleanup(() => client.vanish());
  await client.open();
  client.socket.pause();
  const before = await resident(server);
  const pings = (n) => Buffer.concat(Array.from({ length: 200 }, (_, i) => frame(9, `${n * 200 + i}`.padEnd(125))));
  let sent = 0;
  // The server reads on all the while: it owes one pong, not all of them.
  for (; sent < 500; sent++)
    if (!client.socket.write(pings(sent))) await within(new Promise((resolve) => client.socket.once('drain', resolve)), 'the server to read on');
  const grown = (await resident(server)) - before;
  assertBelow(grown, 8e6, `it grew by ${grown}`);
  const raw = new Promise((resolve) => {
    let tail = '';
    client.socket.on('data', (chunk) => (tail = (tail + chunk.toString('latin1')).slice(-1000)).includes(`${sent * 200 - 1} `) && resolve());
  });
  client.socket.resume();
  await within(raw, 'the newest pong');
});

test('a poll whose answer is not read is let go after --idle-timeout', async (t) => {
  const server = await start(t, '--sndbuf', '4096', '--idle-timeout', '1s');
  const publisher = new Publisher(server);
  await publisher.publish(Array(100).fill(JSON.stringify('x'.repeat(100000))));
  publisher.close();
  const client = connect(t, server);
  const socket = client.socket.pause();
  for (let i = 0; i < 20; i++) socket.write(requestText('/poll?since=0'));
  await server.logged(/ left transport=poll /);
});

// --- who comes and goes, and who stands in the way -------------------------------------------------------------------

test('1,000 connections opened and closed in a loop leave nothing behind, and others are served', async (t) => {
  const server = await start(t);
  const inside = new (kinds.find(({ name }) => name === 'sse').Subscriber)(server);
  t.cleanup(() => inside.vanish());
  await inside.open();
  const files = async () => (await readdir(`/proc/${server.child.pid}/fd`)).length;
  const before = await files();
  const said = ['', 'GET /po', requestText('/events'), requestText('/poll')];
  for (let round = 0; round < 10; round++) {
    const clients = Array.from({ length: 100 }, (_, i) => {
      const client = connect(t, server);
      client.socket.write(said[i % said.length], () => client.vanish(i % 3 === 0));
      return new Promise((resolve) => client.socket.once('close', resolve));
    });
    await within(Promise.all(clients), 'them to be gone');
    await publish(server, round);
  }
  assert.deepEqual((await inside.updates(10)).map(({ data }) => data), Array.from({ length: 10 }, (_, i) => i));
  const back = async () => {
    while ((await files()) > before + 1);
  };
  await within(back(), 'all descriptors to be free again');
});

test('heads, bodies, answers and streams that stall delay no one', async (t) => {
  const server = await start(t, '--sndbuf', '4096');
  await publish(server, 'x'.repeat(500000));
  const stalls = [
    'GET /poll HTTP/1.1\r\nHost: loc',
    'POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nabc',
    requestText('/poll?since=0').repeat(10),
    requestText('/events?since=0'),
    requestText('/longpoll?timeout=30'),
  ];
  for (let i = 0; i < 100; i++) connect(t, server).socket.pause().write(stalls[i % stalls.length]);
  const good = new WsSubscriber(server);
  t.cleanup(() => good.vanish());
  await good.open();
  const began = performance.now();
  for (let i = 0; i < 50; i++) {
    await publish(server, i);
    assert.equal((await good.updates(1))[0].data, i);
  }
  // Any of them is patient for seconds; 50 in a row would each have had to wait for one.
  assert.ok(performance.now() - began < 10000, 'no stalled one was waited for');
});

await run();
