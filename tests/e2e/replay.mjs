// --source replay:FILE: recorded updates come again, with the gaps that were between them.
// SPDX-License-Identifier: MIT
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { assert, load, openWebSocket, publish, request, run, test } from './harness.mjs';

const { WebSocket } = await load('ws');

async function record(t, lines) {
  const name = path.join(await t.directory(), 'record.jsonl');
  await writeFile(name, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)) + '\n').join(''));
  return name;
}

async function replay(t, lines, count, ...args) {
  const server = await t.server(['--source', `replay:${await record(t, lines)}`, ...args]);
  const { messages, socket } = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws?since=0`);
  const updates = await messages.take(count, 'updates');
  await server.logged(/source_ended/);
  socket.close();
  return { server, updates };
}

function assertGaps(updates, expected) {
  updates.slice(1).forEach(({ t }, index) => {
    const gap = t - updates[index].t;
    assert.ok(Math.abs(gap - expected[index]) < 500, `gap ${index + 1}: ${gap} µs, not ${expected[index]}`);
  });
}

test('the gaps between the lines are kept', async (t) => {
  const start = 1764000000000000;
  const lines = [
    { t: start, data: 'a' },
    { t: start + 200_000, data: { b: [1, 2] } },
    { t: start + 250_000, data: null },
    { t: start + 250_000, data: 'at the same time' },
  ];
  const { updates } = await replay(t, lines, 4);
  assert.deepEqual(updates.map(({ data }) => data), lines.map(({ data }) => data));
  assertGaps(updates, [200_000, 50_000, 0]);
  assert.ok(updates[0].t > start, 't is when it is due now, not when it was recorded');
});

test('--speed 10x plays ten times as fast', async (t) => {
  const start = 1764000000000000;
  const lines = [0, 1, 3].map((seconds) => ({ t: start + seconds * 1_000_000, data: seconds }));
  const { updates } = await replay(t, lines, 3, '--speed', '10x');
  assertGaps(updates, [100_000, 200_000]);
});

test('the time may be Unix seconds or ISO 8601; without data the line is the value', async (t) => {
  const lines = [
    '{"time":1764000000.25,"data":1}',
    '{"time": 1764000000.35, "level": "info"}',
  ];
  const seconds = await replay(t, lines, 2);
  assertGaps(seconds.updates, [100_000]);
  assert.deepEqual(seconds.updates[1].data, { time: 1764000000.35, level: 'info' });
  const iso = await replay(
    t,
    ['{"time":"2026-11-24T12:00:00Z","data":1}', '{"time":"2026-11-24T13:00:00.100+01:00","data":2}'],
    2,
  );
  assertGaps(iso.updates, [100_000]);
});

test('what is no record is reported with its line and passed over', async (t) => {
  const lines = ['', 'not JSON', '{"t":1000000,"data":1}', '{"data":"no time"}', '{"t":1000000,"data":2}', '[3]'];
  const { server, updates } = await replay(t, lines, 2);
  assert.deepEqual(updates.map(({ data }) => data), [1, 2]);
  for (const line of [2, 4, 6]) await server.logged(new RegExp(`record_skipped.*line=${line}\\b`));
});

test('a time that is too far off to be played is named with its line, and passed over', async (t) => {
  const far = ['9000000000000000000', '-9000000000000000000', '9223372036854775807', '-9223372036854775808', '9223372036854775808'];
  const lines = ['{"t":0,"data":1}', ...far.map((t_us) => `{"t":${t_us},"data":"far"}`), '{"time":9e18,"data":"far"}',
    '{"time":-1e300,"data":"far"}', '{"t":1000,"data":2}'];
  const { server, updates } = await replay(t, lines, 2);
  assert.deepEqual(updates.map(({ data }) => data), [1, 2]);
  for (let line = 2; line < lines.length; line++) await server.logged(new RegExp(`record\\.jsonl.*line=${line}\\b`));
});

test('a time that lies further off than 64 bits of nanoseconds hold is not played at once', async (t) => {
  const lines = ['{"t":-9000000000000000,"data":1}', '{"t":9000000000000000,"data":2}'];
  const server = await t.server(['--source', `replay:${await record(t, lines)}`, '--speed', '0.001x']);
  while ((await request(server, '/poll?since=0')).json().updates.length === 0);
  await publish(server, 'meanwhile');
  const { updates } = (await request(server, '/poll?since=0')).json();
  assert.deepEqual(updates.map(({ data }) => data), [1, 'meanwhile']);
});

test('lines out of order do not come before their time', async (t) => {
  const { updates } = await replay(t, [{ t: 2_000_000, data: 1 }, { t: 1_000_000, data: 2 }, { t: 2_100_000, data: 3 }], 3);
  assert.deepEqual(updates.map(({ data }) => data), [1, 2, 3]);
  assertGaps(updates, [0, 100_000]);
});

test('--exit-at-eof ends with the record', async (t) => {
  const server = await t.server(['--source', `replay:${await record(t, [{ t: 0, data: 1 }])}`, '--exit-at-eof']);
  assert.equal(await server.ended(), 0);
});

test('what the feed says can be replayed', async (t) => {
  const first = await t.server(['--source', 'none']);
  const headers = { 'Content-Type': 'application/json' };
  for (const body of ['{"x":1}', '"two"']) await request(first, '/publish', { method: 'POST', headers, body });
  const recorded = (await request(first, '/poll?since=0')).json().updates;
  const { updates } = await replay(t, recorded, 2, '--speed', '1000x');
  assert.deepEqual(updates.map(({ data }) => data), [{ x: 1 }, 'two']);
});

test('a file that cannot be played is named', async (t) => {
  const missing = t.start(['--source', 'replay:/nonexistent/record.jsonl']);
  assert.notEqual(await missing.ended(), 0);
  await missing.logged(/record\.jsonl.*No such file/);
  const empty = t.start(['--source', `replay:${await record(t, ['no record'])}`]);
  assert.notEqual(await empty.ended(), 0);
  await empty.logged(/record\.jsonl/);
});

await run();
