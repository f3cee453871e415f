// 1,000 clients of each kind all get every update, also with two workers.
// SPDX-License-Identifier: MIT
import http from 'node:http';
import { Queue, assert, load, openWebSocket, publish, request, run, test } from './harness.mjs';

const { WebSocket } = await load('ws');

const CLIENTS = 1000;
const UPDATES = 10;
const SEQS = Array.from({ length: UPDATES }, (_, i) => i + 1);
const all = (make) => Promise.all(Array.from({ length: CLIENTS }, (_, i) => make(i)));

/** The events of a stream as they come; `end` cuts it. */
function openEvents(server, agent) {
  const seqs = new Queue();
  let end;
  const opened = new Promise((resolve, reject) => {
    const sent = http.get(`${server.url}/events`, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        const events = (text + chunk).split('\n\n');
        text = events.pop();
        for (const event of events) {
          const data = event.match(/^data: (.*)$/m);
          if (data) seqs.push(JSON.parse(data[1]).seq);
          else resolve();
        }
      });
      response.on('end', () => seqs.end('the stream ended'));
      response.on('error', () => seqs.end('the stream was cut'));
    });
    sent.on('error', reject);
    end = () => sent.destroy();
  });
  return { seqs, opened, end };
}

for (const workers of ['1', '2']) {
  const start = (t) => t.server(['--source', 'none', '--workers', workers]);
  const name = workers === '1' ? '' : `, ${workers} workers`;

  test(`ws: ${CLIENTS} clients${name}`, async (t) => {
    const server = await start(t);
    const clients = await all(async () => {
      const client = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws`, [], { perMessageDeflate: false });
      await client.opened();
      return client;
    });
    await server.logged(/ came .*ws/, CLIENTS);
    for (const seq of SEQS) await publish(server, seq);
    for (const { messages } of clients) {
      const updates = await messages.take(UPDATES, 'updates');
      assert.deepEqual(updates.map(({ seq }) => seq), SEQS);
    }
    const { transports } = (await request(server, '/stats')).json();
    assert.equal(transports.ws.clients, CLIENTS);
    assert.equal(transports.ws.deliveries, CLIENTS * UPDATES);
    const gone = clients.map((client) => client.closed());
    for (const { socket } of clients) socket.close();
    await Promise.all(gone);
    await server.logged(/ left .*ws/, CLIENTS);
    assert.equal((await request(server, '/stats')).json().transports.ws.clients, 0);
  });

  test(`sse: ${CLIENTS} clients${name}`, async (t) => {
    const server = await start(t);
    const agent = new http.Agent({ keepAlive: false });
    const clients = await all(async () => {
      const client = openEvents(server, agent);
      await client.opened;
      return client;
    });
    for (const seq of SEQS) await publish(server, seq);
    for (const { seqs } of clients) assert.deepEqual(await seqs.take(UPDATES, 'events'), SEQS);
    const { transports } = (await request(server, '/stats')).json();
    assert.equal(transports.sse.clients, CLIENTS);
    for (const { end } of clients) end();
    await server.logged(/ left .*sse/, CLIENTS);
    assert.equal((await request(server, '/stats')).json().transports.sse.clients, 0);
  });

  test(`longpoll: ${CLIENTS} clients${name}`, async (t) => {
    const server = await start(t);
    const agent = new http.Agent({ keepAlive: true });
    t.cleanup(() => agent.destroy());
    const { cursor } = (await request(server, '/poll')).json();
    const follow = async () => {
      const seqs = [];
      for (let since = cursor; seqs.length < UPDATES; ) {
        const batch = (await request(server, `/longpoll?since=${since}`, { agent })).json();
        seqs.push(...batch.updates.map(({ seq }) => seq));
        since = batch.cursor;
      }
      return seqs;
    };
    const followed = all(follow);
    await server.logged(/ came .*longpoll/, CLIENTS);
    for (const seq of SEQS) await publish(server, seq);
    for (const seqs of await followed) assert.deepEqual(seqs, SEQS);
    agent.destroy();
  });

  test(`poll: ${CLIENTS} clients${name}`, async (t) => {
    const server = await start(t);
    const agent = new http.Agent({ keepAlive: true });
    t.cleanup(() => agent.destroy());
    const clients = Array.from({ length: CLIENTS }, () => ({ since: '0', seqs: [] }));
    for (const seq of SEQS) {
      await publish(server, seq);
      await Promise.all(
        clients.map(async (client) => {
          const batch = (await request(server, `/poll?since=${client.since}`, { agent })).json();
          client.seqs.push(...batch.updates.map((update) => update.seq));
          client.since = batch.cursor;
        }),
      );
    }
    for (const { seqs } of clients) assert.deepEqual(seqs, SEQS);
    agent.destroy();
  });
}

await run();
