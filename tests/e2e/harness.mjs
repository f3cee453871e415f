// What end-to-end tests share: cases in flat TAP, a server of their own on a free port, and waiting for events with a
// deadline that says what did not come. Nothing here sleeps.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export { assert };

const patience = Number(process.env.FEEDLAB_PATIENCE ?? (process.env.FEEDLAB_SANITIZERS === 'yes' ? 4 : 1));
export const DEADLINE_MS = 15000 * patience;

/** The promise's value, or an error that says what did not come in time. */
export function within(promise, what, ms = DEADLINE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A package from node_modules; without it the whole file is skipped. */
export async function load(name) {
  try {
    return await import(name);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.log('1..0 # SKIP run ./bootstrap: node_modules is missing');
    process.exit(0);
  }
}

/** What arrives, in order, for whoever takes it. */
export class Queue {
  #items = [];
  #waiting = [];
  #ended = null;

  push(item) {
    this.#items.push(item);
    this.#serve();
  }

  end(why = 'it ended') {
    this.#ended ??= why;
    this.#serve();
  }

  #serve() {
    while (this.#waiting.length > 0 && (this.#items.length > 0 || this.#ended)) {
      const { resolve, reject } = this.#waiting.shift();
      if (this.#items.length > 0) resolve(this.#items.shift());
      else reject(new Error(this.#ended));
    }
  }

  get length() {
    return this.#items.length;
  }

  next(what = 'the next item') {
    return within(
      new Promise((resolve, reject) => {
        this.#waiting.push({ resolve, reject });
        this.#serve();
      }).catch((error) => Promise.reject(new Error(`${what}: ${error.message}`))),
      what,
    );
  }

  async take(count, what = 'items') {
    const taken = [];
    while (taken.length < count) taken.push(await this.next(`${what}, ${taken.length + 1} of ${count}`));
    return taken;
  }
}

class Server {
  lines = [];
  #waiting = [];
  #exited;

  constructor(args, { env = {}, input = null } = {}) {
    const program = process.env.FEEDLAB_SERVER ?? path.resolve('feedlab-server');
    this.child = spawn(program, ['--port', '0', ...args], {
      env: { ...process.env, ...env },
      stdio: [input === null ? 'ignore' : input, 'ignore', 'pipe'],
    });
    this.input = this.child.stdin;
    this.#exited = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => resolve(signal ?? code));
    });
    this.#exited.catch(() => {});
    createInterface({ input: this.child.stderr }).on('line', (line) => {
      this.lines.push(line);
      this.#waiting = this.#waiting.filter((wait) => !wait());
    });
  }

  /** The line of the log, the `nth` from the start, that matches; waited for where it has not been written yet. */
  logged(pattern, nth = 1) {
    const found = () => this.lines.filter((line) => pattern.test(line))[nth - 1];
    if (found()) return Promise.resolve(found());
    const comes = new Promise((resolve, reject) => {
      this.#waiting.push(() => found() && (resolve(found()), true));
      this.#exited.then((how) => reject(new Error(`the server ended (${how}) without the line ${pattern}`)), reject);
    });
    return within(comes, `the log line ${pattern}`);
  }

  async listening() {
    const line = await this.logged(/listening.*http:\/\//);
    this.url = line.match(/http:\/\/[^\s"]+/)[0].replace(/\/$/, '');
    this.port = Number(new URL(this.url).port);
    return this;
  }

  /** How it ended by itself: exit status or signal. */
  ended() {
    return within(this.#exited, 'the server to end by itself');
  }

  /** End it by a signal; anything but exit status 0 fails the test. */
  async stop(signal = 'SIGTERM') {
    this.child.kill(signal);
    assert.equal(await within(this.#exited, `the server to end after ${signal}`), 0, 'exit status of the server');
  }

  kill() {
    this.child.kill('SIGKILL');
  }
}

/** What a case has: servers and directories that go with it. */
class Case {
  #cleanups = [];
  servers = [];

  cleanup(action) {
    this.#cleanups.unshift(action);
  }

  /** The program, told to take a free port; perhaps it will not get as far as listening. */
  start(args = [], options = {}) {
    const server = new Server(args, options);
    this.servers.push(server);
    return server;
  }

  /** A server that listens. It is stopped, and its exit status judged, at the end. */
  server(args = [], options = {}) {
    return this.start(args, options).listening();
  }

  async directory() {
    const name = await mkdtemp(path.join(tmpdir(), 'feedlab-'));
    this.cleanup(() => rm(name, { recursive: true, force: true }));
    return name;
  }

  async end() {
    for (const action of this.#cleanups) await action();
    for (const server of this.servers) if (server.child.exitCode === null && !server.child.killed) await server.stop();
  }
}

const cases = [];

export function test(name, body) {
  cases.push({ name, body });
}

function explain(error, context) {
  const log = context.servers.flatMap((server) => server.lines.slice(-25).map((line) => `server: ${line}`));
  for (const line of [...String(error.stack ?? error).split('\n'), ...log]) console.log(`# ${line.length > 300 ? `${line.slice(0, 300)}…` : line}`);
}

/** Run the cases of the file one after the other. A FEEDLAB_CASE in the environment picks those whose name has it. */
export async function run() {
  const chosen = cases.filter(({ name }) => name.includes(process.env.FEEDLAB_CASE ?? ''));
  let failed = 0;
  console.log(`1..${chosen.length}`);
  for (const [index, { name, body }] of chosen.entries()) {
    const context = new Case();
    try {
      await within(body(context), `the case to end`, DEADLINE_MS * 4);
      await context.end();
      console.log(`ok ${index + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${index + 1} - ${name}`);
      explain(error, context);
      for (const server of context.servers) server.kill();
      await context.end().catch(() => {});
    }
  }
  process.exit(failed > 0 ? 1 : 0);
}

/** One request on a connection of its own, with any headers (fetch would not send Host). */
export function request(server, target, { method = 'GET', headers = {}, body, agent } = {}) {
  const answered = new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, path: target, method, headers, agent: agent ?? false };
    const sent = http.request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode: status, headers: received } = response;
        resolve({ status, headers: received, text, json: () => JSON.parse(text) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
  return within(answered, `an answer to ${method} ${target}`);
}

/** Publish a value as JSON. Returns: the answer's {seq, cursor}. */
export async function publish(server, value) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await request(server, '/publish', { method: 'POST', headers, body: JSON.stringify(value) });
  assert.equal(answer.status, 201, answer.text);
  return answer.json();
}

/** A WebSocket of npm's ws: what comes, and how it ends. */
export function openWebSocket(WebSocket, url, protocols = [], options = {}) {
  const socket = new WebSocket(url, protocols, options);
  const messages = new Queue();
  socket.on('message', (data, isBinary) => messages.push(isBinary ? data : JSON.parse(data.toString())));
  const closed = new Promise((resolve) => {
    socket.on('close', (code, reason) => {
      messages.end(`the WebSocket was closed with ${code}`);
      resolve({ code, reason: reason.toString() });
    });
  });
  const refused = new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode);
      socket.terminate();
    });
  });
  const opened = new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  opened.catch(() => {});
  return {
    socket,
    messages,
    opened: () => within(opened, `the WebSocket ${url} to open`),
    closed: () => within(closed, `the WebSocket ${url} to be closed`),
    refused: () => within(refused, `the WebSocket ${url} to be refused`),
  };
}

/** A plain TCP connection: what bytes came so far, awaited by pattern. */
export function openSocket(server) {
  const socket = net.connect(server.port, '127.0.0.1');
  let received = Buffer.alloc(0);
  let waiting = [];
  const look = () => (waiting = waiting.filter((wait) => !wait()));
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    look();
  });
  const ended = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => {});
  return {
    socket,
    write: (data) => socket.write(data),
    received: () => received,
    /** Wait until `ready(bytes)` gives something, and give it back. */
    until: (ready, what) =>
      within(
        new Promise((resolve) => {
          waiting.push(() => {
            const found = ready(received);
            if (found !== undefined && found !== false) resolve(found);
            return found !== undefined && found !== false;
          });
          look();
        }),
        what,
      ),
    ended: () => within(ended, 'the end of the connection'),
  };
}
