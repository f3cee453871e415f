// Results side by side: of the page and of files of feedlab-bench. A file may be anybody's; what is no result is refused with a
// reason.
// SPDX-License-Identifier: MIT

/** The figures that a table of both has. */
export const COMPARED = [
  'latency.p50',
  'latency.p90',
  'latency.p95',
  'latency.p99',
  'latency.max',
  'age.mean',
  'bytes.tcp',
  'bytes.ip',
  'requests',
  'polls.wasted',
  'cpu.total',
];

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The result in a text of JSON. Throws an Error whose `reason` names a text of the page: notJson, notResult, otherSchema or
 * sweep.
 */
export function readResult(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal('notJson');
  }
  if (!isObject(value)) throw refusal('notResult');
  if ('sweep' in value || 'comparison' in value) throw refusal('sweep');
  if (
    !Array.isArray(value.results) ||
    !value.results.every((one) => isObject(one) && typeof one.name === 'string' && isObject(one.figures))
  )
    throw refusal('notResult');
  if (value.schema !== 1) throw refusal('otherSchema');
  return value;
}

function refusal(reason) {
  return Object.assign(new Error(reason), { reason });
}

const numberOf = (figure) => (isObject(figure) && Number.isFinite(figure.value) ? figure.value : null);

/**
 * Rows for a table. `sources`: [{title, result}]. Returns: {columns: [{source, name, isSound}], rows: [{figure, unit,
 * values}]}, a value for each column, null where it was not measured; rows that nobody has are left out. Columns stand by
 * transport, then by source.
 */
export function tabulate(sources) {
  const names = [...new Set(sources.flatMap(({ result }) => result.results.map(({ name }) => name)))];
  const columns = names.flatMap((name) =>
    sources.flatMap(({ title, result }) => {
      const one = result.results.find((other) => other.name === name);
      return one ? [{ source: title, name, isSound: one.verdict === 'sound', figures: one.figures }] : [];
    }),
  );
  const rows = COMPARED.map((figure) => ({
    figure,
    unit: String(columns.map(({ figures }) => figures[figure]?.unit).find((unit) => unit !== undefined) ?? ''),
    values: columns.map(({ figures }) => numberOf(figures[figure])),
  })).filter(({ values }) => values.some((value) => value !== null));
  return { columns: columns.map(({ source, name, isSound }) => ({ source, name, isSound })), rows };
}
