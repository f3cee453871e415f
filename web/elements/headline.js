// In words, from live figures: which lane is freshest, which is last, which wastes most.
// SPDX-License-Identifier: MIT
import { changes, say } from '../language.js';
import { judge } from '../model/headline.js';
import { amount, duration, list } from '../model/words.js';
import { h, mark, write } from './dom.js';

const TOLD_MS = 15000; // a screen reader hears of a change of places that often at most

export class Headline extends HTMLElement {
  #lab;
  #parts = {};
  #told = '';
  #nextMs = 0;

  set lab(lab) {
    this.#lab = lab;
    const part = (name, key) => {
      const marks = h('span', { class: 'marks' });
      const words = h('p', { class: 'words' });
      const more = h('p', { class: 'more' });
      this.#parts[name] = { marks, words, more };
      return h('div', { class: `verdict ${name}` }, h('h3', { text: key }), h('div', { class: 'sentence' }, marks, words), more);
    };
    this.replaceChildren(
      h(
        'section',
        { 'aria-labelledby': 'headline-title' },
        h('h2', { id: 'headline-title', class: 'unseen', text: 'headline.title' }),
        h(
          'div',
          { class: 'verdicts' },
          part('fresh', 'headline.fresh'),
          part('last', 'headline.last'),
          part('waste', 'headline.waste'),
        ),
      ),
    );
    changes.addEventListener('change', () => this.refresh());
  }

  #figures() {
    return this.#lab.shown
      .filter(({ isPaused }) => !isPaused)
      .map((lane) => {
        const latencies = lane.latencies();
        const per = lane.traffic.perUpdate();
        const counts = lane.traffic.counts();
        return {
          id: lane.id,
          updates: latencies.size,
          latencies,
          staleMs: lane.staleMs(),
          bytes: lane.line && per ? per.down + per.up : null,
          requests: counts?.requests ?? 0,
          wasted: lane.isPolling ? (counts?.wasted ?? 0) : null,
          requestsPerUpdate: per?.requests ?? null,
        };
      });
  }

  refresh() {
    const figures = this.#figures();
    const verdict = judge(figures);
    const names = (ids) =>
      list(
        ids.map((id) => say(`name.${id}`)),
        say('page.and'),
      );
    if (!verdict.freshest) {
      const key = figures.length === 0 ? 'headline.paused' : 'headline.waiting';
      this.#write('fresh', [], say(key));
      this.#write('last', [], '–');
      this.#write('waste', [], '–');
      return;
    }
    const { freshest, freshMs, freshWorstMs, last, lastMs, isLastAway, wasteful } = verdict;
    const alone = freshest.length === 1;
    this.#write(
      'fresh',
      freshest,
      alone
        ? say('headline.freshOne', { name: names(freshest), time: duration(freshMs) })
        : say('headline.freshMany', { names: names(freshest), time: duration(freshWorstMs) }),
    );
    this.#write(
      'last',
      last ? [last] : [],
      last ? say(isLastAway ? 'headline.lastAway' : 'headline.lastOne', { name: names([last]), time: duration(lastMs) }) : say('headline.lastNone'),
    );
    const [waste, more] = this.#waste(verdict, figures);
    this.#write('waste', wasteful ? [wasteful] : [], waste, more);
    this.#announce(names(freshest), `${freshest}${wasteful}`, waste);
  }

  #waste({ wasteful, waste }, figures) {
    if (!wasteful)
      return [
        say(figures.some(({ requestsPerUpdate }) => requestsPerUpdate === null) ? 'headline.wastePending' : 'headline.wasteNone'),
        '',
      ];
    const name = say(`name.${wasteful}`);
    const { requests, wasted } = waste;
    if (waste.by === 'wasted') return [say('headline.wasteEmpty', { name, wasted, requests }), ''];
    if (waste.by === 'requests') return [say('headline.wasteRequests', { name, each: amount(waste.requestsPerUpdate) }), ''];
    const words = say('headline.wasteBytes', {
      name,
      bytes: amount(waste.bytes),
      least: say(`name.${waste.least.id}`),
      leastBytes: amount(waste.least.bytes),
    });
    return [words, wasted > 0 ? say('headline.emptyToo', { wasted, requests }) : ''];
  }

  #write(name, ids, words, more = '') {
    const part = this.#parts[name];
    const shown = ids.join();
    if (part.shown !== shown) part.marks.replaceChildren(...ids.map(mark));
    part.shown = shown;
    write(part.words, words);
    write(part.more, more);
  }

  #announce(names, places, waste) {
    if (places === this.#told || performance.now() < this.#nextMs) return;
    this.#told = places;
    this.#nextMs = performance.now() + TOLD_MS;
    this.#lab.tell('say.fresh', { names, waste });
  }
}
