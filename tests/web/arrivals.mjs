// The page's account of what came: nothing of it needs a browser.
// SPDX-License-Identifier: MIT
import { assert, run, test } from '../e2e/harness.mjs';
import { Absence } from '../../web/model/absence.js';
import { Age } from '../../web/model/age.js';
import { Arrivals } from '../../web/model/arrivals.js';
import { Ring } from '../../web/model/ring.js';
import { Traffic } from '../../web/model/traffic.js';

const counts = ({ updates, missed, duplicates, reordered, gaps }) => ({ updates, missed, duplicates, reordered, gaps });
const take = (arrivals, ...seqs) => seqs.map((seq) => arrivals.take({ seq }, seq * 1000 + 5, seq * 1000));

test('a ring keeps the newest, says what it dropped, and can be searched', () => {
  const ring = new Ring(3);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((item) => ring.push(item)),
    [undefined, undefined, undefined, 1, 2],
  );
  assert.deepEqual([...ring], [3, 4, 5]);
  assert.deepEqual([ring.at(0), ring.at(-1), ring.at(3), ring.at(-4), ring.length], [3, 5, undefined, undefined, 3]);
  assert.deepEqual(
    [2, 4, 9].map((wanted) => ring.search((item) => item < wanted)),
    [0, 1, 3],
  );
  ring.clear();
  assert.deepEqual([ring.length, ring.at(0), [...ring]], [0, undefined, []]);
});

test('a lane begins where its first update is', () => {
  const arrivals = new Arrivals();
  assert.deepEqual(take(arrivals, 17, 18, 19), ['new', 'new', 'new']);
  assert.deepEqual(counts(arrivals), { updates: 3, missed: 0, duplicates: 0, reordered: 0, gaps: 0 });
  assert.equal(arrivals.newest.seq, 19);
});

test('what is passed over is missed, until it comes after all; what came before is a duplicate', () => {
  const arrivals = new Arrivals();
  assert.deepEqual(take(arrivals, 1, 4), ['new', 'new']);
  assert.equal(arrivals.missed, 2);
  assert.deepEqual(take(arrivals, 2, 2, 4, 1, 3), ['late', 'duplicate', 'duplicate', 'duplicate', 'late']);
  assert.deepEqual(counts(arrivals), { updates: 4, missed: 0, duplicates: 3, reordered: 2, gaps: 0 });
  assert.equal(arrivals.newest.seq, 4);
});

test('a gap that the server tells of is missed, and no update of it is missed twice', () => {
  const arrivals = new Arrivals();
  take(arrivals, 3);
  arrivals.gap({ from: 2, to: 9 }); // 3 had come before
  take(arrivals, 10);
  assert.deepEqual(counts(arrivals), { updates: 2, missed: 6, duplicates: 0, reordered: 0, gaps: 1 });
});

test('a feed that begins anew has numbers of its own', () => {
  const arrivals = new Arrivals();
  take(arrivals, 500, 501);
  arrivals.gap({ epoch: 'other', from: null });
  assert.deepEqual(take(arrivals, 1, 2), ['new', 'new']);
  assert.deepEqual(counts(arrivals), { updates: 4, missed: 0, duplicates: 0, reordered: 0, gaps: 1 });
});

test('a million missed updates take no memory to speak of, and are counted all the same', () => {
  const arrivals = new Arrivals();
  take(arrivals, 1);
  arrivals.take({ seq: 1000000 }, 0, 0);
  assert.equal(arrivals.missed, 999998);
  for (let i = 2; i < 20; i++) arrivals.take({ seq: i * 1000000 }, 0, 0);
  assert.ok(arrivals.missingNow <= 4096);
});

test('latency is from publication to receipt; those since a time are the newest', () => {
  const arrivals = new Arrivals({ capacity: 3 });
  for (const [seq, latencyMs] of [
    [1, 10],
    [2, 20],
    [3, 30],
    [4, 40],
  ])
    arrivals.take({ seq }, 1000 * seq, 1000 * seq - latencyMs);
  assert.deepEqual(arrivals.since(0), [40, 30, 20]);
  assert.deepEqual(arrivals.since(3000), [40, 30]);
});

test('the age of what is shown grows with time and falls with each update', () => {
  const age = new Age();
  assert.equal(age.at(0), null);
  age.show(0, 100); // published at 0, shown at 100
  assert.equal(age.at(1100), 1100);
  age.show(1000, 1100);
  assert.equal(age.at(1100), 100);
  // From 100 to 1100 it grows from 100 to 1100: 600 on average. From 1100 to 2100 the same.
  assert.equal(age.mean(1100), 600);
  assert.equal(age.mean(2100), 600);
  age.reset(2100);
  assert.equal(age.mean(2100), null);
  assert.equal(age.mean(2300), 1200);
});

test('with updates every U and a latency L the age is U/2 + L, as docs/method.md has it', () => {
  const age = new Age();
  for (let i = 0; i <= 1000; i++) age.show(i * 50, i * 50 + 7);
  assert.ok(Math.abs(age.mean(1000 * 50 + 7) - (25 + 7)) < 1e-9);
});

test('traffic is what the last seconds cost, by the update', () => {
  const traffic = new Traffic({ spanMs: 10000 });
  assert.equal(traffic.perUpdate(), null);
  for (let s = 0; s <= 30; s++)
    traffic.take({
      atMs: s * 1000,
      downBytes: s < 20 ? 0 : (s - 20) * 180,
      upBytes: 0,
      segments: s * 2,
      updates: s,
      requests: 0,
    });
  assert.deepEqual(traffic.perUpdate(), { updates: 10, down: 180, up: 0, segments: 2, ip: 180 + 104, requests: 0 });
  traffic.take({ atMs: 31000, downBytes: 10, upBytes: 0, segments: 1, updates: 32, requests: 0 }); // a new line
  assert.equal(traffic.perUpdate(), null);
});

test('an absence tells how long it was, what came late, and what was lost', () => {
  const arrivals = new Arrivals();
  take(arrivals, 1, 2);
  const absence = new Absence(arrivals, 'cut', 2500);
  assert.equal(absence.account(), null);
  absence.back(5500);
  absence.take(2000); // published before, and still on its way
  for (const seq of [3, 4, 5]) {
    absence.take(seq * 1000);
    arrivals.take({ seq }, 5600, seq * 1000);
  }
  assert.deepEqual(absence.account(), { awayMs: 3000, late: 3, missed: 0, duplicates: 0 });
  absence.take(6000);
  arrivals.take({ seq: 8 }, 8000, 8000);
  assert.deepEqual(absence.account(), { awayMs: 3000, late: 3, missed: 2, duplicates: 0 });
});

await run();
