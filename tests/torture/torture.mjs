// make torture: faults, one after the other, while good clients of every transport read. It prints the table of
// docs/reliability.md: what was tried, what was survived, and what was lost. Ten minutes at most, on loopback. What fails here
// is a lost or doubled update, a server that ends, memory that stays; times are told, and fail nothing.
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Publisher } from '../contract/subscriber.mjs';
import { assert, request, run, test, within } from '../e2e/harness.mjs';
import { account, crowd, END, percentile } from './reader.mjs';

const EACH = 16; // good clients of each of six kinds
const FAULT_MS = 600000;
const FEED = ['--rate', '50', '--size', '200'];
const number = (name, usual) => Number(process.env[`FEEDLAB_TORTURE_${name}`] ?? usual);
const KILLS = number('KILLS', 50);
const CROWD = number('CROWD', 1000);
const SLOW_S = number('SLOW_S', 60);
const ATTACK_S = number('ATTACK_S', 40);

const rows = [];
process.on('exit', () => {
  console.log('# | fault | tried | survived | lost | seen |\n# |---|---|---|---|---|---|');
  for (const row of rows) console.log(`# | ${row.join(' | ')} |`);
});

const after = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const process_ = async (server) => (await request(server, '/stats')).json().process;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const resident = async (server) => (await process_(server)).resident_bytes;

/** What the kernel keeps in sockets' buffers, bytes: TCP's memory in pages. */
const kernelBytes = () => Number(readFileSync('/proc/net/sockstat', 'utf8').match(/TCP:.* mem (\d+)/)[1]) * 4096;

/** Of a condition that needs no asking: one that lets others have their turn. */
const turn = (holds) => () => new Promise((resolve) => setImmediate(() => resolve(holds())));

/** The good clients leave; what they saw must be all, once. */
async function judge(readers) {
  await until(turn(() => readers.every(({ updates }) => updates >= 20)), 'everybody to read');
  await Promise.all(readers.map((reader) => reader.leave()));
  const seen = account(readers);
  assert.deepEqual([seen.lost, seen.doubled], [0, 0], JSON.stringify(seen));
  return seen;
}

/** p99 of the pushed updates' latency while `during` lasts, ms. */
async function latency(readers, during) {
  for (const reader of readers) reader.latenciesMs = [];
  await during;
  const values = readers.flatMap(({ latenciesMs }) => latenciesMs);
  for (const reader of readers) reader.latenciesMs = null;
  return percentile(values, 0.99);
}

async function until(holds, what) {
  const asking = async () => {
    while (!(await holds()));
  };
  await within(asking(), what, 60000);
}

const clients = async (server) =>
  Object.values((await request(server, '/stats')).json().transports).reduce((sum, { clients: n }) => sum + n, 0);

test(`kill -9 and restart under load, ${KILLS} times`, async (t) => {
  const args = ['--source', 'none', '--journal', path.join(await t.directory(), 'feed.journal')];
  const world = { server: await t.server(args) };
  const port = String(world.server.port);
  const readers = await crowd(world, 4);
  const taken = new Map(); // seq of what was acknowledged: its data
  let said = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const publisher = new Publisher(world.server);
    const publishing = (async () => {
      for (;;) {
        const data = ++said;
        const [cursor] = await publisher.publish([String(data)]);
        taken.set(Number(cursor.split('-')[1]), data);
      }
    })().catch(() => {}); // it was killed: what was not acknowledged may be there or not
    const enough = taken.size + 50;
    await until(turn(() => taken.size >= enough), 'updates to be taken');
    world.server.kill();
    await publishing;
    publisher.close();
    world.server = await t.server(args, { port });
  }
  const { epoch } = (await request(world.server, '/stats')).json();
  assert.equal(epoch, world.epoch, 'the epoch went on');
  const kept = new Map();
  for (let since = '0', more = true; more; ) {
    const answer = (await request(world.server, `/poll?since=${since}`)).json();
    for (const { seq, data } of answer.updates) kept.set(seq, data);
    [since, more] = [answer.cursor, answer.more];
  }
  const oldest = Math.min(...kept.keys()); // older ones the history has let go
  assert.ok(kept.size >= Math.min(taken.size, 4096), `${kept.size} kept of ${taken.size}`);
  const missing = [...taken].filter(([seq, data]) => seq >= oldest && kept.get(seq) !== data);
  assert.deepEqual(missing, [], 'what was acknowledged is kept');
  const publisher = new Publisher(world.server);
  await publisher.publish([JSON.stringify(END)]);
  publisher.close();
  await within(Promise.all(readers.map(({ done }) => done)), 'all to read to the end', 60000);
  const seen = account(readers);
  assert.deepEqual([seen.lost, seen.doubled], [0, 0], JSON.stringify(seen));
  rows.push(['kill -9 and restart', KILLS, KILLS, 0, `${taken.size} updates acknowledged, ${seen.readers} clients, ${seen.cuts} times cut off`]);
}, { deadline: FAULT_MS });

