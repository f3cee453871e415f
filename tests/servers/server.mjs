// What the servers here have in common: they listen on a free port of 127.0.0.1, or on the port and address that are given, say so on
// stderr as feedlab-server does, take updates at POST /publish, and end at SIGTERM.
// SPDX-License-Identifier: MIT
import http from 'node:http';

/** A server: `publish(text)` gets each body that is posted, `handle(request, response)` everything else; null: 404. */
export function createServer(publish, handle = null) {
  return http.createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== '/publish') {
      if (handle) handle(request, response);
      else response.writeHead(404).end();
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      publish(Buffer.concat(chunks).toString());
      response.writeHead(202, { 'Content-Length': 0 }).end();
    });
  });
}

/** Listen, and say where. Keep-alive never ends by itself. */
export function listen(server) {
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.on('connection', (socket) => socket.setNoDelay());
  const host = process.argv[3] ?? '127.0.0.1';
  server.listen({ port: Number(process.argv[2] ?? 0), host, backlog: 4096 }, () => {
    process.stderr.write(`listening on http://${host}:${server.address().port}\n`);
  });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
}
