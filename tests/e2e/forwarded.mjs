// X-Forwarded-For behind trusted proxies: whose address the log calls a client by, where a proxy sends requests of several
// clients over one connection, and where each hop adds a line of its own.
// SPDX-License-Identifier: MIT
import { Connection } from '../contract/connection.mjs';
import { frame } from '../contract/subscriber.mjs';
import { assert, request, run, test, within } from './harness.mjs';

const start = (t, ...args) => t.server(['--source', 'none', '--trust-proxy', '127.0.0.0/8', '--trust-proxy', '10.0.0.0/8', ...args]);
const via = (...lines) => lines.map((line) => ['X-Forwarded-For', line]);
const upgrade = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

function connect(t, server) {
  const made = new Connection(server);
  t.cleanup(() => made.vanish());
  return made;
}

test('it is believed from trusted proxies only', async (t) => {
  const headers = { 'X-Forwarded-For': '203.0.113.9, 198.51.100.7' };
  const wary = await t.server(['--source', 'none']);
  await request(wary, '/poll', { headers });
  assert.match(await wary.logged(/ came /), / ip=127\.0\.0\.1 /);
  const trusting = await start(t);
  await request(trusting, '/poll', { headers });
  assert.match(await trusting.logged(/ came /), / ip=198\.51\.100\.7 /);
});

test('several lines are one list, whose last untrusted hop is the client', async (t) => {
  const server = await start(t);
  const cases = [
    [['203.0.113.9', '198.51.100.7'], '198.51.100.7'],
    [['203.0.113.9', '10.1.2.3'], '203.0.113.9'],
    [['192.0.2.1, 203.0.113.9', '10.1.2.3, 127.0.0.5', '10.9.9.9'], '203.0.113.9'],
    [['192.0.2.1', '203.0.113.9, 10.0.0.1'], '203.0.113.9'],
    [['2001:db8::7', '10.0.0.1'], '2001:db8::7'],
    [['10.7.7.7', '10.0.0.1'], '10.7.7.7'],
  ];
  for (const [index, [lines, ip]] of cases.entries()) {
    await connect(t, server).exchange('/poll', { headers: via(...lines) });
    const line = await server.logged(/ came /, index + 1);
    // An IPv6 address may stand in quotes or bare.
    assert.equal(line.match(/ ip="?([^ "]+)"? /)[1], ip, `of ${lines.join(' | ')}`);
  }
});

test('clients that share a connection are each called by their own address', async (t) => {
  const server = await start(t);
  const shared = connect(t, server);
  const publish = (ip) =>
    shared.exchange('/publish', { method: 'POST', headers: [...via(ip), ['Content-Type', 'text/plain']], body: `from ${ip}` });

  await shared.exchange('/poll', { headers: via('203.0.113.1') });
  assert.match(await server.logged(/ came transport=poll /), / ip=203\.0\.113\.1 /);
  await publish('203.0.113.2');
  assert.match(await server.logged(/ spoke .*from 203\.0\.113\.2/), / ip=203\.0\.113\.2 /);
  await publish('203.0.113.3');
  assert.match(await server.logged(/ spoke .*from 203\.0\.113\.3/), / ip=203\.0\.113\.3 /);
  await shared.exchange('/poll?since=nonsense', { headers: via('203.0.113.4') });
  assert.match(await server.logged(/ erred .*path=\/poll/), / ip=203\.0\.113\.4 /);
  await shared.exchange('/poll', { headers: [...via('203.0.113.5'), ['Host', 'evil.example']] });
  assert.match(await server.logged(/ refused /), / ip=203\.0\.113\.5 /);
  await shared.exchange('/publish', { headers: [] });
  assert.match(await server.logged(/ erred .*path=\/publish/), / ip=127\.0\.0\.1 /);
  shared.ask('/events', { headers: via('203.0.113.6') });
  assert.match(await server.logged(/ came transport=sse /), / ip=203\.0\.113\.6 /);
  shared.vanish();
  assert.match(await server.logged(/ left transport=poll /), / ip=203\.0\.113\.1 /);
  assert.match(await server.logged(/ left transport=sse /), / ip=203\.0\.113\.6 /);
});

test('a WebSocket on a connection that others have used is its own client', async (t) => {
  const server = await start(t);
  const shared = connect(t, server);
  await shared.exchange('/poll', { headers: via('203.0.113.1') });
  shared.ask('/ws', { headers: [...via('203.0.113.2', '10.0.0.1'), ...upgrade] });
  assert.equal((await within(shared.head(), 'the handshake')).status, 101);
  shared.socket.write(frame(1, 'hello'));
  for (const event of ['came', 'spoke']) assert.match(await server.logged(new RegExp(` ${event} transport=ws `)), / ip=203\.0\.113\.2 /);
  shared.vanish();
  assert.match(await server.logged(/ left transport=ws /), / ip=203\.0\.113\.2 /);
});

await run();
