// The demo's controls where more than this machine could reach the server: in a network namespace in which there is nothing
// but a loopback device.
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { assert, request, run, test } from './harness.mjs';

// SIOCSIFFLAGS: the device up.
const UP = 'use Socket; socket(S, AF_INET, SOCK_DGRAM, 0); $r = pack("a16 s x22", "lo", 0x41); ioctl(S, 0x8914, $r) or die; exec @ARGV';

if (!process.env.FEEDLAB_NAMESPACE) {
  const inside = ['--user', '--map-root-user', '--net', 'perl', '-e', UP];
  if (spawnSync('unshare', [...inside, 'true']).status !== 0) {
    console.log('1..0 # SKIP this machine lets no one make a network namespace');
    process.exit(0);
  }
  const env = { ...process.env, FEEDLAB_NAMESPACE: 'yes' };
  const { status } = spawnSync('unshare', [...inside, process.execPath, fileURLToPath(import.meta.url)], { env, stdio: 'inherit' });
  process.exit(status ?? 1);
}

const all = ['--listen', '0.0.0.0', '--source', 'none'];
const bearer = { Authorization: 'Bearer open-sesame' };

test('beyond loopback they are off, with a token too', async (t) => {
  for (const args of [[], ['--publish-token', 'open-sesame']]) {
    const server = await t.server([...all, ...args]);
    for (const target of ['/demo', '/demo/lines?ids=x', '/demo/lines/x'])
      assert.equal((await request(server, target, { headers: bearer })).status, 404, target);
    const answer = await request(server, '/demo/lines', { method: 'POST', headers: { ...bearer, 'Content-Type': 'application/json' }, body: '{"profile":"none"}' });
    assert.equal(answer.status, 404);
    assert.match((await request(server, '/')).headers['content-security-policy'], /; connect-src 'self' ws:\/\/127\.0\.0\.1:\d+ wss:[^*]*; base-uri/);
  }
});

test('--demo wants a token there', async (t) => {
  const server = t.start([...all, '--demo']);
  assert.equal(await server.ended(), 1);
  await server.logged(/--demo: .*--publish-token/);
});

test('--demo does not go with --no-demo', async (t) => {
  const server = t.start([...all, '--demo', '--no-demo']);
  assert.equal(await server.ended(), 2);
});

test('with both, the bearer has them, and the server\'s page its lines', async (t) => {
  const server = await t.server([...all, '--demo', '--publish-token', 'open-sesame']);
  const open = (headers) =>
    request(server, '/demo/lines', { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: '{"profile":"none"}' });
  assert.equal((await open({})).status, 401);
  const line = (await open(bearer)).json();
  const asked = (Origin) => request(line, '/poll', { headers: { Host: `192.0.2.7:${line.port}`, Origin } });
  const own = `http://192.0.2.7:${server.port}`;
  const answer = await asked(own);
  assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [200, own]);
  for (const origin of [`http://192.0.2.8:${server.port}`, `http://192.0.2.7:${server.port + 1}`, 'http://localhost:8080', 'null'])
    assert.equal((await asked(origin)).status, 403, origin);
});

await run();
