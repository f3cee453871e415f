// The sequence diagram as data, and the bytes of its messages, held against the golden ones of docs/wire.
// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { assert, run, test } from '../e2e/harness.mjs';
import { engineIoPacket, httpRequest, httpResponse, serverSentEvent, sizeOf, webSocketFrame } from '../../web/model/anatomy.js';
import { strokesOf, tickStep, Timeline, TimelineView } from '../../web/model/timeline.js';

const exchange = (sentMs, receivedMs, updates = [], isHeld = false) => ({
  kind: 'exchange',
  sentMs,
  receivedMs,
  isHeld,
  updates,
  anatomy: [],
});
const push = (publishedMs, receivedMs, seq = 1) => ({ kind: 'push', receivedMs, updates: [{ seq, publishedMs }], anatomy: [] });
const brief = (strokes) => strokes.map(({ kind, from, to }) => `${kind} ${from}-${to}`);

test('a poll goes up and comes back at once; the way is half of the fastest', () => {
  const timeline = new Timeline();
  const slow = timeline.add(exchange(1000, 1100));
  assert.equal(timeline.wayMs, 50);
  const fast = timeline.add(exchange(2000, 2040));
  assert.equal(timeline.wayMs, 20);
  assert.deepEqual(brief(strokesOf(fast, 20, 9999)), ['request 2000-2020', 'empty 2020-2040']);
  assert.deepEqual(brief(strokesOf(slow, 20, 9999)), ['request 1000-1050', 'empty 1050-1100']);
});

test('news waits at the server for the poll that fetches it', () => {
  const strokes = strokesOf(
    exchange(2000, 2040, [
      { seq: 1, publishedMs: 1300 },
      { seq: 2, publishedMs: 1800 },
    ]),
    20,
    9999,
  );
  assert.deepEqual(brief(strokes), ['request 2000-2020', 'waits 1300-2020', 'waits 1800-2020', 'answer 2020-2040']);
});

test('a long poll is held until there is news, and what is still held is seen to wait', () => {
  assert.deepEqual(brief(strokesOf(exchange(1000, 4020, [{ seq: 1, publishedMs: 4000 }], true), 20, 9999)), [
    'request 1000-1020',
    'held 1020-4000',
    'answer 4000-4020',
  ]);
  assert.deepEqual(brief(strokesOf(exchange(1000, null, [], true), 20, 3000)), ['request 1000-1020', 'held 1020-3000']);
  // News that was there before the request is answered at once.
  assert.deepEqual(brief(strokesOf(exchange(1000, 1040, [{ seq: 1, publishedMs: 900 }], true), 20, 9999)), [
    'request 1000-1020',
    'waits 900-1020',
    'answer 1020-1040',
  ]);
});

test('a push leaves at its own time and takes as long as it took', () => {
  const timeline = new Timeline();
  const event = timeline.add(push(1000, 1040));
  assert.equal(timeline.wayMs, 40);
  assert.deepEqual(strokesOf(event, 40, 9999), [
    { kind: 'push', from: 1000, to: 1040, fromRail: 'server', toRail: 'client', isEstimated: false },
  ]);
  assert.deepEqual(brief(strokesOf({ kind: 'up', sentMs: 5000 }, 40, 9999)), ['up 5000-5040']);
});

test('no arrow goes back in time, whatever the clocks say', () => {
  const odd = [
    exchange(1000, 1001, [{ seq: 1, publishedMs: 2000 }]),
    exchange(1000, 1001, [{ seq: 1, publishedMs: 2000 }], true),
    exchange(1000, 1000),
    push(2000, 1000),
  ];
  for (const event of odd)
    for (const wayMs of [0, 500])
      for (const { from, to, kind } of strokesOf(event, wayMs, 1000)) assert.ok(to >= from, `${kind} ${from}-${to}`);
});

test('what is seen is found, a request on its way too, and nothing is kept beyond the ring', () => {
  const timeline = new Timeline({ capacity: 100 });
  for (let i = 0; i < 1000; i++) timeline.add(push(i * 10, i * 10 + 5, i));
  assert.equal(timeline.length, 100);
  assert.deepEqual(
    timeline.between(9900, 9931).map(({ receivedMs }) => receivedMs),
    [9905, 9915, 9925, 9935],
  );
  const key = timeline.begin(9920, true);
  assert.equal(timeline.between(9900, 9931).at(-1).receivedMs, null);
  timeline.end(key);
  assert.equal(timeline.between(9900, 9931).length, 4);
  assert.equal(timeline.nearest(9917).receivedMs, 9915);
  assert.equal(timeline.nearest(0).receivedMs, 9005);
  const event = timeline.nearest(9917);
  assert.equal(timeline.neighbour(event.id, 1).receivedMs, 9925);
  assert.equal(timeline.neighbour(event.id, -1).receivedMs, 9905);
  assert.equal(timeline.neighbour(timeline.nearest(1e9).id, 1).receivedMs, 9995);
});

