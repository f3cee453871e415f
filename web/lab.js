// The page's state: the lanes, the server's demo controls where there are some, the clocks. Elements draw it and ask it to
// change; it knows nothing of them, and tells of changes by events: 'lanes', 'demo', 'say' (a sentence for screen readers,
// {key, values}).
// SPDX-License-Identifier: MIT
import { Demo } from './demo.js';
import { Lane } from './lane.js';
import { ServerClock, WallClock } from './model/clock.js';
import { TRANSPORTS } from './transports/registry.js';

const SECOND_MS = 1000;
const ASKS = 14; // of the server's clock: each halves what is not known
const CLOCK_AGE_MS = 60000;
// A divisor of the usual intervals of updates would have each poll come the same time after an update: 3 s and 1 s showed what the
// moment of loading the page had made of it, not half of the interval. By 700 ms all of 3 s, 1 s and 500 ms go through 7 phases.
const POLL_INTERVAL_MS = 700;
const OWN_CLOCK_MS = 0.2; // what a browser cuts off performance.now() to, twice
const IS_SAME_HOST = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export class Lab extends EventTarget {
  clock = new WallClock();
  serverClock = new ServerClock();
  options = { pollIntervalMs: POLL_INTERVAL_MS, token: null, socketioPath: '/socket.io/' };
  demo = null;
  isLocked = false; // the server wants its publish token
  profile = 'none';
  whenHidden = 'stay'; // or 'leave'
  hidden = null; // what happened while the tab was hidden, the last time
  lanes;
  #origin;
  #isLeaving = false;

  constructor(origin) {
    super();
    this.#origin = origin;
    this.lanes = TRANSPORTS.map((Transport) => new Lane(Transport, this, this.options));
  }

  get origin() {
    return this.#origin;
  }

  lane(id) {
    return this.lanes.find((one) => one.id === id);
  }

  get shown() {
    return this.lanes.filter(({ isHidden }) => !isHidden);
  }

  tell(key, values = {}) {
    this.dispatchEvent(new CustomEvent('say', { detail: { key, values } }));
  }

  #changed() {
    this.dispatchEvent(new Event('lanes'));
  }

  async start() {
    if (IS_SAME_HOST.test(new URL(this.#origin).hostname)) this.serverClock.pin(OWN_CLOCK_MS);
    else this.#askClock();
    await Promise.all([this.#findDemo(), this.#findSocketio()]);
    await Promise.all(this.lanes.map(async (lane) => lane.start(await this.#way(lane))));
    setInterval(() => this.#second(), SECOND_MS);
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#hide() : this.#show()));
    window.addEventListener('pagehide', () => this.demo?.leave(this.lanes.map(({ line }) => line).filter(Boolean)));
    this.#changed();
  }

  async #findDemo() {
    const { demo, isLocked } = await Demo.find(this.#origin, this.options.token);
    this.demo = demo;
    this.isLocked = isLocked;
    this.dispatchEvent(new Event('demo'));
  }

  /** Where the server has Socket.IO: its options may say another path. */
  async #findSocketio() {
    const stats = await fetch(`${this.#origin}/stats`).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    if (stats) this.options.socketioPath = stats.socketio_path;
  }

  /** With the server's publish token: what it is needed for may be had now. It is kept in this page's memory only. */
  async unlock(token) {
    this.options.token = token || null;
    await this.#findDemo();
    for (const lane of this.lanes) await this.#renew(lane);
  }

  /** The address that a lane is to use: a line of its own, or the server itself. */
  async #way(lane) {
    if (!this.demo) return this.#origin;
    try {
      const { profile } = this;
      const { line, base } = await this.demo.open(profile);
      if (this.profile !== profile) await this.demo.tell(line, { profile: this.profile }); // it was changed meanwhile
      lane.line = line;
      lane.lineFigures = null;
      lane.hasLostLine = false;
      lane.isReading = true;
      return base;
    } catch {
      lane.line = null; // as many lines as the server allows
      return this.#origin;
    }
  }

  // --- each second ---------------------------------------------------------------------------------------------------

  async #second() {
    await this.refreshFigures();
    for (const lane of this.lanes) {
      if (lane.line && lane.hasLostLine) await this.#renew(lane);
      lane.account();
    }
  }

  /** What the server counted on the lanes' lines, as of now. */
  async refreshFigures() {
    const lines = this.lanes.map(({ line }) => line).filter(Boolean);
    const figures = lines.length > 0 ? await this.demo.figures(lines).catch(() => null) : null;
    if (!figures) return;
    for (const lane of this.lanes) {
      const found = lane.line ? figures.get(lane.line) : null;
      lane.hasLostLine = Boolean(lane.line) && lines.includes(lane.line) && !found;
      if (found) lane.lineFigures = found;
    }
  }

  /** The line has ended (nobody used it, or the server began anew): the lane gets another. */
  async #renew(lane) {
    lane.line = null;
    if (lane.isPaused) return;
    const base = await this.#way(lane);
    lane.pause();
    lane.resume(base);
  }

  /** The server's clock, by the Date of its answers; only where it isn't this machine's. */
  async #askClock() {
    for (let i = 0; i < ASKS; i++) {
      const atMs = this.serverClock.samples === 0 ? this.clock.now() : this.serverClock.nextAsk(this.clock.now() + 5);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - this.clock.now())));
      const sentMs = this.clock.now();
      const answer = await fetch(`${this.#origin}/health/live`, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
      const stampMs = Date.parse(answer?.headers.get('Date') ?? '');
      if (Number.isFinite(stampMs)) this.serverClock.take({ sentMs, receivedMs: this.clock.now(), stampMs, grainMs: 1000 });
    }
    setTimeout(() => this.#askClock(), CLOCK_AGE_MS);
  }

  // --- what readers may change ---------------------------------------------------------------------------------------

  pause(lane) {
    lane.pause();
    this.#changed();
  }

  async resume(lane) {
    const isThere = lane.line && (await this.demo.figures([lane.line]).catch(() => new Map())).has(lane.line);
    lane.resume(isThere ? lane.base : await this.#way(lane));
    this.#changed();
  }

  /** A lane that is not shown has no connection either. */
  async setHidden(lane, isHidden) {
    lane.isHidden = isHidden;
    if (isHidden) this.pause(lane);
    else await this.resume(lane);
  }

  async #tellLine(lane, what) {
    if (!lane.line) return false;
    return (await this.demo.tell(lane.line, what)) !== null;
  }

  async cut(lanes, cutMs = 3000) {
    await Promise.all(
      lanes.map(async (lane) => {
        if (!lane.isPaused && (await this.#tellLine(lane, { cut_ms: cutMs }))) lane.cut(this.clock.now());
      }),
    );
    this.tell('say.cut', { seconds: cutMs / 1000 });
    this.#changed();
  }

  async setReading(lane, isReading) {
    if (!(await this.#tellLine(lane, { read: isReading }))) return;
    lane.isReading = isReading;
    lane.timeline.add({ kind: 'mark', atMs: this.clock.now(), what: isReading ? 'reads' : 'stalls' });
    this.#changed();
  }

  async setProfile(profile) {
    this.profile = profile;
    await Promise.all(this.lanes.map((lane) => this.#tellLine(lane, { profile })));
    for (const lane of this.lanes) lane.judgeAnew();
  }

  async setFeed(feed) {
    await this.demo.change(feed);
    for (const lane of this.lanes) lane.judgeAnew();
    this.dispatchEvent(new Event('demo'));
  }

  setPollInterval(pollIntervalMs) {
    this.options.pollIntervalMs = pollIntervalMs;
    this.lane('poll').retime();
  }

  /**
   * Say something to everybody by that lane. `tell` is called with the round trips so far, a Map of lane id to ms, as it comes
   * back on each lane. Returns: a promise of the lane's own round trip, which is refused with the reason.
   */
  async publish(lane, text, tell) {
    const trips = new Map();
    const ends = [];
    let settle;
    const own = new Promise((resolve) => (settle = resolve));
    const sentMs = this.clock.now();
    lane.refusal = null;
    for (const one of this.lanes) {
      const end = one.listen(({ data, receivedMs, publishedMs }) => {
        if (data !== text || publishedMs < sentMs - this.serverClock.boundMs - SECOND_MS) return;
        end();
        trips.set(one.id, receivedMs - sentMs);
        tell(trips);
        if (one === lane) settle(receivedMs - sentMs);
      });
      ends.push(end);
    }
    const stop = () => ends.forEach((end) => end());
    setTimeout(stop, 60 * SECOND_MS);
    try {
      await lane.publish(text);
    } catch (error) {
      stop();
      throw error;
    }
    return own;
  }

  // --- a hidden tab --------------------------------------------------------------------------------------------------

  #counts() {
    return new Map(this.lanes.map(({ id, arrivals, requests }) => [id, { updates: arrivals.updates, requests }]));
  }

  #hide() {
    this.hidden = { fromMs: this.clock.now(), toMs: null, left: [], before: this.#counts() };
    if (this.whenHidden !== 'leave') return;
    this.hidden.left = this.lanes.filter(({ isPaused }) => !isPaused);
    this.#isLeaving = true;
    for (const lane of this.hidden.left) lane.pause();
  }

  #show() {
    const { hidden } = this;
    if (!hidden) return;
    const now = this.#counts();
    hidden.toMs = this.clock.now();
    hidden.counts = this.lanes.map(({ id }) => ({
      id,
      updates: now.get(id).updates - hidden.before.get(id).updates,
      requests: now.get(id).requests - hidden.before.get(id).requests,
    }));
    if (this.#isLeaving) for (const lane of hidden.left) this.resume(lane);
    this.#isLeaving = false;
    this.#changed();
  }
}
