// A lane: one transport, and all that is known of what came by it.
// SPDX-License-Identifier: MIT
import { Absence } from './model/absence.js';
import { Arrivals } from './model/arrivals.js';
import { percentile, sorted } from './model/percentile.js';
import { Timeline } from './model/timeline.js';
import { Traffic } from './model/traffic.js';

const WINDOW_MS = 60000; // of the figures of latency
const P95_SAMPLES = 20;

export class Lane {
  #Transport;
  #transport = null;
  #lab;
  #options;
  #listeners = new Set();
  #bornMs = -Infinity; // updates from before are not judged by their latency: nobody waited for them
  #isStarted = false;
  status = 'off'; // off, connecting, live, lost, paused
  cursor = null;
  base = null;
  line = null; // the server's line that it goes through, where there is one
  lineFigures = null;
  hasLostLine = false; // it has ended, and the lane needs another
  isReading = true;
  isHidden = false;
  requests = 0;
  wasted = 0;
  failures = 0;
  renewals = 0;
  absence = null;
  refusal = null;
  arrivals = new Arrivals();
  timeline = new Timeline();
  traffic = new Traffic();

  /** `lab`: {clock, serverClock}. */
  constructor(Transport, lab, options) {
    this.#Transport = Transport;
    this.#lab = lab;
    this.#options = options;
    this.id = Transport.id;
  }

  // --- for the page --------------------------------------------------------------------------------------------------

  get isPaused() {
    return this.status === 'paused';
  }

  get isPolling() {
    return this.id === 'poll' || this.id === 'longpoll';
  }

  /** Called with {seq, data, publishedMs, receivedMs, latencyMs, kind} of each update. Returns: what ends that. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(base, cursor = null) {
    this.base = base;
    this.cursor = cursor;
    this.#isStarted = true;
    this.#open();
  }

  #open() {
    this.#transport = new this.#Transport(this.base, this, this.#options);
    this.#transport.open(this.cursor);
  }

  /** End the connection; the cursor is kept. */
  pause() {
    if (!this.#isStarted || this.isPaused) return;
    this.#leave('paused', this.nowMs());
    this.#transport?.close();
    this.#transport = null;
    this.status = 'paused';
    this.timeline.add({ kind: 'mark', atMs: this.nowMs(), what: 'paused' });
  }

  /** Go on from the cursor, perhaps at another address. */
  resume(base = this.base) {
    if (!this.isPaused) return;
    this.base = base;
    this.judgeAnew();
    this.status = 'connecting';
    this.#open();
  }

  /** All its connections were ended by the server at that time. */
  cut(atMs) {
    if (this.absence && this.absence.backMs === null) this.absence.why = 'cut';
    else this.#leave('cut', atMs);
    this.timeline.add({ kind: 'mark', atMs, what: 'cut' });
  }

  /** Something about it was changed: figures begin anew. */
  judgeAnew() {
    this.#bornMs = this.nowMs();
    this.traffic.clear();
    this.timeline.forget();
  }

  retime() {
    this.judgeAnew();
    this.#transport?.retime?.();
  }

  publish(text) {
    if (!this.#transport) return Promise.reject(new Error(this.status));
    return this.#transport.publish(text);
  }

  /** {updates, nowMs, medianMs, p95Ms, maxMs, ageMs} as they are. */
  latency() {
    const nowMs = this.nowMs();
    const values = sorted(this.arrivals.since(nowMs - WINDOW_MS, this.#bornMs));
    const last = this.arrivals.latencies.at(-1);
    return {
      updates: values.length,
      lastMs: last?.latencyMs ?? null,
      medianMs: percentile(values, 0.5),
      p95Ms: values.length >= P95_SAMPLES ? percentile(values, 0.95) : null,
      ageMs: this.arrivals.age.at(nowMs),
    };
  }

  /** The same updates by their numbers, for comparison with other lanes: a Map from seq to ms. */
  latencies() {
    return this.arrivals.bySeq(this.nowMs() - WINDOW_MS, this.#bornMs);
  }

  /** How old what it shows is, while it gets nothing; null while it gets what there is. */
  staleMs() {
    return this.status === 'lost' || this.status === 'connecting' || !this.isReading ? this.arrivals.age.at(this.nowMs()) : null;
  }

  /** What it has cost so far, once a second. */
  account() {
    const tcp = this.lineFigures?.tcp;
    this.traffic.take({
      atMs: this.nowMs(),
      updates: this.arrivals.updates,
      requests: this.requests,
      wasted: this.wasted,
      downBytes: tcp?.bytes_sent ?? 0,
      upBytes: tcp?.bytes_received ?? 0,
      segments: (tcp?.segs_out ?? 0) + (tcp?.segs_in ?? 0),
    });
  }

  // --- for the transport ---------------------------------------------------------------------------------------------

  nowMs() {
    return this.#lab.clock.now();
  }

  state(name) {
    if (this.isPaused || (name === 'connecting' && this.status === 'lost')) return;
    if (name === 'lost' && this.status !== 'lost') {
      if (!this.absence || this.absence.backMs !== null) this.#leave('lost', this.nowMs());
      this.timeline.add({ kind: 'mark', atMs: this.nowMs(), what: 'lost' });
    }
    if (name === 'live') this.#back();
    this.status = name;
  }

  #leave(why, atMs) {
    this.absence = new Absence(this.arrivals, why, atMs);
  }

  #back() {
    if (this.absence && this.absence.backMs === null) this.absence.back(this.nowMs());
    if (this.status !== 'live') this.timeline.add({ kind: 'mark', atMs: this.nowMs(), what: 'live' });
  }

  update(update, cursor, receivedMs) {
    const publishedMs = update.t / 1000 + this.#lab.serverClock.offsetMs;
    this.cursor = cursor;
    this.absence?.take(publishedMs);
    const kind = this.arrivals.take(update, receivedMs, publishedMs);
    const entry = { seq: update.seq, publishedMs };
    for (const listener of this.#listeners)
      listener({ ...entry, data: update.data, receivedMs, latencyMs: receivedMs - publishedMs, kind });
    return entry;
  }

  gap(gap, cursor) {
    if (cursor) this.cursor = cursor;
    this.arrivals.gap(gap);
    this.timeline.add({ kind: 'mark', atMs: this.nowMs(), what: 'gap' });
  }

  requested(isWasted) {
    this.requests++;
    if (isWasted) this.wasted++;
  }

  failed() {
    this.failures++;
  }

  renewed() {
    this.renewals++;
  }

  refused(reason) {
    this.refusal = reason;
  }

  said(sentMs, { anatomy }) {
    this.timeline.add({ kind: 'up', sentMs, anatomy });
  }
}
