// How the server begins, and how it ends: what it refuses to start with, what it is still owed to clients at the end of
// input and at SIGTERM, and how long it waits for them.
// SPDX-License-Identifier: MIT
import http from 'node:http';
import { kinds, Publisher } from '../contract/subscriber.mjs';
import { assert, publish, request, run, test, within } from './harness.mjs';

const seconds = () => Number(process.hrtime.bigint()) / 1e9;
const LINES = 5000;

/** Read on from the start, answer by answer, until there is no more. Returns: the data. */
async function readAll(server, path, count, agent) {
  const data = [];
  for (let cursor = '0'; data.length < count; ) {
    const answer = await request(server, `${path}?since=${cursor}`, { agent });
    assert.equal(answer.status, 200, answer.text);
    const { cursor: next, gap, updates } = answer.json();
    assert.equal(gap, undefined);
    data.push(...updates.map((update) => update.data));
    cursor = next;
  }
  return data;
}

for (const path of ['/longpoll', '/poll'])
  test(`--exit-at-eof: one who asks ${path} on and on gets every line`, async (t) => {
    const server = await t.server(['--source', 'stdin', '--exit-at-eof', '--drain', '30s'], { input: 'pipe' });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.cleanup(() => agent.destroy());
    const first = await request(server, `${path}?since=0&timeout=0`, { agent });
    assert.deepEqual(first.json().updates, []);
    server.input.end(Array.from({ length: LINES }, (_, i) => `line ${i + 1}\n`).join(''));
    const data = await readAll(server, path, LINES, agent);
    assert.deepEqual(data, Array.from({ length: LINES }, (_, i) => `line ${i + 1}`));
    assert.equal(await server.ended(), 0);
  });

test('--exit-at-eof: a held poll is answered, and the server ends', async (t) => {
  const server = await t.server(['--source', 'stdin', '--exit-at-eof'], { input: 'pipe' });
  const held = request(server, '/longpoll?timeout=30');
  await server.logged(/ came transport=longpoll /);
  server.input.end();
  assert.deepEqual((await held).json().updates, []);
  assert.equal(await server.ended(), 0);
});

test('--exit-at-eof: one who never asks again is waited for no longer than --drain', async (t) => {
  const server = await t.server(['--source', 'stdin', '--exit-at-eof', '--drain', '300ms'], { input: 'pipe' });
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.cleanup(() => agent.destroy());
  await request(server, '/poll?since=0', { agent });
  server.input.end('unread\n'.repeat(LINES));
  assert.equal(await server.ended(), 0);
});

test('--exit-at-eof: nobody there, and it ends at once', async (t) => {
  const server = await t.server(['--source', 'stdin', '--exit-at-eof', '--drain', '1h'], { input: 'pipe' });
  await request(server, '/poll?since=0');
  await server.logged(/ left transport=poll /);
  server.input.end('unread\n');
  assert.equal(await server.ended(), 0);
});

test('--drain is how long streams have, also where that is more than a few seconds', async (t) => {
  const server = await t.server(['--source', 'none', '--drain', '6s', '--sndbuf', '4096']);
  const streams = kinds.filter(({ pushes }) => pushes).map(({ Subscriber }) => new Subscriber(server));
  for (const stream of streams) {
    t.cleanup(() => stream.vanish());
    await stream.open();
    stream.socket.pause();
  }
  const publisher = new Publisher(server);
  await publisher.publish(Array(50).fill(JSON.stringify('x'.repeat(30000))));
  publisher.close();
  const began = seconds();
  await server.stop();
  assert.ok(seconds() - began > 5.9, `it gave them ${(seconds() - began).toFixed(1)} s`);
});

test('SIGTERM ends at once where nobody is there, and where all have all', async (t) => {
  const server = await t.server(['--source', 'none', '--drain', '1h']);
  const streams = kinds.filter(({ pushes }) => pushes).map(({ Subscriber }) => new Subscriber(server));
  for (const stream of streams) await stream.open();
  await publish(server, 1);
  for (const stream of streams) await stream.updates(1);
  await server.stop();
});

for (const [first, second] of [['2', '2'], ['2', '1'], ['1', '2'], ['1', '1']])
  test(`a second server on the port is told that it is in use: --workers ${first}, then ${second}`, async (t) => {
    const server = await t.server(['--source', 'none', '--workers', first]);
    const late = t.start(['--source', 'none', '--workers', second], { port: String(server.port) });
    assert.equal(await late.ended(), 1);
    await late.logged(new RegExp(`${server.port}.*Address already in use`));
    assert.equal((await request(server, '/health/ready')).status, 200, 'the first goes on');
  });

test('--source stdin with stdin closed serves, reports the end of input, and does not spin', async (t) => {
  const server = await t.server(['--source', 'stdin'], { shell: 'exec "$0" "$@" <&-' });
  await server.logged(/source_(ended|failed).*stdin/);
  assert.equal((await publish(server, 1)).seq, 1);
  const process = async () => (await request(server, '/stats')).json().process;
  const before = await process();
  await request(server, '/longpoll?timeout=1');
  const after = await process();
  const busy = (after.cpu_ns - before.cpu_ns) / 1000 / (after.uptime_us - before.uptime_us);
  assert.ok(busy < 0.25, `it was busy for ${(busy * 100).toFixed(0)} % of a second in which nothing happened`);
  assert.equal((await request(server, '/stats')).json().source.ended, true);
});

test('--source stdin with stdin closed and --exit-at-eof ends', async (t) => {
  const server = t.start(['--source', 'stdin', '--exit-at-eof'], { shell: 'exec "$0" "$@" <&-' });
  assert.equal(await server.ended(), 0);
});

test('a limit of open files that leaves none for clients is refused, with what to do about it', async (t) => {
  for (const files of [20, 40, 64]) {
    const server = t.start(['--source', 'none'], { shell: `ulimit -n ${files}; exec "$0" "$@"` });
    assert.equal(await server.ended(), 1, `with ${files} files`);
    await server.logged(/feedlab-server: .*(open files|ulimit|descriptors)/);
  }
});

test('a small limit of open files is lived with: who is too many is told so', async (t) => {
  const server = await t.server(['--source', 'none'], { shell: 'ulimit -n 256; exec "$0" "$@"' });
  const agent = new http.Agent({ keepAlive: true });
  t.cleanup(() => agent.destroy());
  const statuses = await Promise.all(
    Array.from({ length: 400 }, () => request(server, '/poll', { agent }).then(({ status }) => status, () => 'cut')),
  );
  assert.ok(statuses.filter((status) => status === 200).length >= 50, 'most of what the limit leaves are served');
  assert.ok(statuses.includes(503), 'the others are told');
  agent.destroy();
  const again = async () => {
    while ((await request(server, '/health/ready').catch(() => ({}))).status !== 200);
  };
  await within(again(), 'room for others when they have gone');
});

await run();
