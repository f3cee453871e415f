// Inside an emulated link whose outage begins while many clients read: they vanish as a telephone does in a tunnel, without a
// FIN or a reset. Good clients on the server's own machine read on. Prints JSON: the good ones'
// account, and {goneS}, after how many seconds the server had noticed, by transport.
// Run by torture.mjs, in feedlab-link.
// SPDX-License-Identifier: MIT
import net from 'node:net';
import { assert, request, run, test, within } from '../e2e/harness.mjs';
import { account, crowd } from './reader.mjs';

const [CLIENTS, EACH] = process.argv.slice(2).map(Number);
const PATHS = ['/events', '/ws', '/longpoll'];
const UPGRADE = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** Returns: once its first bytes are there, whatever they are. */
function connect(port, path) {
  const socket = net.connect({ port, host: '198.18.0.2' });
  socket.on('error', () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 198.18.0.2\r\n${path === '/ws' ? UPGRADE : ''}\r\n`);
  return new Promise((resolve) => socket.once('data', () => resolve(socket)));
}

const EVERY_MS = 200;
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const figures = async (server) => (await request(server, '/stats')).json();
const count = ({ transports }, name) => transports[name].clients;

test('vanish', async (t) => {
  const server = await t.server(['--listen', '0.0.0.0', '--rate', '20', '--heartbeat', '2s']);
  const readers = await crowd({ server }, EACH);
  const opened = [];
  for (let i = 0; i < CLIENTS; i++) opened.push(connect(server.port, PATHS[i % PATHS.length]));
  await Promise.all(opened);
  const before = await figures(server);
  const begun = performance.now();
  const goneS = {};
  const gone = async () => {
    while (Object.keys(goneS).length < PATHS.length) {
      const now = await figures(server);
      for (const name of ['sse', 'ws', 'longpoll'])
        if (!(name in goneS) && count(now, name) <= EACH + 1) goneS[name] = (performance.now() - begun) / 1000;
      await after(EVERY_MS);
    }
  };
  await within(gone(), 'the vanished to be noticed', 200000);
  await Promise.all(readers.map((reader) => reader.leave()));
  const seen = account(readers);
  assert.deepEqual([seen.lost, seen.doubled], [0, 0], JSON.stringify(seen));
  assert.ok(count(before, 'sse') + count(before, 'ws') >= CLIENTS * 0.6, JSON.stringify(before));
  console.log(JSON.stringify({ ...seen, goneS }));
}, { deadline: 240000 });

await run();
