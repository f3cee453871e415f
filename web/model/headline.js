// Which lane is freshest, which is last, which wastes most: the verdict over figures of lanes, as data. What can't be told
// apart is told as alike.
// SPDX-License-Identifier: MIT
import { percentile, sorted } from './percentile.js';

const ENOUGH = 2; // updates before a lane is judged
const SHARE = 0.5; // of the updates of the lane that has most, to be compared with it
// medians that near, or within a quarter, are alike: a browser's event loop adds as much by chance, and no eye sees it
const NEAR_MS = 10;
const NEAR_SHARE = 0.25;

const isNear = (value, best) => value - best <= Math.max(NEAR_MS, best * NEAR_SHARE);

/**
 * `figures`: [{id, updates, latencies, staleMs, bytes, payload, requests, wasted, requestsPerUpdate}] of the lanes that are not
 * paused; latencies: a Map from seq to ms, of the last minute; staleMs: how old what it shows is, of one that gets nothing at the
 * moment, else null; bytes both ways per update, and null where the server doesn't tell them. Lanes are compared by the updates
 * that all of them got: one that was away would else be judged by other updates than the rest. Returns: {freshest: [ids],
 * freshMs, last, lastMs, isLastAway, wasteful, waste}, each null while there is nothing to say.
 */
export function judge(figures) {
  const ranked = rank(figures.filter(({ staleMs }) => staleMs === null));
  const nothing = { freshest: null, freshMs: null, last: null, lastMs: null, isLastAway: false };
  if (ranked.length === 0) return { ...nothing, ...wasteOf(figures) };
  const [best] = ranked;
  const fresh = ranked.filter(({ medianMs }) => isNear(medianMs, best.medianMs));
  return {
    freshest: figures.map(({ id }) => id).filter((id) => fresh.some((one) => one.id === id)),
    freshMs: best.medianMs,
    freshWorstMs: fresh.at(-1).medianMs,
    ...lastOf(figures, ranked),
    ...wasteOf(figures),
  };
}

/** [{id, medianMs}] by the updates that all have, the least first; who has few of them is no part of it. */
function rank(figures) {
  const most = Math.max(0, ...figures.map(({ latencies }) => latencies.size));
  const compared = figures.filter(({ latencies }) => latencies.size >= Math.max(ENOUGH, most * SHARE));
  const seqs = [...(compared[0]?.latencies.keys() ?? [])].filter((seq) => compared.every(({ latencies }) => latencies.has(seq)));
  if (seqs.length < ENOUGH) return [];
  const medianOf = ({ latencies }) => percentile(sorted(seqs.map((seq) => latencies.get(seq))), 0.5);
  return compared.map((one) => ({ id: one.id, medianMs: medianOf(one) })).sort((a, b) => a.medianMs - b.medianMs);
}

/** One that gets nothing, where what it shows is older than what the others show; else the one with the highest median. */
function lastOf(figures, ranked) {
  const worst = ranked.at(-1);
  const stale = figures.filter(({ staleMs }) => staleMs !== null).sort((a, b) => b.staleMs - a.staleMs)[0];
  if (stale && stale.staleMs > worst.medianMs) return { last: stale.id, lastMs: stale.staleMs, isLastAway: true };
  const isLast = ranked.length > 1 && !isNear(worst.medianMs, ranked[0].medianMs);
  return { last: isLast ? worst.id : null, lastMs: isLast ? worst.medianMs : null, isLastAway: false };
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
