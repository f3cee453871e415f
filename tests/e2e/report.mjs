// The formats of a real run: all say the same as the JSON, HdrHistogram's own library writes the same .hgrm, and the page is looked at in
// Chromium. Whether the run was sound is not asked: every format tells it either way.
// SPDX-License-Identifier: MIT
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { bench, USAGE } from './bench-process.mjs';
import { assert, DEADLINE_MS, load, run, test } from './harness.mjs';

const { chromium } = await load('playwright-core');
const hdr = await load('hdr-histogram-js');
const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(program)) {
  console.log('1..0 # SKIP run ./bootstrap: chromium is missing');
  process.exit(0);
}
const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const NAMES = ['poll', 'sse', 'ws'];

// One run for all cases.
const directory = await mkdtemp(path.join(tmpdir(), 'feedlab-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const at = (name) => path.join(directory, name);
const text = (name) => readFile(at(name), 'utf8');
const measured = bench(null, 'run', '-t', NAMES.join(), '-c', '30', '-R', '50', '-n', '2', '-d', '1s', '--warmup', '100ms', '--poll-interval', '200ms', '--quiet',
  '--json', at('r.json'), '--csv', at('r.csv'), '--markdown', at('r.md'), '--html', at('r.html'), '--hgrm', at('hgrm'));

/** The run's JSON. */
async function result() {
  const { out, err } = await measured;
  assert.match(out, /latency\n/, err);
  return JSON.parse(await text('r.json'));
}

// --- what the formats say ------------------------------------------------------------------------------------------------

/** RFC 4180, as objects by the names of the first row. */
function readCsv(csv) {
  const rows = [];
  let row = [];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  const [head, ...body] = rows;
  return body.map((cells) => {
    assert.equal(cells.length, head.length);
    return Object.fromEntries(cells.map((cell, i) => [head[i], cell]));
  });
}

const sameNumber = (cell, value) => (value == null ? cell === '' : cell !== '' && Math.abs(Number(cell) - value) <= 1e-10 * Math.max(1, Math.abs(value)));

test('the CSV has each figure, model and count of the JSON, and nothing else', async () => {
  const { results } = await result();
  const rows = readCsv(await text('r.csv'));
  for (const one of results) {
    const groups = ['model', 'integrity', 'counts'].flatMap((group) => Object.entries(one[group]).map(([name, value]) => [`${group}.${name}`, { value }]));
    for (const [name, figure] of [...Object.entries(one.figures), ...groups]) {
      const row = rows.splice(rows.findIndex((other) => other.name === one.name && other.figure === name), 1)[0];
      assert.ok(row, `${one.name} ${name}`);
      assert.deepEqual([row.file, row.transport, row.verdict, Number(row.clients)], ['r', one.transport, one.verdict, one.clients]);
      if (figure.label) assert.deepEqual([row.label, row.unit], [figure.label, figure.unit]);
      const { value, low, high, ratio, runs } = figure;
      const pairs = { value, low, high, ratio: ratio?.value, ratio_low: ratio?.low, ratio_high: ratio?.high, ratio_p: ratio?.p, run_1: runs?.[0], run_2: runs?.[1] };
      for (const [column, number] of Object.entries(pairs)) assert.ok(sameNumber(row[column], number), `${one.name} ${name} ${column}: ${row[column]}, not ${number}`);
    }
  }
  assert.deepEqual(rows, []);
});

test('the Markdown has each figure that there is, as the JSON rounded', async () => {
  const { results } = await result();
  const lines = (await text('r.md')).split('\n').filter((line) => line.startsWith('| '));
  const rows = Object.fromEntries(lines.map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())).map(([label, ...cells]) => [label, cells]));
  assert.deepEqual(rows[''].map((name) => name.replace('✗ ', '')), NAMES);
  delete rows[''];
  for (const [name, { label, unit }] of Object.entries(results[0].figures)) {
    const row = unit ? `${label}, ${unit}` : label;
    const values = results.map((one) => one.figures[name].value);
    if (values.every((value) => value === null)) {
      assert.equal(rows[row], undefined, row);
      continue;
    }
    values.forEach((value, i) => {
      const [printed] = rows[row][i].replaceAll(',', '').split(' ');
      const decimals = printed.split('.')[1]?.length ?? 0;
      const { ratio } = results[i].figures[name];
      assert.ok(value === null ? printed === '–' : Math.abs(Number(printed) - value) <= 0.5000001 * 10 ** -decimals, `${name}: ${rows[row][i]}, ${value}`);
      const isSame = ratio && ratio.low !== null && ratio.low <= 1 && ratio.high >= 1;
      assert.equal(/≈/.test(rows[row][i]), Boolean(isSame), `${name}: ${rows[row][i]}`);
      assert.equal(/×/.test(rows[row][i]), Boolean(ratio && !isSame), `${name}: ${rows[row][i]}`);
    });
    delete rows[row];
  }
  assert.deepEqual(rows, {});
});

