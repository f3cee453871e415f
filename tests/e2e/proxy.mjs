// Behind nginx, HAProxy and Caddy, as docs/deploy has them, over TLS and HTTP/2: all five transports, update by update, kept alive by
// heartbeats, with the client's own address. Only ports, paths and timeouts of the configurations are other ones here.
// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { assert, load, openWebSocket, Queue, run, test, within } from './harness.mjs';

const { WebSocket } = await load('ws');
const { io } = await load('socket.io-client');
const root = process.env.FEEDLAB_SRCDIR ?? '.';
const NAME = 'feedlab.example';
const TOKEN = 'a-token-of-the-test';
const CLIENT = '127.0.0.9'; // where clients come from; the proxy comes from 127.0.0.1
const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

const has = (program, ...args) => !spawnSync(program, args, { env: environment, stdio: 'ignore' }).error;
const openssl = has('openssl', 'version');

/** The text with each of `pairs` put in; a configuration in which it does not stand is another one than the test knows. */
function substitute(text, pairs) {
  for (const [from, to] of pairs) {
    assert.ok(text.includes(from), `the configuration has: ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const NGINX_MAIN = `daemon off; worker_processes 1; pid nginx.pid; ${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  include feedlab.conf;
}`;

/** Per proxy: its configuration with what is other here put in, as {file: text}; how it is run and how it checks. */
const proxies = {
  nginx: {
    missing: has('nginx', '-v') ? null : 'nginx is missing: run ./bootstrap',
    source: 'nginx.conf',
    files: (text, { work, port, upstream, timeout }) => ({
      'nginx.conf': NGINX_MAIN,
      'feedlab.conf': substitute(text, [
        ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
        ['127.0.0.1:8080', `127.0.0.1:${upstream}`],
        ['/etc/ssl/feedlab', work],
        ['_read_timeout 60s', `_read_timeout ${timeout}`],
      ]),
    }),
    run: (work) => ['nginx', '-p', work, '-c', `${work}/nginx.conf`, '-e', 'stderr'],
    check: (work) => ['nginx', '-t', '-q', '-p', work, '-c', `${work}/nginx.conf`, '-e', 'stderr'],
  },
  HAProxy: {
    missing: has('haproxy', '-v') ? null : 'haproxy is missing: run ./bootstrap',
    source: 'haproxy.cfg',
    files: (text, { work, port, upstream, timeout }) => ({
      'haproxy.cfg': substitute(text, [
        ['bind :443', `bind 127.0.0.1:${port}`],
        ['127.0.0.1:8080', `127.0.0.1:${upstream}`],
        ['/etc/ssl/feedlab', work],
        ['timeout client 60s', `timeout client ${timeout}`],
        ['timeout server 60s', `timeout server ${timeout}`],
        ['timeout tunnel 60s', `timeout tunnel ${timeout}`],
      ]),
    }),
    run: (work) => ['haproxy', '-db', '-f', `${work}/haproxy.cfg`],
    check: (work) => ['haproxy', '-c', '-q', '-f', `${work}/haproxy.cfg`],
  },
  Caddy: {
    missing: has('caddy', 'version') ? null : 'caddy is missing: run ./bootstrap',
    source: 'Caddyfile',
    files: (text, { work, port, upstream, timeout }) => ({
      Caddyfile: substitute(text, [
        ['grace_period 10s', 'grace_period 1s\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust'],
        [`${NAME} {`, `https://${NAME}:${port}, https://localhost:${port} {\n\tbind 127.0.0.1`],
        ['# tls ', 'tls '],
        ['127.0.0.1:8080', `127.0.0.1:${upstream}`],
        ['/etc/ssl/feedlab', work],
        ['read_timeout 60s', `read_timeout ${timeout}`],
      ]),
    }),
    run: (work) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', `${work}/Caddyfile`],
    check: (work) => ['caddy', 'validate', '--adapter', 'caddyfile', '--config', `${work}/Caddyfile`],
  },
};

