// feedlab-bench against servers that aren't ours: nginx with Nchan, npm's ws, socket.io and better-sse, and polls in the
// shapes that servers give them (tests/servers/). Each is started here on a free port and stopped by its id. What is
// asserted are integrity, exit statuses, and figures that are there and plausible; never a time. A machine that is too
// busy may spoil a run: the bench then says so, and the run is made again.
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { bench, expect, FAILED, INTEGRITY, OK, USAGE } from './bench-process.mjs';
import { assert, DEADLINE_MS, load, run, test, within } from './harness.mjs';

const { WebSocketServer } = await load('ws');
const { default: Ajv2020 } = await load('ajv/dist/2020.js');
await load('socket.io');
await load('better-sse');

const SOURCE = path.resolve(process.env.FEEDLAB_SRCDIR ?? '.');
const SIZE = 200;
const RATE = 10; // slow, so that a busy machine meets deadlines
const CLIENTS = 20; // as many as a median needs
const SHORT = ['-q', '-c', String(CLIENTS), '-d', '500ms', '--warmup', '200ms', '--poll-interval', '100ms'];
const PUBLISHED = ['-R', String(RATE), '-s', String(SIZE)];

// --- programs --------------------------------------------------------------------------------------------------------

const expectRun = (t, status, pattern, ...args) => expect(t, status, pattern, 'run', ...args);

/** What --json has, beside what was printed. */
async function measure(t, status, pattern, ...args) {
  const file = path.join(await t.directory(), 'result.json');
  const result = await expectRun(t, status, pattern, ...args, '--json', file);
  return { ...result, ...JSON.parse(await readFile(file, 'utf8')) };
}

const program = (name) => path.join(SOURCE, 'tests/servers', `${name}.mjs`);

/** One of tests/servers, listening; it has a pid and ends with the case. */
async function serve(t, name) {
  const child = spawn(process.execPath, [program(name)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.cleanup(async () => {
    child.kill('SIGTERM');
    await within(ended, `${name} to end after SIGTERM`);
  });
  const listening = new Promise((resolve, reject) => {
    const lines = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('listening on ')) resolve(line.slice('listening on '.length));
    });
    ended.then((code) => reject(new Error(`${name} ended with ${code}: ${lines.join('\n')}`)));
  });
  return { url: await within(listening, `${name} to listen`), pid: child.pid };
}

// --- servers as they are ---------------------------------------------------------------------------------------------

/** Every update once and in order, as many as were published, and figures that can be true. */
function assertPlausible({ name, transport, integrity, counts, figures }) {
  const about = `${name}: ${JSON.stringify({ integrity, counts })}`;
  assert.equal(integrity.delivered, integrity.expected * CLIENTS, about);
  assert.ok(integrity.expected >= 4 && integrity.expected <= 6, about); // 500 ms at 10/s
  assert.equal(integrity.lost + integrity.duplicated + integrity.reordered + integrity.negative, 0, about);
  assert.equal(counts.missed_deadlines, 0, about);
  const value = (figure) => figures[figure].value;
  // Bytes are those of the window's time, updates those scheduled in it: at its edges the two differ.
  const least = transport === 'poll' || transport === 'longpoll' || transport === 'socketio-polling' ? SIZE + 50 : SIZE + 2;
  assert.ok(value('bytes.app.in') >= 0.7 * least, `${name}: ${value('bytes.app.in')} B in`);
  assert.ok(value('bytes.app.in') < SIZE + 2000, `${name}: ${value('bytes.app.in')} B in`);
  assert.ok(value('bytes.ip') > value('bytes.tcp'), name);
  for (const figure of ['latency.p50', 'latency.max', 'uncorrected.p50', 'age.mean', 'connect.p50', 'connect.bytes', 'segments'])
    assert.ok(value(figure) > 0, `${name}: ${figure} ${value(figure)}`);
  assert.ok(value('latency.max') + 0.001 >= value('uncorrected.p50'), name);
}

const measuresCpu = ({ name, figures }) => assert.ok(figures['cpu.total'].value > 0, `${name}: ${figures['cpu.total'].value}`);

