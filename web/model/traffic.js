// What a lane costs on the wire, by the kernel's account of its connections (TCP_INFO, docs/wire/demo.md): differences over the
// last seconds, per update that came in them.
// SPDX-License-Identifier: MIT
import { Ring } from './ring.js';

/** IPv4's and TCP's headers with timestamps, per segment: 20 + 20 + 12. */
export const SEGMENT_BYTES = 52;

export class Traffic {
  #samples;
  #spanMs;

  constructor({ spanMs = 20000, capacity = 64 } = {}) {
    this.#spanMs = spanMs;
    this.#samples = new Ring(capacity);
  }

  /** Sums so far: bytes to the browser and from it, segments both ways, updates. Sums that fall began anew. */
  take({ atMs, downBytes, upBytes, segments, updates, requests = 0, wasted = 0 }) {
    const last = this.#samples.at(-1);
    if (last && (downBytes < last.downBytes || upBytes < last.upBytes)) this.#samples.clear();
    this.#samples.push({ atMs, downBytes, upBytes, segments, updates, requests, wasted });
  }

  clear() {
    this.#samples.clear();
  }

  /** What came in that time: {updates, requests, wasted, …}. */
  counts() {
    const last = this.#samples.at(-1);
    if (!last) return null;
    const first = this.#samples.at(
      Math.min(
        this.#samples.search(({ atMs }) => atMs < last.atMs - this.#spanMs),
        this.#samples.length - 1,
      ),
    );
    const names = ['updates', 'requests', 'wasted', 'downBytes', 'upBytes', 'segments'];
    return Object.fromEntries(names.map((name) => [name, last[name] - first[name]]));
  }

  /** Per update: {down, up, ip, segments, requests}, and how many updates; null where none came in that time. */
  perUpdate() {
    const counts = this.counts();
    if (!counts || counts.updates <= 0) return null;
    const { updates } = counts;
    const of = (name) => counts[name] / updates;
    const [down, up, segments] = [of('downBytes'), of('upBytes'), of('segments')];
    return { updates, down, up, segments, ip: down + up + SEGMENT_BYTES * segments, requests: of('requests') };
  }
}
