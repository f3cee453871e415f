// Draws the timelines of lanes on a canvas. A path for each lane and kind of stroke, so that thousands of arrows cost little.
// SPDX-License-Identifier: MIT
import { endOf, startOf, strokesOf, tickStep } from '../model/timeline.js';
import { span } from '../model/words.js';
import { colours, dark } from './dom.js';

const HEAD_PX = 26; // for a lane's name, above its rails
const FOOT_PX = 16; // below them
const RAIL_PX = 38; // between them
const LARGE_RAIL_PX = 130; // where a single lane is presented
const AXIS_PX = 22;
const DENSE = 80; // ends on a rail: more are drawn as squares, which cost a tenth of circles
const MOST_SCALE = 2; // of the screen's pixels
const NEAR_MS_SHARE = 1 / 40; // of the span, how near a pointer must be

export class Diagram {
  #canvas;
  #context;
  #view;
  #width = 0;
  #colours = null;
  #railPx = RAIL_PX;
  isStale = true;

  constructor(canvas, view) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    this.#view = view;
    const stale = () => {
      this.#colours = null;
      this.isStale = true;
    };
    new ResizeObserver(stale).observe(canvas.parentElement ?? canvas);
    new ResizeObserver(stale).observe(canvas);
    dark.addEventListener('change', stale);
  }

  /** A lane's height. */
  get #bandPx() {
    return HEAD_PX + this.#railPx + FOOT_PX;
  }

  #rails(top) {
    return { server: top + HEAD_PX, client: top + HEAD_PX + this.#railPx };
  }

  laneAt(y, lanes) {
    return Math.max(0, Math.min(lanes - 1, Math.floor(y / this.#bandPx)));
  }

  /** The event of that lane that is drawn nearest to x. */
  eventAt(lane, x, nowMs) {
    const atMs = this.#view.toMs(x, this.#width, nowMs);
    const near = this.#view.spanMs * NEAR_MS_SHARE;
    const within = (event) => Math.max(0, startOf(event) - atMs, atMs - endOf(event));
    const found = lane.timeline
      .between(atMs - near, atMs + near)
      .map((event) => ({ event, away: within(event), end: Math.abs(endOf(event) - atMs) }));
    return found.sort((a, b) => a.away - b.away || a.end - b.end)[0]?.event ?? null;
  }

  #fit(lanes) {
    this.#railPx = document.body.dataset.present ? LARGE_RAIL_PX : RAIL_PX;
    const height = lanes * this.#bandPx + AXIS_PX;
    const scale = Math.min(MOST_SCALE, devicePixelRatio || 1);
    if (this.#canvas.style.height !== `${height}px`) this.#canvas.style.height = `${height}px`;
    this.#width = this.#canvas.clientWidth;
    const [w, h] = [Math.round(this.#width * scale), Math.round(height * scale)];
    if (this.#canvas.width !== w || this.#canvas.height !== h) [this.#canvas.width, this.#canvas.height] = [w, h];
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#context.clearRect(0, 0, this.#width, height);
    return height;
  }

  /** `chosen`: {lane, event} or null. `say` gives the words. */
  draw(lanes, nowMs, chosen, say) {
    this.isStale = false;
    this.#colours ??= { ...colours(), font: getComputedStyle(document.body).fontFamily };
    const height = this.#fit(lanes.length);
    this.#axis(height, nowMs, say);
    const publications = this.#publications(lanes, nowMs);
    lanes.forEach((lane, i) => this.#band(lane, i * this.#bandPx, nowMs, { say, publications, isFirst: i === 0 }));
    lanes.forEach((lane, i) => chosen?.lane === lane && this.#chosen(chosen.event, i * this.#bandPx, nowMs));
  }

  #axis(height, nowMs, say) {
    const { quiet, rule, font } = this.#colours;
    const context = this.#context;
    const step = tickStep(this.#view.spanMs, this.#width);
    const endMs = this.#view.endMs(nowMs);
    context.font = `12px ${font}`;
    context.textBaseline = 'alphabetic';
    context.fillStyle = quiet;
    context.strokeStyle = rule;
    context.lineWidth = 1;
    context.beginPath();
    for (let ago = 0; ago < this.#view.spanMs; ago += step) {
      const x = this.#view.toX(endMs - ago, this.#width, nowMs);
      context.moveTo(x, 0);
      context.lineTo(x, height - AXIS_PX);
      const text = ago === 0 ? (this.#view.isPaused ? '0' : say('timeline.agoNow')) : say('timeline.ago', { time: span(ago) });
      context.textAlign = ago === 0 ? 'right' : 'center';
      if (x > 24) context.fillText(text, x, height - 6);
    }
    context.stroke();
  }

  /** When updates were published, by what any lane knows of it. */
  #publications(lanes, nowMs) {
    const [fromMs, toMs] = [this.#view.startMs(nowMs), this.#view.endMs(nowMs)];
    const times = new Map();
    for (const { timeline } of lanes)
      for (const { updates = [] } of timeline.between(fromMs, toMs + this.#view.spanMs))
        for (const { seq, publishedMs } of updates) times.set(seq, publishedMs);
    return [...times.values()];
  }

  #band(lane, top, nowMs, { say, publications, isFirst }) {
    const context = this.#context;
    const { quiet, ink, font, rule } = this.#colours;
    const rails = this.#rails(top);
    const colour = this.#colours[lane.id];
    const events = lane.timeline.between(this.#view.startMs(nowMs), this.#view.endMs(nowMs));
    const strokes = this.#strokes(events, lane.timeline.wayMs, nowMs);
    context.lineWidth = 1;
    context.strokeStyle = rule;
    this.#path([
      [0, rails.server, this.#width, rails.server],
      [0, rails.client, this.#width, rails.client],
    ]);
    this.#waits(strokes, rails, colour, nowMs);
    this.#ways(strokes, rails, colour, quiet);
    this.#ticks(publications, rails.server, ink, nowMs);
    this.#marks(events, rails, nowMs, say);
    this.#name(lane, top, rails, { colour, quiet, ink, font, say, isFirst });
  }

  /** By kind: [[x1, x2, fromRail, toRail], …]. */
  #strokes(events, wayMs, nowMs) {
    const view = this.#view;
    const untilMs = Math.min(nowMs, view.endMs(nowMs));
    const byKind = {};
    for (const event of events)
      for (const { kind, from, to, fromRail, toRail } of strokesOf(event, wayMs, untilMs))
        (byKind[kind] ??= []).push([view.toX(from, this.#width, nowMs), view.toX(to, this.#width, nowMs), fromRail, toRail]);
    return byKind;
  }

  #path(lines) {
    this.#context.beginPath();
    for (const [x1, y1, x2, y2] of lines) {
      this.#context.moveTo(x1, y1);
      this.#context.lineTo(x2, y2);
    }
    this.#context.stroke();
  }

  /** Along the server's rail: requests that are held, news that waits. */
  #waits({ held = [], waits = [] }, rails, colour) {
    const context = this.#context;
    const first = new Map(); // of what an answer brings, that which waited longest: the others lie on its line
    for (const [x1, x2] of waits) first.set(x2, Math.min(x1, first.get(x2) ?? x1));
    context.strokeStyle = colour;
    context.globalAlpha = 0.28;
    context.lineWidth = 7;
    this.#path(held.map(([x1, x2]) => [x1, rails.server, x2, rails.server]));
    context.globalAlpha = 1;
    context.lineWidth = 2.5;
    context.setLineDash([2, 3]);
    this.#path([...first].map(([x2, x1]) => [x1, rails.server - 5, x2, rails.server - 5]));
    context.setLineDash([]);
  }

  /** From rail to rail. */
  #ways({ request = [], up = [], empty = [], answer = [], push = [], control = [] }, rails, colour, quiet) {
    const context = this.#context;
    const lines = (strokes) => strokes.map(([x1, x2, from, to]) => [x1, rails[from], x2, rails[to]]);
    const dots = (strokes, radius, isFilled) => {
      context.beginPath();
      for (const [, x, , to] of strokes) {
        if (strokes.length > DENSE) {
          context.rect(x - radius + 0.5, rails[to] - radius + 0.5, 2 * radius - 1, 2 * radius - 1);
          continue;
        }
        context.moveTo(x + radius, rails[to]);
        context.arc(x, rails[to], radius, 0, 7);
      }
      if (isFilled) context.fill();
      else context.stroke();
    };
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 1;
    this.#path(lines([...request, ...up, ...control]));
    context.lineWidth = 2.25;
    this.#path(lines([...answer, ...push]));
    dots([...answer, ...push], 3.5, true);
    context.strokeStyle = quiet;
    context.lineWidth = 1;
    context.setLineDash([3, 3]);
    this.#path(lines(empty));
    context.setLineDash([]);
    dots(empty, 3, false);
  }

  #ticks(publications, y, ink, nowMs) {
    this.#context.strokeStyle = ink;
    this.#context.lineWidth = 1.5;
    this.#path(publications.map((ms) => this.#view.toX(ms, this.#width, nowMs)).map((x) => [x, y - 9, x, y + 1]));
  }

  /** A connection that came, went or was cut. */
  #marks(events, rails, nowMs, say) {
    const context = this.#context;
    const { ink, quiet, font } = this.#colours;
    let free = -Infinity;
    for (const { kind, what, atMs } of events) {
      if (kind !== 'mark') continue;
      const x = this.#view.toX(atMs, this.#width, nowMs);
      const isEnd = ['lost', 'cut', 'paused', 'stalls', 'gap'].includes(what);
      context.strokeStyle = isEnd ? ink : quiet;
      context.lineWidth = isEnd ? 2 : 1;
      this.#path([[x, rails.server - 4, x, rails.client + 6]]);
      if (x < free) continue;
      const text = say(`timeline.${what}`);
      context.font = `11px ${font}`;
      context.fillStyle = quiet;
      context.textAlign = x > this.#width - 100 ? 'right' : 'left';
      context.fillText(text, x + (context.textAlign === 'left' ? 4 : -4), rails.client - 5);
      free = x + context.measureText(text).width + 8;
    }
  }

  #name(lane, top, rails, { colour, quiet, ink, font, say, isFirst }) {
    const context = this.#context;
    const { paper } = this.#colours;
    const text = say(`name.${lane.id}`);
    context.font = `600 13px ${font}`;
    context.textAlign = 'left';
    const width = context.measureText(text).width;
    context.fillStyle = paper;
    context.fillRect(0, top, width + 24, HEAD_PX - 11);
    context.fillStyle = colour;
    shape(context, lane.id, 6, top + 8);
    context.fillStyle = ink;
    context.fillText(text, 17, top + 12.5);
    if (!isFirst) return;
    context.font = `11px ${font}`;
    for (const [word, y] of [
      ['timeline.server', rails.server + 12],
      ['timeline.browser', rails.client - 4],
    ]) {
      const label = say(word);
      context.fillStyle = paper;
      context.fillRect(0, y - 10, context.measureText(label).width + 4, 13);
      context.fillStyle = quiet;
      context.fillText(label, 2, y);
    }
  }

  #chosen(event, top, nowMs) {
    const context = this.#context;
    const rails = this.#rails(top);
    const x = (ms) => this.#view.toX(ms, this.#width, nowMs);
    context.strokeStyle = this.#colours.ink;
    context.lineWidth = 1.5;
    const [left, right] = [x(startOf(event)) - 7, x(endOf(event)) + 7];
    context.strokeRect(left, rails.server - 12, right - left, this.#railPx + 21);
  }
}

/** The lane's mark, about (x, y), 10 px wide. */
function shape(context, id, x, y) {
  context.beginPath();
  if (id === 'poll') context.arc(x, y, 4.5, 0, 7);
  else if (id === 'longpoll')
    polygon(context, [
      [x, y - 5],
      [x + 5, y + 4],
      [x - 5, y + 4],
    ]);
  else if (id === 'sse') context.rect(x - 4.5, y - 4.5, 9, 9);
  else if (id === 'ws')
    polygon(context, [
      [x, y - 5.5],
      [x + 5.5, y],
      [x, y + 5.5],
      [x - 5.5, y],
    ]);
  else
    polygon(
      context,
      [
        [-1.7, -5],
        [1.7, -5],
        [1.7, -1.7],
        [5, -1.7],
        [5, 1.7],
        [1.7, 1.7],
        [1.7, 5],
        [-1.7, 5],
        [-1.7, 1.7],
        [-5, 1.7],
        [-5, -1.7],
        [-1.7, -1.7],
      ].map(([dx, dy]) => [x + dx, y + dy]),
    );
  context.fill();
}

function polygon(context, points) {
  points.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.closePath();
}
