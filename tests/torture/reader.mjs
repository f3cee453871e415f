// A good client while the server is tortured: it reads from its cursor, comes back when it is cut off, and keeps account of what
// it got.
// SPDX-License-Identifier: MIT
import { kinds } from '../contract/subscriber.mjs';
import { request } from '../e2e/harness.mjs';

export const END = 'the end'; // the data of a feed's last update
const POLL_MS = 250;
const RETRY_MS = 20;

const now = () => performance.timeOrigin + performance.now();
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Reader {
  lost = 0; // updates that the server said it no longer has, or that were left out
  doubled = 0; // came again, or in the wrong order
  updates = 0;
  cuts = 0;
  latenciesMs = null; // from an update's time to its arrival, while it is an array
  #kind;
  #world;
  #next; // the seq that is to come
  #isLeaving = false;
  #open;

  /** `world`: {server, epoch, head}: it reads what comes after `head`; `server` may become another one meanwhile. */
  constructor(kind, world) {
    this.#kind = kind;
    this.#world = world;
    this.#next = world.head + 1;
    this.opened = new Promise((resolve) => (this.#open = resolve));
    this.done = this.#read();
  }

  leave() {
    this.#isLeaving = true;
    this.subscriber?.vanish();
    return this.done;
  }

  async #read() {
    while (!this.#isLeaving) {
      try {
        if (await this.#once()) return;
      } catch {
        // It was cut off, or there is no server at the moment.
      } finally {
        this.subscriber.vanish();
      }
      if (this.#isLeaving) return;
      this.cuts++;
      await after(RETRY_MS);
    }
  }

  /** One connection. Returns: whether the feed has ended. */
  async #once() {
    const { server, epoch } = this.#world;
    this.subscriber = new this.#kind.Subscriber(server, { since: `${epoch}-${this.#next - 1}` });
    await this.subscriber.open();
    this.#open();
    for (;;) {
      const got = await this.#take();
      if (got.end) return false;
      if (got.gap) {
        this.lost += got.gap.from === null ? Infinity : got.gap.to - got.gap.from + 1;
        this.#next = (got.gap.to ?? this.#next - 1) + 1;
      }
      if (got.update && this.#account(got.update)) return true;
    }
  }

  /** A poll that finds nothing is no reason to ask again at once. */
  async #take() {
    const { subscriber } = this;
    if (this.#kind.name !== 'poll' || subscriber.events.length > 0) return subscriber.next('an update');
    await after(POLL_MS);
    return (await subscriber.ask()) === null ? { end: true } : {};
  }

  #account({ seq, t, data }) {
    if (seq < this.#next) this.doubled++;
    else {
      this.lost += seq - this.#next;
      this.#next = seq + 1;
      this.updates++;
      if (this.#kind.pushes) this.latenciesMs?.push(now() - t / 1000);
    }
    return data === END;
  }
}

/** Readers of all kinds, `each` of every one, connected, of what comes from now on. */
export async function crowd(world, each) {
  const { epoch, head } = (await request(world.server, '/stats')).json();
  Object.assign(world, { epoch, head });
  const readers = kinds.flatMap((kind) => Array.from({ length: each }, () => new Reader(kind, world)));
  await Promise.all(readers.map(({ opened }) => opened));
  return readers;
}

/** What all of them saw. */
export function account(readers) {
  const sum = (what) => readers.reduce((total, reader) => total + reader[what], 0);
  return { readers: readers.length, updates: sum('updates'), lost: sum('lost'), doubled: sum('doubled'), cuts: sum('cuts') };
}

export function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
}