const NCHAN = existsSync('/usr/lib/nginx/modules/ngx_nchan_module.so');
const NCHAN_LACK = NCHAN ? '' : ' # SKIP run ./bootstrap: nginx with Nchan is missing';

for (const transport of ['poll', 'longpoll', 'sse', 'ws'])
  test(`measures nginx with Nchan: ${transport}${NCHAN_LACK}`, async (t) => {
    if (!NCHAN) return;
    const { url, pid } = await serve(t, 'nchan');
    const args = ['--target', `nchan@${transport}=${url}/${transport}`, '--cursor', 'header:Last-Modified+Etag', '--publish', `${url}/publish`];
    const { results, manifest } = await measure(t, OK, /nchan at 127\.0\.0\.1:\d+, process \d+/, ...args, '--pid', String(pid), ...PUBLISHED, ...SHORT, '--poll-interval', '250ms');
    assert.deepEqual(results.map(({ name, server, transport: of }) => [name, server, of]), [[`nchan-${transport}`, 'nchan', transport]]);
    assert.deepEqual([manifest.setting.rate_per_s, manifest.setting.size_bytes], [RATE, SIZE]);
    assertPlausible(results[0]);
    measuresCpu(results[0]); // of the worker, which is a grandchild of that process
    // An answer of Nchan's holds one update: at two and a half updates a slot, the poll is repeated until it is empty.
    if (transport === 'poll') assert.ok(results[0].figures.requests.value > 0.8, `${results[0].figures.requests.value} requests an update`);
  });

for (const [name, transport, target] of [
  ['ws', 'ws', '/ws'],
  ['sse', 'sse', '/'],
  ['socketio', 'socketio', '/live/'],
  ['socketio', 'socketio-polling', '/live/'],
  ['socketio', 'socketio-ws', '/live/'],
])
  test(`measures tests/servers/${name}.mjs: ${transport}`, async (t) => {
    const { url, pid } = await serve(t, name);
    const { results } = await measure(t, OK, /every update once and in order/, '--target', `${transport}=${url}${target}`, '--publish', `${url}/publish`, '--pid', String(pid), ...PUBLISHED, ...SHORT);
    assertPlausible(results[0]);
    measuresCpu(results[0]);
  });

test('goes on from cursors in JSON and in headers, and leaves CPU and memory out where it is told no process', async (t) => {
  const { url } = await serve(t, 'polls');
  for (const [transport, target, cursor] of [
    ['poll', '/list', 'json:page.next,query:after'],
    ['longpoll', '/held', 'json:page.next→query:after'],
    ['poll', '/tagged', 'header:ETag'],
  ]) {
    const args = ['--target', `${transport}=${url}${target}`, '--cursor', cursor, '--publish', `${url}/publish`];
    const { results } = await measure(t, OK, /its CPU and memory are not measured/, ...args, ...PUBLISHED, ...SHORT);
    assertPlausible(results[0]);
    assert.equal(results[0].figures['cpu.total'].value, null);
    assert.equal(results[0].figures['memory.user'].value, null);
  }
});

test("reads feedlab's own envelope, by paths", async (t) => {
  const { url } = await t.server(['--source', 'none']);
  const args = ['--cursor', 'json:cursor,query:since', '--stamp', 'data.t', '--seq', 'data.seq', '--publish', `${url}/publish`];
  for (const target of ['poll=/poll', 'longpoll=/longpoll', 'sse=/events', 'ws=/ws', 'socketio=/socket.io/']) {
    const { results } = await measure(t, OK, /every update once and in order/, '--target', target.replace('=', `=${url}`), ...args, ...PUBLISHED, ...SHORT);
    assertPlausible(results[0]);
  }
});

test('counts as lost what no poll saw, where there is no cursor', async (t) => {
  const { url } = await serve(t, 'polls');
  const args = ['--target', `poll=${url}/latest`, '--cursor', 'none', '--publish', `${url}/publish`];
  const { results } = await measure(t, INTEGRITY, /✗ .*INVALID: \d+ delivered, \d+ lost, 0 duplicated, 0 reordered/, ...args, ...PUBLISHED, ...SHORT, '--poll-interval', '250ms');
  assert.ok(results[0].integrity.lost > 0);
  assert.ok(results[0].integrity.delivered > 0);
});

