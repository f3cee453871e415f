// A strip of a lane's latencies over the last minute. All lanes have the same scale, so that they compare at a glance.
// SPDX-License-Identifier: MIT
import uPlot from '/vendor/uplot.js';
import { say } from '../language.js';
import { span } from '../model/words.js';
import { colours, dark, h, write } from './dom.js';

const SPAN_MS = 60000;
const COLUMNS = 240; // of which each shows its worst update
const HEIGHT = 56;
const POINTS = 60; // more are bars only

/** The worst latency in each of the columns that have any: [times in s, latencies in ms]. */
function columnsOf(latencies, nowMs) {
  const fromMs = nowMs - SPAN_MS;
  const [times, values] = [[], []];
  let column = -1;
  for (let i = latencies.search(({ receivedMs }) => receivedMs < fromMs); i < latencies.length; i++) {
    const { receivedMs, latencyMs } = latencies.at(i);
    const at = Math.floor(((receivedMs - fromMs) / SPAN_MS) * COLUMNS);
    if (at !== column) {
      times.push(receivedMs / 1000);
      values.push(latencyMs);
      column = at;
    } else if (latencyMs > values.at(-1)) {
      values[values.length - 1] = latencyMs;
    }
  }
  return [times, values];
}

/** A scale that does not jump about: 1, 2, 5 times a power of ten. */
export function niceScale(mostMs) {
  const power = 10 ** Math.floor(Math.log10(Math.max(mostMs, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= mostMs);
}

export class Strip {
  #lane;
  #plot = null;
  #data = [[], []];
  #scaleMs = 10;
  #nowMs = 0;
  #box = h('div', { class: 'plot', role: 'img' });
  #most = h('span', { class: 'most', 'aria-hidden': 'true' });
  element = h('div', { class: 'strip' }, this.#box, this.#most);

  constructor(lane) {
    this.#lane = lane;
    this.#name();
    new ResizeObserver(() => this.#make()).observe(this.#box);
    dark.addEventListener('change', () => this.#make());
  }

  #make() {
    const width = Math.floor(this.#box.clientWidth);
    if (width <= 0) return;
    const colour = colours()[this.#lane.id];
    this.#plot?.destroy();
    this.#plot = new uPlot(
      {
        width,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        select: { show: false },
        padding: [6, 2, 2, 2],
        pxAlign: 0,
        scales: {
          x: { time: false, range: () => [(this.#nowMs - SPAN_MS) / 1000, this.#nowMs / 1000] },
          y: { range: () => [0, this.#scaleMs] },
        },
        axes: [{ show: false }, { show: false }],
        series: [
          {},
          {
            stroke: colour,
            width: 1.25,
            points: { show: ({ data }) => data[0].length <= POINTS, size: 4, fill: colour, stroke: colour, width: 0 },
            paths: uPlot.paths.bars({ size: [0.2, 2] }),
            fill: colour,
          },
        ],
      },
      this.#data,
      this.#box,
    );
  }

  /** The worst of the last minute, for the scale that all strips share. */
  look(nowMs) {
    this.#nowMs = nowMs;
    this.#data = columnsOf(this.#lane.arrivals.latencies, nowMs);
    return this.#data[1].reduce((most, value) => Math.max(most, value), 0);
  }

  draw(scaleMs) {
    this.#scaleMs = scaleMs;
    write(this.#most, span(scaleMs));
    this.#name();
    this.#plot?.setData(this.#data);
  }

  #name() {
    const name = say('lane.stripOf', { name: say(`name.${this.#lane.id}`), most: span(this.#scaleMs) });
    if (this.#box.getAttribute('aria-label') !== name) this.#box.setAttribute('aria-label', name);
  }
}