test('the .hgrm files are what HdrHistogram writes of the same values', async () => {
  const { results } = await result();
  assert.deepEqual((await readdir(at('hgrm'))).sort(), NAMES.map((name) => `${name}.hgrm`));
  for (const { name, latency_us: values } of results) {
    const histogram = hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: 3.6e9, numberOfSignificantValueDigits: 3, bitBucketSize: 32, useWebAssembly: false });
    for (const [value, n] of values) histogram.recordValueWithCount(value, n);
    const theirs = histogram.outputPercentileDistribution(5, 1000).split('\n');
    const ours = (await text(`hgrm/${name}.hgrm`)).split('\n');
    const mean = theirs.findIndex((line) => line.startsWith('#[Mean'));
    const numbers = (line) => line.match(/[\d.]+/g).map(Number);
    numbers(theirs[mean]).forEach((number, i) => assert.ok(Math.abs(number - numbers(ours[mean])[i]) < 0.0011, `${ours[mean]}, not ${theirs[mean]}`));
    theirs.splice(mean, 1);
    ours.splice(mean, 1);
    assert.deepEqual(ours, theirs);
    assert.ok(ours.length > 20);
  }
});

test('report makes of the file what run made of the result', async () => {
  await result();
  const made = await bench(null, 'report', at('r.json'), '-o', at('again.html'), '--csv', at('again.csv'), '--markdown', '-', '--hgrm', at('again'));
  assert.deepEqual([made.status, made.err], [0, '']);
  assert.equal(made.out, await text('r.md'));
  for (const [ours, theirs] of [['again.csv', 'r.csv'], ['again.html', 'r.html'], ['again/ws.hgrm', 'hgrm/ws.hgrm']]) assert.equal(await text(ours), await text(theirs));
});

test('run with a format on stdout prints that there and the table on stderr', async () => {
  const short = ['-t', 'ws', '-c', '2', '-d', '250ms', '--warmup', '50ms', '--quiet'];
  const { out, err } = await bench(null, 'run', ...short, '--csv', '-');
  assert.match(out, /^file,name,transport[^]*\r\n$/);
  assert.match(err, /latency\n/);
  assert.ok(readCsv(out).every((row) => row.name === 'ws' && row.file === ''));
  for (const args of [['run', ...short, '--csv', '-', '--html', '-'], ['report', at('r.json'), '--csv', '-', '--markdown', '-']]) {
    const { status, err } = await bench(null, ...args);
    assert.equal(status, USAGE);
    assert.match(err, /stdout/);
  }
});

