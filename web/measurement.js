// One run of a measurement: what came on each lane of the updates of a stretch of time, and what it cost.
// SPDX-License-Identifier: MIT
import { resultOf } from './model/result.js';
import { SEGMENT_BYTES } from './model/traffic.js';

const WAIT_MS = 5000; // for what is still on its way
const STEP_MS = 100;
const MOST_SAMPLES = 400000;

/** Sleep; refused when the signal says so. */
const sleep = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(new Error('stopped'));
      },
      { once: true },
    );
  });

/** The finest step of the page's clock, in ms. */
export function clockResolutionMs() {
  let finest = Infinity;
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    finest = Math.min(finest, now - start);
  }
  return Math.round(finest * 1e6) / 1e6;
}

class LaneRun {
  samples = [];
  #before;

  constructor(lane, startMs, endMs) {
    this.lane = lane;
    this.startMs = startMs;
    this.endMs = endMs;
    this.duplicated = this.reordered = 0;
    this.#before = this.#counts();
    lane.arrivals.age.reset(startMs);
    this.end = lane.listen((update) => this.#take(update));
  }

  #counts() {
    const { arrivals, requests, wasted, failures, lineFigures } = this.lane;
    const tcp = lineFigures?.tcp;
    return {
      updates: arrivals.updates,
      gaps: arrivals.gaps,
      requests,
      wasted,
      failures,
      line: this.lane.line,
      down: tcp?.bytes_sent,
      up: tcp?.bytes_received,
      segments: tcp && tcp.segs_out + tcp.segs_in,
    };
  }

  #take({ seq, publishedMs, receivedMs, latencyMs, kind }) {
    if (publishedMs < this.startMs || publishedMs >= this.endMs) return;
    if (kind === 'duplicate') this.duplicated++;
    if (kind === 'late') this.reordered++;
    if (kind !== 'duplicate' && this.samples.length < MOST_SAMPLES) this.samples.push({ seq, receivedMs, latencyMs });
  }

  /** At the end of the window: what was counted in it. */
  close(nowMs) {
    const [before, after] = [this.#before, this.#counts()];
    const updates = after.updates - before.updates;
    this.ageMs = this.lane.arrivals.age.mean(nowMs);
    this.requests = after.requests - before.requests;
    this.wasted = this.lane.isPolling ? after.wasted - before.wasted : null;
    this.failures = after.failures - before.failures;
    this.gaps = after.gaps - before.gaps;
    const isCounted =
      before.line !== null && before.line === after.line && before.down !== undefined && after.down !== undefined && updates > 0;
    const per = (name) => (after[name] - before[name]) / updates;
    this.traffic = isCounted
      ? {
          down: per('down'),
          up: per('up'),
          segments: per('segments'),
          ip: per('down') + per('up') + SEGMENT_BYTES * per('segments'),
        }
      : null;
  }

  /** `expected`: the numbers of all updates of the window that any lane had. */
  result(expected, bounds) {
    const had = new Set(this.samples.map(({ seq }) => seq));
    const lost = [...expected].filter((seq) => !had.has(seq)).length;
    return resultOf({ name: this.lane.id, ...this, expected: expected.size, lost }, bounds);
  }

  has(expected) {
    return this.samples.length >= expected.size;
  }
}

/**
 * Measure for so long. `tell(leftMs)`: null while what is on its way is waited for. Returns: {results, facts}; refused with
 * 'stopped' when the signal says so.
 */
export async function measure(lab, lanes, seconds, { signal, tell }) {
  await lab.refreshFigures();
  const startMs = lab.clock.now();
  const endMs = startMs + seconds * 1000;
  const runs = lanes.map((lane) => new LaneRun(lane, startMs, endMs));
  const expected = new Set();
  const watch = lanes.map((lane) =>
    lane.listen(({ seq, publishedMs }) => publishedMs >= startMs && publishedMs < endMs && expected.add(seq)),
  );
  const long = watchLongTasks();
  let seenMs = 0;
  try {
    let lastMs = startMs;
    for (let nowMs = startMs; nowMs < endMs; nowMs = lab.clock.now()) {
      tell(endMs - nowMs);
      await sleep(Math.min(STEP_MS, endMs - nowMs), signal);
      const now = lab.clock.now();
      if (!document.hidden) seenMs += now - lastMs;
      lastMs = now;
    }
    await lab.refreshFigures();
    for (const run of runs) run.close(lab.clock.now());
    tell(null);
    for (let waited = 0; waited < WAIT_MS && !runs.every((run) => run.has(expected)); waited += STEP_MS)
      await sleep(STEP_MS, signal);
  } finally {
    for (const end of [...watch, ...runs.map(({ end }) => end)]) end();
    long.observer?.disconnect();
  }
  const { boundMs, offsetMs } = lab.serverClock;
  return {
    results: runs.map((run) => run.result(expected, { boundMs })),
    facts: {
      date: new Date(startMs).toISOString(),
      offset_ms: offsetMs,
      offset_bound_ms: boundMs,
      clock_resolution_ms: clockResolutionMs(),
      visible_percent: Math.min(100, Math.round((100 * seenMs) / (seconds * 1000))),
      long_tasks: long.count,
      longest_task_ms: long.longestMs,
    },
  };
}

function watchLongTasks() {
  const seen = { count: 0, longestMs: 0, observer: null };
  if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return { count: null, longestMs: null, observer: null };
  seen.observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      seen.count++;
      seen.longestMs = Math.max(seen.longestMs, duration);
    }
  });
  seen.observer.observe({ type: 'longtask' });
  return seen;
}