test('the view follows the present, pauses, steps and zooms about what is pointed at', () => {
  const view = new TimelineView();
  assert.deepEqual([view.startMs(50000), view.isPaused], [40000, false]);
  assert.equal(view.toX(45000, 800, 50000), 400);
  view.pause(50000);
  assert.deepEqual([view.endMs(90000), view.isPaused], [50000, true]);
  view.move(-0.5, 90000);
  assert.equal(view.endMs(90000), 45000);
  const at = view.toMs(200, 800, 90000);
  view.zoom(1, 90000, at);
  assert.equal(view.spanMs, 5000);
  assert.ok(Math.abs(view.toX(at, 800, 90000) - 200) < 1e-6);
  for (let i = 0; i < 20; i++) view.zoom(1, 90000);
  assert.equal(view.spanMs, 500);
  for (let i = 0; i < 20; i++) view.zoom(-1, 90000);
  assert.equal(view.spanMs, 60000);
  view.reveal(120000, 130000);
  assert.ok(view.toX(120000, 100, 130000) > 50 && view.toX(120000, 100, 130000) <= 100);
  view.follow();
  assert.equal(view.endMs(99), 99);
  assert.deepEqual([tickStep(10000, 1000), tickStep(10000, 300), tickStep(500, 1000)], [1000, 5000, 50]);
});

// --- bytes -----------------------------------------------------------------------------------------------------------

const golden = (name) => readFileSync(path.join(process.env.FEEDLAB_SRCDIR ?? '.', 'tests/golden', name), 'utf8');
/** The bytes that the parts stand for. */
const bytesOf = ({ parts }) =>
  Buffer.concat(parts.map(({ text, isHex }) => (isHex ? Buffer.from(text.replaceAll(' ', ''), 'hex') : Buffer.from(text))));

test('an event and frames are those of the wire, byte for byte', () => {
  const update = '{"seq":17,"t":1764000000123473,"data":"17th"}';
  const event = serverSentEvent({ id: 'k3f9tz-17', data: update });
  assert.equal(bytesOf(event).toString(), golden('sse-update.txt'));
  assert.equal(
    bytesOf(serverSentEvent({ type: 'gap', id: 'k3f9tz-9', data: '{"from":5,"to":9}' })).toString(),
    golden('sse-gap.txt'),
  );
  const hex = (name) => golden(name).trim().split(/\s+/).join('');
  assert.equal(bytesOf(webSocketFrame(update)).toString('hex'), hex('ws-update.hex'));
  const packet = engineIoPacket(`42["news",${update},"k3f9tz-17"]`, { isWebSocket: true });
  assert.equal(bytesOf(packet).toString('hex'), hex('socketio-news.hex'));
  for (const group of [event, packet]) assert.equal(group.size, bytesOf(group).length);
});

test("a frame has 2, 4 or 10 bytes of header, and a browser's four more", () => {
  const header = (size, options) => webSocketFrame('x'.repeat(size), options).size - size;
  assert.deepEqual(
    [125, 126, 65535, 65536].map((size) => header(size)),
    [2, 4, 4, 10],
  );
  assert.deepEqual(
    [125, 126, 65536].map((size) => header(size, { isMasked: true })),
    [6, 8, 14],
  );
  assert.equal(webSocketFrame('x'.repeat(65536)).parts[1].text, '7f 00 00 00 00 00 01 00 00');
  assert.equal(webSocketFrame('한'.repeat(42)).parts[1].text, '7e 00 7e');
});

test('packets of Socket.IO come apart', () => {
  const notes = (text) => engineIoPacket(text, { isWebSocket: false }).parts.map(({ text: part, note }) => `${note} ${part}`);
  assert.deepEqual(notes('2'), ['eio2 2']);
  assert.deepEqual(notes('3probe'), ['eio3 3', 'eioData probe']);
  assert.deepEqual(notes('40{"sid":"x"}'), ['eio4 4', 'sio0 0', 'sioData {"sid":"x"}']);
  assert.deepEqual(notes('4312[{"seq":1}]'), ['eio4 4', 'sio3 3', 'sioHead 12', 'sioData [{"seq":1}]']);
});

test('of HTTP the page shows what it knows, and says of an empty answer that it is one', () => {
  const request = httpRequest({ path: '/poll?since=k-17', host: 'localhost:8080' });
  assert.equal(request.isExact, false);
  assert.equal(bytesOf(request).toString(), 'GET /poll?since=k-17 HTTP/1.1\r\nHost: localhost:8080\r\n');
  const empty = httpResponse({ status: 200, headers: [['etag', '"k-17"']], body: golden('poll-empty.json') });
  assert.equal(empty.parts.at(-1).note, 'bodyEmpty');
  assert.equal(httpResponse({ status: 200, body: golden('poll-two-updates.json') }).parts.at(-1).note, 'bodyUpdates');
});

test('a long text is cut for the eye, but not in its size', () => {
  const [, , payload] = webSocketFrame('é'.repeat(5000)).parts;
  assert.ok(payload.text.length <= 601);
  assert.equal(payload.size, sizeOf('é'.repeat(5000)));
});

await run();
