// The server under systemd, played by the test: what it tells at $NOTIFY_SOCKET, and listening sockets that it is handed; and
// the unit's files, where systemd's own tools are there to judge them.
// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { assert, publish, Queue, request, run, test, within } from './harness.mjs';

const root = process.env.FEEDLAB_SRCDIR ?? '.';
const deploy = (name) => path.join(root, 'docs/deploy', name);

// Node has no datagrams of AF_UNIX; automake brings perl.
const HEAR = `use Socket; $| = 1; my $name = shift; $name =~ s/^@/\\0/;
  socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
  bind($s, pack('S a*', AF_UNIX, $name)) or die $!;
  print "bound\\n"; while (defined recv($s, my $said, 4096, 0)) { $said =~ s/\\n/;/g; print "$said\\n" }`;

/** What is said at a notify socket, in order. */
async function hear(t, name) {
  const listener = spawn('perl', ['-e', HEAR, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = new Queue();
  t.cleanup(() => listener.kill());
  listener.on('error', (error) => said.end(error.message));
  listener.on('exit', (code) => said.end(`perl ended with ${code}`));
  createInterface({ input: listener.stdout }).on('line', (line) => said.push(line));
  assert.equal(await said.next('the notify socket'), 'bound');
  return said;
}

/** A socket that listens and that no one accepts from, its descriptor; one port has several with SO_REUSEPORT, which node lacks. */
async function listenSocket(t, host = '127.0.0.1') {
  const owner = net.createServer();
  owner.listen(0, host);
  await once(owner, 'listening');
  const { fd } = owner._handle;
  return { fd, port: owner.address().port, close: () => new Promise((resolve) => owner.close(resolve)) };
}

// As systemd does it: the process that has the number in LISTEN_PID is the server itself.
const AS_SYSTEMD = 'LISTEN_PID=$$ exec "$0" "$@"';

/** A server that was passed these sockets. */
async function passedTo(t, sockets, args = []) {
  const server = t.start(['--source', 'none', ...args], {
    shell: AS_SYSTEMD,
    env: { LISTEN_FDS: String(sockets.length) },
    passed: sockets.map(({ fd }) => fd),
  });
  for (const socket of sockets) await socket.close();
  return server;
}

for (const [kind, nameOf] of [
  ['a path', async (t) => path.join(await t.directory(), 'notify')],
  ['an abstract name', async () => `@feedlab-test-${process.pid}`],
])
  test(`READY=1 comes when it listens, STOPPING=1 when it drains, at ${kind}`, async (t) => {
    const name = await nameOf(t);
    const said = await hear(t, name);
    const server = await t.server(['--source', 'none'], { env: { NOTIFY_SOCKET: name } });
    assert.equal(await said.next('READY=1'), 'READY=1');
    assert.equal((await request(server, '/health/ready')).status, 200);
    await server.stop();
    assert.equal(await said.next('STOPPING=1'), 'STOPPING=1');
  });

test('a server that cannot start never says READY=1', async (t) => {
  const name = `@feedlab-test-failing-${process.pid}`;
  const said = await hear(t, name);
  const first = await t.server(['--source', 'none']);
  const second = t.start(['--source', 'none'], { port: String(first.port), env: { NOTIFY_SOCKET: name } });
  assert.equal(await second.ended(), 1);
  assert.equal(said.length, 0);
});

test('where nobody hears it, the server says so and serves', async (t) => {
  const server = await t.server(['--source', 'none'], { env: { NOTIFY_SOCKET: '/nonexistent/notify' } });
  await server.logged(/erred why="?NOTIFY_SOCKET: /);
  assert.equal((await request(server, '/poll')).status, 200);
});

for (const workers of ['1', '4'])
  test(`a passed socket is the one that is served, whatever --port says, with ${workers} worker(s)`, async (t) => {
    const socket = await listenSocket(t);
    const server = await (await passedTo(t, [socket], ['--workers', workers])).listening();
    assert.equal(server.port, socket.port);
    const { cursor } = await publish(server, 'one');
    const answers = await Promise.all(Array.from({ length: 40 }, () => request(server, '/poll?since=0')));
    for (const answer of answers) assert.equal(answer.json().cursor, cursor);
  });

test('several passed sockets are shared out among the workers, and all are served', async (t) => {
  const sockets = [await listenSocket(t), await listenSocket(t), await listenSocket(t, '::1')];
  const server = await (await passedTo(t, sockets, ['--workers', '4'])).listening();
  for (const { port } of sockets.slice(0, 2)) assert.equal((await request({ port }, '/poll')).status, 200);
  const answer = await fetch(`http://[::1]:${sockets[2].port}/poll`);
  assert.equal(answer.status, 200);
  await answer.text();
});

test('more passed sockets than workers are refused in words', async (t) => {
  const server = await passedTo(t, [await listenSocket(t), await listenSocket(t)]);
  assert.equal(await server.ended(), 1);
  assert.match(await server.logged(/feedlab-server: /), /2 sockets were passed: each wants a worker, --workers 2/);
});

test('a passed socket of any address puts the rules for the network in force', async (t) => {
  const socket = await listenSocket(t, '0.0.0.0');
  const server = await (await passedTo(t, [socket])).listening();
  const body = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '1' };
  assert.equal((await request(server, '/publish', body)).status, 403);
  await server.logged(/--publish-token/);
});

test('who comes while the service restarts waits in the passed socket instead of being refused', async (t) => {
  const socket = await listenSocket(t);
  // The shell is systemd: it has the socket, and starts the next server when it is told to.
  const twice = `sh -c '${AS_SYSTEMD}' "$0" "$@"; read -r go; sh -c '${AS_SYSTEMD}' "$0" "$@"`;
  const options = { shell: twice, input: 'pipe', env: { LISTEN_FDS: '1' }, passed: [socket.fd] };
  const server = await t.start(['--source', 'none'], options).listening();
  await socket.close();
  const stop = async () => process.kill((await request(server, '/stats')).json().process.pid, 'SIGTERM');
  const agentless = () => request(server, '/stats').then((answer) => answer.json().process.pid);

  const first = await agentless();
  await stop();
  await server.logged(/draining/);
  const waiting = net.connect(socket.port, '127.0.0.1');
  t.cleanup(() => waiting.destroy());
  await once(waiting, 'connect');
  waiting.write('GET /poll HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  server.input.write('go\n');
  const [answer] = await within(once(waiting, 'data'), 'an answer of the next server');
  assert.match(answer.toString(), /^HTTP\/1.1 200 /);
  assert.notEqual(await agentless(), first);
  await stop();
  assert.equal(await server.ended(), 0);
});

/** systemd's tools say nothing of a program that is not where the unit wants it. */
async function installed(t) {
  const folder = await t.directory();
  const program = path.resolve(process.env.FEEDLAB_SERVER ?? 'feedlab-server');
  const unit = (await readFile(deploy('feedlab.service'), 'utf8')).replace('/usr/local/bin/feedlab-server', program);
  await writeFile(path.join(folder, 'feedlab.service'), unit);
  await writeFile(path.join(folder, 'feedlab.socket'), await readFile(deploy('feedlab.socket')));
  return { unit: path.join(folder, 'feedlab.service'), socket: path.join(folder, 'feedlab.socket') };
}

const analyze = (...args) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
const skip = analyze('--version').error ? 'systemd-analyze is missing: run ./bootstrap' : null;

test('systemd-analyze verify finds nothing wrong with the units', async (t) => {
  const { unit, socket } = await installed(t);
  const { status, stdout, stderr } = analyze('verify', '--man=no', unit, socket);
  assert.equal(stdout + stderr, '');
  assert.equal(status, 0);
}, { skip });

test('systemd-analyze security calls the exposure of the service 1.5 of 10 at most', async (t) => {
  const { unit } = await installed(t);
  const { status, stdout, stderr } = analyze('security', '--offline=yes', '--threshold=15', '--no-pager', unit);
  assert.equal(status, 0, stdout + stderr);
}, { skip });

test("the unit's command line is one that the server takes", async (t) => {
  const [, args] = (await readFile(deploy('feedlab.service'), 'utf8')).match(/^ExecStart=\S+ --port \d+ (.*)$/m);
  const flags = (token) => [...args.split(' ').map((arg) => (arg === '${FEEDLAB_PUBLISH_TOKEN}' ? token : arg)), '--source', 'none'];
  const server = await t.server(flags('a-token'));
  assert.equal((await request(server, '/poll', { headers: { Host: 'feedlab.example' } })).status, 200);
  const body = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '1' };
  assert.equal((await request(server, '/publish', body)).status, 401);
  assert.equal((await request(server, '/publish', { ...body, headers: { ...body.headers, Authorization: 'Bearer a-token' } })).status, 201);

  const open = t.start(flags('')); // as it is where the variable is not set
  assert.equal(await open.ended(), 2);
});

await run();
