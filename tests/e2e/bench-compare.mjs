// feedlab-bench compare, --fail-if, sweeps and capacity from end to end, on short runs of the real server. Differences are planted
// in the JSON of a real result: nothing here fails on a time, and a run that the machine spoils is made again.
// SPDX-License-Identifier: MIT
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bench, expect, FAILED, OK, THRESHOLD, USAGE } from './bench-process.mjs';
import { assert, load, run, test } from './harness.mjs';

const { default: Ajv2020 } = await load('ajv/dist/2020.js');

const SHORT = ['-q', '-d', '500ms', '--warmup', '50ms', '--poll-interval', '100ms', '-R', '10'];
const CAPACITY = ['-d', '500ms', '--warmup', '50ms', '-R', '10', '--step', '5', '--max', '10'];

const fits = new Ajv2020({ allowUnionTypes: true }).compile(
  JSON.parse(await readFile(path.join(process.env.FEEDLAB_SRCDIR ?? '.', 'docs/result.schema.json'), 'utf8')),
);

/** A file of JSON that fits docs/result.schema.json. */
async function readJson(file) {
  const all = JSON.parse(await readFile(file, 'utf8'));
  assert.ok(fits(all), JSON.stringify(fits.errors));
  return all;
}

let kept; // the result, as text

/** A file with a result of two transports, three runs of each; measured once. */
async function measured(t) {
  const file = path.join(await t.directory(), 'a.json');
  if (kept) await writeFile(file, kept);
  else await expect(t, OK, /ws delivers/, 'run', '-t', 'ws,sse', '-c', '5', '-n', '3', ...SHORT, '--json', file);
  kept ??= await readFile(file, 'utf8');
  return file;
}

/** Another file with what `change` makes of the result. */
async function changed(file, change) {
  const all = await readJson(file);
  change(all);
  const other = `${file}.${Math.random().toString(36).slice(2)}.json`;
  await writeFile(other, JSON.stringify(all));
  return other;
}

// --- compare ---------------------------------------------------------------------------------------------------------

test('finds no difference between a result and itself', async (t) => {
  const file = await measured(t);
  const json = `${file}.comparison`;
  const { out } = await expect(t, OK, /\nws: no difference in latency\.p50\nsse: no difference in latency\.p50\n/, 'compare', file, file, '--fail-on-regression', '--json', json);
  assert.doesNotMatch(out, /not alike|faster|slower|  (less|more)$/m);
  const { comparison } = await readJson(json);
  assert.deepEqual(comparison.transports.map(({ name }) => name), ['ws', 'sse']);
  for (const { figures } of comparison.transports)
    for (const [name, { change, a, b }] of Object.entries(figures)) {
      assert.ok(change === 'none' || change === 'incomparable', `${name}: ${change}`);
      assert.equal(a, b, name);
    }
});

