// The page's clocks and percentiles.
// SPDX-License-Identifier: MIT
import { assert, load, run, test } from '../e2e/harness.mjs';
import { ServerClock, WallClock } from '../../web/model/clock.js';
import { highestEquivalent, histogramUs } from '../../web/model/histogram.js';
import { deviation, firmPercentile, mean, percentile, sorted } from '../../web/model/percentile.js';

const { build } = (await load('hdr-histogram-js')).default;

test('the wall clock is right to a fraction of a millisecond, though Date.now() is not', () => {
  let trueMs = 1764000000000.37;
  const clock = new WallClock(
    () => trueMs - 1763999999000.123,
    () => Math.floor(trueMs),
  );
  let worst = 0;
  for (let i = 0; i < 5000; i++) {
    trueMs += 0.731;
    const error = Math.abs(clock.now() - trueMs);
    if (i > 100) worst = Math.max(worst, error);
  }
  assert.ok(worst < 0.2, `${worst}`);
});

test('the wall clock follows a clock that is set, and one that drifts', () => {
  let fine = 0;
  let shift = 1e12;
  const clock = new WallClock(
    () => fine,
    () => Math.floor(fine + shift),
  );
  for (; fine < 1000; fine += 0.7) clock.now();
  for (const set of [5e11, 2e12]) {
    shift = set;
    for (let i = 0; i < 100; i++, fine += 0.7) clock.now();
    assert.ok(Math.abs(clock.now() - (fine + shift)) < 1, `${clock.now() - fine - shift}`);
  }
  for (; fine < 3600000; fine += 100.37) {
    shift -= 100.37 * 2e-6; // two in a million slow
    clock.now();
  }
  assert.ok(Math.abs(clock.now() - (fine + shift)) < 2, `${clock.now() - fine - shift}`);
});

/** A server `offsetMs` behind, whose stamps have whole seconds, `wayMs` away; asked when its clock says so. */
function ask(clock, { offsetMs, upMs, downMs, fromMs, rounds }) {
  let nowMs = fromMs;
  for (let i = 0; i < rounds; i++) {
    const sentMs = clock.samples === 0 ? nowMs : clock.nextAsk(nowMs, (upMs + downMs) / 2);
    assert.ok(sentMs >= nowMs && sentMs < nowMs + 1001, `${sentMs - nowMs}`);
    const stampMs = Math.floor((sentMs + upMs - offsetMs) / 1000) * 1000;
    clock.take({ sentMs, receivedMs: sentMs + upMs + downMs, stampMs, grainMs: 1000 });
    nowMs = sentMs + upMs + downMs;
  }
}

test('whole seconds in the Date header are enough to find the offset to within the round trip', () => {
  for (const offsetMs of [0, 123.4, -7654.3, 86400000])
    for (const [upMs, downMs] of [
      [1, 1],
      [40, 40],
      [5, 75],
      [0, 20],
    ]) {
      const clock = new ServerClock();
      assert.deepEqual([clock.isKnown, clock.offsetMs, clock.boundMs], [false, 0, Infinity]);
      ask(clock, { offsetMs, upMs, downMs, fromMs: 1764000000321, rounds: 16 });
      const error = Math.abs(clock.offsetMs - offsetMs);
      assert.ok(error <= clock.boundMs + 1e-6, `offset ${offsetMs}, ${upMs}+${downMs}: off by ${error}, bound ${clock.boundMs}`);
      assert.ok(clock.boundMs <= (upMs + downMs) / 2 + 2, `bound ${clock.boundMs} for ${upMs}+${downMs}`);
    }
});

test('a stamp in full gives the offset to half a round trip, and the closest answers count', () => {
  const clock = new ServerClock();
  clock.take({ sentMs: 1000, receivedMs: 1100, stampMs: 550 });
  assert.deepEqual([clock.offsetMs, clock.boundMs], [500, 50]);
  clock.take({ sentMs: 2000, receivedMs: 2010, stampMs: 1505 });
  assert.deepEqual([clock.offsetMs, clock.boundMs], [500, 5]);
  clock.take({ sentMs: 3000, receivedMs: 3010, stampMs: 905 }); // the clock was set
  assert.deepEqual([clock.offsetMs, clock.boundMs], [2100, 5]);
});

test('on the same host the offset is none, within what the browser cuts off', () => {
  const clock = new ServerClock();
  clock.pin(0.1);
  clock.take({ sentMs: 1000, receivedMs: 1100, stampMs: 550 });
  assert.deepEqual([clock.isKnown, clock.offsetMs, clock.boundMs], [true, 0, 0.1]);
});

test('percentiles are by nearest rank, and null where too few samples stand behind them', () => {
  const values = sorted([3, 1, 2, 10]);
  assert.deepEqual(
    [0, 0.25, 0.5, 0.75, 0.76, 1].map((p) => percentile(values, p)),
    [1, 1, 2, 3, 10, 10],
  );
  assert.equal(percentile([], 0.5), null);
  const hundred = sorted(Array.from({ length: 100 }, (_, i) => i + 1));
  assert.deepEqual(
    [0.5, 0.9, 0.95, 0.99].map((p) => firmPercentile(hundred, p)),
    [50, 90, null, null],
  );
  assert.equal(firmPercentile(sorted(Array.from({ length: 1000 }, (_, i) => i)), 0.99), 989);
  assert.deepEqual([firmPercentile([4], 0.5), firmPercentile([4, 5], 0.5)], [null, 4]);
  assert.deepEqual([mean([]), mean([1, 2, 6]), deviation([1]), deviation([1, 3])], [null, 3, null, Math.SQRT2]);
});

test('the histogram has the buckets of HdrHistogram', () => {
  const hdr = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3.6e9,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    useWebAssembly: false,
  });
  for (let value = 0; value < 3e9; value = Math.ceil(value * 1.0137) + 1)
    assert.equal(highestEquivalent(value), hdr.highestEquivalentValue(value), `${value}`);
  assert.deepEqual(histogramUs([1, 0.5, 1, 99.967, 500, -0.05]), [
    [0, 1],
    [500, 1],
    [1000, 2],
    [99967, 1],
    [500223, 1],
  ]);
});

await run();
