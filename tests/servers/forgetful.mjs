// A feed by WebSocket (feedlab.v1) that forgets, in the bench's hands as if it were feedlab-server: when it is stopped, it publishes
// two more updates that only its newest client gets. Started again (with a port), it is another run of the feed; with
// FEEDLAB_FORGETFUL=silent it tells those who come back of no gap.
// SPDX-License-Identifier: MIT
import http from 'node:http';
import { WebSocketServer } from 'ws';

const argument = (name) => process.argv[process.argv.indexOf(name) + 1];
const port = Number(argument('--port'));
const epoch = port === 0 ? 'first' : 'second';
const published = [];

const publish = (clients) => {
  published.push(JSON.stringify({ seq: published.length + 1, t: Date.now() * 1000, data: 'x' }));
  for (const client of clients) client.send(published.at(-1));
};

const server = http.createServer((request, response) => response.writeHead(404).end());
const feed = new WebSocketServer({ server, handleProtocols: () => 'feedlab.v1' });
feed.on('connection', (client, { url }) => {
  const since = new URL(url, 'http://localhost').searchParams.get('since');
  const stands = since === null ? published.length : since.startsWith(`${epoch}-`) ? Number(since.split('-')[1]) : 0;
  client.send(JSON.stringify({ hello: { cursor: `${epoch}-${stands}` } }));
  if (since !== null && !since.startsWith(`${epoch}-`) && process.env.FEEDLAB_FORGETFUL !== 'silent')
    client.send(JSON.stringify({ gap: { epoch, from: null } }));
  for (const update of published.slice(stands)) client.send(update);
});

const clock = setInterval(() => publish(feed.clients), 1000 / Number(argument('--rate')));
process.once('SIGTERM', () => {
  clearInterval(clock);
  for (let i = 0; i < 2; i++) publish([...feed.clients].slice(-1));
  for (const client of feed.clients) client.close(1001);
  server.close();
});
server.listen(port, '127.0.0.1', () => console.error(`listening on http://127.0.0.1:${server.address().port}`));