async function freePort() {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** A certificate of its own for this case. */
async function certify(work) {
  const { status, stderr } = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${NAME}`,
    '-addext', `subjectAltName=DNS:${NAME},DNS:localhost`, '-keyout', `${work}/key.pem`, '-out', `${work}/certificate.pem`,
  ], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const [certificate, key] = await Promise.all(['certificate.pem', 'key.pem'].map((file) => readFile(path.join(work, file), 'utf8')));
  await writeFile(path.join(work, 'both.pem'), certificate + key);
  return certificate;
}

async function configure(t, proxy, values) {
  const work = await t.directory();
  const ca = await certify(work);
  const text = await readFile(path.join(root, 'docs/deploy', proxy.source), 'utf8');
  for (const [file, content] of Object.entries(proxy.files(text, { work, ...values }))) await writeFile(path.join(work, file), content);
  return { work, ca, env: { ...environment, HOME: work, XDG_DATA_HOME: work, XDG_CONFIG_HOME: work } };
}

async function connects(port) {
  const socket = net.connect(port, '127.0.0.1');
  const connected = await new Promise((resolve) => socket.on('connect', () => resolve(true)).on('error', () => resolve(false)));
  socket.destroy();
  return connected;
}

/** The proxy in front of `server`. Returns: where it listens, and the certificate to trust. */
async function putInFront(t, proxy, server, timeout = '60s') {
  const port = await freePort();
  const { work, ca, env } = await configure(t, proxy, { port, upstream: server.port, timeout });
  const [program, ...args] = proxy.run(work);
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const ended = new Promise((resolve) => child.on('close', resolve));
  t.cleanup(() => (child.kill('SIGTERM'), within(ended, `${program} to end`)));
  const listens = async () => {
    while (!(await connects(port))) {
      assert.equal(child.exitCode, null, `${program} ended: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await within(listens(), `${program} to listen`);
  return { port, ca, origin: `https://${NAME}:${port}` };
}

/** A server with a proxy in front. */
async function serve(t, proxy, { timeout, args = [] } = {}) {
  const rules = ['--allow-host', NAME, '--trust-proxy', '127.0.0.1', '--publish-token', TOKEN];
  const server = await t.server(['--source', 'none', ...rules, ...args]);
  return { server, front: await putInFront(t, proxy, server, timeout) };
}

/** One connection, with HTTP/2 on it. */
async function connectHttp2(t, front) {
  const socket = tls.connect({
    host: '127.0.0.1', port: front.port, localAddress: CLIENT, servername: NAME, ca: front.ca, ALPNProtocols: ['h2'],
  });
  const session = http2.connect(front.origin, { createConnection: () => socket });
  t.cleanup(() => session.destroy());
  await within(once(session, 'connect'), 'a connection with HTTP/2');
  assert.equal(session.alpnProtocol, 'h2');
  return session;
}

/** Send a request. Returns: its stream and the head of the answer. */
async function ask(session, target, { headers = {}, method = 'GET', body } = {}) {
  const stream = session.request({ ':method': method, ':path': target, ...headers }, { endStream: body === undefined });
  stream.setEncoding('utf8');
  if (body !== undefined) stream.end(body);
  const [head] = await within(once(stream, 'response'), `an answer to ${target}`);
  return { stream, head, status: head[':status'] };
}

async function get(session, target, options) {
  const { stream, head, status } = await ask(session, target, options);
  let text = '';
  stream.on('data', (chunk) => (text += chunk));
  await within(once(stream, 'end'), `the end of ${target}`);
  return { status, head, text, json: () => JSON.parse(text) };
}

const publishHeaders = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };

async function publish(session, value) {
  const answer = await get(session, '/publish', { method: 'POST', headers: publishHeaders, body: JSON.stringify(value) });
  assert.equal(answer.status, 201, answer.text);
  return answer.json();
}

