// Pages in a real browser (Debian's Chromium): those of the blog post, unchanged but for the port.
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

await run();
