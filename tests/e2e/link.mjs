// The emulated link from end to end: feedlab-link around programs that know nothing of it, and feedlab-bench run --link. Times
// are held only to what no busy machine can make less; what they were is told beside.
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { assert, load, run, test, within } from './harness.mjs';

const { default: Ajv2020 } = await load('ajv/dist/2020.js');

const LINK = process.env.FEEDLAB_LINK ?? path.resolve('feedlab-link');
const BENCH = process.env.FEEDLAB_BENCH ?? path.resolve('feedlab-bench');

/** A server and a client in one, which prints the times of a connection and of ten messages there and back, in ms. */
const PING = `
const [server, dial] = process.argv.slice(1);
const net = require('node:net');
const listener = net.createServer((peer) => peer.setNoDelay(true).pipe(peer)).listen(0, server, () => {
  const begun = performance.now(), times = [];
  let sent;
  const client = net.connect(listener.address().port, dial, () => {
    client.setNoDelay(true);
    times.push(performance.now() - begun);
    ping();
  });
  const ping = () => { sent = performance.now(); client.write('x'); };
  client.on('data', () => {
    times.push(performance.now() - sent);
    if (times.length <= 10) return ping();
    console.log(JSON.stringify({ times, from: client.localAddress, to: client.remoteAddress }));
    client.destroy();
    listener.close();
  });
});`;

/** Run a program to its end. `started(child)`: once it has written its first line. */
async function program(t, file, args, { started = null, stdio = ['ignore', 'pipe', 'pipe'] } = {}) {
  const child = spawn(file, args, { stdio });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  t.cleanup(() => child.kill('SIGKILL'));
  const read = async (stream, first) => {
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) {
      if (!text.includes('\n') && (text + chunk).includes('\n')) first?.(child);
      text += chunk;
    }
    return text;
  };
  const all = Promise.all([ended, read(child.stdout, started), read(child.stderr)]);
  const [status, out, err] = await within(all, `${path.basename(file)} ${args.slice(0, 4).join(' ')} to end`);
  return { status, out, err, text: out + err };
}

const link = (t, spec, command, options) => program(t, LINK, ['--link', spec, '--', ...command], options);

/** PING over a link. Returns: what it prints, and the counts of the line at the end. */
async function ping(t, spec, server = '198.18.0.1', dial = '198.18.0.2') {
  const { status, out, err } = await link(t, spec, [process.execPath, '-e', PING, server, dial]);
  assert.equal(status, 0, err);
  const counts = err.match(/up (\d+) packets?, (\d+) lost.*; down (\d+) packets?, (\d+) lost/);
  const [, up, upLost, down, downLost] = counts.map(Number);
  return { ...JSON.parse(out), up, upLost, down, downLost, err };
}

