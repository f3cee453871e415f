// Polls over nothing but node's http, in the shapes that servers give them: the last 1,000 updates after a number in the
// query, at once and held; one update and its ETag; and the latest one, without any cursor.
//
//     GET /list?after=N    {"page":{"next":N},"items":[…]}
//     GET /held?after=N    the same, once there is something; 204 after a second
//     GET /tagged          the first update after the one of If-None-Match, or 304
//     GET /latest          an array of the latest one
// SPDX-License-Identifier: MIT
import { createServer, listen } from './server.mjs';

const KEPT = 1000;
const HELD_MS = 1000;

const updates = []; // { n, text }
let newest = 0;
let held = new Set();

function send(response, status, text, headers = {}) {
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(text), ...headers }).end(text);
}

function sendList(response, after) {
  const items = updates.filter(({ n }) => n > after).map(({ text }) => text);
  send(response, 200, `{"page": {"next": ${newest}},\n "items": [${items.join(', ')}]}\n`, { 'Content-Type': 'application/json' });
}

function hold(response, after) {
  if (newest > after) return sendList(response, after);
  const wait = () => {
    clearTimeout(timer);
    sendList(response, after);
  };
  const timer = setTimeout(() => {
    held.delete(wait);
    send(response, 204, '');
  }, HELD_MS);
  held.add(wait);
}

function sendTagged(request, response) {
  const tag = request.headers['if-none-match'];
  const after = tag ? Number(tag.slice(1, -1)) : newest - 1;
  const next = updates.find(({ n }) => n > after);
  if (next) send(response, 200, next.text, { ETag: `"${next.n}"` });
  else send(response, tag ? 304 : 204, '');
}

const server = createServer(
  (text) => {
    updates.push({ n: ++newest, text });
    if (updates.length > KEPT) updates.shift();
    const waiting = held;
    held = new Set();
    for (const answer of waiting) answer();
  },
  (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const after = Number(url.searchParams.get('after') ?? newest);
    if (url.pathname === '/list') sendList(response, after);
    else if (url.pathname === '/held') hold(response, after);
    else if (url.pathname === '/tagged') sendTagged(request, response);
    else if (url.pathname === '/latest') send(response, 200, `[${updates.slice(-1).map(({ text }) => text)}]`);
    else send(response, 404, '');
  },
);
listen(server);
