// Pages in a real browser (Debian's Chromium): those of the blog post, unchanged but for the port, and what the built-in
// page's policy lets it do.
// SPDX-License-Identifier: MIT
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { assert, DEADLINE_MS, load, run, test, within } from './harness.mjs';

const { chromium } = await load('playwright-core');
const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(program)) {
  console.log('1..0 # SKIP run ./bootstrap: chromium is missing');
  process.exit(0);
}
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const socketIoPage = (port) => `<!doctype html>
<meta charset="utf-8">
<title>Socket.IO</title>
<script src="/socket.io/socket.io.js"></script>
<script>
  var socket = io.connect('http://localhost:${port}', {path: '/socket.io'});
  socket.on('news', function (data) {
    console.log(JSON.stringify(data));
    socket.emit('reply', {got: data.seq});
  });
</script>
`;

const webSocketPage = (port) => `<!doctype html>
<meta charset="utf-8">
<title>WebSocket</title>
<script>
  const ws = new WebSocket("ws://localhost:${port}");
  ws.onopen = () => ws.send("hello from the page");
  ws.onmessage = (event) => console.log(event.data);
</script>
`;

/** Open the page of `write(port)` and wait for the first update that it prints. Anything else on the console fails. */
async function show(t, server, root, write) {
  await writeFile(path.join(root, 'index.html'), write(server.port));
  const browser = await chromium.launch({ executablePath: program, args: flags });
  t.cleanup(() => browser.close());
  const page = await browser.newPage();
  const wrong = [];
  const first = new Promise((resolve) => {
    page.on('console', (message) => {
      const text = message.text();
      if (text.startsWith('{"seq"')) resolve(JSON.parse(text));
      else if (!/favicon/.test(`${text} ${message.location().url}`)) wrong.push(text);
    });
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  await page.goto(`http://localhost:${server.port}/`, { timeout: DEADLINE_MS });
  const update = await within(first, 'an update on the page');
  assert.deepEqual(wrong, []);
  return { page, update };
}

test('the Socket.IO page of the post, in Chromium', async (t) => {
  const root = await t.directory();
  const server = await t.server(['--web-root', root, '--interval', '200ms', '--workers', '2']);
  const { page, update } = await show(t, server, root, socketIoPage);
  await server.logged(/upgraded transport=socketio/);
  await server.logged(new RegExp(`spoke transport=socketio ip=127.0.0.1 .*kind=reply .*got.*${update.seq}`));
  await page.close();
  await server.logged(/left transport=socketio/);
});

test('the WebSocket page of the post, in Chromium', async (t) => {
  const root = await t.directory();
  const server = await t.server(['--web-root', root, '--interval', '200ms']);
  const { page } = await show(t, server, root, webSocketPage);
  await server.logged(/spoke transport=ws ip=127.0.0.1 .*hello from the page/);
  await page.close();
  await server.logged(/left transport=ws/);
});

/** In the page: each transport's first update by way of a line, and whether a foreign host can be asked. */
async function askThrough(port) {
  const line = `localhost:${port}`;
  const { io } = await import('/socket.io/socket.io.esm.min.js');
  const { default: Chart } = await import('/vendor/uplot.js');
  const poll = async (path) => (await (await fetch(`http://${line}${path}`)).json()).updates[0].seq;
  const first = {
    poll: poll('/poll?since=0'),
    longpoll: poll('/longpoll?since=0'),
    sse: new Promise((resolve) => {
      const source = new EventSource(`http://${line}/events?since=0`);
      source.onmessage = ({ data }) => (resolve(JSON.parse(data).seq), source.close());
    }),
    ws: new Promise((resolve) => {
      const socket = new WebSocket(`ws://${line}/ws?since=0`);
      socket.onmessage = ({ data }) => (resolve(JSON.parse(data).seq), socket.close());
    }),
    socketio: new Promise((resolve) => {
      const socket = io(`http://${line}`, { auth: { since: '0' } });
      socket.on('news', ({ seq }) => (resolve(seq), socket.close()));
    }),
    published: fetch(`http://${line}/publish`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '"hello"' }).then(({ status }) => status),
    tagged: fetch(`http://${line}/poll`, { headers: { 'If-None-Match': '"x"' } }).then(({ headers }) => headers.has('etag')),
    foreign: new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective), { once: true });
      fetch('http://192.0.2.1/').catch(() => {});
    }),
    chart: typeof Chart,
  };
  return Object.fromEntries(await Promise.all(Object.entries(first).map(async ([name, value]) => [name, await value])));
}

test('the built-in page may use its lines and nothing else, in Chromium', async (t) => {
  const server = await t.server(['--interval', '100ms']);
  const browser = await chromium.launch({ executablePath: program, args: flags });
  t.cleanup(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`http://localhost:${server.port}/`, { timeout: DEADLINE_MS });
  const opening = page.evaluate(async () => {
    const asked = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"profile":"wifi"}' };
    return (await (await fetch('/demo/lines', asked)).json()).port;
  });
  const answers = await within(page.evaluate(askThrough, await within(opening, 'a line')), 'all answers');
  const updates = { poll: 1, longpoll: 1, sse: 1, ws: 1, socketio: 1 };
  assert.deepEqual(answers, { ...updates, published: 201, tagged: true, foreign: 'connect-src', chart: 'function' });
});

await run();
