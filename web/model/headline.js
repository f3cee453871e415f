// Which lane is freshest, which is last, which wastes most: the verdict over figures of lanes, as data. What can't be told
// apart is told as alike.
// SPDX-License-Identifier: MIT

const ENOUGH = 2; // updates before a lane is judged
// medians that near, or within a quarter, are alike: a browser's event loop adds as much by chance, and no eye sees it
const NEAR_MS = 10;
const NEAR_SHARE = 0.25;

const isNear = (value, best) => value - best <= Math.max(NEAR_MS, best * NEAR_SHARE);

/**
 * `figures`: [{id, updates, medianMs, bytes, payload, requests, wasted, requestsPerUpdate}] of the lanes that are live; bytes
 * both ways per update, and null where the server doesn't tell them. Returns: {freshest: [ids], freshMs, last, lastMs,
 * wasteful, waste}, each null while there is nothing to say.
 */
export function judge(figures) {
  const ranked = figures
    .filter(({ updates, medianMs }) => updates >= ENOUGH && medianMs !== null)
    .sort((a, b) => a.medianMs - b.medianMs);
  if (ranked.length === 0) return { freshest: null, freshMs: null, last: null, lastMs: null, ...wasteOf(figures) };
  const [best] = ranked;
  const fresh = ranked.filter(({ medianMs }) => isNear(medianMs, best.medianMs));
  const worst = ranked.at(-1);
  const isLast = ranked.length > 1 && !isNear(worst.medianMs, best.medianMs);
  return {
    freshest: figures.filter((one) => fresh.includes(one)).map(({ id }) => id),
    freshMs: best.medianMs,
    freshWorstMs: fresh.at(-1).medianMs,
    last: isLast ? worst.id : null,
    lastMs: isLast ? worst.medianMs : null,
    ...wasteOf(figures),
  };
}

/** By bytes per update where all have them; else by requests that found nothing, then by requests per update. */
function wasteOf(figures) {
  const none = { wasteful: null, waste: null };
  const known = figures.filter(({ updates }) => updates >= ENOUGH);
  if (known.length < 2) return none;
  const top = (of) => known.reduce((most, one) => (of(one) > of(most) ? one : most));
  const tell = ({ id, bytes, requests, wasted, requestsPerUpdate }, by, least = null) => ({
    wasteful: id,
    waste: { by, bytes, requests, wasted, requestsPerUpdate, least },
  });
  if (known.every(({ bytes }) => bytes !== null && bytes !== undefined)) {
    const most = top(({ bytes }) => bytes);
    const least = known.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    return most.bytes > least.bytes * 1.1 ? tell(most, 'bytes', { id: least.id, bytes: least.bytes }) : none;
  }
  const empty = top(({ wasted }) => wasted ?? 0);
  if (empty.wasted > 0) return tell(empty, 'wasted');
  const busy = top(({ requestsPerUpdate }) => requestsPerUpdate ?? 0);
  return busy.requestsPerUpdate > 0.2 ? tell(busy, 'requests') : none;
}
