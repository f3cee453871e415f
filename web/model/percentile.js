// Percentiles of samples, by nearest rank, and only where there are enough of them: p needs 10/(1 - p) samples, as in
// docs/method.md.
// SPDX-License-Identifier: MIT

/** Rising; the argument is left as it is. */
export const sorted = (values) => Float64Array.from(values).sort();

/** The least value that at least the share `p` of the rising `values` do not exceed; null of none. */
export function percentile(values, p) {
  if (values.length === 0) return null;
  return values[Math.max(0, Math.ceil(p * values.length - 1e-9) - 1)];
}

/** The same, or null where too few samples stand behind it. The median is asked for two samples only. */
export function firmPercentile(values, p) {
  const wanted = p <= 0.5 ? 2 : 10 / (1 - p);
  return values.length >= wanted - 1e-9 ? percentile(values, p) : null;
}

export const mean = (values) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

export function deviation(values) {
  if (values.length < 2) return null;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}
