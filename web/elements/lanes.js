// All lanes side by side, which of them are shown, and the explanation of one.
// SPDX-License-Identifier: MIT
import { changes } from '../language.js';
import { h, mark, still } from './dom.js';
import { Explanation } from './explanation.js';
import { LaneElement } from './lane.js';
import { niceScale } from './strip.js';

customElements.define('fl-lane', LaneElement);
customElements.define('fl-explanation', Explanation);

const LEAST_SCALE_MS = 5;
const STILL_MS = 4000; // between rounds of charts

export class Lanes extends HTMLElement {
  #lab;
  #cards = new Map();
  #explanation = document.createElement('fl-explanation');
  #chips = new Map();
  #turn = Infinity; // whose chart is drawn next
  #mostMs = 0; // of the charts of this round
  #scaleMs = LEAST_SCALE_MS;
  #nextRoundMs = -Infinity;

  set lab(lab) {
    this.#lab = lab;
    const grid = h('div', { class: 'cards' });
    for (const lane of lab.lanes) {
      const card = document.createElement('fl-lane');
      card.begin(lab, lane, (id) => this.#explain(id));
      this.#cards.set(lane.id, card);
      grid.append(card);
    }
    this.#explanation.lab = lab;
    this.#explanation.begin(() => this.#explain(null));
    this.replaceChildren(
      h(
        'section',
        { 'aria-labelledby': 'lanes-title' },
        h('div', { class: 'bar' }, h('h2', { id: 'lanes-title', text: 'lane.heading' }), this.#choice()),
        grid,
        this.#explanation,
      ),
    );
    lab.addEventListener('lanes', () => this.#relabel());
    lab.addEventListener('demo', () => this.#relabel());
    changes.addEventListener('change', () => this.#relabel());
    this.#relabel();
  }

  #choice() {
    const chips = this.#lab.lanes.map((lane) => {
      const chip = h(
        'button',
        {
          type: 'button',
          class: `chip ${lane.id}`,
          'aria-pressed': 'true',
          on: { click: () => this.#lab.setHidden(lane, !lane.isHidden) },
        },
        mark(lane.id),
        h('span', { text: `name.${lane.id}` }),
      );
      this.#chips.set(lane.id, chip);
      return chip;
    });
    return h('div', { class: 'chips', role: 'group', label: 'lane.show' }, chips);
  }

  #explain(id) {
    const next = this.#explanation.id === id ? null : id;
    const before = this.#cards.get(this.#explanation.id);
    this.#explanation.show(next);
    for (const [name, card] of this.#cards) card.setExplained(name === next);
    if (next === null) before?.querySelector('[aria-expanded]').focus();
  }

  #isSeen(lane) {
    const { present } = document.body.dataset;
    return present ? lane.id === present : !lane.isHidden;
  }

  #relabel() {
    for (const lane of this.#lab.lanes) {
      const card = this.#cards.get(lane.id);
      card.hidden = !this.#isSeen(lane);
      card.relabel();
      card.refresh();
      this.#chips.get(lane.id).setAttribute('aria-pressed', String(!lane.isHidden));
    }
    const { present } = document.body.dataset;
    if (present && this.#explanation.id !== present) this.#explain(present);
    this.#explanation.show(this.#explanation.id);
  }

  refresh() {
    for (const lane of this.#lab.lanes) if (this.#isSeen(lane)) this.#cards.get(lane.id).refresh();
  }

  /** The next of the lanes' charts; one at a time, so that none has to wait long. All are on the scale of the round before. */
  drawChart() {
    const seen = this.#lab.lanes.filter((lane) => this.#isSeen(lane));
    if (this.#turn >= seen.length) this.#beginRound();
    const lane = seen[this.#turn++];
    if (!lane) return;
    const { strip } = this.#cards.get(lane.id);
    this.#mostMs = Math.max(this.#mostMs, strip.look(this.#lab.clock.now()));
    strip.draw(this.#scaleMs);
  }

  /** Where motion is to be reduced the next round is long in coming. */
  #beginRound() {
    const nowMs = performance.now();
    this.#turn = 0;
    if (still.matches && nowMs < this.#nextRoundMs) {
      this.#turn = Infinity;
      return;
    }
    this.#nextRoundMs = nowMs + STILL_MS;
    this.#scaleMs = niceScale(Math.max(this.#mostMs, LEAST_SCALE_MS));
    this.#mostMs = 0;
  }
}