/** Streams that are opened and never read. Returns: their sockets. */
async function openUnread(server, count) {
  const sockets = [];
  for (let i = 0; i < count; i++) {
    const socket = net.connect({ port: server.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.pause();
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    sockets.push(socket);
  }
  await until(async () => (await clients(server)) >= count, `${count} streams`);
  return sockets;
}

test(`${CROWD} slow readers for ${SLOW_S} s`, async (t) => {
  const server = await t.server([...FEED, '--rate', '100', '--size', '1000', '--history', '1000']);
  const readers = await crowd({ server }, EACH);
  await after(12); // the history is full
  const quiet = await latency(readers, after(5));
  const before = await resident(server);
  const sockets = await openUnread(server, CROWD);
  const first = await resident(server);
  const slow = await latency(readers, after(SLOW_S));
  const during = await resident(server);
  const kernel = kernelBytes();
  for (const socket of sockets) socket.destroy();
  await until(async () => (await clients(server)) <= readers.length, 'the slow ones to be gone');
  const late = await resident(server);
  const seen = await judge(readers);
  assert.ok(during - first < CROWD * 4096, `a slow reader costs constant memory: ${megabytes(first)}, then ${megabytes(during)}`);
  rows.push(['readers that do not read', `${CROWD} for ${SLOW_S} s`, 'yes', seen.lost,
    `server ${megabytes(before)} before, ${megabytes(first)} with them, ${megabytes(during)} at the end, ${megabytes(late)} after; all sockets' buffers ${megabytes(kernel)}; p99 of ${seen.readers} good clients ${quiet.toFixed(1)} ms before, ${slow.toFixed(1)} ms during`]);
}, { deadline: FAULT_MS });

test('descriptors run out', async (t) => {
  const server = await t.server(FEED, { shell: 'ulimit -n 200; exec "$0" "$@"' });
  const readers = await crowd({ server }, 4);
  const sockets = Array.from({ length: 400 }, () => net.connect({ port: server.port, host: '127.0.0.1' }));
  const answers = sockets.map((socket) => new Promise((resolve) => {
    socket.on('error', () => resolve('reset'));
    socket.on('data', (data) => resolve(String(data).split(' ')[1]));
    socket.on('close', () => resolve('closed'));
    socket.write('GET /longpoll?timeout=20 HTTP/1.1\r\nHost: localhost\r\nX: ');
  }));
  const refused = [];
  for (const answer of answers) answer.then((status) => refused.push(status));
  await until(turn(() => refused.length >= 200), 'refusals');
  await after(2);
  const [said, all] = [refused.filter((status) => status === '503').length, refused.length];
  for (const socket of sockets) socket.destroy();
  await until(async () => (await request(server, '/health/ready').catch(() => ({}))).status === 200, 'the server to answer again');
  const seen = await judge(readers);
  rows.push(['descriptors run out', '400 connections, 200 descriptors', 'yes', seen.lost, `${said} were answered with 503, ${all - said} closed without, the others waited; new clients are served as soon as there is room`]);
}, { deadline: FAULT_MS });

/** slowhttptest of Debian. Returns: a promise of what it says at its end. */
function slowhttptest(server, args) {
  const child = spawn('slowhttptest', [...args, '-c', String(CROWD), '-r', '200', '-l', String(ATTACK_S), '-i', '5', '-u', `${server.url}/longpoll`], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  return new Promise((resolve) => child.once('close', () => resolve(text)));
}

const hasSlowhttptest = existsSync('/usr/bin/slowhttptest');
for (const [name, args] of [
  ['slow heads', ['-H']],
  ['slow bodies', ['-B']],
  ['slow reading', ['-X', '-w', '1', '-y', '32', '-n', '5', '-z', '32', '-k', '3']],
])
  if (hasSlowhttptest)
    test(`slowhttptest: ${name}`, async (t) => {
      const server = await t.server(FEED);
      const readers = await crowd({ server }, EACH);
      const quiet = await latency(readers, after(10));
      const attack = slowhttptest(server, args);
      const attacked = await latency(readers, attack);
      const exit = (await attack).replace(/\x1b\[[\d;]*m/g, '').match(/exit status: *(.*)/i)?.[1].trim() ?? 'ended';
      const seen = await judge(readers);
      rows.push([`slowhttptest, ${name}`, `${CROWD} connections, ${ATTACK_S} s`, 'yes', seen.lost,
        `p99 of ${seen.readers} good clients ${quiet.toFixed(1)} ms before, ${attacked.toFixed(1)} ms during; it says: ${exit}`]);
    }, { deadline: FAULT_MS });
if (!hasSlowhttptest) rows.push(['slowhttptest', '', 'not tried: apt-get install slowhttptest', '', '']);

test(`${CROWD} clients vanish`, async () => {
  const link = process.env.FEEDLAB_LINK ?? path.resolve('feedlab-link');
  const child = spawn(link, ['--link', 'rtt=1ms,outage=1h@15s', '-q', '--', process.execPath, path.join(path.dirname(fileURLToPath(import.meta.url)), 'vanish.mjs'), String(CROWD), String(EACH)],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  await new Promise((resolve) => child.once('close', resolve));
  const seen = text.match(/^\{.*/m) && JSON.parse(text.match(/^\{.*/m)[0]);
  assert.ok(seen && /^ok 1/m.test(text), text);
  const times = Object.entries(seen.goneS).map(([name, seconds]) => `${name} ${seconds.toFixed(0)} s`).join(', ');
  rows.push(['clients that vanish without FIN', CROWD, 'yes', seen.lost, `noticed after: ${times}; ${seen.readers} good clients`]);
}, { deadline: FAULT_MS });

await run();
