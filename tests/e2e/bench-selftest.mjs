// feedlab-bench selftest and doctor from end to end. The self-test's faults and bytes do not depend on how busy the machine is; its
// times do, and are left to people (`feedlab-bench selftest`).
// SPDX-License-Identifier: MIT
import { bench, FAILED, OK, USAGE } from './bench-process.mjs';
import { assert, DEADLINE_MS, run, test } from './harness.mjs';


/** The lines of the self-test: { what: word }, and their texts. */
function readLines(out) {
  const lines = out.split('\n').filter((line) => line.startsWith('  '));
  return lines.map((line) => {
    const [, mark, word, what, text] = line.match(/^ {2}(✓|✗) (\w*) +((?:ws|sse|poll), .*?) {2,}(.*)$/) ?? assert.fail(`a line that is none: ${line}`);
    return { mark, word, what, text };
  });
}

const FAULTS = {
  'updates lost': ['ws', 'sse', 'poll'],
  duplicates: ['ws', 'sse', 'poll'],
  reordering: ['ws', 'sse', 'poll'],
  'gap notices': ['sse', 'poll'],
  'updates before their time': ['ws', 'sse', 'poll'],
  'missed deadlines': ['ws'],
  'a clock that was set': ['ws'],
  'a server that closes': ['ws', 'sse', 'poll'],
  'a stall of 1.4 s': ['ws'],
};

test('selftest catches every planted fault and the stall in full, finds none where there is none, and counts bytes exactly', async (t) => {
  const { status, out, err } = await bench(t, 'selftest', '--quick');
  const lines = readLines(out);
  const word = (what) => lines.find((line) => line.what === what)?.word;
  for (const transport of ['ws', 'sse', 'poll']) assert.equal(word(`${transport}, nothing`), 'clean', out);
  for (const [fault, transports] of Object.entries(FAULTS))
    for (const transport of transports) assert.equal(word(`${transport}, ${fault}`), 'caught', out);
  assert.match(word('ws, a bench that lacks CPU'), /caught|skipped/); // where others leave it none, it cannot be planted
  const bytes = lines.filter(({ what }) => /\d+ bytes/.test(what));
  assert.equal(bytes.length, 10);
  for (const one of bytes) assert.equal(one.word, 'exact', one.text);
  for (const size of [125, 126, 65535, 65536]) assert.equal(word(`ws, updates of ${size} bytes`), 'exact');
  for (const one of ['ws, 65536 bytes', 'sse, 128 bytes']) assert.equal(word(`${one} by 2 threads`), 'exact');
  const { text } = lines.find(({ what }) => what === 'ws, a stall of 1.4 s');
  const [stopped, max, p99, uncorrected] = text.match(/[\d.]+ s/g).map(parseFloat);
  assert.ok(stopped >= 1.4 && max >= 1.4 && p99 > 0.9 * 1.4 && uncorrected < 0.7, text);
  assert.ok(lines.every(({ mark }) => mark === '✓'));
  assert.equal(status, OK, out + err);
}, { deadline: DEADLINE_MS * 6 });

test('doctor says the same as JSON, and its exit status agrees', async (t) => {
  const { status, out } = await bench(t, 'doctor', '--json');
  const { health, checks } = JSON.parse(out);
  const names = ['files', 'ports', 'queues', 'memory', 'cpus', 'frequency', 'steal', 'others', 'clocksource', 'timers', 'drift', 'kernel', 'tcp', 'link'];
  assert.deepEqual(checks.map(({ name }) => name), names);
  const order = ['good', 'fair', 'bad'];
  const worst = Math.max(...checks.map((check) => order.indexOf(check.health)));
  assert.equal(health, order[worst]);
  assert.equal(status, health === 'bad' ? FAILED : OK);
  for (const check of checks) {
    assert.ok(check.found && check.means, check.name);
    assert.ok('mend' in check && (check.health !== 'good' || check.mend === null), check.name);
  }
});

test('doctor has a line for each, with its mark', async (t) => {
  const { status, out } = await bench(t, 'doctor');
  const lines = out.trimEnd().split('\n');
  assert.equal(lines.length, 14);
  for (const line of lines) assert.match(line, /^[✓!✗] \w+ +\S.*: \S/);
  assert.equal(status, lines.some((line) => line.startsWith('✗')) ? FAILED : OK);
});

test('both name what they do not take', async (t) => {
  for (const command of ['doctor', 'selftest'])
    for (const word of ['--frobnicate', 'extra']) {
      const { status, err } = await bench(t, command, word);
      assert.equal(status, USAGE);
      assert.match(err, new RegExp(word));
    }
});

await run();