const impossible = await new Promise((resolve) => {
  const child = spawn(LINK, ['--link', 'rtt=1ms', '-q', '--', 'true'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => (text += chunk));
  child.once('close', () => resolve(text.includes('no link can be emulated here') ? text.trim() : null));
});
if (impossible) {
  console.log(`1..0 # SKIP ${impossible}`);
  process.exit(0);
}

// --- feedlab-link ----------------------------------------------------------------------------------------------------

for (const rtt of [10, 50, 300])
  test(`a round trip over a link of ${rtt} ms is never shorter`, async (t) => {
    const { times, up, upLost, down, downLost } = await ping(t, `rtt=${rtt}ms`);
    const sorted = times.slice(1).sort((a, b) => a - b);
    console.log(`# ${rtt} ms: connect ${times[0].toFixed(2)}, then ${sorted[0].toFixed(2)} … ${sorted.at(-1).toFixed(2)} ms`);
    for (const time of times) assert.ok(time >= rtt, `${time} ms`);
    assert.equal(upLost + downLost, 0);
    assert.ok(up >= 12 && down >= 11, `${up} up, ${down} down`); // SYN and 10 messages; SYN-ACK and 10 messages
  });

test('both ends have addresses of their own', async (t) => {
  const { from, to } = await ping(t, 'rtt=1ms');
  assert.deepEqual([from, to], ['198.18.0.3', '198.18.0.2']);
});

test('IPv6 goes over the link too', async (t) => {
  if (!(await readFile('/proc/net/if_inet6', 'utf8').catch(() => ''))) return;
  const { times, from, up } = await ping(t, 'rtt=20ms', '2001:2::1', '2001:2::2');
  assert.equal(from, '2001:2::3');
  for (const time of times) assert.ok(time >= 20, `${time} ms`);
  assert.ok(up >= 12);
});

test('each direction can have a delay of its own, and a preset can be changed', async (t) => {
  const { times, err } = await ping(t, '3g,rate=0,rtt=20ms,down.delay=50ms');
  assert.match(err, /up\.delay=10ms,down\.delay=50ms: up/);
  for (const time of times) assert.ok(time >= 60, `${time} ms`);
});

test('nothing passes during an outage', async (t) => {
  const script = `
    const client = require('node:dgram').createSocket('udp4');
    let left = 5;
    const next = () => (left-- > 0 ? client.send('x', 9, '198.18.0.2', next) : client.close());
    next();`;
  const { err } = await link(t, 'rtt=10ms,down.loss=1%,outage=1h@0s', [process.execPath, '-e', script]);
  assert.match(err, /: up 5 packets, 5 lost \(outage 5\); down 0 packets, 0 lost; nothing passed\n/);
});

test('packets that are lost are told with their cause, and come again', async (t) => {
  const { up, upLost, down, downLost, err } = await ping(t, 'rtt=2ms,loss=20%,seed=4');
  assert.match(err, /lost \(loss \d+\)/);
  assert.ok(upLost + downLost >= 1 && up - upLost >= 11 && down - downLost >= 11, err);
});

test('the command has no capability, and no way to one', async (t) => {
  const { out } = await link(t, 'rtt=1ms', ['cat', '/proc/self/status']);
  for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(out, new RegExp(`^${name}:\\s0{16}$`, 'm'));
  assert.match(out, /^NoNewPrivs:\s1$/m);
  assert.match(out, new RegExp(`^Uid:\\s${process.getuid()}\\s`, 'm'));
});

test('the command gets no descriptor but 0, 1 and 2', async (t) => {
  const stdio = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'];
  const script = 'for fd in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$fd ] && echo $fd; done; exit 0';
  const { out } = await link(t, 'rtt=1ms', ['sh', '-c', script], { stdio });
  assert.equal(out, '0\n1\n2\n');
});

test('there is no other network', async (t) => {
  const { out } = await link(t, 'rtt=1ms', ['cat', '/proc/net/dev']);
  const names = [...out.matchAll(/^\s*([^\s:]+):/gm)].map(([, name]) => name);
  const kernels = /^(tunl|sit|ip6tnl|gre|gretap|erspan|ip_vti|ip6_vti|ip6gre)0$/; // what some kernels make in each namespace
  assert.deepEqual(names.filter((name) => !['lo', 'feedlab0'].includes(name) && !kernels.test(name)), []);
  assert.ok(names.includes('feedlab0'));
});

test('the exit status is the command\'s', async (t) => {
  assert.equal((await link(t, 'rtt=1ms', ['sh', '-c', 'exit 7'])).status, 7);
  assert.equal((await link(t, 'rtt=1ms', ['sh', '-c', 'kill -KILL $$'])).status, 128 + 9);
  const none = await link(t, 'rtt=1ms', ['/no/such/program']);
  assert.equal(none.status, 127);
  assert.match(none.err, /\/no\/such\/program: No such file/);
});

test('signals are passed on, and -q is quiet', async (t) => {
  const script = `
    process.on('SIGTERM', () => { console.log('got it'); process.exit(3); });
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const { status, out, err } = await program(t, LINK, ['-q', '--link', 'rtt=1ms', '--', process.execPath, '-e', script],
    { started: (child) => child.kill('SIGTERM') });
  assert.deepEqual([status, out, err], [3, 'ready\ngot it\n', '']);
});

test('what is wrong with a link is told, with the near names', async (t) => {
  const wrong = [
    ['rtt=1ms,jiter=2ms', /--link 'jiter' is unknown: .*perhaps jitter/],
    ['5g', /'5g' is unknown.*perhaps .*3g/],
    ['rtt=fast', /rtt=fast: a time .* is wanted/],
    ['rtt=10ms,jitter=8ms', /jitter: no more than the delay/],
  ];
  for (const [spec, pattern] of wrong) {
    const { status, err } = await link(t, spec, ['true']);
    assert.equal(status, 125);
    assert.match(err, pattern);
  }
  assert.match((await program(t, LINK, ['--link', '3g'])).err, /a command is missing/);
  assert.match((await program(t, LINK, ['--', 'true'])).err, /--link SPEC is missing/);
});

test('where there can be no link, what is missing is told', async (t) => {
  const script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"';
  const { status, err } = await program(t, 'unshare', ['-Ur', 'sh', '-c', script, 'sh', LINK, '--link', '3g', '--', 'true']);
  assert.equal(status, 125);
  assert.match(err, /no link can be emulated here: a user and network namespace: .*max_user_namespaces=10000, as root/);
});

// --- feedlab-bench run --link ----------------------------------------------------------------------------------------

/** Run the bench over a link. That a busy machine makes it late is told, and is no fault here. */
async function bench(t, ...args) {
  const file = path.join(await t.directory(), 'result.json');
  const short = ['-c', '5', '-d', '500ms', '--warmup', '100ms', '--poll-interval', '100ms'];
  const result = await program(t, BENCH, ['run', '-q', '--json', file, ...short, ...args]);
  assert.ok([0, 1, 4].includes(result.status), result.text);
  const json = JSON.parse(await readFile(file, 'utf8'));
  assert.ok(['sound', 'late', 'saturated', 'link'].includes(json.verdict), result.text);
  assert.equal(result.status === 0, json.verdict === 'sound');
  return { ...result, json };
}

test('the bench measures over the link, and says so', async (t) => {
  const { out, json } = await bench(t, '--link', 'rtt=20ms,seed=5', '-t', 'ws,poll', '-n', '2', '--floor');
  const schema = JSON.parse(await readFile(path.join(process.env.FEEDLAB_SRCDIR ?? '.', 'docs/result.schema.json'), 'utf8'));
  const fits = new Ajv2020({ allowUnionTypes: true }).compile(schema);
  assert.ok(fits(json), JSON.stringify(fits.errors));
  assert.match(out, /emulated link, one for all subscribers: rtt=20ms,seed=5 · MTU 1500/);
  assert.match(out, /[·✗] ws +(INVALID: not kept: )?link: up \d+ packets, 0 lost; down \d+ packets, 0 lost; late by p\d\d/);
  assert.equal(json.manifest.setting.link, 'rtt=20ms,seed=5');
  for (const { name, figures, model, link: account } of json.results) {
    assert.ok(figures['latency.p50'].value >= 10, `${name}: ${figures['latency.p50'].value} ms`);
    if (name === 'ws') assert.ok(model['latency.p50'] >= 10 && model['latency.p50'] < 15, `${model['latency.p50']} ms`);
    if (name === 'poll') assert.ok(Math.abs(model['latency.p50'] - 60) < 0.1, `${model['latency.p50']} ms`);
    assert.equal(account.overruns, 0);
    for (const way of [account.up, account.down]) {
      assert.equal(way.packets, way.fates.passes);
      assert.equal(way.packets, way.segments);
      assert.ok(way.segments > 2 * 5 * 3);
    }
  }
});

test('the bench delivers every update over a link that loses packets', async (t) => {
  const { json } = await bench(t, '--link', 'rtt=4ms,loss=3%', '-t', 'sse', '-d', '1s');
  const { integrity, link: account } = json.results[0];
  assert.deepEqual([integrity.lost, integrity.duplicated, integrity.reordered], [0, 0, 0]);
  assert.ok(account.up.fates.loss + account.down.fates.loss > 0);
  assert.equal(account.down.packets, account.down.fates.passes + account.down.fates.loss);
});

test('the bench measures other people\'s servers over the link, and publishes past it', async (t) => {
  const server = path.join(process.env.FEEDLAB_SRCDIR ?? '.', 'tests/servers/ws.mjs');
  const { json } = await bench(t, '--link', 'rtt=60ms', '--start', `'${process.execPath}' '${server}' 0 198.18.0.1`,
    '--target', 'ws=ws://127.0.0.1:0/ws', '--publish', 'http://127.0.0.1:0/publish', '-s', '200');
  const { integrity, figures, link: account } = json.results[0];
  assert.equal(integrity.delivered, integrity.expected * 5);
  assert.ok(figures['latency.p50'].value >= 30, `${figures['latency.p50'].value} ms`);
  assert.ok(account.up.packets > 0);
});

/** The least latency in a result, µs; a histogram's values are exact to 1 in 128 there. */
const least = (result) => Math.min(...result.latency_us.map(([value]) => value));

test('a relay of streams stands in for a link, and says so', async (t) => {
  const { json, text } = await bench(t, '-t', 'poll,sse,ws,socketio', '-R', '20', '--link', 'rtt=40ms,jitter=5ms,loss=50%', '--link-level', 'stream');
  assert.match(text, /a relay stands in for a link, one for all subscribers: stream level, no loss, handshake not delayed:\s+rtt=40ms,jitter=5ms\b/);
  assert.equal(json.manifest.setting.link, 'stream level, no loss, handshake not delayed: rtt=40ms,jitter=5ms');
  for (const result of json.results) {
    assert.ok(result.integrity.delivered > 0);
    assert.equal(result.integrity.lost, 0);
    assert.ok(least(result) >= 15000 * (1 - 1 / 64), `${result.name}: ${least(result)} µs`);
  }
});

test('it stands in by itself where there can be no link by the packet', async (t) => {
  const script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"';
  const args = ['run', '-q', '--link', 'rtt=20ms', '-t', 'ws', '-c', '2', '-d', '500ms'];
  const { err, text } = await program(t, 'unshare', ['-Ur', 'sh', '-c', script, 'sh', BENCH, ...args]);
  assert.match(err, /no link by the packet here, user namespaces are forbidden: a relay of streams stands in for it/);
  assert.match(text, /ws +every update once and in order/);
  const strict = await program(t, 'unshare', ['-Ur', 'sh', '-c', script, 'sh', BENCH, ...args, '--link-level', 'packet']);
  assert.equal(strict.status, 1);
  assert.match(strict.err, /no link can be emulated here/);
});

test('what a relay of streams cannot do is refused', async (t) => {
  for (const [args, pattern] of [[['--link-level', 'stream'], /--link beside it/], [['--link', '3g', '--link-level', 'foo'], /packet or stream/],
    [['--link', '3g', '--link-level', 'stream', '--scenario', 'outage'], /--scenario: it needs a link by the packet/]]) {
    const { status, err } = await program(t, BENCH, ['run', '-q', '-t', 'ws', '-c', '2', ...args]);
    assert.equal(status, 2, err);
    assert.match(err, pattern);
  }
});

test('the bench refuses a link to a server that is not its child, and one that is misspelt', async (t) => {
  for (const [args, pattern] of [[['--url', 'http://127.0.0.1:1'], /--link rtt=1ms: a server that the bench starts itself/],
    [['--target', 'ws=ws://127.0.0.1:1/', '--stamp', 't', '--seq', 'seq'], /--start beside --target/]]) {
    const { status, err } = await program(t, BENCH, ['run', '--link', 'rtt=1ms', ...args]);
    assert.equal(status, 2);
    assert.match(err, pattern);
  }
  const { status, err } = await program(t, BENCH, ['run', '--link', 'rate=5mb']);
  assert.equal(status, 2);
  assert.match(err, /--link rate=5mb: bits a second/);
});

await run();
