// feedlab-bench from end to end: what it prints of a good server, and that it is not taken in by a bad one. The bad ones
// are small servers here that lose, double, reorder, hurry, close or break the protocol on purpose. A machine that is too
// busy may spoil a run of the good one; the bench then says so, and the run is made again: nothing here fails on a time.
// SPDX-License-Identifier: MIT
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { bench, expect, FAILED, INTEGRITY, OK, SATURATED, USAGE } from './bench-process.mjs';
import { assert, load, run, test } from './harness.mjs';

const { WebSocketServer } = await load('ws');
const { default: Ajv2020 } = await load('ajv/dist/2020.js');

const KINDS = ['poll', 'longpoll', 'sse', 'ws', 'socketio', 'socketio-polling', 'socketio-ws'];
const SHORT = ['-c', '2', '-d', '250ms', '--warmup', '50ms', '--poll-interval', '100ms'];

// --- what is printed -------------------------------------------------------------------------------------------------

const HEADINGS = ['latency', 'per delivered update', 'per client', "per client and minute, by the MODEL of an LTE phone's radio", 'in all'];

/** The table as { label: [number or null, a column each] }. */
function readTable(out, columns) {
  const table = {};
  let inside = false;
  for (const line of out.split('\n')) {
    if (HEADINGS.includes(line)) inside = true;
    else if (inside && line.startsWith('  ')) {
      const cells = Array.from({ length: columns }, (_, i) => line.slice(28 + 18 * i, 28 + 18 * i + 10).trim());
      table[line.slice(0, 28).trim()] = cells.map((cell) => (cell === '–' ? null : cell.replaceAll(',', '')));
    } else if (line === '') inside = false;
  }
  return table;
}

function assertSameFigures(table, results) {
  const rows = { ...table };
  for (const [name, { label, unit }] of Object.entries(results[0].figures)) {
    const row = unit ? `${label}, ${unit}` : label;
    const figures = results.map((result) => result.figures[name].value);
    if (figures.every((figure) => figure === null)) {
      assert.equal(table[row], undefined, row);
      continue;
    }
    figures.forEach((figure, i) => {
      const printed = table[row]?.[i];
      const decimals = printed?.split('.')[1]?.length ?? 0;
      const same = figure === null ? printed === null : Math.abs(Number(printed) - figure) <= 0.5000001 * 10 ** -decimals;
      assert.ok(same, `${results[i].name}, ${row}: ${printed} in the table, ${figure} in the JSON`);
    });
    delete rows[row];
  }
  assert.deepEqual(Object.keys(rows), ['p50 by the model, ms']);
}

/** What docs/result.schema.json promises. */
async function assertFitsSchema(file) {
  const schema = JSON.parse(await readFile(path.join(process.env.FEEDLAB_SRCDIR ?? '.', 'docs/result.schema.json'), 'utf8'));
  const fits = new Ajv2020({ allowUnionTypes: true }).compile(schema);
  assert.ok(fits(JSON.parse(await readFile(file, 'utf8'))), JSON.stringify(fits.errors));
}

test('prints every transport and the floor, and the same figures as JSON', async (t) => {
  const file = path.join(await t.directory(), 'result.json');
  const { out } = await expect(t, OK, /× of ws/, 'run', '--floor', '-t', KINDS.join(), ...SHORT, '-R', '20', '--seed', '42', '--json', file);
  const { verdict, manifest, results } = JSON.parse(await readFile(file, 'utf8'));
  assert.equal(verdict, 'sound');
  assert.deepEqual(results.map(({ name }) => name), [...KINDS, 'floor']);
  for (const { name, integrity, counts, latency_us } of results) {
    assert.match(out, new RegExp(`✓ ${name} +every update once and in order`));
    assert.ok(integrity.delivered >= 2, name);
    assert.equal(latency_us.reduce((sum, [, n]) => sum + n, 0), integrity.delivered, name);
    assert.equal(counts.missed_deadlines, 0, name);
  }
  assertSameFigures(readTable(out, results.length), results);
  await assertFitsSchema(file);

  assert.equal(manifest.setting.seed, 42);
  assert.match(manifest.command_line, /run --floor -t poll,.*--json/);
  assert.match(manifest.libraries.wslay, /^libwslay\.so/);
  assert.match(manifest.libraries.server_libmicrohttpd, /^libmicrohttpd\.so/);
  for (const [group, keys] of Object.entries({
    build: ['compiler', 'flags', 'libmicrohttpd'],
    libraries: ['glib', 'jansson'],
    machine: ['kernel', 'cpus'],
    sysctls: ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem', 'net.core.somaxconn'],
  }))
    for (const key of keys) assert.ok(manifest[group][key], `${group}.${key}`);
  assert.ok('commit' in manifest.build && 'cpu_model' in manifest.machine && 'server_cpu' in manifest.setting);
});

