// A page written for the blog post's `ws` example works unchanged: one port for page and WebSocket, a message every
// 3 s, what it sends is logged with its IP, its leaving is logged.
// SPDX-License-Identifier: MIT
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { Queue, assert, load, openWebSocket, request, run, test } from './harness.mjs';

const { WebSocket } = await load('ws');

// The page of the post. Its script is run below, with npm's ws in the browser's place.
const page = `<!doctype html>
<meta charset="utf-8">
<title>WebSocket</title>
<script>
  const ws = new WebSocket("ws://localhost:8080");
  ws.onopen = () => ws.send("hello from the page");
  ws.onmessage = (event) => console.log(event.data);
</script>
`;

function runPage(html, port, log) {
  const script = html.match(/<script>([^]*)<\/script>/)[1].replace('8080', port);
  class PageSocket extends WebSocket {
    constructor(url) {
      super(url, [], { origin: `http://localhost:${port}` });
    }
  }
  return new Function('WebSocket', 'console', `${script}; return ws;`)(PageSocket, { log });
}

test('the page of the post gets a message every three seconds by default', async (t) => {
  const server = await t.server();
  const printed = new Queue();
  const ws = runPage(page, server.port, (data) => printed.push(JSON.parse(data)));

  await server.logged(/ came .*127\.0\.0\.1/);
  await server.logged(/127\.0\.0\.1.*hello from the page/);
  const [first, second] = await printed.take(2, 'updates');
  assert.equal(second.seq, first.seq + 1);
  // By the schedule: to the microsecond, but for what the system clock is being slewed by.
  assert.ok(Math.abs(second.t - first.t - 3_000_000) < 2000, `${second.t - first.t} µs apart`);
  assert.ok(Math.abs(Date.now() * 1000 - second.t) < 1_000_000, 't is Unix time in microseconds');
  ws.close();
  await server.logged(/ left .*127\.0\.0\.1/);
});

test('a page that vanishes without a close frame is logged as having left', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { socket, opened } = openWebSocket(WebSocket, `ws://localhost:${server.port}`);
  await opened();
  socket.terminate();
  await server.logged(/ left .*127\.0\.0\.1/);
});

test('control characters that a client sends never reach the log raw', async (t) => {
  const server = await t.server(['--source', 'none']);
  const { socket, opened } = openWebSocket(WebSocket, `ws://localhost:${server.port}`);
  await opened();
  socket.send('red \x1b[31malert\nforged line \u202e\u2028\u2029\x07 end');
  const line = await server.logged(/red .*alert/);
  assert.match(line, /forged line.* end/);
  assert.doesNotMatch(line, /[\x00-\x1f\x7f\u202e\u2028\u2029]/);
  socket.terminate();
});

test('the log in JSON is one object a line', async (t) => {
  const server = await t.server(['--source', 'none', '--log-format', 'json']);
  const { socket, opened } = openWebSocket(WebSocket, `ws://localhost:${server.port}`);
  await opened();
  socket.send('a "quoted" line\n\x01\ud83d\ude00');
  await server.logged(/quoted/);
  socket.close();
  await server.logged(/"event":"left"/);
  const spoke = server.lines.map((line) => JSON.parse(line)).find(({ message }) => message);
  assert.equal(spoke.message, 'a "quoted" line\n\x01\ud83d\ude00');
  assert.equal(spoke.ip, '127.0.0.1');
});

test('GET / on the same port is a page that names the endpoints', async (t) => {
  const server = await t.server(['--source', 'none']);
  const answer = await request(server, '/');
  assert.equal(answer.status, 200);
  assert.match(answer.headers['content-type'], /^text\/html/);
  for (const endpoint of ['/poll', '/longpoll', '/events', '/ws', '/publish', 'curl']) {
    assert.ok(answer.text.includes(endpoint), `the page names ${endpoint}`);
  }
});

async function webRoot(t) {
  const directory = await t.directory();
  const root = path.join(directory, 'root');
  await mkdir(path.join(root, 'sub'), { recursive: true });
  // Beside the root: names of the same length, and that begin alike.
  for (const sibling of ['.', 'boot', 'root2']) {
    await mkdir(path.join(directory, sibling), { recursive: true });
    await writeFile(path.join(directory, sibling, 'secret.txt'), 'secret');
  }
  await writeFile(path.join(root, 'index.html'), page);
  await writeFile(path.join(root, 'sub', 'app.js'), 'export {};\n');
  await writeFile(path.join(root, 'empty.css'), '');
  await symlink('../secret.txt', path.join(root, 'out.txt'));
  await symlink('..', path.join(root, 'up'));
  return root;
}

test('--web-root serves a folder with the page unchanged, and it works', async (t) => {
  const root = await webRoot(t);
  const server = await t.server(['--source', 'none', '--web-root', root]);
  const index = await request(server, '/');
  assert.equal(index.text, page);
  assert.match(index.headers['content-type'], /^text\/html/);
  const script = await request(server, '/sub/app.js');
  assert.equal(script.text, 'export {};\n');
  assert.match(script.headers['content-type'], /javascript/);
  const empty = await request(server, '/empty.css');
  assert.equal(empty.status, 200);
  assert.equal(empty.text, '');
  const head = await request(server, '/sub/app.js', { method: 'HEAD' });
  assert.equal(head.headers['content-length'], '11');
  assert.equal(head.text, '');

  const ws = runPage(index.text, server.port, () => {});
  await server.logged(/hello from the page/);
  ws.close();
});

test('no path leaves --web-root', async (t) => {
  const root = await webRoot(t);
  const server = await t.server(['--source', 'none', '--web-root', root]);
  const paths = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2E%2E%2fsecret.txt',
    '/..%2fsecret.txt',
    '/sub/../../secret.txt',
    '/sub/%2e%2e/%2e%2e/secret.txt',
    '//secret.txt',
    `/${root}/../secret.txt`,
    '/..\\secret.txt',
    '/../boot/secret.txt',
    '/../root2/secret.txt',
    '/out.txt',
    '/up/secret.txt',
    '/up/boot/secret.txt',
    '/up/root2/secret.txt',
    '/nothing.html',
  ];
  for (const target of paths) {
    const answer = await request(server, target);
    assert.notEqual(answer.text, 'secret', `${target} is not served`);
    assert.ok([400, 404].includes(answer.status), `${target}: ${answer.status}`);
  }
});

test('the root of --web-root may be a symbolic link itself', async (t) => {
  const root = await webRoot(t);
  const link = path.join(await t.directory(), 'link');
  await symlink(root, link);
  const server = await t.server(['--source', 'none', '--web-root', link]);
  assert.equal((await request(server, '/index.html')).text, page);
});

/** A port that was free a moment ago. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('PORT in the environment is the port', async (t) => {
  const port = await freePort();
  const server = await t.server(['--source', 'none'], { port: null, env: { PORT: String(port) } });
  assert.equal(server.port, port);
  assert.equal((await request(server, '/health/live')).status, 200);
});

test('--port goes before PORT, and a PORT that is none is named', async (t) => {
  const server = await t.server(['--source', 'none'], { env: { PORT: '1' } });
  assert.notEqual(server.port, 1);
  assert.equal((await request(server, '/health/live')).status, 200);
  const wrong = t.start(['--source', 'none'], { port: null, env: { PORT: 'http' } });
  assert.equal(await wrong.ended(), 2);
  await wrong.logged(/http/);
});

await run();