/** An event stream: its updates and its heartbeats, as they come. */
async function openEvents(session, options) {
  const { stream, status } = await ask(session, '/events', options);
  assert.equal(status, 200);
  const updates = new Queue();
  const beats = new Queue();
  let rest = '';
  stream.on('data', (chunk) => {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const data = part.match(/^data: ?(.*)$/m);
      if (data) updates.push(JSON.parse(data[1]));
      else if (part.startsWith(':')) beats.push(part);
    }
  });
  stream.on('error', () => {});
  const closed = new Promise((resolve) => stream.on('close', resolve));
  return { stream, updates, beats, closed: () => within(closed, 'the end of the event stream') };
}

const lookup = (_, { all }, done) => (all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));

function openSecureWebSocket(t, front, options = {}) {
  const opened = openWebSocket(WebSocket, `wss://${NAME}:${front.port}/ws`, [], { ca: front.ca, lookup, localAddress: CLIENT, ...options });
  t.cleanup(() => opened.socket.terminate());
  return opened;
}

/** socket.io-client knows no names of the test's own, hence localhost. */
async function openSocketIo(t, front, transports) {
  const socket = io(`https://localhost:${front.port}`, { ca: front.ca, transports, forceNew: true });
  const news = new Queue();
  const pings = new Queue();
  t.cleanup(() => socket.disconnect());
  socket.on('news', (update) => news.push(update));
  socket.io.on('ping', () => pings.push('ping'));
  await within(once(socket, 'connect'), 'a Socket.IO connection');
  return { socket, news, pings };
}

async function livesOnHeartbeats(t, proxy) {
  const { front } = await serve(t, proxy, { timeout: '1s', args: ['--heartbeat', '100ms', '--ping-interval', '100ms'] });
  const session = await connectHttp2(t, front);
  const events = await openEvents(session);
  const { socket, messages, opened } = openSecureWebSocket(t, front);
  const pings = new Queue();
  socket.on('ping', () => pings.push('ping'));
  await opened();
  const socketio = await openSocketIo(t, front, ['websocket']);
  // Two seconds of nothing but signs of life.
  await Promise.all([events.beats.take(20, 'heartbeats'), pings.take(20, 'pings'), socketio.pings.take(20, 'pings of Socket.IO')]);
  await publish(session, 'at last');
  assert.equal((await events.updates.next('the event')).data, 'at last');
  assert.equal((await messages.next('the message')).data, 'at last');
  assert.equal((await socketio.news.next('news')).data, 'at last');
}

async function isCutInSilence(t, proxy) {
  const { server, front } = await serve(t, proxy, { timeout: '1s', args: ['--heartbeat', '1h'] });
  const events = await openEvents(await connectHttp2(t, front));
  const webSocket = openSecureWebSocket(t, front);
  await webSocket.opened();
  await Promise.all([events.closed(), webSocket.closed()]);
  await server.logged(/ left transport=sse /);
  await server.logged(/ left transport=ws /);
}