/** What one update of 128 bytes of data is on the wire, its seq having two digits. */
const FRAME_BYTES = 4 + JSON.stringify({ seq: 10, t: 1764000000123456, data: 'x'.repeat(126) }).length;

/** The bytes received per update, by transport, of a run whose threads are checked. */
async function bytesByTransport(t, threads) {
  const file = path.join(await t.directory(), 'result.json');
  const times = ['-R', '20', '-d', '300ms', '--warmup', '600ms', '--poll-interval', '100ms'];
  const where = threads === 1 ? /bench on CPU \d+$|SHARE one CPU/m : /bench on CPUs? [\d,-]+ \(2 threads\)$|bench of 2 threads$/m;
  await expect(t, OK, where, 'run', '-T', String(threads), '-t', 'poll,longpoll,sse,ws,socketio', '-c', '10', ...times, '--json', file);
  const { manifest, results } = JSON.parse(await readFile(file, 'utf8'));
  assert.equal(manifest.setting.bench_threads, threads);
  for (const { name, integrity, latency_us } of results) {
    const { expected, delivered, ...wrong } = integrity;
    assert.ok(expected >= 2, name);
    assert.equal(delivered, 10 * expected, name);
    assert.ok(Object.values(wrong).every((n) => n === 0), name);
    assert.equal(latency_us.reduce((sum, [, n]) => sum + n, 0), delivered, name);
  }
  await assertFitsSchema(file);
  // How many answers the updates share is a matter of time with short polling only.
  const pushed = results.filter(({ name }) => name !== 'poll');
  return Object.fromEntries(pushed.map(({ name, figures }) => [name, figures['bytes.app.in'].value]));
}

// An update that crosses an end of the window counts on one side and has its bytes on the other: that run is made again.
test('delivers to two threads what it delivers to one, byte for byte', async (t) => {
  let one, two;
  for (let tries = 0; tries < 10; tries++) {
    [one, two] = [await bytesByTransport(t, 1), await bytesByTransport(t, 2)];
    if (one.ws === FRAME_BYTES && JSON.stringify(one) === JSON.stringify(two)) break;
  }
  assert.equal(one.ws, FRAME_BYTES);
  assert.deepEqual(two, one);
});

test('polls a pause after each answer', async (t) => {
  const file = path.join(await t.directory(), 'result.json');
  const args = ['run', '-t', 'poll', '-c', '3', '-d', '500ms', '--warmup', '100ms', '-R', '20', '--poll-pause', '50ms', '--json', file];
  await expect(t, OK, /a poll 0\.05 s after each answer/, ...args);
  const { manifest, results } = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual([manifest.setting.poll_pause_s, manifest.setting.poll_interval_s], [0.05, null]);
  const { integrity, figures, model } = results[0];
  assert.ok(integrity.delivered >= 6);
  assert.ok(Math.abs(model['latency.p50'] - 25) < 1e-6, `${model['latency.p50']}`);
  // A pause is never cut short: a client fits no more polls into the window than pauses, and one at its edge.
  assert.ok(Math.abs(figures['polls.wanted'].value - 60) < 1e-9);
  const polls = figures['polls.made'].value * 0.5;
  assert.ok(polls > 3 && polls <= 3 * (0.5 / 0.05 + 1), `${polls} polls`);
});

