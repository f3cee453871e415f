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

/** Whether `make check-long` asks for what takes minutes. */
export const isLong = Boolean(process.env.FEEDLAB_LONG);
const REPEATS = isLong ? 20 : 1; // of racy cases

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
  #isJudged = false; // how it ended is the test's own business

  /** `input`: of its stdin, as spawn() takes it. `port`: null leaves the flag out. `shell`: what runs it, as "$0" "$@". `passed`:
   *  descriptors that it gets, from 3 on. */
  constructor(args, { env = {}, input = null, port = '0', shell = null, passed = [] } = {}) {
    const program = process.env.FEEDLAB_SERVER ?? path.resolve('feedlab-server');
    const command = [program, ...(port === null ? [] : ['--port', port]), ...args];
    const [file, ...rest] = shell === null ? command : ['sh', '-c', shell, ...command];
    this.child = spawn(file, rest, {
      env: { ...process.env, ...env },
      stdio: [input === null ? 'ignore' : input, 'ignore', 'pipe', ...passed],
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

  /** How it ended by itself: exit status or signal. The test judges that. */
  ended() {
    this.#isJudged = true;
    return within(this.#exited, 'the server to end by itself');
  }

  /** End it by a signal; anything but exit status 0 fails the test. */
  async stop(signal = 'SIGTERM') {
    this.#isJudged = true;
    this.child.kill(signal);
    assert.equal(await within(this.#exited, `the server to end after ${signal}`), 0, 'exit status of the server');
  }

  kill() {
    this.#isJudged = true;
    this.child.kill('SIGKILL');
  }

  /** At the end of a case: what still runs must end in order, what has ended by itself must have ended well. */
  async judge() {
    if (this.#isJudged) return;
    if (this.child.exitCode === null && this.child.signalCode === null) await this.stop();
    else assert.equal(await this.ended(), 0, 'exit status of a server that ended by itself');
  }

  /** What of its log explains a failure: the end, and what a sanitizer had to say. */
  lastWords() {
    const sanitizer = this.lines.findIndex((line) => /ERROR: |runtime error: /.test(line));
    const last = Math.max(this.lines.length - 25, 0);
    const said = sanitizer >= 0 && sanitizer < last ? this.lines.slice(sanitizer, Math.min(sanitizer + 40, last)) : [];
    return [...said, ...this.lines.slice(last)];
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
    for (const server of this.servers) await server.judge();
  }
}

/** A case may begin to wait for something before it awaits it, and fail in between: that is told once, by the case. */
process.on('unhandledRejection', () => {});

const cases = [];

/** A case. `isRacy`: it is repeated where there is time for that. `deadline`: when it must be over, in ms. `skip`: what it lacks. */
export function test(name, body, { isRacy = false, deadline = DEADLINE_MS * 4, skip = null } = {}) {
  cases.push({ name, body, repeats: isRacy ? REPEATS : 1, deadline, skip });
}

/** What there is to say of a failure, as TAP's comments. */
function explain(error, context) {
  const log = context.servers.flatMap((server) => server.lastWords().map((line) => `server: ${line}`));
  return [...String(error.stack ?? error).split('\n'), ...log].map((line) => `# ${line.length > 300 ? `${line.slice(0, 300)}…` : line}`);
}

/** Returns: the explanation of what went wrong, null where nothing did. */
async function attempt({ body, deadline }) {
  const context = new Case();
  try {
    await within(body(context), `the case to end`, deadline);
    await context.end();
    return null;
  } catch (error) {
    const explanation = explain(error, context);
    for (const server of context.servers) server.kill();
    await context.end().catch(() => {});
    return explanation;
  }
}

/** Run the cases of the file one after the other. A FEEDLAB_CASE in the environment picks those whose name has it. */
export async function run() {
  const chosen = cases.filter(({ name }) => name.includes(process.env.FEEDLAB_CASE ?? ''));
  let failed = 0;
  console.log(`1..${chosen.length}`);
  for (const [index, one] of chosen.entries()) {
    let wrong = null;
    if (one.skip) {
      console.log(`ok ${index + 1} - ${one.name} # SKIP ${one.skip}`);
      continue;
    }
    for (let i = 0; i < one.repeats && !wrong; i++) wrong = await attempt(one);
    console.log(`${wrong ? 'not ok' : 'ok'} ${index + 1} - ${one.name}${one.repeats > 1 ? `, ${one.repeats} times` : ''}`);
    if (!wrong) continue;
    failed++;
    for (const line of wrong) console.log(line);
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
