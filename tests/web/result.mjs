// What the page concludes: the headline, a result in the bench's schema, results side by side.
// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { assert, load, run, test } from '../e2e/harness.mjs';
import { readResult, tabulate } from '../../web/model/comparison.js';
import { judge } from '../../web/model/headline.js';
import { describeProfile } from '../../web/model/profile.js';
import { measurement, resultOf } from '../../web/model/result.js';
import { amount, duration, fill, list } from '../../web/model/words.js';

const { default: Ajv } = await load('ajv/dist/2020.js');
const root = process.env.FEEDLAB_SRCDIR ?? '.';
const schema = JSON.parse(readFileSync(path.join(root, 'docs/result.schema.json'), 'utf8'));
const isValid = new Ajv({ strict: false }).compile(schema);

const lane = (name, latencies, other = {}) => ({
  name,
  startMs: 0,
  endMs: 10000,
  samples: latencies.map((latencyMs, i) => ({ seq: i + 1, latencyMs, receivedMs: i * 50 + latencyMs })),
  expected: latencies.length,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  gaps: 0,
  failures: 0,
  ageMs: 30,
  requests: 0,
  wasted: null,
  traffic: null,
  ...other,
});
const around = (middle, n = 200) => Array.from({ length: n }, (_, i) => middle * (0.9 + (0.2 * i) / n));
const facts = { date: '2026-01-01T00:00:00.000Z', version: '0.1.0', agent: 'test', setting: {}, machine: {}, baseline: 'ws' };

test('a measurement is a result of the bench, by its schema', () => {
  const traffic = { down: 180, up: 100, ip: 400, segments: 2 };
  const results = [
    resultOf(lane('poll', around(500), { requests: 10, wasted: 4, traffic }), { boundMs: 0.1 }),
    resultOf(lane('ws', around(2)), { boundMs: 0.1 }),
    resultOf(lane('sse', []), { boundMs: 0.1 }),
  ];
  const whole = measurement(results, facts);
  assert.ok(isValid(whole), JSON.stringify(isValid.errors));
  const [poll, ws, sse] = whole.results;
  assert.deepEqual([poll.verdict, ws.verdict, sse.verdict, whole.verdict], ['sound', 'sound', 'invalid', 'invalid']);
  assert.deepEqual(
    [poll.figures['bytes.tcp'].value, poll.figures['bytes.ip'].value, poll.figures['polls.empty'].value],
    [280, 400, 40],
  );
  assert.ok(Math.abs(poll.figures['latency.p50'].ratio.value - 250) < 1);
  assert.equal(ws.figures['latency.p50'].ratio, null);
  assert.equal(poll.figures['latency.p99'].value, null); // 200 samples are too few
  assert.equal(
    poll.latency_us.reduce((sum, [, n]) => sum + n, 0),
    200,
  );
  assert.equal(
    poll.series.reduce((sum, { delivered }) => sum + delivered, 0),
    200,
  );
  assert.match(whole.sentence, /^ws 2\.0 ms; poll 499\.5 ms/);
});

test('what was lost, or came before its time, is not sound', () => {
  assert.equal(resultOf(lane('ws', around(2), { lost: 1 }), { boundMs: 0.1 }).verdict, 'broken');
  assert.equal(resultOf(lane('ws', [...around(2), -5]), { boundMs: 0.1 }).verdict, 'invalid');
  assert.equal(resultOf(lane('ws', [...around(2), -5]), { boundMs: 10 }).verdict, 'sound');
});

test('results of page and bench stand side by side, by transport', () => {
  const page = measurement(
    [resultOf(lane('ws', around(2)), { boundMs: 1 }), resultOf(lane('sse', around(3)), { boundMs: 1 })],
    facts,
  );
  const file = measurement(
    [resultOf(lane('ws', around(4)), { boundMs: 1 }), resultOf(lane('floor', around(1), { lost: 1 }), { boundMs: 1 })],
    facts,
  );
  const table = tabulate([
    { title: 'page', result: page },
    { title: 'file', result: readResult(JSON.stringify(file)) },
  ]);
  assert.deepEqual(
    table.columns.map(({ name, source, isSound }) => `${name} ${source} ${isSound}`),
    ['ws page true', 'ws file true', 'sse page true', 'floor file false'],
  );
  const p50 = table.rows.find(({ figure }) => figure === 'latency.p50');
  assert.equal(p50.unit, 'ms');
  assert.deepEqual(
    p50.values.map((value) => Math.round(value)),
    [2, 4, 3, 1],
  );
  assert.ok(!table.rows.some(({ figure }) => figure === 'cpu.total'));
});

