// make check-long: two minutes in which clients of all transports come, read, and go in every way, each going on where the
// last one was, while updates flow. Every update is seen, and the server is afterwards what it was before.
// SPDX-License-Identifier: MIT
import { readdirSync } from 'node:fs';
import { frame, kinds, Publisher } from '../contract/subscriber.mjs';
import { assert, DEADLINE_MS, request, run, test, within } from './harness.mjs';

const SECONDS = Number(process.env.FEEDLAB_SOAK_SECONDS ?? 120);
const RATE_HZ = 100;
const FOLLOWERS = 40;
const STAY_MOST = 200; // updates
const SAMPLES = 20;
const LAST = RATE_HZ * SECONDS;
const HISTORY = Math.min(1000, Math.floor(LAST / 10)); // full long before memory is judged

/** Numbers that come again with the same seed (mulberry32). */
function randomOf(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const ways = [
  (subscriber) => subscriber.vanish(true),
  (subscriber) => subscriber.vanish(false),
  (subscriber) => subscriber.socket.end(),
  (subscriber, kind) => (kind.closes ? subscriber.socket.end(frame(8, Buffer.from([0x03, 0xe8]))) : subscriber.socket.end()),
];

/** One reader through many connections. Returns: how many they were. */
async function follow(server, random, kindOf, stay) {
  let connections = 0;
  for (let next = 1; next <= LAST; connections++) {
    const kind = kindOf(random);
    const subscriber = new kind.Subscriber(server, { since: String(next - 1) });
    try {
      await subscriber.open();
      const last = Math.min(LAST, next + stay(random));
      assert.equal(await subscriber.follow(last, next), 0, `${kind.name} misses nothing after ${next - 1}`);
      next = last + 1;
    } finally {
      ways[random(ways.length)](subscriber, kind);
    }
  }
  return connections;
}

const process_ = async (server) => (await request(server, '/stats')).json().process;
const descriptors = (server) => readdirSync(`/proc/${server.child.pid}/fd`).length;

/** What the server keeps resident, looked at as the feed goes on; and a publisher beside the clock. */
async function watch(server) {
  const publisher = new Publisher(server);
  const subscriber = new (kinds.find(({ name }) => name === 'ws').Subscriber)(server, { since: '0' });
  await subscriber.open();
  const resident = [];
  for (let sample = 1; sample <= SAMPLES; sample++) {
    await subscriber.follow(Math.floor((LAST / SAMPLES) * sample), Math.floor((LAST / SAMPLES) * (sample - 1)) + 1);
    resident.push((await process_(server)).resident_bytes);
    await publisher.publish(Array(10).fill(JSON.stringify('x'.repeat(500))));
  }
  subscriber.vanish();
  publisher.close();
  return resident;
}

function assertFlat(resident) {
  const most = (from, to) => Math.max(...resident.slice(Math.floor(SAMPLES * from), Math.floor(SAMPLES * to)));
  const warm = most(0.3, 0.6);
  const late = most(0.6, 1);
  const inMegabytes = resident.map((bytes) => (bytes / 1e6).toFixed(1)).join(' ');
  assert.ok(late < warm * 1.02 + 5e5, `resident memory grows, in MB: ${inMegabytes}`);
}

const soak = async (t) => {
  const feed = ['--rate', String(RATE_HZ), '--size', '200', '--history', String(HISTORY)];
  const server = await t.server(['--workers', '2', ...feed, ...kinds.flatMap(({ args }) => args)]);
  await request(server, '/health/ready');
  const before = descriptors(server);

  const faithful = kinds.map((kind, i) => follow(server, randomOf(i), () => kind, () => LAST));
  const fickle = Array.from({ length: FOLLOWERS }, (_, i) =>
    follow(server, randomOf(1000 + i), (random) => kinds[random(kinds.length)], (random) => random(STAY_MOST)),
  );
  const [resident, ...connections] = await Promise.all([watch(server), ...faithful, ...fickle]);
  assert.ok(connections.reduce((sum, n) => sum + n) > FOLLOWERS * (LAST / STAY_MOST), 'they came and went');

  const gone = async () => {
    for (;;) {
      const { transports } = (await request(server, '/stats')).json();
      if (Object.values(transports).every(({ clients }) => clients === 0) && descriptors(server) <= before + 1) return;
    }
  };
  await within(gone(), `no client to be left, and ${before} descriptors open, not ${descriptors(server)}`);
  if (process.env.FEEDLAB_SANITIZERS !== 'yes') assertFlat(resident);
};

test(`${FOLLOWERS} readers come and go for ${SECONDS} s`, soak, { deadline: SECONDS * 4000 + DEADLINE_MS });

await run();
