// Numbers and names as text, without a document.
// SPDX-License-Identifier: MIT

/** `{name}` in a text, by what `values` has of it. */
export const fill = (text, values = {}) =>
  text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));

/** A time in ms with two or three digits that count, and its unit; – of null. */
export function duration(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–';
  const size = Math.abs(ms);
  if (size < 9.95) return `${ms.toFixed(1).replace('-0.0', '0.0')} ms`;
  if (size < 999.5) return `${Math.round(ms)} ms`;
  if (size < 99950) return `${(ms / 1000).toFixed(size < 9995 ? 2 : 1)} s`;
  return `${Math.round(ms / 1000)} s`;
}

/** A round time in ms, such as that of a scale: no more digits than it has. */
export const span = (ms) => (Math.abs(ms) < 1000 ? `${ms} ms` : `${+(ms / 1000).toFixed(2)} s`);

/** A number of bytes, or of anything per update; – of null. */
export function amount(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  if (size < 9.95) return value.toFixed(size < 0.095 ? 2 : 1);
  return Math.round(value).toLocaleString('en-US');
}

/** The names as one text: a, b and c. */
export function list(names, and) {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')}${and}${names.at(-1)}`;
}
