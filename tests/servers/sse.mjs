// npm's better-sse: each update that is posted is broadcast to every event stream at /sse.
// SPDX-License-Identifier: MIT
import better from 'better-sse';
import { createServer, listen } from './server.mjs';

const { createChannel, createSession } = better; // it is CommonJS
const channel = createChannel();
const server = createServer(
  (text) => channel.broadcast(JSON.parse(text)),
  async (request, response) => channel.register(await createSession(request, response)),
);
listen(server);