for (const [name, proxy] of Object.entries(proxies)) {
  const skip = openssl ? proxy.missing : 'openssl is missing: run ./bootstrap';
  const check = (title, body) => test(`${name}: ${title}`, body, { skip });

  check('it finds nothing wrong with its configuration', async (t) => {
    const { work, env } = await configure(t, proxy, { port: await freePort(), upstream: 1, timeout: '60s' });
    const [program, ...args] = proxy.check(work);
    const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /\[warn/i);
  });

  check('an update comes by all five transports before the next one is published', async (t) => {
    const { front } = await serve(t, proxy);
    const session = await connectHttp2(t, front);
    const events = await openEvents(session);
    const { socket, messages, opened } = openSecureWebSocket(t, front, { origin: front.origin });
    await opened();
    const upgrading = await openSocketIo(t, front, ['polling', 'websocket']);
    const polling = await openSocketIo(t, front, ['polling']);
    if (upgrading.socket.io.engine.transport.name !== 'websocket')
      await within(once(upgrading.socket.io.engine, 'upgrade'), 'the upgrade of Socket.IO');

    let cursor = (await get(session, '/poll')).json().cursor;
    for (let seq = 1; seq <= 5; seq++) {
      const held = get(session, `/longpoll?since=${cursor}&timeout=20`);
      const published = await publish(session, { seq });
      assert.equal(published.seq, seq);
      assert.deepEqual((await held).json().updates.map((update) => update.seq), [seq]);
      assert.deepEqual((await get(session, `/poll?since=${cursor}`)).json().updates.map((update) => update.seq), [seq]);
      assert.equal((await events.updates.next('an event')).seq, seq);
      assert.equal((await messages.next('a WebSocket message')).seq, seq);
      assert.equal((await upgrading.news.next('news')).seq, seq);
      assert.equal((await polling.news.next('news by polling')).seq, seq);
      cursor = published.cursor;
    }
    assert.equal(socket.readyState, WebSocket.OPEN);
    assert.equal(polling.socket.io.engine.transport.name, 'polling');
  });

  check('20 event streams share one connection with requests', async (t) => {
    const { server, front } = await serve(t, proxy);
    const session = await connectHttp2(t, front);
    const streams = await Promise.all(Array.from({ length: 20 }, () => openEvents(session)));
    await server.logged(/ came transport=sse /, 20);
    for (let seq = 1; seq <= 3; seq++) {
      await publish(session, { seq });
      for (const { updates } of streams) assert.equal((await updates.next('an event')).seq, seq);
    }
    assert.equal((await get(session, '/poll?since=0')).json().updates.length, 3);
  });

  check('heartbeats keep streams open for longer than it bears silence; without them it cuts, and the server knows', async (t) => {
    await Promise.all([livesOnHeartbeats(t, proxy), isCutInSilence(t, proxy)]);
  });

  check('the log has the address of the client, whatever it says itself', async (t) => {
    const { server, front } = await serve(t, proxy);
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const session = await connectHttp2(t, front);
    await get(session, '/poll', { headers });
    assert.match(await server.logged(/ came transport=poll /), / ip=127\.0\.0\.9 /);
    await openEvents(session, { headers });
    assert.match(await server.logged(/ came transport=sse /), / ip=127\.0\.0\.9 /);
    await openSecureWebSocket(t, front, { headers }).opened();
    assert.match(await server.logged(/ came transport=ws /), / ip=127\.0\.0\.9 /);
  });

  check('Host, Origin and token are judged as without it', async (t) => {
    const { server, front } = await serve(t, proxy);
    const session = await connectHttp2(t, front);
    assert.equal((await get(session, '/poll', { headers: { origin: front.origin } })).status, 200);
    assert.equal((await get(session, '/poll', { headers: { origin: 'https://evil.example' } })).status, 403);
    assert.equal(await openSecureWebSocket(t, front, { origin: 'https://evil.example' }).refused(), 403);
    const tokenless = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '1' };
    assert.equal((await get(session, '/publish', tokenless)).status, 401);

    const strict = await t.server(['--source', 'none']);
    const answer = await get(await connectHttp2(t, await putInFront(t, proxy, strict)), '/poll');
    assert.equal(answer.status, 403);
    await strict.logged(/--allow-host/);
    assert.equal(server.lines.filter((line) => line.includes('--allow-host')).length, 0);
  });

  check('a client that leaves is gone from the server too', async (t) => {
    const { server, front } = await serve(t, proxy);
    const session = await connectHttp2(t, front);
    const kept = await openEvents(session);
    const left = await openEvents(session);
    await server.logged(/ came transport=sse /, 2);
    left.stream.close(http2.constants.NGHTTP2_CANCEL);
    await publish(session, 'to the one that stays');
    assert.equal((await kept.updates.next('an event')).data, 'to the one that stays');
    await server.logged(/ left transport=sse /);
  });
}

await run();
