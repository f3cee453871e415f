// The latest items, at most so many: what the page keeps is bounded, however long it is open.
// SPDX-License-Identifier: MIT
export class Ring {
  #items;
  #start = 0;
  #length = 0;

  constructor(capacity) {
    this.#items = new Array(capacity);
  }

  get length() {
    return this.#length;
  }

  get capacity() {
    return this.#items.length;
  }

  /** Add the newest; returns the oldest where it had to make room, else undefined. */
  push(item) {
    const { length: capacity } = this.#items;
    const slot = (this.#start + this.#length) % capacity;
    const displaced = this.#length === capacity ? this.#items[slot] : undefined;
    this.#items[slot] = item;
    if (this.#length < capacity) this.#length++;
    else this.#start = (this.#start + 1) % capacity;
    return displaced;
  }

  /** From the oldest (0); negative from the newest (-1). */
  at(index) {
    const from = index < 0 ? this.#length + index : index;
    return from < 0 || from >= this.#length ? undefined : this.#items[(this.#start + from) % this.#items.length];
  }

  /** The first index whose item does not come before: `isBefore` is true of a beginning of the ring, and false of the rest. */
  search(isBefore) {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.at(middle))) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  clear() {
    this.#items.fill(undefined);
    this.#start = this.#length = 0;
  }

  *[Symbol.iterator]() {
    for (let i = 0; i < this.#length; i++) yield this.at(i);
  }
}
