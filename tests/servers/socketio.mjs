// npm's socket.io at /live/: each update that is posted is emitted to all as `news`.
// SPDX-License-Identifier: MIT
import { Server } from 'socket.io';
import { createServer, listen } from './server.mjs';

const server = createServer((text) => io.emit('news', JSON.parse(text)));
const io = new Server(server, { path: '/live/', serveClient: false });
listen(server);
