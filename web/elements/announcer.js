// What a screen reader is told without being asked: what readers did, connections that go and come, and who is freshest where
// that changes; not each update, and not more than one sentence in a while.
// SPDX-License-Identifier: MIT
import { say } from '../language.js';
import { duration } from '../model/words.js';
import { h, write } from './dom.js';

const PAUSE_MS = 2000; // between sentences
const WAITING = 4; // more are dropped, the oldest first

export class Announcer extends HTMLElement {
  #lab;
  #live = h('p', { class: 'unseen', role: 'status' });
  #waiting = [];
  #nextMs = 0;
  #accounts = new Map();

  set lab(lab) {
    this.#lab = lab;
    this.replaceChildren(this.#live);
    lab.addEventListener('say', ({ detail: { key, values } }) => this.#queue(say(key, values)));
  }

  #queue(sentence) {
    this.#waiting.push(sentence);
    if (this.#waiting.length > WAITING) this.#waiting.shift();
  }

  refresh() {
    for (const lane of this.#lab.lanes) this.#watch(lane);
    if (this.#waiting.length === 0 || performance.now() < this.#nextMs) return;
    this.#nextMs = performance.now() + PAUSE_MS;
    write(this.#live, this.#waiting.shift());
  }

  #watch({ id, absence }) {
    if (!absence || absence.why === 'paused') return;
    const told = this.#accounts.get(id);
    const account = absence.account();
    const name = say(`name.${id}`);
    if (told?.absence !== absence) {
      this.#accounts.set(id, { absence, isBack: false });
      if (!account) this.#queue(say('say.lost', { name }));
    } else if (account && !told.isBack) {
      told.isBack = true;
      this.#queue(say('say.back', { name, time: duration(account.awayMs), missed: account.missed }));
    }
  }
}
