// --source stdin with real input: dpkg's log, which every Debian machine has (made up where there is none), line by
// line by all four transports.
// SPDX-License-Identifier: MIT
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Queue, assert, load, openWebSocket, request, run, test } from './harness.mjs';

const { WebSocket } = await load('ws');
const { EventSource } = await load('eventsource');

const DPKG_LOG = '/var/log/dpkg.log';

async function madeUp(t, count) {
  const name = path.join(await t.directory(), 'dpkg.log');
  const lines = Array.from({ length: count }, (_, i) => `2026-01-01 00:00:00 status installed package${i}:amd64 1.${i}-1`);
  await writeFile(name, `${lines.join('\n')}\n`);
  return name;
}

const inputs = {
  'a log': (t) => (existsSync(DPKG_LOG) && statSync(DPKG_LOG).size > 0 ? DPKG_LOG : madeUp(t, 5000)),
  'a long log': (t) => madeUp(t, 30000),
};

/** The rule: a line is a string, or the JSON value where the line is JSON. */
function valueOf(line) {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

const readers = {
  async poll(server, count) {
    const updates = [];
    for (let cursor = '0'; updates.length < count; ) {
      const batch = (await request(server, `/poll?since=${cursor}`)).json();
      updates.push(...batch.updates);
      assert.equal(updates[0]?.seq ?? 1, 1, 'the first line is there');
      ({ cursor } = batch);
    }
    return updates;
  },

  async longpoll(server, count) {
    const updates = [];
    for (let cursor = '0'; updates.length < count; ) {
      const batch = (await request(server, `/longpoll?since=${cursor}`)).json();
      updates.push(...batch.updates);
      assert.equal(updates[0]?.seq ?? 1, 1, 'the first line is there');
      ({ cursor } = batch);
    }
    return updates;
  },

  async sse(server, count) {
    const events = new Queue();
    const source = new EventSource(`${server.url}/events?since=0`);
    source.onmessage = ({ data }) => events.push(JSON.parse(data));
    const updates = await events.take(count, 'events');
    source.close();
    return updates;
  },

  async ws(server, count) {
    const { messages, socket } = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws?since=0`);
    const updates = await messages.take(count, 'messages');
    socket.close();
    return updates;
  },
};

for (const [transport, read] of Object.entries(readers)) {
  for (const [what, input] of Object.entries(inputs))
    test(`${transport}: every line of ${what} arrives, in order, by nothing but --source stdin`, async (t) => {
      const name = await input(t);
      const descriptor = openSync(name, 'r');
      t.cleanup(() => closeSync(descriptor));
      const server = await t.server(['--source', 'stdin'], { input: descriptor });
      await server.logged(/source_ended/);
      // What the server read; the log may have grown since.
      const { head } = (await request(server, '/stats')).json();
      const lines = (await readFile(name, 'utf8')).split('\n').slice(0, head);
      assert.ok(head > 0 && lines.length === head);
      const updates = await read(server, head);
      assert.equal(updates.length, head);
      updates.forEach(({ seq, data }, index) => {
        assert.equal(seq, index + 1);
        assert.deepEqual(data, valueOf(lines[index]), `line ${index + 1}`);
      });
    });

  test(`${transport}: lines are there as they come in`, async (t) => {
    const server = await t.server(['--source', 'stdin'], { input: 'pipe' });
    server.input.write('one\ntw');
    assert.deepEqual((await read(server, 1)).map(({ data }) => data), ['one']);
    server.input.write('o\nthree');
    assert.deepEqual((await read(server, 2)).map(({ data }) => data), ['one', 'two']);
    server.input.end();
    assert.deepEqual((await read(server, 3)).map(({ data }) => data), ['one', 'two', 'three']);
  });
}

/** Feed bytes and an end. Returns: the values that came of them. */
async function valuesOf(t, bytes) {
  const server = await t.server(['--source', 'stdin'], { input: 'pipe' });
  server.input.end(bytes);
  await server.logged(/source_ended/);
  const answer = await request(server, '/poll?since=0');
  return { server, values: answer.json().updates.map(({ data }) => data) };
}

test('a line that is JSON is that value, any other a string', async (t) => {
  const lines = ['{"a": [1, 2.5, null]}', '12', '"quoted"', 'true', ' 7 ', 'nan', '{a:1}', "{'a':1}", '[1,]', '12 13',
    'say "hi"\t\\', '', '{"a":1} x', '\u00e4\u{1f600}'];
  const { values } = await valuesOf(t, lines.map((line) => `${line}\n`).join(''));
  assert.deepEqual(values, lines.map(valueOf));
});

test('CR before LF is no part of the line, and the last line needs no end', async (t) => {
  const { values } = await valuesOf(t, 'dos\r\nunix\ninner\rone\r\n\r\nlast');
  assert.deepEqual(values, ['dos', 'unix', 'inner\rone', '', 'last']);
});

test('bad UTF-8 becomes U+FFFD, control characters survive', async (t) => {
  const bytes = Buffer.concat([
    Buffer.from('a\xffb\n', 'latin1'),
    Buffer.from('cut \xe2\x82\n', 'latin1'),
    Buffer.from('\x01\x1f\x7f\n'),
    Buffer.from('"json \xff"\n', 'latin1'),
  ]);
  const { values } = await valuesOf(t, bytes);
  assert.equal(values[0], 'a\ufffdb');
  assert.match(values[1], /^cut \ufffd+$/);
  assert.equal(values[2], '\x01\x1f\x7f');
  assert.equal(values[3], '"json \ufffd"');
});

test('a line over 1 MB is cut at a character and reported, what follows is whole', async (t) => {
  const { server, values } = await valuesOf(t, `${'x'.repeat(1000 * 1000)}\n${'\u00e4'.repeat(700 * 1000)}\nafter\n`);
  // Batches end at 1 MB.
  let cursor = values.length;
  while (values.length < 3) {
    const batch = (await request(server, `/poll?since=${cursor}`)).json();
    values.push(...batch.updates.map(({ data }) => data));
    cursor = values.length;
  }
  assert.equal(values.length, 3);
  assert.equal(values[0].length, 1000 * 1000, 'exactly 1 MB is not cut');
  assert.match(values[1].slice(-10), /^\u00e4+$/);
  assert.ok(Math.abs(values[1].length - 500 * 1000) < 2, `${values[1].length} characters are kept`);
  assert.equal(values[2], 'after');
  await server.logged(/line_cut.*\b2\b/);
  assert.equal(server.lines.filter((line) => line.includes('line_cut')).length, 1);
});

test('at the end of input the feed stays up', async (t) => {
  const { server } = await valuesOf(t, 'only\n');
  assert.equal((await request(server, '/health/ready')).status, 200);
  assert.equal((await request(server, '/stats')).json().source.ended, true);
});

test('--history counts where it is asked for', async (t) => {
  const server = await t.server(['--source', 'stdin', '--history', '10'], { input: 'pipe' });
  server.input.end('line\n'.repeat(100));
  await server.logged(/source_ended/);
  assert.deepEqual((await request(server, '/poll?since=0')).json().updates.map(({ seq }) => seq), [91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
});

test('--history-bytes is the limit', async (t) => {
  const server = await t.server(['--source', 'stdin', '--history-bytes', '100k'], { input: 'pipe' });
  server.input.end(`${'x'.repeat(1000)}\n`.repeat(1000));
  await server.logged(/source_ended/);
  const { updates } = (await request(server, '/poll?since=0')).json();
  assert.equal(updates.at(-1).seq, 1000);
  assert.ok(updates.length > 50 && updates.length < 110, `${updates.length} updates of 1 kB are kept`);
});

test('--exit-at-eof ends the server when all have been served', async (t) => {
  const server = await t.server(['--source', 'stdin', '--exit-at-eof'], { input: 'pipe' });
  const { closed, messages, opened } = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws`);
  const events = new Queue();
  const source = new EventSource(`${server.url}/events`);
  source.onmessage = ({ data }) => events.push(JSON.parse(data));
  source.onerror = () => source.close();
  await opened();
  await server.logged(/ came .*sse/);
  for (let i = 1; i <= 20000; i++) server.input.write(`line ${i}\n`);
  server.input.end();
  for (const queue of [messages, events]) {
    const updates = await queue.take(20000, 'updates');
    updates.forEach(({ seq, data }, index) => assert.deepEqual([seq, data], [index + 1, `line ${index + 1}`]));
  }
  assert.equal((await closed()).code, 1001);
  assert.equal(await server.ended(), 0);
});

test('--exit-at-eof with an empty input and nobody there ends at once', async (t) => {
  const server = t.start(['--source', 'stdin', '--exit-at-eof'], { input: 'ignore' });
  assert.equal(await server.ended(), 0);
});

await run();