test("models a phone's radio by --radio", async (t) => {
  const file = path.join(await t.directory(), 'result.json');
  const args = ['run', '-t', 'poll,ws', '-c', '2', '-d', '1s', '--warmup', '100ms', '-R', '5', '--poll-interval', '100ms'];
  await expect(t, OK, /by the MODEL of an LTE phone's radio/, ...args, '--radio', 'tail=1ms', '--json', file);
  const { manifest, results } = JSON.parse(await readFile(file, 'utf8'));
  assert.match(manifest.setting.radio_model, /^promotion=0\.2601s,promotion-power=1\.2107,tail=0\.001s,/);
  const [poll, ws] = results.map(({ figures }) => figures);
  // An update every 200 ms and a tail of 1 ms: each wakes the radio once, at the most six in a window of a second.
  assert.ok(ws['radio.wakeups'].value > 0 && ws['radio.wakeups'].value <= 6 * 60, `${ws['radio.wakeups'].value}`);
  assert.ok(poll['radio.wakeups'].value > ws['radio.wakeups'].value);
  assert.ok(Math.abs(ws['radio.energy'].value / (ws['radio.wakeups'].value * (0.2601 * 1.2107 + 0.001 * 1.06)) - 1) < 0.01);
  assert.equal(ws['radio.energy'].ratio, null);
});

test('measures a server that runs already', async (t) => {
  const server = await t.server(['--rate', '20']);
  const file = path.join(await t.directory(), 'result.json');
  const target = ['--url', `http://localhost:${server.port}`, '-t', 'sse,socketio'];
  await expect(t, OK, /server at http:\/\/localhost:\d+: its CPU and memory are not measured/, 'run', ...target, ...SHORT, '--json', file);
  const { manifest, results } = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual([manifest.setting.rate_per_s, manifest.setting.size_bytes, manifest.libraries.server_libmicrohttpd], [null, null, null]);
  for (const { counts, figures } of results) {
    assert.equal(figures['cpu.total'].value, null);
    assert.equal(counts.missed_deadlines, 0);
  }
});

test('names the flag that it does not take', async (t) => {
  const cases = [
    [['-t', 'carrier-pigeon'], /-t carrier-pigeon: a list of poll, .*socketio-ws is wanted/],
    [['-t', ''], /-t ''/],
    [['-t', 'ws,sse,ws'], /-t ws: each transport once/],
    [['-c', '0'], /-c 0/],
    [['-c', 'many'], /-c many/],
    [['-R', '0'], /-R 0/],
    [['-s', '1'], /-s 1/],
    [['-d', '0'], /-d 0/],
    [['-d', '100ms'], /-d 100ms: time for at least two updates/],
    [['--warmup', 'soon'], /--warmup soon/],
    [['--poll-interval', '0'], /--poll-interval 0/],
    [['--poll-pause', '0'], /--poll-pause 0/],
    [['--poll-pause', '1s', '--poll-interval', '1s'], /--poll-interval 1s: no --poll-pause beside it/],
    [['--poll-pause', '1s', '-P', 'poll-interval=1s'], /--poll-interval 1s: no --poll-pause beside it/],
    [['--radio', 'tail=0'], /--radio: 'tail=0'/],
    [['--header-bytes', '399'], /--header-bytes 399/],
    [['--header-bytes', '8193'], /--header-bytes 8193/],
    [['--header-bytes', '871', '--target', 'ws=ws://127.0.0.1:1/', '--stamp', 't', '--seq', 'seq'], /--header-bytes 871: a server of ours/],
    [['--heartbeat', '1ms'], /--heartbeat 1ms/],
    [['--settle', '-1'], /--settle -1/],
    [['-T', '0'], /-T 0: a number of threads from 1 to 64/],
    [['-T', '65'], /-T 65/],
    [['--seed', '4294967296'], /--seed 4294967296/],
    [['--url', 'https://127.0.0.1:1'], /--url https:/],
    [['--url', 'http://example.test'], /--url http:\/\/example\.test/],
    [['--url', 'http://127.0.0.1:1', '--floor'], /--url .* no -R, -s or --floor/],
    [['--url', 'http://127.0.0.1:1', '-R', '5'], /--url .* no -R/],
    [['--frobnicate'], /--frobnicate/],
    [['extra'], /--help/],
  ];
  for (const [args, pattern] of cases) await expect(t, USAGE, pattern, 'run', ...args);
  await expect(t, USAGE, /--help/);
  await expect(t, USAGE, /--help/, 'walk');
});

test('tells its exit statuses, and its version', async (t) => {
  const { out } = await expect(t, OK, /Exit status:/, 'run', '--help');
  for (const word of ['INVALID', 'SATURATED', 'socketio-polling', '--poll-interval']) assert.ok(out.includes(word), word);
  await expect(t, OK, /^feedlab-bench \d/, '--version');
});

test('fails where no server is, or none that it can start', async (t) => {
  const { server, url } = await listen(t, http.createServer());
  await new Promise((resolve) => server.close(resolve));
  await expect(t, FAILED, /ws: Connection refused/, 'run', '--url', url, '-t', 'ws', ...SHORT);
  await expect(t, FAILED, /Is a directory|No such file/, 'run', '-t', 'ws', ...SHORT, '--json', '/nonexistent/result.json');
});

// --- servers that are not what they should be ------------------------------------------------------------------------

const TICK_MS = 20;
const EPOCH = 'fake01';

async function listen(t, server) {
  const sockets = new Set();
  server.on('connection', (socket) => {
    socket.setNoDelay();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.cleanup(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { server, url: `http://127.0.0.1:${server.address().port}` };
}

/**
 * A feed on an absolute schedule, like feedlab's: an update that comes late has the time at which it was due, so there are
 * some in every window however the machine limps. It begins when `subscribers` have subscribed. What it does wrong is
 * `fault(subscriber, update)`: a subscriber has update(), gap() and close().
 */
class Fake {
  static faults = {
    none: (subscriber, update) => subscriber.update(update),
    lose: (subscriber, update) => update.seq % 3 && subscriber.update(update),
    double: (subscriber, update) => {
      subscriber.update(update);
      if (update.seq % 3 === 0) subscriber.update(update);
    },
    reorder: (subscriber, update) => {
      if (update.seq % 2) subscriber.held = update;
      else for (const one of [update, subscriber.held ?? []].flat()) subscriber.update(one);
    },
    gap: (subscriber, update) => (update.seq % 3 ? subscriber.update(update) : subscriber.gap(update.seq)),
    hurry: (subscriber, update) => subscriber.update({ ...update, t: update.t + 300000 }),
    close: (subscriber) => subscriber.close(),
  };

  subscribers = [];
  connectBytes = []; // of those that have subscribed
  polls = []; // { target, bytes of both heads }
  complaints = []; // about the bench
  #seq = 0;

  constructor(fault, { subscribers = 2, stats = () => ({ missed_deadlines: 0, clock_steps: 0 }) } = {}) {
    Object.assign(this, { fault, wanted: subscribers, stats });
  }

  async start(t) {
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    const server = http.createServer((request, response) => this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (ws) => this.#openWebSocket(ws, new URL(request.url, 'http://x')));
    });
    this.url = (await listen(t, server)).url;
    const timer = setInterval(() => this.#tick(), TICK_MS);
    t.cleanup(() => clearInterval(timer));
    return this;
  }

  #tick() {
    if (this.subscribers.length < this.wanted) return;
    this.begun ??= Date.now();
    while (this.begun + this.#seq * TICK_MS <= Date.now()) {
      const update = { seq: ++this.#seq, t: (this.begun + (this.#seq - 1) * TICK_MS) * 1000, data: 'x' };
      for (const subscriber of this.subscribers) this.fault(subscriber, update);
    }
  }

  cursor(seq = this.#seq) {
    return `${EPOCH}-${seq}`;
  }

  subscribe(subscriber, ...sockets) {
    this.subscribers.push(subscriber);
    this.connectBytes.push(sockets.reduce((sum, socket) => sum + socket.bytesRead + socket.bytesWritten, 0));
  }

  complain(unless, what) {
    if (!unless) this.complaints.push(what);
  }

  #answer(request, response) {
    const url = new URL(request.url, 'http://x');
    if (url.pathname === '/stats') response.end(JSON.stringify({ source: this.stats() }));
    else if (url.pathname === '/events') this.#openEvents(response);
    else if (url.pathname === '/socket.io/') this.#engine(request, response, url.searchParams);
    else this.#poll(request, response, url);
  }

  #openEvents(response) {
    const write = (event, id, data) => response.write(`${event}id: ${this.cursor(id)}\n${data}\n`);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    write('retry: 1000\n', 0, '');
    const subscriber = {
      update: (update) => write('', update.seq, `data: ${JSON.stringify(update)}\n`),
      gap: (seq) => write('event: gap\n', seq, `data: {"from":${seq},"to":${seq}}\n`),
      close: () => response.end(),
    };
    this.subscribe(subscriber, response.socket);
  }

  // What a request and its answer's head take on the wire.
  #count(response, socket, target) {
    const before = (socket.counted ??= { read: 0, written: 0 });
    response.on('finish', () => {
      const { bytesRead: read, bytesWritten: written } = socket;
      this.polls.push({ target, bytes: read - before.read + written - before.written - Number(response.getHeader('Content-Length')) });
      Object.assign(before, { read, written });
    });
  }

  // A poller's cursor is the length of what it was handed: its items are kept in the order in which they are wrong.
  #poll(request, response, url) {
    const socket = request.socket;
    this.#count(response, socket, request.url);
    const first = !socket.poller;
    const poller = (socket.poller ??= {
      items: [],
      last: 0,
      update(update) {
        this.items.push(JSON.stringify(update));
        this.last = update.seq;
        this.answer?.();
      },
      gap(seq) {
        this.missed = seq;
      },
      close: () => socket.destroy(),
    });
    poller.answer = () => {
      const gap = poller.missed ? `,"gap":{"from":${poller.missed},"to":${poller.missed}}` : '';
      const body = `{"cursor":"${this.cursor(poller.last)}"${gap},"updates":[${poller.items.join()}]}`;
      response.setHeader('Content-Length', body.length);
      response.end(body);
      Object.assign(poller, { items: [], missed: 0, answer: null });
    };
    if (first || url.pathname === '/poll' || poller.items.length > 0) poller.answer();
    if (first) this.subscribe(poller, socket);
  }

  #openWebSocket(ws, url) {
    if (url.pathname === '/socket.io/') {
      this.#openEngineSocket(ws, url.searchParams.get('sid'));
      return;
    }
    const subscriber = {
      update: (update) => ws.send(JSON.stringify(update)),
      gap: () => {},
      close: () => ws.close(1001),
    };
    this.subscribe(subscriber, ws._socket);
  }

  // --- Engine.IO and Socket.IO, by hand, with a ping after each update, and strict about what the bench sends

  #sessions = new Map();

  #engine(request, response, query) {
    let session = this.#sessions.get(query.get('sid'));
    let body = '';
    this.complain(query.get('EIO') === '4' && query.get('transport') === 'polling', `${request.url}`);
    if (!session) {
      session = { sid: `sid-_${this.#sessions.size}`, socket: request.socket, queue: [] };
      this.#sessions.set(session.sid, session);
      response.end(`0${JSON.stringify({ sid: session.sid, upgrades: ['websocket'], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 })}`);
      return;
    }
    this.complain(session.socket === request.socket, 'a request on another connection');
    this.complain(!session.pending, 'two requests in flight');
    session.pending = response;
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    request.on('end', () => (request.method === 'POST' ? this.#take(session, body) : this.#flush(session)));
  }

  #respond(session, text) {
    const response = session.pending;
    session.pending = null;
    response.end(text);
  }

  #flush(session) {
    this.complain(!session.pinged, 'a GET while a pong is owed');
    if (session.queue.length === 0 || !session.pending) return;
    session.pinged = session.queue.includes('2');
    this.#respond(session, session.queue.splice(0).join('\x1e'));
    if (session.connecting) this.#connected(session);
  }

  #take(session, packet) {
    if (packet === '40') {
      session.connecting = true;
      session.queue.push(`40{"sid":"other","pid":"private"}`);
    } else {
      this.complain(packet === '3' && session.pinged, `${packet} was posted`);
      session.pinged = false;
    }
    this.#respond(session, 'ok');
  }

  // Who polls has its subscription now; who upgrades is about to close this connection.
  #connected(session) {
    session.connecting = false;
    if (this.upgrades) return;
    const push = (packets) => {
      session.queue.push(...packets);
      if (session.pending && session.pending.req.method === 'GET') this.#flush(session);
    };
    this.subscribe(this.#socketioSubscriber(push, () => push(['1'])), session.socket);
  }

  #socketioSubscriber(push, close) {
    const event = (name, value, seq) => `42["${name}",${JSON.stringify(value)},"${this.cursor(seq)}"]`;
    return {
      update: (update) => push([event('news', update, update.seq + (this.skew ?? 0)), '2']),
      gap: (seq) => push([event('gap', { from: seq, to: seq }, seq)]),
      close,
    };
  }

  #openEngineSocket(ws, sid) {
    const session = this.#sessions.get(sid);
    const send = (text) => ws.send(text);
    let step = 0;
    let pings = 0;
    const push = (packets) => {
      pings += packets.filter((packet) => packet === '2').length;
      packets.forEach(send);
    };
    const subscribe = () => this.subscribe(this.#socketioSubscriber(push, () => send('1')), ...(session ? [session.socket] : []), ws._socket);
    const talk = session
      ? [['2probe', () => send('3probe')], ['5', subscribe]]
      : [['40', () => (send('40{"sid":"other"}'), subscribe())]];
    if (session) this.complain(session.socket.destroyed || session.socket.readableEnded, 'a probe while the polling connection is open');
    else send(`0{"sid":"only","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`);
    ws.on('message', (data) => {
      const [wanted, next] = talk[step++] ?? [pings-- > 0 ? '3' : 'nothing', () => {}];
      this.complain(data.toString() === wanted, `${data} where ${wanted} was due`);
      next();
    });
  }
}

