// Measuring in the browser: a run, its table, its file; and results of the command line beside it.
// SPDX-License-Identifier: MIT
import { changes, say } from '../language.js';
import { measure } from '../measurement.js';
import { readResult, tabulate } from '../model/comparison.js';
import { measurement } from '../model/result.js';
import { amount, duration } from '../model/words.js';
import { h, mark, write } from './dom.js';

const LENGTHS_S = [10, 30, 60, 120];
const SOURCES = 4; // results side by side
const MOST_BYTES = 50e6; // of a file
const BASELINE = 'ws';

function valueText(value, unit) {
  if (value === null) return '–';
  if (unit === 'ms') return duration(value);
  if (unit === 'µs') return `${amount(value)} µs`;
  return unit === 'B' ? amount(value) : value.toFixed(value < 10 ? 2 : 0);
}

export class Measure extends HTMLElement {
  #lab;
  #stop = null;
  #own = null; // {result, facts}
  #files = []; // {title, result}
  #length = h(
    'select',
    {},
    LENGTHS_S.map((seconds) => h('option', { value: String(seconds), text: 'measure.seconds', fills: { seconds } })),
  );
  #start = h('button', { type: 'button', class: 'strong', text: 'measure.start', on: { click: () => this.#run() } });
  #end = h('button', { type: 'button', text: 'measure.stop', hidden: true, on: { click: () => this.#stop?.abort() } });
  #download = h('a', { class: 'button', text: 'measure.download', hidden: true, download: 'feedlab-browser.json' });
  #clear = h('button', { type: 'button', text: 'measure.clear', hidden: true, on: { click: () => this.#forget() } });
  #progress = h('progress', { max: 1, value: 0, hidden: true, label: 'measure.heading' });
  #state = h('p', { class: 'hint' });
  #trouble = h('p', { class: 'trouble', role: 'alert' });
  #table = h('div', { class: 'results' });
  #file = h('input', {
    type: 'file',
    accept: '.json,application/json',
    multiple: true,
    class: 'unseen',
    label: 'measure.choose',
    tabIndex: -1,
    on: { change: () => this.#take(this.#file.files) },
  });

  set lab(lab) {
    this.#lab = lab;
    const drop = h(
      'div',
      { class: 'drop' },
      h(
        'p',
        {},
        h('span', { text: 'measure.drop' }),
        ' ',
        h('button', { type: 'button', text: 'measure.choose', on: { click: () => this.#file.click() } }),
      ),
      this.#file,
    );
    this.replaceChildren(
      h(
        'section',
        { 'aria-labelledby': 'measure-title' },
        h('h2', { id: 'measure-title', text: 'measure.heading' }),
        h('p', { class: 'hint', text: 'measure.intro' }),
        h(
          'div',
          { class: 'row' },
          h('label', { class: 'choice' }, h('span', { text: 'measure.length' }), this.#length),
          this.#start,
          this.#end,
          this.#download,
          this.#clear,
          this.#progress,
        ),
        this.#state,
        this.#trouble,
        drop,
        this.#table,
      ),
    );
    this.#acceptDrops(drop);
    changes.addEventListener('change', () => this.#show());
  }

  #acceptDrops(drop) {
    for (const name of ['dragover', 'dragleave', 'drop']) {
      document.addEventListener(name, (event) => {
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        drop.classList.toggle('over', name === 'dragover');
        if (name === 'drop') this.#take(event.dataTransfer.files);
      });
    }
  }

  async #take(files) {
    write(this.#trouble, '');
    for (const file of [...files].slice(0, SOURCES)) {
      try {
        if (file.size > MOST_BYTES) throw Object.assign(new Error('too large'), { reason: 'notResult' });
        const result = readResult(await file.text());
        this.#files = [...this.#files, { title: file.name.replace(/\.json$/, ''), result }].slice(-SOURCES);
      } catch (error) {
        write(this.#trouble, say(`measure.${error.reason ?? 'notResult'}`, { file: file.name }));
      }
    }
    this.#file.value = '';
    this.#show();
  }

  #forget() {
    this.#files = [];
    this.#own = null;
    write(this.#state, '');
    this.#show();
    this.#start.focus();
  }

  async #run() {
    const lanes = this.#lab.shown.filter(({ isPaused }) => !isPaused);
    write(this.#trouble, lanes.length === 0 ? say('measure.noLanes') : '');
    if (lanes.length === 0) return;
    const seconds = Number(this.#length.value);
    this.#stop = new AbortController();
    this.#setRunning(true);
    try {
      const { results, facts } = await measure(this.#lab, lanes, seconds, {
        signal: this.#stop.signal,
        tell: (leftMs) => this.#tell(leftMs, seconds),
      });
      this.#own = { result: this.#resultOf(results, facts), facts };
      write(this.#state, say('measure.done', { seconds }));
      this.#lab.tell('say.measured');
    } catch (error) {
      if (error.message !== 'stopped') throw error;
      write(this.#state, say('measure.stopped'));
    } finally {
      this.#setRunning(false);
    }
    this.#show();
  }

  #tell(leftMs, seconds) {
    this.#progress.value = leftMs === null ? 1 : 1 - leftMs / 1000 / seconds;
    write(this.#state, leftMs === null ? say('measure.waiting') : say('measure.running', { left: Math.ceil(leftMs / 1000) }));
  }

  #setRunning(isRunning) {
    const hadFocus = this.contains(document.activeElement);
    this.#start.hidden = isRunning;
    this.#end.hidden = this.#progress.hidden = !isRunning;
    if (hadFocus) (isRunning ? this.#end : this.#start).focus();
  }

  #resultOf(results, { date, ...facts }) {
    const { demo, options, profile } = this.#lab;
    const feed = demo?.feed;
    return measurement(results, {
      date,
      baseline: BASELINE,
      agent: navigator.userAgent,
      version: 'page',
      machine: {
        cpus: navigator.hardwareConcurrency ?? null,
        kernel: null,
        cpu_model: null,
        screen: `${screen.width}×${screen.height}@${devicePixelRatio}`,
      },
      setting: {
        rate_per_s: feed?.can_change ? 1000 / feed.interval_ms : null,
        size_bytes: feed?.size ?? null,
        poll_interval_s: options.pollIntervalMs / 1000,
        warmup_s: 0,
        seed: null,
        url: this.#lab.origin,
        link: demo ? `stream profile ${profile}` : 'as it is',
        browser: facts,
      },
    });
  }

  #sources() {
    return [...(this.#own ? [{ title: say('measure.thisPage'), result: this.#own.result }] : []), ...this.#files];
  }

  #show() {
    const sources = this.#sources();
    this.#clear.hidden = sources.length === 0;
    this.#download.hidden = !this.#own;
    if (this.#download.href) URL.revokeObjectURL(this.#download.href);
    if (this.#own)
      this.#download.href = URL.createObjectURL(
        new Blob([`${JSON.stringify(this.#own.result, null, 2)}\n`], { type: 'application/json' }),
      );
    this.#table.replaceChildren(
      ...(sources.length === 0 ? [] : [this.#tableOf(tabulate(sources), sources.length > 1), ...this.#remarks(sources)]),
    );
  }

  #tableOf({ columns, rows }, hasMany) {
    const nameOf = (name) => (this.#lab.lane(name) ? say(`name.${name}`) : name);
    const head = columns.map(({ source, name, isSound }) =>
      h(
        'th',
        { scope: 'col' },
        this.#lab.lane(name) ? mark(name) : null,
        `${isSound ? '' : '✗ '}${nameOf(name)}`,
        hasMany ? h('small', {}, source) : null,
      ),
    );
    const body = rows.map(({ figure, unit, values }) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, say(`measure.figures.${figure.replace('.', '_')}`)),
        values.map((value) => h('td', {}, valueText(value, unit))),
      ),
    );
    return h(
      'div',
      { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': say('measure.caption') },
      h(
        'table',
        {},
        h('caption', { class: 'unseen' }, say('measure.caption')),
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, say('measure.figure')), head)),
        h('tbody', {}, body),
      ),
    );
  }

  #remarks(sources) {
    const remarks = [];
    if (sources.some(({ result }) => result.results.some(({ verdict }) => verdict !== 'sound')))
      remarks.push(h('p', { class: 'hint', text: 'measure.unsound' }));
    if (!this.#own) return remarks;
    const {
      offset_ms: offsetMs,
      offset_bound_ms: boundMs,
      clock_resolution_ms: resolutionMs,
      visible_percent: visible,
    } = this.#own.facts;
    remarks.push(
      h(
        'p',
        { class: 'hint' },
        say('measure.clocks', {
          offset: duration(offsetMs),
          bound: duration(boundMs),
          resolution: `${resolutionMs.toFixed(2)} ms`,
          visible,
        }),
      ),
    );
    const medians = this.#own.result.results.map(({ figures }) => figures['latency.p50'].value).filter((value) => value !== null);
    if (boundMs > Math.min(...medians) / 10) remarks.push(h('p', { class: 'hint', text: 'measure.bound' }));
    return remarks;
  }
}
