// The bench's histogram of latencies: log-linear buckets with three significant digits, as HdrHistogram has them.
// SPDX-License-Identifier: MIT
const SUB_BUCKETS = 2048; // three digits: the first power of two not below 2 · 10³

/** The highest whole value that falls into the same bucket as `value` (whole, not negative). */
export function highestEquivalent(value) {
  const shift = Math.max(0, Math.floor(Math.log2(Math.max(value, 1))) - Math.log2(SUB_BUCKETS) + 1);
  const width = 2 ** shift;
  return Math.floor(value / width) * width + width - 1;
}

/** [[highest equivalent value, how often], …], rising, of times in ms; counted in whole microseconds, none below 0. */
export function histogramUs(timesMs) {
  const counts = new Map();
  for (const timeMs of timesMs) {
    const bucket = highestEquivalent(Math.max(0, Math.round(timeMs * 1000)));
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}