/** Run the bench against a fake one. The kinds upgrade where they say so. */
async function against(t, kind, fault, status, pattern, options = {}) {
  const fake = new Fake(Fake.faults[fault], options);
  Object.assign(fake, { upgrades: kind === 'socketio', skew: options.skew });
  await fake.start(t);
  const file = path.join(await t.directory(), 'result.json');
  const result = await expect(t, status, pattern, 'run', '--url', fake.url, '-t', kind, ...SHORT, ...(options.args ?? []), '--json', file);
  assert.deepEqual(fake.complaints, [], kind);
  const json = await readFile(file, 'utf8').catch(() => 'null');
  return { ...result, ...JSON.parse(json), fake };
}

const ROUND_TRIPS = { longpoll: 3, sse: 2, ws: 2, socketio: 8, 'socketio-polling': 5, 'socketio-ws': 3 };

for (const kind of KINDS)
  test(`${kind}: counts the bytes and round trips of connecting, and takes a server that is right`, async (t) => {
    const { fake, results } = await against(t, kind, 'none', OK, /every update once and in order/);
    const [{ figures }] = results;
    assert.equal(new Set(fake.connectBytes).size, 1, String(fake.connectBytes));
    assert.equal(figures['connect.bytes'].value, fake.connectBytes[0]);
    if (ROUND_TRIPS[kind]) assert.equal(figures['connect.trips'].value, ROUND_TRIPS[kind]);
    else assert.ok(figures['connect.trips'].value >= 3);
  });

