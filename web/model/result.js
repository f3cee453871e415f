// A measurement in the browser as the bench writes its own (docs/result.schema.json), so that both can stand side by side. What
// a page can't know (the server's CPU and memory, application bytes) is null.
// SPDX-License-Identifier: MIT
import { histogramUs } from './histogram.js';
import { deviation, firmPercentile, mean, sorted } from './percentile.js';

const SLICES = 20;
const MAX_NEGATIVE_MS = 0.2; // below: the clocks disagree; the browser's own clock is cut off to 0.1 ms

/** A figure of a single run. */
const figure = (label, unit, value) => ({ value, low: null, high: null, label, unit, runs: [value], ratio: null });

/**
 * `lane`: {name, startMs, endMs, samples: [{receivedMs, latencyMs, seq}], expected, lost, duplicated, reordered, gaps,
 * failures, ageMs, requests, wasted, traffic: {down, up, ip, segments} or null}, of the window in which updates were published;
 * `boundMs` is how far the server's clock may be off.
 */
export function resultOf(lane, { boundMs }) {
  const latencies = sorted(lane.samples.map(({ latencyMs }) => latencyMs));
  const n = latencies.length;
  const seconds = (lane.endMs - lane.startMs) / 1000;
  const negative = latencies.filter((ms) => ms < -Math.max(MAX_NEGATIVE_MS, boundMs)).length;
  return {
    name: lane.name,
    transport: lane.name,
    server: null,
    clients: 1,
    duration_s: seconds,
    verdict: verdictOf({ ...lane, negative, n }),
    runs: 1,
    integrity: {
      expected: lane.expected,
      delivered: n,
      lost: lane.lost,
      duplicated: lane.duplicated,
      reordered: lane.reordered,
      gaps: lane.gaps,
      negative,
    },
    counts: { connect_failures: lane.failures, missed_deadlines: null, clock_steps: null, clock_step_ms: null },
    figures: figuresOf(lane, latencies, seconds),
    model: {},
    latency_us: histogramUs(latencies),
    series: seriesOf(lane),
  };
}

function verdictOf({ lost, duplicated, reordered, gaps, negative, n }) {
  if (lost + duplicated + reordered + gaps > 0) return 'broken';
  return n === 0 || negative > 0 ? 'invalid' : 'sound';
}

function figuresOf(lane, latencies, seconds) {
  const n = latencies.length;
  const { traffic } = lane;
  const per = (count) => (n === 0 || count === null ? null : count / n);
  const isPolling = lane.wasted !== null;
  return {
    'latency.p50': figure('p50', 'ms', firmPercentile(latencies, 0.5)),
    'latency.p90': figure('p90', 'ms', firmPercentile(latencies, 0.9)),
    'latency.p95': figure('p95', 'ms', firmPercentile(latencies, 0.95)),
    'latency.p99': figure('p99', 'ms', firmPercentile(latencies, 0.99)),
    'latency.max': figure('max', 'ms', n === 0 ? null : latencies[n - 1]),
    'latency.mean': figure('mean', 'ms', mean(latencies)),
    'latency.stddev': figure('standard deviation', 'ms', deviation(latencies)),
    'age.mean': figure('age of what is shown', 'ms', lane.ageMs),
    'bytes.app.in': figure('bytes received', 'B', null),
    'bytes.app.out': figure('bytes sent', 'B', null),
    'bytes.app': figure('application, both ways', 'B', null),
    'bytes.tcp': figure('TCP, both ways', 'B', traffic ? traffic.down + traffic.up : null),
    'bytes.ip': figure('IP, both ways', 'B', traffic ? traffic.ip : null),
    segments: figure('segments, both ways', '', traffic ? traffic.segments : null),
    requests: figure('requests', '', per(lane.requests)),
    'polls.wasted': figure('polls that found nothing', '', isPolling ? per(lane.wasted) : null),
    'cpu.total': figure('server CPU', 'µs', null),
    'memory.user': figure('server memory', 'kB', null),
    'polls.made': figure('polls made', '1/s', isPolling ? lane.requests / seconds : null),
    'polls.empty': figure('empty polls', '%', isPolling && lane.requests > 0 ? (100 * lane.wasted) / lane.requests : null),
  };
}

/** The window in slices of equal length, by the time of publication. */
function seriesOf({ startMs, endMs, samples }) {
  const lengthMs = (endMs - startMs) / SLICES;
  const slices = Array.from({ length: SLICES }, () => []);
  for (const { receivedMs, latencyMs } of samples) {
    const slice = Math.floor((receivedMs - latencyMs - startMs) / lengthMs);
    slices[Math.max(0, Math.min(SLICES - 1, slice))].push(latencyMs);
  }
  return slices.map((latencies, i) => {
    const rising = sorted(latencies);
    return {
      at_s: (i * lengthMs) / 1000,
      delivered: rising.length,
      p50_ms: firmPercentile(rising, 0.5),
      p99_ms: firmPercentile(rising, 0.99),
      max_ms: rising.at(-1) ?? null,
    };
  });
}

/** All lanes of a measurement. `browser` are facts of the page: they go into the manifest. */
export function measurement(results, { date, version, agent, setting, machine, baseline }) {
  const verdicts = ['invalid', 'broken'];
  const verdict = verdicts.find((one) => results.some((result) => result.verdict === one)) ?? 'sound';
  const base = results.some(({ name }) => name === baseline) ? baseline : null;
  for (const result of results) {
    if (base === null || result.name === base) continue;
    relate(
      result,
      results.find(({ name }) => name === base),
    );
  }
  return {
    schema: 1,
    verdict,
    baseline: base,
    sentence: sentenceOf(results),
    manifest: {
      feedlab: version,
      date,
      command_line: 'measured in a browser by the page',
      build: {},
      libraries: { browser: agent },
      machine,
      sysctls: {},
      setting,
    },
    blocks: [results.map(({ name }) => name)],
    results,
  };
}

/** A single run has a ratio but nothing to tell chance by. */
function relate(result, base) {
  for (const [name, one] of Object.entries(result.figures)) {
    const other = base.figures[name].value;
    if (one.value !== null && other !== null && other > 0 && one.value > 0)
      one.ratio = { value: one.value / other, low: null, high: null, p: null };
  }
}

function sentenceOf(results) {
  const known = results
    .filter(({ figures }) => figures['latency.p50'].value !== null)
    .sort((a, b) => a.figures['latency.p50'].value - b.figures['latency.p50'].value);
  if (known.length === 0) return 'No lane had updates enough for a median.';
  return `${known.map(({ name, figures }) => `${name} ${figures['latency.p50'].value.toFixed(1)} ms`).join('; ')} (median, one run in a browser).`;
}