test('passes over what an earlier answer has shown, where there is no cursor', async (t) => {
  const { url } = await serve(t, 'polls');
  const file = path.join(await t.directory(), 'result.json');
  const args = ['--target', `poll=${url}/latest`, '--cursor', 'none', '--publish', `${url}/publish`];
  await bench(t, 'run', ...args, ...PUBLISHED, ...SHORT, '--poll-interval', '20ms', '--json', file); // a busy machine may lose some
  const [{ integrity, figures }] = JSON.parse(await readFile(file, 'utf8')).results;
  assert.ok(integrity.delivered > 0);
  assert.equal(integrity.duplicated, 0);
  assert.ok(figures['polls.empty'].value > 0);
});

test('compares servers by transport, each started anew for each run', async (t) => {
  const here = 'http://127.0.0.1:0';
  const node = process.execPath;
  const feedlab = process.env.FEEDLAB_SERVER ?? path.resolve('feedlab-server');
  const file = path.join(await t.directory(), 'result.json');
  const { out } = await expectRun(t, OK, /feedlab started for each run · ws8 started for each run/,
    '--start', `feedlab@'${feedlab}' --port 0 --source none`, '--target', `feedlab@sse=${here}/events,ws=${here}/ws`,
    '--stamp', 'feedlab@data.t', '--seq', 'feedlab@data.seq',
    '--start', `ws8@'${node}' '${program('ws')}'`, '--target', `ws8@ws=${here}/ws`,
    '--publish', `${here}/publish`, '-n', '2', '-R', '10', '-s', '200', '-q', '-c', '400', '-d', '300ms', '--warmup', '200ms', '--json', file); // prettier-ignore
  assert.match(out, /\nsse\n {2}feedlab .*\n\nws\n {2}feedlab .*\n {2}ws8 .*\n/);
  const result = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual(result.results.map(({ name }) => name), ['feedlab-sse', 'feedlab-ws', 'ws8-ws']);
  assert.deepEqual(result.blocks.map((names) => names.length), [3, 3]);
  for (const { name, integrity, figures } of result.results) {
    assert.equal(integrity.delivered, integrity.expected * 400, name);
    for (const figure of ['latency.p50', 'latency.p99', 'cpu.total', 'bytes.ip'])
      assert.ok(figures[figure].value > 0, `${name}: ${figure} ${figures[figure].value}`);
    // Of pages that are shared its part is counted: another test that starts the same program makes it less.
    assert.ok(Number.isFinite(figures['memory.user'].value), `${name}: memory.user ${figures['memory.user'].value}`);
  }
  const schema = JSON.parse(await readFile(path.join(SOURCE, 'docs/result.schema.json'), 'utf8'));
  const fits = new Ajv2020({ allowUnionTypes: true }).compile(schema);
  assert.ok(fits(result), JSON.stringify(fits.errors));
});

// --- servers that publish by themselves, and those that do wrong -----------------------------------------------------

/** A WebSocket server in this process. `greet(socket)` at the start of each; `posted(text, sockets)` for what is published. */
async function serveHere(t, { greet = () => {}, posted = () => {}, status = 202 } = {}) {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      posted(Buffer.concat(chunks).toString(), sockets.clients);
      response.writeHead(status, { 'Content-Length': 0 }).end();
    });
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', greet);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.cleanup(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, sockets, args: ['--target', `ws=${url}/`, '--publish', `${url}/publish`, ...PUBLISHED, ...SHORT] };
}

