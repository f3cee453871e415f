// npm's ws: each update that is posted goes to every WebSocket at /ws, as it came.
// SPDX-License-Identifier: MIT
import { WebSocketServer } from 'ws';
import { createServer, listen } from './server.mjs';

const server = createServer((text) => {
  for (const socket of sockets.clients) socket.send(text);
});
const sockets = new WebSocketServer({ server, path: '/ws' });
listen(server);