for (const kind of KINDS)
  test(`${kind}: ends with 3 where updates are lost, doubled or reordered`, async (t) => {
    // The bench refuses an answer to a poll of which the cursor is not its last update's, so a poller is not told backwards.
    const faults = { lose: 'lost', double: 'duplicated', ...(kind === 'poll' || kind === 'longpoll' ? {} : { reorder: 'reordered' }) };
    await Promise.all(
      Object.entries(faults).map(async ([fault, name]) => {
        const { out, verdict, results } = await against(t, kind, fault, INTEGRITY, /✗ .*INVALID/);
        const { integrity } = results[0];
        assert.ok(integrity[name] > 0, `${fault}: ${JSON.stringify(integrity)}`);
        assert.match(out, new RegExp(`INVALID: .* ${integrity[name]} ${name}`));
        assert.ok(out.indexOf('INVALID') < out.indexOf('\nlatency\n'));
        assert.equal(verdict, 'broken');
      }),
    );
  });

for (const kind of KINDS.filter((name) => name !== 'ws'))
  test(`${kind}: ends with 3 where the server tells of a gap`, async (t) => {
    const { out, results } = await against(t, kind, 'gap', INTEGRITY, /the server told of \d+ gaps/);
    assert.ok(results[0].integrity.gaps > 0);
    assert.ok(results[0].integrity.lost > 0);
    assert.match(out, /\nlatency\n/);
  });