test('a sweep is one report with a curve a transport over its parameter', async (t) => {
  const { out, err } = await bench(null, 'run', '-P', 'clients=1,2,4', '-t', 'sse,ws', '-R', '50', '-d', '300ms', '--warmup', '50ms', '--quiet', '--csv', '-', '--html', at('sweep.html'));
  assert.match(out, /^file,name,transport/, err);
  assert.deepEqual([...new Set(readCsv(out).map(({ file }) => file))], ['clients=1', 'clients=2', 'clients=4']);
  const { page } = await open(t, 'sweep.html', { width: 360 });
  const names = await page.evaluate(() => [...document.querySelectorAll('#sweep .plot')].map((plot) => [...plot.querySelectorAll(':scope > svg > .name')].map((name) => name.textContent).sort()));
  assert.ok(names.length >= 3);
  for (const curves of names) assert.deepEqual(curves, ['sse', 'ws']);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
});

test('report says what is wrong with a file or the command line', async () => {
  await writeFile(at('newer.json'), '{"schema":7,"results":[]}');
  await writeFile(at('other.json'), '{"hello":"world"}');
  const cases = [
    [['-o', at('x.html')], USAGE, /a result is wanted/],
    [[at('other.json')], USAGE, /-o, --csv, --markdown or --hgrm/],
    [[at('missing.json'), '-o', at('x.html')], USAGE, /missing\.json.*No such file/],
    [[at('other.json'), '-o', at('x.html')], USAGE, /other\.json: no result of feedlab-bench/],
    [[at('newer.json'), '-o', at('x.html')], USAGE, /newer\.json: a result of schema version 7; this feedlab-bench reads version 1/],
    [['--frobnicate'], USAGE, /--frobnicate/],
  ];
  await result();
  cases.push([[at('r.json'), '-o', at('nowhere/x.html')], 1, /nowhere\/x\.html.*No such file/]);
  for (const [args, status, pattern] of cases) {
    const { status: was, err } = await bench(null, 'report', ...args);
    assert.match(err, pattern);
    assert.equal(was, status, err);
  }
  assert.ok(!existsSync(at('x.html')));
});

// --- the page ------------------------------------------------------------------------------------------------------------