test('measures a server that publishes by itself, by the members that it is told', async (t) => {
  const { url, sockets } = await serveHere(t);
  const begin = Date.now();
  let n = 0;
  const timer = setInterval(() => {
    for (; begin + (n + 1) * 20 <= Date.now(); ) {
      const text = JSON.stringify({ kind: 'price', body: { at: (begin + ++n * 20) / 1000, no: n } });
      for (const socket of sockets.clients) socket.send(Buffer.from(text)); // in a binary frame
    }
  }, 5);
  t.cleanup(() => clearInterval(timer));
  const args = ['--target', `ws=ws${url.slice(4)}/`, '--stamp', 'body.at,s', '--seq', 'body.no', ...SHORT];
  const { results, manifest } = await measure(t, OK, /whether the publisher missed deadlines is not known/, ...args);
  assert.ok(results[0].integrity.delivered > 0);
  assert.equal(results[0].integrity.lost, 0);
  assert.equal(manifest.setting.rate_per_s, null);
});

test('catches what a server loses, doubles and reorders', async (t) => {
  let n = 0, kept = '';
  const toAll = (sockets, text) => sockets.forEach((socket) => socket.send(text));
  const faults = {
    lost: (text, sockets) => n++ % 4 > 0 && toAll(sockets, text),
    duplicated: (text, sockets) => [text, text].forEach((one) => toAll(sockets, one)),
    reordered: (text, sockets) => {
      if (n++ % 2 === 0) kept = text;
      else [text, kept].forEach((one) => toAll(sockets, one));
    },
  };
  for (const [name, posted] of Object.entries(faults)) {
    const { args } = await serveHere(t, { posted });
    const { results } = await measure(t, INTEGRITY, /✗ .*INVALID/, ...args);
    assert.ok(results[0].integrity[name] > 0, `${name}: ${JSON.stringify(results[0].integrity)}`);
  }
});

test('counts as lost also what no subscriber got', async (t) => {
  const { args } = await serveHere(t);
  const { results } = await measure(t, INTEGRITY, /0 delivered, \d+ lost/, ...args);
  assert.equal(results[0].integrity.lost, results[0].integrity.expected * CLIENTS);
});

test('says what was wrong with a server', async (t) => {
  const refusing = await serveHere(t, { status: 404 });
  await expectRun(t, FAILED, /ws: publishing to http:.*\/publish: an update was answered with 404/, ...refusing.args);
  const greeting = await serveHere(t, { greet: (socket) => socket.send('{"hello":1}') });
  await expectRun(t, FAILED, /ws: a message is no JSON object with the members of --stamp and --seq/, ...greeting.args);
  const { url } = await serve(t, 'polls');
  const publish = ['--publish', `${url}/publish`, ...PUBLISHED, ...SHORT];
  await expectRun(t, FAILED, /poll: a poll was answered neither with 200 nor as empty/, '--target', `poll=${url}/nothing`, '--cursor', 'none', ...publish);
  await expectRun(t, FAILED, /poll: .* or no cursor/, '--target', `poll=${url}/list`, '--cursor', 'json:next,query:after', ...publish);
  await expectRun(t, FAILED, /poll: .* no cursor in its headers/, '--target', `poll=${url}/latest`, '--cursor', 'header:ETag', ...publish);
  await expectRun(t, FAILED, /sse: .* not answered with 200 text\/event-stream/, '--target', `sse=${url}/list`, ...publish);
  await expectRun(t, FAILED, /socketio: a request was not answered with 200/, '--target', `socketio=${url}/socket.io/`, ...publish);
});

test('names the flag that it does not take', async (t) => {
  const ws = ['--target', 'ws=ws://127.0.0.1:1/'];
  const published = [...ws, '--publish', 'http://127.0.0.1:1/'];
  for (const [args, pattern] of [
    [['--target', 'ws'], /--target ws: TRANSPORT=URL/],
    [ws, /--target ws: --stamp KEY and --seq KEY/],
    [[...published, '-t', 'ws'], /--target .* no -t, --url or --floor/],
    [[...published, '-s', '70'], /-s 70: at least 71 bytes/],
    [[...ws, '--stamp', 't', '--seq', 'n', '-R', '5'], /-R 5: --publish beside --target and this/],
    [[...published, '--baseline', 'sse'], /--baseline sse/],
    [['--pid', '1'], /--pid 1: a --target/],
  ])
    await expectRun(t, USAGE, pattern, ...args);
});

await run();
