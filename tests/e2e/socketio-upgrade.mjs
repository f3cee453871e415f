// The upgrade from polling to WebSocket in the middle of a burst of 1,000 updates a second: nothing is lost, doubled or
// reordered, however the bytes of the two connections come to lie. engine.io-client does it, through a relay that holds each
// connection's bytes back by its own random time: 10 times, and 200 times with FEEDLAB_LONG.
// SPDX-License-Identifier: MIT
import net from 'node:net';
import { assert, DEADLINE_MS, isLong, load, Queue, run, test, within } from './harness.mjs';

const { Socket } = await load('engine.io-client');
const ROUNDS = isLong ? 200 : 10;
const MOST_MS = 20;

/** Numbers from 0 to 1 that are the same in each run (Park and Miller). */
function randomFrom(seed) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** Pass bytes on in order, each piece `delay()` ms after it came at the earliest. */
function pipe(from, to, delay) {
  let last = Promise.resolve();
  const after = (ms, action) => {
    const due = new Promise((resolve) => setTimeout(resolve, ms));
    last = Promise.all([last, due]).then(action);
  };
  from.on('data', (data) => after(delay(), () => to.writable && to.write(data)));
  from.on('end', () => after(delay(), () => to.end()));
  from.on('close', () => to.destroy());
  from.on('error', () => {});
}

/** A relay to the server; `delayOf()` gives each direction of each connection its delay. */
async function relay(t, server, delayOf) {
  const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    pipe(client, upstream, delayOf());
    pipe(upstream, client, delayOf());
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.cleanup(() => listener.close());
  return listener.address().port;
}

/** Follow the feed over one Engine.IO session. */
function follow(t, port) {
  const socket = new Socket(`http://127.0.0.1:${port}`, { path: '/socket.io', transports: ['polling', 'websocket'] });
  const seqs = new Queue();
  t.cleanup(() => socket.close());
  socket.on('open', () => socket.send('0'));
  socket.on('close', (reason) => seqs.end(`the session was closed: ${reason}`));
  socket.on('message', (message) => {
    if (message.startsWith('2["news"')) seqs.push(JSON.parse(message.slice(1))[1].seq);
    else assert.match(message, /^0\{"sid"/, `no ${message}`);
  });
  const upgraded = new Promise((resolve) => socket.once('upgrade', resolve));
  return { socket, seqs, upgraded: () => within(upgraded, 'the upgrade') };
}

for (const workers of ['1', '4']) {
  const body = async (t) => {
    const server = await t.server(['--rate', '1000', '--workers', workers]);
    const random = randomFrom(42);
    for (let round = 0; round < ROUNDS; round++) {
      const port = await relay(t, server, () => {
        const most = random() * MOST_MS;
        return () => random() * most;
      });
      const client = follow(t, port);
      let next = (await client.seqs.next('the first update')) + 1;
      await client.upgraded();
      for (const seq of await client.seqs.take(300, 'updates across the upgrade')) assert.equal(seq, next++, `round ${round}`);
      client.socket.close();
    }
  };
  test(`an upgrade in a burst loses nothing, ${ROUNDS} times, ${workers} worker(s)`, body, { deadline: ROUNDS * DEADLINE_MS });
}

test('an upgrade that is never answered leaves the session polling, and loses nothing', async (t) => {
  const server = await t.server(['--rate', '1000']);
  let connections = 0;
  // The WebSocket's bytes go nowhere: it is the third connection, after the handshake and beside the first poll.
  const listener = net.createServer((client) => {
    client.once('data', (head) => {
      if (/upgrade: websocket/i.test(head.toString('latin1'))) return connections++;
      const upstream = net.connect(server.port, '127.0.0.1');
      upstream.write(head);
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) socket.on('error', () => {});
    });
    client.on('error', () => {});
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.cleanup(() => listener.close());
  const client = follow(t, listener.address().port);
  let next = (await client.seqs.next('the first update')) + 1;
  for (const seq of await client.seqs.take(500, 'updates by polling')) assert.equal(seq, next++);
  assert.equal(connections, 1, 'an upgrade was tried');
  assert.equal(client.socket.transport.name, 'polling');
  client.socket.close();
});

await run();
