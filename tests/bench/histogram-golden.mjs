// The histogram against hdr-histogram-js: the same numbers into both, the same percentiles out of both. The numbers come
// from a small generator of its own, so that each run compares the same ones.
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';

const percentiles = [0, 0.1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 99.999, 100];
const highest = 3.6e9;

// mulberry32: 32 bits of state are enough for some 10,000 numbers.
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const shapes = {
  'small values': (random) => Math.floor(random() * 3000),
  'an even spread up to a second': (random) => Math.floor(random() * 1e6),
  'exponential latencies': (random) => Math.floor(-Math.log(1 - random()) * 20000),
  'every magnitude up to an hour': (random) => Math.floor(Math.exp(random() * Math.log(highest))),
  'two far modes': (random) => Math.floor(random() < 0.99 ? 200 + random() * 50 : 4e7 + random() * 1e6),
};
const sizes = [1, 2, 7, 100, 1000, 9973];

function theirs(hdr, numbers) {
  const histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: highest,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    useWebAssembly: false,
  });
  for (const number of numbers) histogram.recordValue(number);
  return {
    values: percentiles.map((p) => histogram.getValueAtPercentile(p)),
    mean: histogram.mean,
    stddev: histogram.stdDeviation,
  };
}

function ours(numbers) {
  const run = spawnSync('tests/bench/histogram-dump', percentiles.map(String), {
    input: numbers.join('\n') + '\n',
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`histogram-dump: ${run.error ?? run.stderr}`);
  const lines = run.stdout.trim().split('\n').map(Number);
  const values = lines.splice(0, percentiles.length);
  const [count, min, max, mean, stddev] = lines;
  return { values, count, min, max, mean, stddev };
}

const near = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));

function differences(hdr, numbers) {
  const b = theirs(hdr, numbers);
  const a = ours(numbers);
  const found = [];
  percentiles.forEach((p, i) => {
    if (a.values[i] !== b.values[i]) found.push(`p${p}: ${a.values[i]}, not ${b.values[i]}`);
  });
  if (a.count !== numbers.length) found.push(`count: ${a.count}, not ${numbers.length}`);
  if (a.min !== Math.min(...numbers)) found.push(`min: ${a.min}, not ${Math.min(...numbers)}`);
  if (a.max !== Math.max(...numbers)) found.push(`max: ${a.max}, not ${Math.max(...numbers)}`);
  if (!near(a.mean, b.mean)) found.push(`mean: ${a.mean}, not ${b.mean}`);
  if (!near(a.stddev, b.stddev)) found.push(`standard deviation: ${a.stddev}, not ${b.stddev}`);
  return found;
}

const hdr = await import('hdr-histogram-js').catch(() => null);
if (!hdr) {
  console.log('1..0 # SKIP hdr-histogram-js is not installed: npm ci');
  process.exit(0);
}

let n = 0;
let failed = false;
for (const [shape, draw] of Object.entries(shapes)) {
  for (const size of sizes) {
    const random = generator(size);
    const found = differences(hdr, Array.from({ length: size }, () => draw(random)));
    for (const line of found) console.log(`# ${line}`);
    console.log(`${found.length === 0 ? 'ok' : 'not ok'} ${++n} - agrees on ${size} of ${shape}`);
    failed ||= found.length > 0;
  }
}
console.log(`1..${n}`);
process.exitCode = failed ? 1 : 0;