/** Open a file as it is; what is on the console, or asks for anything else, fails. */
async function open(t, name, { width = 1200, colorScheme = 'light' } = {}) {
  const browser = await chromium.launch({ executablePath: program, args: flags });
  t.cleanup(() => browser.close());
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const url = pathToFileURL(at(name)).href;
  const wrong = [];
  page.on('console', (message) => wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('dialog', (dialog) => wrong.push(`dialog ${dialog.message()}`));
  page.on('request', (request) => request.url() === url || wrong.push(`request ${request.url()}`));
  await page.goto(url, { timeout: DEADLINE_MS });
  assert.deepEqual(wrong, []);
  return { page, wrong };
}

const paper = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test('the page has its charts, with labels and descriptions, and asks for nothing', async (t) => {
  const { results, sentence, verdict } = await result();
  const { page, wrong } = await open(t, 'r.html');
  const seen = await page.evaluate(() => ({
    scripts: document.scripts.length,
    firm: document.querySelectorAll('#latency .curve:not(.dotted)').length,
    ends: [...document.querySelectorAll('#latency .plot > svg > .name')].map((label) => label.textContent),
    panels: document.querySelectorAll('#series .plot').length,
    bars: ['bytes', 'cpu'].map((id) => document.querySelectorAll(`#${id} .bars`).length),
    pairs: document.querySelectorAll('#model .dots:not(.scale)').length,
    unnamed: [...document.querySelectorAll('svg[role=img]')].filter((svg) => !svg.querySelector('title')?.textContent || !svg.querySelector('desc')?.textContent).length,
    uncaptioned: [...document.querySelectorAll('table')].filter((table) => !table.caption?.textContent).length,
    summary: document.querySelector('.summary').textContent,
    figures: [...document.querySelectorAll('#figures tbody th[title]')].map((head) => head.title),
    manifest: document.querySelector('#manifest').textContent,
    wide: [...document.querySelectorAll('#latency .curve')].map((curve) => curve.getBoundingClientRect().width),
  }));
  assert.equal(seen.scripts, 0);
  assert.equal(seen.firm, results.length);
  assert.deepEqual(seen.ends.sort(), NAMES);
  assert.equal(seen.panels, results.length);
  assert.deepEqual(seen.bars, [results.length, results.length]);
  assert.equal(seen.pairs, 2 * results.length);
  assert.deepEqual([seen.unnamed, seen.uncaptioned], [0, 0]);
  assert.ok(seen.wide.every((width) => width > 10), `${seen.wide}`);
  assert.ok(seen.summary.includes(verdict === 'sound' ? sentence : '✗'), seen.summary);
  const there = Object.keys(results[0].figures).filter((name) => results.some(({ figures }) => figures[name].value !== null));
  assert.deepEqual(seen.figures, there);
  assert.match(seen.manifest, /feedlab-bench run -t poll,sse,ws/);

  const values = page.locator('#latency .stop').nth(1).locator('.name').first();
  assert.ok(await values.isHidden());
  await page.locator('#latency .stop > rect').nth(1).hover();
  assert.ok(await values.isVisible());
  assert.deepEqual(wrong, []);
});

test('the page is light or dark as the reader has it, and fits a phone and a sheet of paper', async (t) => {
  await result();
  await bench(null, 'report', at('r.json'), at('r.json'), '-o', at('two.html'));
  const light = await open(t, 'r.html');
  const dark = await open(t, 'r.html', { colorScheme: 'dark' });
  assert.equal(await paper(light.page), 'rgb(255, 255, 255)');
  assert.match(await paper(dark.page), /^rgb\(\d{1,2}, \d{1,2}, \d{1,2}\)$/);
  for (const name of ['r.html', 'two.html']) {
    const { page } = await open(t, name, { width: 360 });
    const widest = await page.evaluate(() => {
      const inside = (element) => element.closest('.scroll');
      const rights = [...document.querySelectorAll('body *')].filter((element) => !inside(element)).map((element) => element.getBoundingClientRect());
      return { scroll: document.documentElement.scrollWidth, right: Math.max(...rights.map((box) => box.right)), left: Math.min(...rights.map((box) => box.left)) };
    });
    assert.equal(widest.scroll, 360, name);
    assert.ok(widest.right <= 360 && widest.left >= 0, `${name}: ${JSON.stringify(widest)}`);
  }
  const { page } = await open(t, 'r.html', { width: 690, colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  assert.equal(await paper(page), 'rgb(255, 255, 255)');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 690);
});

test('text of a hostile file stays text', async (t) => {
  const evil = `"'><script>document.title='pwned'</script><img src=x onerror=alert(1)><style>body{display:none}</style>`;
  await result();
  const texts = (await text('r.json')).replaceAll(/("(?:[^"\\]|\\.)*")(:?)/g, (all, string, colon) => (colon ? all : JSON.stringify(evil)));
  await writeFile(at('hostile.json'), texts.replaceAll('"latency.p90":', () => `${JSON.stringify(evil)}:`));
  const { status, err } = await bench(null, 'report', at('hostile.json'), '-o', at('hostile.html'));
  assert.equal(status, 0, err);
  const { page, wrong } = await open(t, 'hostile.html');
  const seen = await page.evaluate(() => [document.scripts.length, document.images.length, document.querySelectorAll('style').length, document.body.offsetHeight > 0]);
  assert.deepEqual(seen, [0, 0, 1, true]);
  assert.notEqual(await page.title(), 'pwned');
  assert.deepEqual(wrong, []);
});

test('a policy forbids what escaping would have missed', async (t) => {
  await result();
  await writeFile(at('planted.html'), (await text('r.html')).replace('<main>', '<main><script>document.title = "pwned"</script><p style="color:red" id="planted">x</p>'));
  const browser = await chromium.launch({ executablePath: program, args: flags });
  t.cleanup(() => browser.close());
  const page = await browser.newPage();
  await page.goto(pathToFileURL(at('planted.html')).href);
  assert.notEqual(await page.title(), 'pwned');
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.querySelector('#planted')).color), 'rgb(255, 0, 0)');
});

await run();
