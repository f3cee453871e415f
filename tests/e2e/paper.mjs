// feedlab-bench paper from end to end: the list, names that are none, and two papers in short. Counts of bytes are exact on any
// machine; times are not looked at. A machine that is too busy for a sound run is given more tries.
// SPDX-License-Identifier: MIT
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { bench, FAILED, OK, SATURATED, USAGE } from './bench-process.mjs';
import { assert, load, run, test } from './harness.mjs';

const { default: Ajv2020 } = await load('ajv/dist/2020.js');

const NAMES = ['lubbers', 'pimentel', 'bozdag', 'appelqvist', 'abril', 'vandevyvere', 'hashrocket'];

const paper = (t, ...args) => bench(t, 'paper', ...args);

const schema = JSON.parse(await readFile(path.join(process.env.FEEDLAB_SRCDIR ?? '.', 'docs/result.schema.json'), 'utf8'));
const fits = new Ajv2020({ allowUnionTypes: true }).compile(schema);

/** What `paper --json` wrote, which fits docs/result.schema.json. */
async function written(file) {
  const json = JSON.parse(await readFile(file, 'utf8'));
  assert.ok(fits(json), JSON.stringify(fits.errors));
  return json;
}

/** The same with its JSON, of a sound run. */
async function sound(t, ...args) {
  const file = path.join(await t.directory(), 'paper.json');
  let result = await paper(t, ...args, '--json', file);
  for (let tries = 1; tries < 5 && [FAILED, SATURATED].includes(result.status); tries++) result = await paper(t, ...args, '--json', file);
  assert.equal(result.status, OK, result.out + result.err);
  const json = await written(file);
  assert.equal(json.verdict, 'sound');
  return { ...result, ...json, row: (label) => json.rows.find((row) => row.label === label) };
}

const near = (value, wanted, by) => assert.ok(Math.abs(value - wanted) <= by, `${value}, not ${wanted}`);

test('lists the papers with their citations', async (t) => {
  const { status, out } = await paper(t, '--list');
  assert.equal(status, OK);
  assert.deepEqual(out.match(/^\S+/gm), NAMES);
  assert.match(out, /Pimentel.*IEEE Internet Computing 16\(4\), 2012/);
});

test('names the papers that a name may have meant', async (t) => {
  const { status, err } = await paper(t, 'pimental');
  assert.equal(status, USAGE);
  assert.match(err, /'pimental' is no paper \(perhaps pimentel\): lubbers, .* or hashrocket is wanted/);
  for (const [args, pattern] of [[[], /one paper is wanted/], [['abril', 'lubbers'], /one paper is wanted/],
    [['hashrocket', '--budget', 'soon'], /--budget soon/], [['abril', '-d', 'soon'], /-d soon/], [['abril', '--frobnicate'], /--frobnicate/]]) {
    const result = await paper(t, ...args);
    assert.equal(result.status, USAGE, result.err);
    assert.match(result.err, pattern);
  }
});

test('lubbers: 871 bytes of heads against 2 of framing, and some 8 at the IP layer', async (t) => {
  const { out, row, paper: words, results } = await sound(t, 'lubbers', '-d', '2s');
  const heads = row('HTTP heads, a poll and its answer');
  assert.deepEqual(heads.published, { low: 871, high: 871 });
  near(heads.measured, 871, 0.5);
  assert.equal(row('framing, a WebSocket message').measured, 2);
  near(row('heads ÷ framing').measured, 435.5, 0.25);
  // Acknowledgements may ride on what is sent anyway where the machine is late: two to three segments a poll.
  const left = row('the same with 20 bytes in all for an update').measured;
  assert.ok(left > 7 && left < 9.5, `${left}`);
  assert.match(out, /^ {2}feedlab-bench run -t poll,ws -c 1000 .*--header-bytes 871/m);
  assert.match(out, /^ {55,}published +measured +model$/m);
  for (const head of ['What it says: ', 'What it does not: ', 'Here: ']) assert.match(out, new RegExp(`^${head}`, 'm'));
  assert.equal(words.published_read_in, 'paper');
  assert.equal(results.length, words.trials.length);
  assert.equal(results[0].results[0].duration_s, 2);
});

test('appelqvist: overheads by layer, as reviews cite them', async (t) => {
  const { out, row, rows, paper: words } = await sound(t, 'appelqvist', '-d', '1s');
  assert.equal(row('30 B, besides the update: WebSocket').measured, 2);
  assert.equal(row('5,000 B, besides the update: WebSocket').measured, 4);
  for (const size of ['30 B', '5,000 B']) near(row(`${size}, besides the update: SSE`).measured, 22, 2);
  assert.equal(row('30 B, besides the update: polling').published.low, 472);
  assert.equal(row('30 B, at the IP layer: SSE').published, null);
  assert.equal(rows.length, 16);
  assert.match(out, /^ +as reviews cite +measured +model$/m);
  assert.doesNotMatch(out, /^ +published +measured/m);
  assert.match(out, /read in a later review of the paper, not in the paper itself/);
  assert.equal(words.published_read_in, 'review');
});

test('pimentel: over a link that no update takes less than its delay for', async (t) => {
  const file = path.join(await t.directory(), 'paper.json');
  const { status, out, err } = await paper(t, 'pimentel', '-d', '1s', '--json', file);
  assert.ok([OK, FAILED, SATURATED].includes(status), err); // a machine that is too busy makes the link late
  assert.match(out, /polling ÷ WebSocket +2\.31 – 4\.48 /);
  const { rows, results } = await written(file);
  for (const { label, measured, model } of rows) {
    if (/mean latency/.test(label)) assert.ok(measured >= 40.3 && model >= 40.3, `${label}: ${measured}, ${model}`);
  }
  near(results[0].results[0].figures['polls.wanted'].value, 20 / 0.2306, 1e-6);
  assert.equal(results[0].manifest.setting.poll_pause_s, 0.15);
});

await run();