for (const kind of KINDS)
  test(`${kind}: ends with 1 where the server closes`, async (t) => {
    const { err } = await against(t, kind, 'close', FAILED, /./);
    assert.match(err, new RegExp(`^feedlab-bench: ${kind}: `));
  });

for (const kind of ['socketio', 'socketio-polling', 'socketio-ws'])
  test(`${kind}: refuses an update with the cursor of another`, async (t) => {
    await against(t, kind, 'none', FAILED, /a Socket\.IO packet is malformed/, { skew: 1 });
  });

for (const kind of ['poll', 'longpoll'])
  test(`${kind}: pads requests until they and the heads of answers have what --header-bytes says`, async (t) => {
    const { fake } = await against(t, kind, 'none', OK, /./, { args: ['--header-bytes', '871'] });
    const heads = fake.polls.filter(({ target }) => target.includes('since='));
    assert.ok(heads.length >= 4);
    const sum = heads.reduce((all, { bytes }) => all + bytes, 0);
    assert.ok(Math.abs(sum / heads.length - 871) < 1, JSON.stringify(heads));
    assert.ok(fake.polls.find(({ target }) => !target.includes('since=')).bytes < 400);
  });

test('calls a run invalid where deadlines were missed, a clock was set, or updates came before their time', async (t) => {
  let asked = 0;
  const cases = [
    ['none', /INVALID: the publisher met 7 deadlines of the window too late/, { stats: () => ({ missed_deadlines: 7 * asked++ }) }, 'late'],
    ['none', /INVALID: .*clock being set/, { stats: () => ({ missed_deadlines: 0, clock_steps: asked++ }) }, 'invalid'],
    // The window is opened before its first updates come, 300 ms too early, so that both subscribers have the same ones in it.
    ['hurry', /INVALID: \d+ updates came before their time/, { args: ['-d', '700ms', '--warmup', '600ms'] }, 'invalid'],
  ];
  for (const [fault, pattern, options, name] of cases) {
    const { out, verdict } = await against(t, 'sse', fault, FAILED, pattern, options);
    assert.equal(verdict, name);
    assert.ok(out.indexOf('INVALID') < out.indexOf('\nlatency\n'), out);
  }
});

test('says so where it cannot know whether deadlines were missed', async (t) => {
  const { results } = await against(t, 'ws', 'none', OK, /whether the publisher missed deadlines is not known/, { stats: () => ({}) });
  assert.equal(results[0].counts.missed_deadlines, null);
});

await run();