test('a file that is no result is refused with the reason', () => {
  const reason = (text) => {
    try {
      return readResult(text) && 'none';
    } catch (error) {
      return error.reason;
    }
  };
  const cases = [
    ['{', 'notJson'],
    ['[]', 'notResult'],
    ['null', 'notResult'],
    ['{}', 'notResult'],
    ['{"schema":1,"results":[1]}', 'notResult'],
    ['{"schema":1,"results":[{"name":"x","figures":null}]}', 'notResult'],
    ['{"schema":2,"results":[]}', 'otherSchema'],
    ['{"schema":1,"sweep":{}}', 'sweep'],
    ['{"schema":1,"comparison":{}}', 'sweep'],
  ];
  for (const [text, wanted] of cases) assert.equal(reason(text), wanted, text);
  const odd = readResult(
    '{"schema":1,"results":[{"name":"x","figures":{"latency.p50":7,"latency.p99":{"value":"9"},"age.mean":{"value":1}}}]}',
  );
  assert.deepEqual(
    tabulate([{ title: 'odd', result: odd }]).rows.map(({ figure }) => figure),
    ['age.mean'],
  );
});

const numbered = (latencyMs, from, to) => new Map(Array.from({ length: to - from + 1 }, (_, i) => [from + i, latencyMs]));

const figures = (id, latencyMs, other = {}) => ({
  id,
  updates: 10,
  latencies: numbered(latencyMs, 1, 10),
  staleMs: null,
  bytes: null,
  requests: 0,
  wasted: null,
  requestsPerUpdate: 0,
  ...other,
});

test('the headline names who is freshest, who is last and who wastes most', () => {
  const verdict = judge([
    figures('poll', 480, { requests: 30, wasted: 20, requestsPerUpdate: 3 }),
    figures('longpoll', 3, { requests: 10, requestsPerUpdate: 1 }),
    figures('sse', 2),
    figures('ws', 1),
  ]);
  assert.deepEqual(
    [verdict.freshest, verdict.last, verdict.wasteful, verdict.waste.by],
    [['longpoll', 'sse', 'ws'], 'poll', 'poll', 'wasted'],
  );
  const bytes = judge([
    figures('poll', 480, { bytes: 1400 }),
    figures('longpoll', 3, { bytes: 900 }),
    figures('ws', 1, { bytes: 140 }),
  ]);
  assert.deepEqual([bytes.wasteful, bytes.waste.by, bytes.waste.least.id], ['poll', 'bytes', 'ws']);
});

test('the headline says nothing before there is something to say, and calls alike what is', () => {
  assert.deepEqual([judge([]).freshest, judge([]).wasteful], [null, null]);
  assert.equal(judge([figures('ws', 1, { updates: 1, latencies: numbered(1, 1, 1) })]).freshest, null);
  const alike = judge([figures('sse', 101), figures('ws', 100), figures('socketio', 120)]);
  assert.deepEqual([alike.freshest, alike.last, alike.wasteful], [['sse', 'ws', 'socketio'], null, null]);
});

test('a lane that gets nothing is never the freshest, and the slowest once the others show newer things', () => {
  const stalled = (staleMs) => judge([figures('ws', 2), figures('sse', 1, { staleMs }), figures('poll', 400)]);
  const { freshest, last, lastMs, isLastAway } = stalled(8000);
  assert.deepEqual([freshest, last, lastMs, isLastAway], [['ws'], 'sse', 8000, true]);
  assert.deepEqual([stalled(100).last, stalled(100).isLastAway], ['poll', false]);
});

test('lanes are compared by the updates that all of them got', () => {
  const early = new Map([...numbered(50, 1, 10), ...numbered(10, 11, 20)]);
  const back = figures('ws', 0, { latencies: numbered(10, 11, 20) }); // it was away while updates took longer
  assert.deepEqual(judge([figures('sse', 0, { latencies: early }), back]).freshest, ['sse', 'ws']);
  const hardly = figures('ws', 0, { latencies: numbered(1, 17, 20) });
  assert.deepEqual(judge([figures('sse', 0, { latencies: early }), hardly]).freshest, ['sse']);
});

test('times, amounts, lists and profiles in words', () => {
  assert.deepEqual([null, 0.04, -0.04, 1.26, 9.96, 480.4, 999.6, 1234, 12345, 123456].map(duration), [
    '–',
    '0.0 ms',
    '0.0 ms',
    '1.3 ms',
    '10 ms',
    '480 ms',
    '1.00 s',
    '1.23 s',
    '12.3 s',
    '123 s',
  ]);
  assert.deepEqual([null, 0, 4, 0.01, 0.5, 4.02, 12.4, 1234.5].map(amount), ['–', '0', '4', '0.01', '0.5', '4.0', '12', '1,235']);
  assert.deepEqual([list(['a'], ' and '), list(['a', 'b', 'c'], ' and ')], ['a', 'a, b and c']);
  assert.equal(fill('{a} of {b} {c}', { a: 1, b: 'x' }), '1 of x {c}');
  const texts = {
    rtt: '{rtt} ms',
    rttJitter: '{rtt} ± {jitter} ms',
    loss: '{percent} %',
    kbit: '{rate} kbit/s',
    mbit: '{rate} Mbit/s',
  };
  assert.deepEqual(describeProfile({ rtt_ms: 200, jitter_ms: 20, loss: 0.015, kbit: 1600 }, texts), [
    '200 ± 20 ms',
    '1.5 %',
    '1.6 Mbit/s',
  ]);
  assert.deepEqual(describeProfile({ rtt_ms: 0, jitter_ms: 0, loss: 0, kbit: 0 }, texts), []);
});

await run();