test('finds the transport that got slower, and the one that got faster', async (t) => {
  const file = await measured(t);
  const runs = { ws: [1, 1.01, 0.99], sse: [4, 4.02, 3.98] };
  const set = (factor) => (all) => {
    for (const { name, figures } of all.results) figures['latency.p50'].runs = runs[name].map((ms) => (name === 'ws' ? ms * factor : ms));
  };
  const [before, after] = [await changed(file, set(1)), await changed(file, set(1.5))];
  const { out } = await expect(t, OK, /\nws: B is slower: 1\.500 \[1\.4\d+, 1\.5\d+\] of A's latency\.p50\n/, 'compare', before, after);
  assert.match(out, /\nsse: no difference in latency\.p50\n/);
  assert.match(out, /^ws +A +B +B ÷ A \[99 %\]\n  latency\.p50, ms +1\.00 +1\.50 +1\.500 \[.*\] +slower$/m);
  await expect(t, THRESHOLD, /ws: B is slower/, 'compare', before, after, '--fail-on-regression');
  await expect(t, OK, /ws: B is faster: 0\.667/, 'compare', after, before, '--fail-on-regression');
});

test('tells what is not alike, and ranks nothing by what is not sound', async (t) => {
  const file = await measured(t);
  const other = await changed(file, ({ manifest, results }) => {
    manifest.setting.rate_per_s = 80;
    manifest.machine.kernel = 'Linux 2.6';
    results[0].clients = 7;
    results[1].verdict = 'late';
  });
  const { out } = await expect(t, OK, /sse: not comparable in latency\.p50/, 'compare', file, other);
  const before = out.slice(0, out.indexOf('latency.p50, ms'));
  for (const pattern of [/rate_per_s: A 10(\.0)?, B 80/, /machine: kernel: A Linux .*, B Linux 2\.6/, /ws clients: A 5, B 7/, /sse of B is late/]) assert.match(before, pattern);
  await expect(t, FAILED, /not comparable/, 'compare', file, other, '--fail-on-regression');
});

test('compares results only', async (t) => {
  const file = await measured(t);
  const single = await changed(file, ({ results }) => (results[0].runs = 1));
  const newer = await changed(file, (all) => (all.schema = 2));
  await expect(t, FAILED, /ws of B has fewer than two runs/, 'compare', file, single);
  await expect(t, FAILED, /a result of schema version 2; this feedlab-bench reads version 1/, 'compare', newer, file);
  await expect(t, FAILED, /package\.json: no result/, 'compare', file, path.join(process.env.FEEDLAB_SRCDIR ?? '.', 'package.json'));
  await expect(t, FAILED, /No such file/, 'compare', file, '/nonexistent.json');
  await expect(t, FAILED, /No such file|not a directory/i, 'compare', file, file, '--json', '/nonexistent/c.json');
  await expect(t, USAGE, /two results are wanted/, 'compare', file);
  await expect(t, USAGE, /--frobnicate/, 'compare', file, file, '--frobnicate');
  await expect(t, OK, /Exit status:/, 'compare', '--help');
});

// --- --fail-if -------------------------------------------------------------------------------------------------------

test('exits with 99 where a condition holds, after the table', async (t) => {
  const args = ['run', '-t', 'ws,socketio-polling', '-c', '5', ...SHORT];
  const { out } = await expect(t, THRESHOLD, /✗ ws\.latency\.p50 < 10s: \S+ ms < 10 s holds/, ...args, '--fail-if', 'ws.latency.p50 > 10s', '--fail-if', 'ws.latency.p50 < 10s');
  assert.match(out, /✓ ws\.latency\.p50 > 10s: \S+ ms > 10 s does not hold/);
  assert.ok(out.indexOf('\nlatency\n') < out.indexOf('--fail-if'));
  await expect(t, OK, /✓ socketio-polling\.bytes\.ip\/ws\.bytes\.ip<0\.5: /, ...args, '--fail-if', 'socketio-polling.bytes.ip/ws.bytes.ip<0.5');
  await expect(t, FAILED, /ws\.polls\.made is null/, ...args, '--fail-if', 'ws.polls.made>1/1s');
});

test('refuses a condition that it cannot evaluate before it measures, with the near names', async (t) => {
  const cases = [
    ['wss.latency.p50>1ms', /'wss' is no transport that is measured: perhaps ws or sse\?/],
    ['poll.latency.p50>1ms', /'poll' is no transport that is measured: there are ws or sse/],
    ['ws.latency.p98>1ms', /'latency\.p98' is no figure: perhaps .*latency\.p99/],
    ['ws.latncy.p50>1ms', /perhaps latency\.p50/],
    ['ws.latency.p50>80', /without a unit/],
    ['ws.latency.p50', /a comparison/],
    ['ws.latency.p50>80ms)', /at '\)'/],
  ];
  // Were anything measured, it would be a server that is not there: exit 1.
  const args = ['run', '-t', 'ws,sse', '--url', 'http://127.0.0.1:1'];
  for (const [condition, pattern] of cases) await expect(t, USAGE, pattern, ...args, '--fail-if', 'ws.latency.p50>80ms', '--fail-if', condition);
});

// --- sweeps ----------------------------------------------------------------------------------------------------------

test('sweeps a parameter: a row a value, a column a transport, a result each', async (t) => {
  const file = path.join(await t.directory(), 'sweep.json');
  const args = ['run', '-t', 'ws,poll', ...SHORT, '--json', file];
  const { out } = await expect(t, OK, /a sweep over clients · 1 run of each/, ...args, '-P', 'clients=2,6');
  assert.match(out, /^latency\.p50, ms: p50\n  clients +ws +poll\n  2 +\S+ +\S+\n  6 +[\d.]+ +[\d.]+$/m);
  assert.match(out, /^bytes\.ip, B: IP, both ways\n/m);
  const { sweep } = await readJson(file);
  assert.equal(sweep.parameter, 'clients');
  assert.deepEqual(sweep.values, [2, 6]);
  assert.deepEqual(sweep.results.map(({ results }) => results.map(({ clients }) => clients)), [[2, 2], [6, 6]]);

  const settings = { rate: [40, 80], size: [64, 1024], 'poll-interval': [0.05, 0.1] };
  const texts = { rate: '40,80', size: '64,1k', 'poll-interval': '50ms,100ms' };
  const keys = { rate: 'rate_per_s', size: 'size_bytes', 'poll-interval': 'poll_interval_s' };
  for (const [parameter, values] of Object.entries(settings)) {
    await expect(t, OK, new RegExp(`a sweep over ${parameter}`), ...args, '-c', '2', '-P', `${parameter}=${texts[parameter]}`);
    const { sweep } = await readJson(file);
    assert.deepEqual(sweep.values, values);
    assert.deepEqual(sweep.results.map(({ manifest }) => manifest.setting[keys[parameter]]), values);
  }
  await expect(t, FAILED, /holds a sweep/, 'compare', file, file);
});

test('checks conditions at each value of a sweep', async (t) => {
  const args = ['run', '-t', 'ws', ...SHORT, '-P', 'size=64,1k'];
  const { out } = await expect(t, THRESHOLD, /--fail-if at size=1k\n  ✗ ws\.bytes\.app > 500B: /, ...args, '--fail-if', 'ws.bytes.app > 500B');
  assert.match(out, /--fail-if at size=64\n  ✓ /);
});

test('names what it does not sweep', async (t) => {
  const cases = [
    ['clients', /-P clients: a parameter and its values/],
    ['clients=', /-P clients=: at least one value/],
    ['clients=1,many', /-P clients=1,many: .*many: a number of clients/],
    ['client=1', /perhaps clients/],
    ['duration=1s', /clients, rate, size or poll-interval/],
    ['rate=0.001', /time for at least two updates/],
    ['poll-interval=0', /a duration/],
  ];
  for (const [sweep, pattern] of cases) await expect(t, USAGE, pattern, 'run', '-P', sweep);
});

// --- capacity --------------------------------------------------------------------------------------------------------

test('finds no knee where the condition always holds', async (t) => {
  const { out } = await expect(t, OK, /ws: not saturated up to 10 \(--max\): p50<100s holds \(\S+ m?s\), peak server CPU \d+ %/, 'capacity', '-t', 'ws', '--slo', 'p50<100s', ...CAPACITY);
  assert.equal(out.match(/ holds   /g).length, 2 + 3);
});

test('says so where the condition never holds', async (t) => {
  await expect(t, OK, /sse: p50<0\.001ms fails already at 5, in 3 of 3 runs/, 'capacity', '-t', 'sse', '--slo', 'p50<0.001ms', ...CAPACITY);
});

test('finds a knee that does not depend on the machine, and confirms it', async (t) => {
  // The polls that were asked for: exactly the clients over their interval.
  const slo = 'polls.wanted <= 70/1s';
  const { out } = await expect(t, OK, /poll: largest N 7: .* held in 3 of 3 runs more \(70 1\/s\); fails at 8, in 3 of 3 \(80 1\/s\)/, 'capacity', '-t', 'poll', '--slo', slo, ...CAPACITY, '--poll-interval', '100ms', '--step', '1', '--start', '2');
  assert.match(out, /^ +4 +server .* holds +40 1\/s/m);
});

test('refuses a capacity that it cannot measure', async (t) => {
  const cases = [
    [[], USAGE, /--slo is wanted/],
    [['--slo', 'p51<1s'], USAGE, /'p51' is no figure: perhaps p50/],
    [['--slo', 'sse.latency.p50<1s'], USAGE, /--slo 'sse\.latency\.p50<1s'/],
    [['--slo', 'p50<1s', '-t', 'ws,sse'], USAGE, /-t ws,sse: one transport/],
    [['--slo', 'p50<1s', '-t', 'pigeon'], USAGE, /-t pigeon/],
    [['--slo', 'p50<1s', '--max', '0'], USAGE, /--max 0/],
    [['--slo', 'p50<1s', '--step', 'x'], USAGE, /--step x/],
    [['--slo', 'p50<1s', '--start', '20', '--max', '10'], USAGE, /--start 20/],
    [['--slo', 'p50<1s', '--budget', 'soon'], USAGE, /--budget soon/],
    [['--slo', 'p9999<1s', ...CAPACITY], FAILED, /ws\.latency\.p9999 is null/],
    [['--slo', 'p50<100s', ...CAPACITY, '--budget', '1ms'], FAILED, /not settled after 1 runs: --budget is spent; p50<100s held at 5, failed at no number/],
    [['--help'], OK, /Exit status:/],
  ];
  for (const [args, status, pattern] of cases) await expect(t, status, pattern, 'capacity', ...args);
});

await run();
