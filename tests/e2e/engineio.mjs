// Engine.IO protocol, revision 4, sentence by sentence, against --conformance's echo: handshakes, payloads, the heartbeat, the
// upgrade, and the end in every state. With one worker, and with four, where requests of a session arrive anywhere.
// SPDX-License-Identifier: MIT
import { Connection, requestText } from '../contract/connection.mjs';
import { frame } from '../contract/subscriber.mjs';
import {
  assertRefused, encode, holdPoll, openPost, openSession, openSocket, pings, refusals, SEPARATOR, Session, shake, Socket,
  takeFrame, target, upgradeText, workerOf,
} from './engineio-client.mjs';
import { assert, load, request, run, test, within } from './harness.mjs';

const { WebSocket } = await load('ws');
const PATH = '/engine.io/';
const MOST = 1000000; // maxPayload
const BINARY = Buffer.from([1, 2, 3, 4]);

/** A case for one worker and for four. `body(t, serve)`: serve(...flags) is a server. */
function each(name, body) {
  for (const workers of ['1', '4']) {
    const serve = (t) => (...flags) => t.server(['--conformance', '--workers', workers, ...flags]);
    test(`${name}, ${workers} worker(s)`, (t) => body(t, serve(t)));
  }
}

function connect(t, server) {
  const connection = new Connection(server);
  t.cleanup(() => connection.vanish());
  return connection;
}

/** The nth session that ended did so for this reason. */
const left = (server, why, nth) => server.logged(new RegExp(`left transport=engine.io .*why="${why}`), nth);

const LOST = 'the connection was lost';
const SAID_SO = 'the client said so';
const MALFORMED = 'a packet was malformed';
const OVERLAP = 'two polls or two POSTs came at once';

/** It answers: the WebSocket is alive, and the upgrade complete. */
async function assertEchoes(socket, text = 'still here') {
  socket.send(`4${text}`);
  assert.equal(await socket.next(), `4${text}`);
}

async function assertPolls(session, text = 'still here') {
  await session.send(`4${text}`);
  assert.deepEqual(await session.poll(), [`4${text}`]);
}

/** A WebSocket that has taken over. */
async function upgrade(session) {
  const socket = await session.probe();
  socket.send('5');
  await assertEchoes(socket, 'upgraded');
  return socket;
}

/* --- handshake ---------------------------------------------------------------------------------------------------- */

test('handshake: a GET opens a session by polling, and says how it will be', async (t) => {
  const server = await t.server(['--conformance', '--ping-interval', '300', '--ping-timeout', '200']);
  const answer = await request(server, target(PATH));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/plain; charset=UTF-8');
  assert.equal(answer.headers['cache-control'], 'no-store');
  const sid = answer.text.match(/"sid":"([\w-]{20,})"/)[1];
  const rest = '"upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000';
  assert.equal(answer.text, `0{"sid":"${sid}",${rest}}`);
});

test('handshake: a WebSocket opens a session of its own, with nothing left to upgrade to', async (t) => {
  const server = await t.server(['--conformance', '--ping-interval', '300', '--ping-timeout', '200']);
  const socket = new Socket(server, PATH);
  await socket.opened();
  const open = await socket.next();
  const sid = open.match(/"sid":"([\w-]{20,})"/)[1];
  assert.equal(open, `0{"sid":"${sid}","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}`);
  socket.ws.close();
});

test('handshake: intervals are 25 and 20 seconds by default, and maxPayload no more than --max-body', async (t) => {
  const server = await t.server(['--conformance', '--max-body', '4096']);
  const { sid, ...rest } = (await openSession(server)).handshake;
  assert.deepEqual(rest, { upgrades: ['websocket'], pingInterval: 25000, pingTimeout: 20000, maxPayload: 4096 });
  assert.match(sid, /^[\w-]+$/);
});

each('handshake: every session has a sid of its own', async (t, serve) => {
  const server = await serve();
  const sids = new Set();
  for (let i = 0; i < 10; i++) {
    sids.add((await openSession(server)).sid);
    const socket = await openSocket(server);
    sids.add(socket.sid);
    socket.ws.close();
  }
  assert.equal(sids.size, 20);
});

test('handshake: parameters that mean nothing here are passed over', async (t) => {
  const server = await t.server(['--conformance']);
  await assertPolls(await openSession(server, PATH, { t: 'N8hyd6w', b64: '1', and: 'more' }));
});

/* --- refusals ----------------------------------------------------------------------------------------------------- */

each('refusals: each has the code and the words of the reference implementation', async (t, serve) => {
  const server = await serve();
  const { sid } = await openSession(server);
  const key = Buffer.alloc(16).toString('base64');
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': key };
  const cases = [
    ['no transport', { transport: undefined }, refusals.transport],
    ['an empty transport', { transport: '' }, refusals.transport],
    ['an unknown transport', { transport: 'abc' }, refusals.transport],
    ['WebTransport', { transport: 'webtransport' }, refusals.transport],
    ['another case', { transport: 'Polling' }, refusals.transport],
    ['an unknown transport of a session', { transport: 'abc', sid }, refusals.transport],
    ['no transport of a session', { transport: undefined, sid }, refusals.transport],
    ['an unknown transport comes first', { transport: 'abc', EIO: '3' }, refusals.transport],
    ['no version', { EIO: undefined }, refusals.protocol],
    ['an empty version', { EIO: '' }, refusals.protocol],
    ['version 3', { EIO: '3' }, refusals.protocol],
    ['version 5', { EIO: '5' }, refusals.protocol],
    ['a version that is no number', { EIO: 'abc' }, refusals.protocol],
    ['an unknown sid', { sid: 'abc' }, refusals.sid],
    ['a sid that is nearly right', { sid: `${sid.slice(0, -1)}${sid.endsWith('A') ? 'B' : 'A'}` }, refusals.sid],
    ['a sid that is too short', { sid: sid.slice(0, -1) }, refusals.sid],
    ['a sid of a worker that is not there', { sid: `ff${sid.slice(2)}` }, refusals.sid],
    ['a sid of no worker', { sid: `zz${sid.slice(2)}` }, refusals.sid],
    ['a POST of an unknown sid', { sid: 'abc' }, refusals.sid, { method: 'POST', body: '4hello' }],
    ['a POST of a sid that is nearly right', { sid: `${sid}A` }, refusals.sid, { method: 'POST', body: '4hello' }],
    ['a handshake by POST', {}, refusals.method, { method: 'POST', body: '4hello' }],
    ['a handshake by an empty POST', {}, refusals.method, { method: 'POST' }],
    ['a handshake by PUT', {}, refusals.method, { method: 'PUT', body: '4hello' }],
    ['a handshake by DELETE', {}, refusals.method, { method: 'DELETE' }],
    ['a handshake by OPTIONS', {}, refusals.method, { method: 'OPTIONS' }],
    ['a method that is wrong comes before a version', { EIO: '3' }, refusals.method, { method: 'POST' }],
    ['WebSocket without an upgrade', { transport: 'websocket' }, refusals.request],
    ['WebSocket without an upgrade, of a session', { transport: 'websocket', sid }, refusals.request],
    ['a POST to WebSocket, of a session', { transport: 'websocket', sid }, refusals.request, { method: 'POST', body: '4hello' }],
    ['PUT of a session', { sid }, refusals.request, { method: 'PUT', body: '4hello' }],
    ['DELETE of a session', { sid }, refusals.request, { method: 'DELETE' }],
    ['polling with an upgrade', {}, refusals.request, { headers }],
    ['polling with an upgrade, of a session', { sid }, refusals.request, { headers }],
  ];
  for (const [what, parameters, body, options] of cases) {
    assertRefused(await request(server, target(PATH, parameters), options), body, what);
  }
  assert.equal((await request(server, target(PATH), { method: 'HEAD' })).status, 400, 'a handshake by HEAD');
  await assertPolls(new Session(server, PATH, { sid }));
});

each('refusals: so are WebSockets', async (t, serve) => {
  const server = await serve();
  const cases = [
    ['no transport', { transport: undefined }, refusals.transport],
    ['an unknown transport', { transport: 'abc' }, refusals.transport],
    ['polling', { transport: 'polling' }, refusals.request],
    ['no version', { EIO: undefined }, refusals.protocol],
    ['a version that is no number', { EIO: 'abc' }, refusals.protocol],
    ['an unknown sid', { sid: 'abc' }, refusals.sid],
  ];
  for (const [what, parameters, body] of cases) assertRefused(await new Socket(server, PATH, parameters).refused(), body, what);
});

each('refusals: the version is missed in the requests of a session too', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const targetWithout = target(PATH, { sid: session.sid, EIO: undefined });
  assert.equal((await request(server, targetWithout, { method: 'POST', body: '4hello' })).status, 400);
  await session.send('4something to fetch');
  assert.equal((await request(server, targetWithout)).status, 400);
  assert.deepEqual(await session.poll(), ['4something to fetch']);
});

test('refusals: what speaks revision 3 is named in the log', async (t) => {
  const server = await t.server(['--conformance']);
  assertRefused(await request(server, target(PATH, { EIO: '3' })), refusals.protocol);
  await server.logged(/refused transport=engine\.io ip=127\.0\.0\.1 EIO=3 why=".*speaks Engine\.IO 4: .*Socket\.IO 3 or 4/);
  assertRefused(await new Socket(server, PATH, { EIO: '3' }).refused(), refusals.protocol);
  await server.logged(/refused .* EIO=3 /, 2);
});

/* --- polling ------------------------------------------------------------------------------------------------------ */

each('polling: a POST brings packets and is answered with ok, a GET fetches them', async (t, serve) => {
  const session = await openSession(await serve());
  const answer = await session.post('4hello');
  assert.equal(answer.status, 200);
  assert.equal(answer.text, 'ok');
  assert.match(answer.headers['content-type'], /^text\/(plain|html)/);
  const fetched = await session.get();
  assert.equal(fetched.status, 200);
  assert.equal(fetched.text, '4hello');
  assert.equal(fetched.headers['content-type'], 'text/plain; charset=UTF-8');
  assert.equal(fetched.headers['cache-control'], 'no-store');
});

each('polling: records are joined by 0x1e, and binary ones are base64 behind a b, both ways', async (t, serve) => {
  const session = await openSession(await serve());
  const payload = ['4hello', '4€ 😀 ü', 'bAQIDBA==', '4', '4a\nb\tc\\"\0', 'b', 'b/+8=', '4bAQIDBA==', '42'].join(SEPARATOR);
  assert.equal((await session.post(payload)).text, 'ok');
  assert.equal((await session.get()).text, payload);
});

each('polling: every byte comes back in a binary message', async (t, serve) => {
  const session = await openSession(await serve());
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await session.send(bytes, bytes.subarray(1), bytes.subarray(2));
  assert.deepEqual(await session.poll(), [bytes, bytes.subarray(1), bytes.subarray(2)]);
});

each('polling: what came in several POSTs leaves in one payload, in order', async (t, serve) => {
  const session = await openSession(await serve());
  for (let i = 0; i < 10; i++) await session.send(`4${i}`, Buffer.from([i]));
  const expected = Array.from({ length: 10 }, (_, i) => [`4${i}`, Buffer.from([i])]).flat();
  assert.deepEqual(await session.poll(), expected);
});

each('polling: a GET is held until there is something to say', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  for (let i = 0; i < 3; i++) {
    const poll = await holdPoll(session, connect(t, server));
    await session.send(`4${i}`);
    const { status, text } = await poll.answer;
    assert.deepEqual({ status, text }, { status: 200, text: `4${i}` });
  }
});

each('polling: a POST is text whatever it calls itself, and nothing but octets is refused', async (t, serve) => {
  const session = await openSession(await serve());
  for (const type of [undefined, 'text/plain', 'text/plain;charset=UTF-8', 'text/html', 'application/x-www-form-urlencoded']) {
    const headers = type ? { 'Content-Type': type } : {};
    assert.equal((await session.post(`4${type}`, { headers })).text, 'ok', type);
    assert.deepEqual(await session.poll(), [`4${type}`]);
  }
  const headers = { 'Content-Type': 'application/octet-stream' };
  assertRefused(await session.post('4hello', { headers }), refusals.request);
  await session.assertOver();
});

each('polling: a body may come in pieces', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const body = Buffer.from(encode(['4€', BINARY]));
  const whole = connect(t, server);
  whole.ask(session.target, { method: 'POST', headers: { 'Content-Length': body.length } });
  for (const byte of body) await new Promise((resolve) => whole.socket.write(Buffer.from([byte]), resolve));
  assert.equal((await within(whole.answer(), 'the answer')).text, 'ok');
  const chunked = connect(t, server);
  chunked.ask(session.target, { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } });
  for (const byte of body) chunked.socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]));
  chunked.socket.write('0\r\n\r\n');
  assert.equal((await within(chunked.answer(), 'the answer')).text, 'ok');
  assert.deepEqual(await session.poll(), ['4€', BINARY, '4€', BINARY]);
});

each('polling: connections may be kept, and asked of one after the other', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const connection = connect(t, server);
  for (let i = 0; i < 5; i++) {
    assert.equal((await connection.exchange(session.target, { method: 'POST', body: `4${i}` })).text, 'ok');
    assert.equal((await connection.exchange(session.target)).text, `4${i}`);
  }
});

each('polling: a payload of maxPayload bytes is taken, one byte more is 413 and leaves the session', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const largest = `4${'x'.repeat(MOST - 1)}`;
  await session.send(largest);
  assert.equal((await session.get()).text, largest);
  assert.equal((await session.post(`${largest}y`)).status, 413);
  assert.equal((await session.post(`4${'€'.repeat(MOST / 2)}`)).status, 413, 'bytes count, not characters');
  // More than the server takes of anybody: told from the head.
  const greedy = connect(t, server);
  greedy.ask(session.target, { method: 'POST', headers: { 'Content-Length': '100000000' } });
  assert.equal((await within(greedy.answer(), 'the refusal')).status, 413);
  await assertPolls(session);
});

each('polling: a client that sends on and fetches nothing is left', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  let answer;
  do answer = await session.post(`4${'x'.repeat(MOST / 2)}`); while (answer.text === 'ok');
  assertRefused(answer, refusals.request);
  await session.assertOver();
  await left(server, 'it asked for more than it read');
});

const malformed = {
  'an empty payload': '',
  'an empty record at the end': `4hello${SEPARATOR}`,
  'an empty record at the beginning': `${SEPARATOR}4hello`,
  'an unknown type': '7hello',
  'no digit': 'abc',
  'an unknown type among others': encode(['4hello', '9', '4world']),
  'base64 with foreign letters': 'bAQ*DBA==',
  'base64 with something behind its end': 'bAQIDBA==BA==',
  'text that is no UTF-8': Buffer.from([0x34, 0xff]),
  'text that ends in the middle of a character': Buffer.from('4€').subarray(0, 3),
};

each('polling: a malformed payload is 400, and ends the session at once', async (t, serve) => {
  const server = await serve();
  let ended = 0;
  for (const [what, body] of Object.entries(malformed)) {
    const session = await openSession(server);
    assertRefused(await session.post(body), refusals.request, what);
    await session.assertOver(what);
    await left(server, MALFORMED, ++ended);
  }
});

each('polling: a malformed payload ends the GET that is held', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const poll = await holdPoll(session, connect(t, server));
  assertRefused(await session.post('abc'), refusals.request);
  const { status, text } = await poll.answer;
  assert.deepEqual({ status, text }, { status: 200, text: '1' });
  await session.assertOver();
});

each('polling: a ping, which is the server\'s to send, is 400 and ends the session', async (t, serve) => {
  const server = await serve();
  for (const body of ['2', '2probe', encode(['4hello', '2', '4world'])]) {
    const session = await openSession(server);
    const answer = await session.post(body);
    await session.assertOver(body);
    assertRefused(answer, refusals.request, body);
  }
});

each('polling: packets that say nothing here are passed over', async (t, serve) => {
  const session = await openSession(await serve());
  await session.send('6', '3', '0{}', '5');
  await session.send('3', '4between', '6');
  assert.deepEqual(await session.poll(), ['4between']);
});

/* --- one at a time ------------------------------------------------------------------------------------------------ */

each('overlap: of two GETs the first is told of the end, and the second refused', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const poll = await holdPoll(session, connect(t, server));
  assertRefused(await session.get(), refusals.request);
  const { status, text } = await poll.answer;
  assert.deepEqual({ status, text }, { status: 200, text: '1' });
  await session.assertOver();
  await left(server, OVERLAP);
});

each('overlap: a second POST beside one that is still coming is refused, and ends the session', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const poll = await holdPoll(session, connect(t, server));
  const first = await openPost(session, connect(t, server));
  assertRefused(await session.post('4second'), refusals.request);
  assert.equal((await poll.answer).text, '1');
  assertRefused(await first.end(), refusals.sid, 'its session is over');
  await session.assertOver();
  await left(server, OVERLAP);
});

each('overlap: three POSTs at once end the session as two do', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const posts = [];
  for (let i = 0; i < 3; i++) posts.push(await openPost(session, connect(t, server)));
  const texts = [];
  for (const post of posts) texts.push((await post.end()).text);
  assert.deepEqual(texts, [refusals.sid, refusals.request, refusals.sid]);
});

each('overlap: a GET beside a POST is none, nor is a session beside another', async (t, serve) => {
  const server = await serve();
  const [session, other] = [await openSession(server), await openSession(server)];
  const polls = [await holdPoll(session, connect(t, server)), await holdPoll(other, connect(t, server))];
  const posts = [await openPost(session, connect(t, server)), await openPost(other, connect(t, server))];
  for (const post of posts) assert.equal((await post.end()).text, 'ok');
  for (const poll of polls) assert.equal((await poll.answer).text, '4late');
});

each('overlap: one POST after the other is none', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  for (let i = 0; i < 20; i++) await session.send(`4${i}`);
  assert.equal((await session.poll()).length, 20);
});

each('a GET that is cut ends the session', async (t, serve) => {
  const server = await serve();
  for (const byReset of [false, true]) {
    const session = await openSession(server);
    const connection = connect(t, server);
    await holdPoll(session, connection);
    connection.vanish(byReset);
    await left(server, LOST, byReset ? 2 : 1);
    await session.assertOver();
  }
});

each('a POST that is cut ends the session', async (t, serve) => {
  const server = await serve();
  // The last byte and the end of the stream may be there at once, or one after the other.
  for (let i = 0; i < 16; i++) {
    const session = await openSession(server);
    const connection = connect(t, server);
    await openPost(session, connection);
    connection.vanish(i % 4 === 3);
    await left(server, LOST, i + 1);
    await session.assertOver();
  }
  const session = await openSession(server);
  const poll = await holdPoll(session, connect(t, server));
  const connection = connect(t, server);
  const head = requestText(session.target, { method: 'POST', headers: { 'Content-Length': '10' } });
  await new Promise((resolve) => connection.socket.write(`${head}4cut`, resolve));
  connection.vanish();
  assert.equal((await poll.answer).text, '1');
});

each('POSTs that are cut while the server looks elsewhere end their sessions', async (t, serve) => {
  const server = await serve(...pings(300000, 300000));
  for (let round = 1; round <= 24; round++) {
    const posts = [];
    for (let i = 0; i < 4; i++) {
      posts.push(connect(t, server));
      await openPost(await openSession(server), posts.at(-1));
    }
    // It finds the last bytes and the end of the stream together, and whatever watches the connection is told of both once.
    server.child.kill('SIGSTOP');
    await Promise.all(posts.map(async ({ socket }) => {
      await new Promise((resolve) => socket.write('cut', resolve));
      await new Promise((resolve) => socket.on('close', resolve).destroy());
    }));
    server.child.kill('SIGCONT');
    await left(server, LOST, round * posts.length);
  }
});

/* --- heartbeat ---------------------------------------------------------------------------------------------------- */

each('heartbeat: by polling the server pings, and again when a pong has come', async (t, serve) => {
  const server = await serve(...pings(100, 15000));
  const before = performance.now();
  const session = await openSession(server);
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await session.poll(), ['2']);
    await session.send('3');
  }
  assert.ok(performance.now() - before > 290, 'a ping comes after the interval, not sooner');
});

test('heartbeat: by WebSocket too', async (t) => {
  const server = await t.server(['--conformance', ...pings(100, 15000)]);
  const before = performance.now();
  const socket = await openSocket(server);
  for (let i = 0; i < 3; i++) {
    assert.equal(await socket.next('a ping'), '2');
    await assertEchoes(socket, 'between ping and pong');
    socket.send('3');
  }
  assert.ok(performance.now() - before > 290, 'a ping comes after the interval, not sooner');
  socket.ws.close();
});

each('heartbeat: without a pong the session ends, and the GET that is held says so', async (t, serve) => {
  const server = await serve(...pings(100, 1000));
  const session = await openSession(server);
  assert.deepEqual(await session.poll(), ['2']);
  assert.deepEqual(await session.poll(), ['1']);
  await session.assertOver();
  await left(server, 'no pong came in time');
});

each('heartbeat: a client that polls no more is left as well', async (t, serve) => {
  const server = await serve(...pings(300, 200));
  const session = await openSession(server);
  await left(server, 'no pong came in time');
  await session.assertOver();
});

test('heartbeat: without a pong a WebSocket is closed before a second ping', async (t) => {
  const socket = await openSocket(await t.server(['--conformance', ...pings(300, 200)]));
  assert.equal(await socket.next('a ping'), '2');
  await socket.closedNext();
});

each('heartbeat: times are kept from the first request on', async (t, serve) => {
  const server = await serve(...pings(100, 100));
  // It wakes up to find a connection with its request.
  const connection = connect(t, server);
  const text = requestText(target(PATH), { headers: { Connection: 'close' } });
  server.child.kill('SIGSTOP');
  await new Promise((resolve) => connection.socket.write(text, resolve));
  server.child.kill('SIGCONT');
  assert.equal((await within(connection.answer(), 'the handshake')).status, 200);
  const after = Number((await left(server, 'no pong came in time')).match(/after_ms=(\d+)/)[1]);
  // Where the worker forgets to wake up for the ping, it comes with something else, a second later.
  assert.ok(after >= 200 && after < 1000, `after ${after} ms`);
});

each('heartbeat: a ping from a client ends its WebSocket at once', async (t, serve) => {
  for (const ping of ['2', '2probe']) {
    const server = await serve();
    const socket = await openSocket(server);
    socket.send(ping);
    await socket.closedNext();
    await left(server, MALFORMED);
  }
});

each('heartbeat: it goes on across the upgrade', async (t, serve) => {
  const session = await openSession(await serve(...pings(100, 1000)));
  assert.deepEqual(await session.poll(), ['2']);
  const socket = session.webSocket();
  await socket.opened();
  socket.send('2probe', '5', '3');
  assert.equal(await socket.next(), '3probe');
  assert.equal(await socket.next('a ping'), '2');
  socket.send('3');
  assert.equal(await socket.next('another ping'), '2');
  await socket.closedNext('and ends as well');
});

each('heartbeat: a ping that no poll fetched comes over the WebSocket', async (t, serve) => {
  const session = await openSession(await serve(...pings(1, 15000)));
  await session.send('3');
  const socket = session.webSocket();
  await socket.opened();
  socket.send('2probe', '5');
  assert.deepEqual(await socket.take(2), ['3probe', '2']);
  socket.ws.close();
});

/* --- the client's end --------------------------------------------------------------------------------------------- */

each('close: a POST of 1 ends the session, and the GET that is held with a noop', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const poll = await holdPoll(session, connect(t, server));
  await session.send('1');
  const { status, text } = await poll.answer;
  assert.deepEqual({ status, text }, { status: 200, text: '6' });
  await session.assertOver();
  assertRefused(await session.post('4hello'), refusals.sid);
  assertRefused(await session.webSocket().refused(), refusals.sid);
  await left(server, SAID_SO);
});

each('close: a 1 without a GET, and one behind messages, end it too', async (t, serve) => {
  const server = await serve();
  for (const packets of [['1'], ['4hello', '1'], ['1', '4hello']]) {
    const session = await openSession(server);
    await session.send(...packets);
    await session.assertOver();
  }
  await left(server, SAID_SO, 3);
});

each('close: by WebSocket it is a 1, a close frame, or nothing', async (t, serve) => {
  const server = await serve();
  const ways = {
    packet: (socket) => socket.send('1'),
    frame: (socket) => socket.ws.close(),
    'frame with a code': (socket) => socket.ws.close(4000, 'enough'),
  };
  for (const [way, close] of Object.entries(ways)) {
    const socket = await openSocket(server);
    close(socket);
    await socket.closedNext(way);
    await new Session(server, PATH, socket).assertOver(way);
  }
  await left(server, SAID_SO, 3);
  const socket = await openSocket(server);
  socket.ws.terminate();
  await left(server, LOST);
  await new Session(server, PATH, socket).assertOver();
});

/* --- upgrade ------------------------------------------------------------------------------------------------------ */

each('upgrade: 2probe is answered with 3probe, and after 5 each packet is a frame of its own', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  await assertPolls(session);
  const socket = await session.probe();
  socket.send('5', '4hello', BINARY, '4€', Buffer.alloc(0), '4');
  assert.deepEqual(await socket.take(5), ['4hello', BINARY, '4€', Buffer.alloc(0), '4']);
  await server.logged(/upgraded transport=engine\.io ip=127\.0\.0\.1 /);
  socket.ws.close();
  await left(server, SAID_SO);
});

each('upgrade: the GET that is held ends with a noop, and so do later ones', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const poll = await holdPoll(session, connect(t, server));
  const socket = await session.probe();
  const { status, text } = await poll.answer;
  assert.deepEqual({ status, text }, { status: 200, text: '6' });
  for (let i = 0; i < 2; i++) assert.deepEqual(await session.poll(), ['6']);
  socket.send('5');
  await assertEchoes(socket);
  socket.ws.close();
});

each('upgrade: until 5 comes, messages go by polling', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const socket = await session.probe();
  await assertPolls(session, 'while it is probed');
  await session.send('4left behind', BINARY);
  socket.send('5', '4by WebSocket');
  assert.deepEqual(await socket.take(3), ['4left behind', BINARY, '4by WebSocket']);
  socket.ws.close();
});

each('upgrade: what no GET has fetched comes first by WebSocket, in order', async (t, serve) => {
  const session = await openSession(await serve());
  const packets = Array.from({ length: 50 }, (_, i) => (i % 3 === 0 ? Buffer.from([i]) : `4${i}`));
  for (let i = 0; i < 50; i += 10) await session.send(...packets.slice(i, i + 10));
  const socket = session.webSocket();
  await socket.opened();
  socket.send('2probe', '5', '4last');
  assert.deepEqual(await socket.take(52), ['3probe', ...packets, '4last']);
  socket.ws.close();
});

each('upgrade: 2probe and 5 in one go end the GET that is held', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const poll = await holdPoll(session, connect(t, server));
  const socket = session.webSocket();
  await socket.opened();
  socket.send('2probe', '5', '4hello');
  assert.deepEqual(await socket.take(2), ['3probe', '4hello']);
  assert.equal((await poll.answer).text, '6');
  socket.ws.close();
});

each('upgrade: a probe may be repeated, or left out', async (t, serve) => {
  const server = await serve();
  const plain = await openSession(server);
  const [twice, never] = [(await openSession(server)).webSocket(), plain.webSocket()];
  await Promise.all([twice.opened(), never.opened()]);
  twice.send('2probe', '2probe', '5', '4hello');
  assert.deepEqual(await twice.take(3), ['3probe', '3probe', '4hello']);
  const poll = await holdPoll(plain, connect(t, server));
  never.send('5', '4hello');
  assert.equal(await never.next(), '4hello');
  assert.equal((await poll.answer).text, '6');
  for (const socket of [twice, never]) socket.ws.close();
});

each('upgrade: afterwards GET and POST are refused, and the session lives', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const socket = await upgrade(session);
  assertRefused(await session.get(), refusals.request);
  assertRefused(await session.post('4hello'), refusals.request);
  await assertEchoes(socket);
  const posts = [await openPost(session, connect(t, server)), await openPost(session, connect(t, server))];
  for (const post of posts) assertRefused(await post.end(), refusals.request, 'two at once, even');
  await assertEchoes(socket);
  socket.ws.close();
});

each('upgrade: a POST in the middle of it is refused, or may be cut, and the session lives', async (t, serve) => {
  const server = await serve();
  for (const isCut of [false, true]) {
    const session = await openSession(server);
    const connection = connect(t, server);
    const post = await openPost(session, connection);
    const socket = await upgrade(session);
    if (isCut) connection.vanish(true);
    else assertRefused(await post.end(), refusals.request);
    // Cut or not, it is over: another one alone ends nothing.
    assertRefused(await session.post('4hello'), refusals.request);
    await session.settle();
    await assertEchoes(socket);
    socket.ws.close();
  }
  await left(server, SAID_SO, 2);
});

each('upgrade: GET and POST of a session that began as a WebSocket are refused, and it lives', async (t, serve) => {
  const server = await serve();
  const socket = await openSocket(server);
  const session = new Session(server, PATH, socket);
  assertRefused(await session.get(), refusals.request);
  assertRefused(await session.post('4hello'), refusals.request);
  await assertEchoes(socket);
  socket.ws.close();
});

each('upgrade: a second WebSocket of a session is closed, and the first lives', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const first = await session.probe();
  const during = session.webSocket();
  await during.opened();
  during.send('2probe', '5');
  await during.closedNext('while the first is probed');
  first.send('5');
  await assertEchoes(first);
  const after = session.webSocket();
  await after.opened();
  await after.closedNext('after the upgrade');
  await assertEchoes(first);

  const born = await openSocket(server);
  const second = new Session(server, PATH, born).webSocket();
  await second.opened();
  await second.closedNext('of a session that began as one');
  await assertEchoes(born);
  for (const socket of [first, born]) socket.ws.close();
});

each('upgrade: a probe that fails leaves the session polling, and another may succeed', async (t, serve) => {
  const server = await serve();
  const session = await openSession(server);
  const failures = {
    'a message': ['4hello'],
    'binary data': [BINARY],
    'a ping without probe': ['2'],
    'another ping': ['2probes'],
    'a pong': ['3probe'],
    'a close': ['1'],
    'a noop': ['6'],
    'an unknown type': ['9'],
    'nothing in a frame': [''],
  };
  for (const [what, packets] of Object.entries(failures)) {
    for (const begin of [[], ['2probe']]) {
      const socket = session.webSocket();
      await socket.opened();
      socket.send(...begin, ...packets);
      await socket.closed();
      await assertPolls(session, what);
    }
  }
  const closing = await session.probe();
  closing.ws.close();
  await closing.closed();
  await assertPolls(session, 'after a close frame');
  const failing = await session.probe();
  const poll = await holdPoll(session, connect(t, server));
  failing.ws.terminate();
  await session.send('4after a cut');
  do var answer = await (answer ? session.get() : poll.answer); while (answer.text === '6');
  assert.equal(answer.text, '4after a cut');
  const socket = await upgrade(session);
  socket.ws.close();
});

each('upgrade: when the probe fails, a GET is held again until there is something to say', async (t, serve) => {
  const server = await serve(...pings(500, 15000));
  const session = await openSession(server);
  const socket = await session.probe();
  socket.ws.close();
  await socket.closed();
  assert.deepEqual(await session.poll(), ['2'], 'the ping, and no noop before it');
});

/* --- every worker, every byte ------------------------------------------------------------------------------------- */

/** A connection to each of four workers, and a session of each. */
async function connectToAll(t, server) {
  const found = [];
  while (Object.keys(found).length < 4) {
    const connection = connect(t, server);
    const sid = await shake(connection, PATH);
    const worker = parseInt(workerOf(sid), 16);
    if (found[worker]) connection.vanish();
    else found[worker] = { connection, session: new Session(server, PATH, { sid }) };
  }
  return found;
}

test('workers: each takes the requests of the others\' sessions', async (t) => {
  const server = await t.server(['--conformance', '--workers', '4']);
  const workers = await connectToAll(t, server);
  for (const { session } of workers) {
    for (const [i, { connection }] of workers.entries()) {
      assert.equal((await connection.exchange(session.target, { method: 'POST', body: `4${i}` })).text, 'ok');
      assert.equal((await connection.exchange(session.target)).text, `4${i}`);
    }
    for (const [i, { connection }] of workers.entries()) {
      const poll = await holdPoll(session, connection);
      const { connection: next } = workers[(i + 1) % 4];
      assert.equal((await next.exchange(session.target, { method: 'POST', body: `4held ${i}` })).text, 'ok');
      assert.equal((await poll.answer).text, `4held ${i}`);
    }
  }
});

test('workers: each takes an upgrade, with the frames that came right behind it', async (t) => {
  const server = await t.server(['--conformance', '--workers', '4']);
  for (let owner = 0; owner < 4; owner++) {
    const workers = await connectToAll(t, server);
    // Of the owner's sessions, one for each worker to upgrade.
    const sids = [];
    while (sids.length < 4) sids.push(await shake(workers[owner].connection, PATH));
    for (const [i, { connection }] of workers.entries()) {
      const frames = [frame(1, '2probe'), frame(1, '5'), frame(1, '4early'), frame(2, BINARY)];
      connection.socket.write(Buffer.concat([Buffer.from(upgradeText(PATH, { sid: sids[i] })), ...frames]));
      assert.equal((await within(connection.head(), 'the answer to the upgrade')).status, 101);
      const payloads = [];
      for (let k = 0; k < 3; k++) payloads.push((await takeFrame(connection)).payload);
      assert.deepEqual(payloads, [Buffer.from('3probe'), Buffer.from('4early'), BINARY], `of ${owner} at ${i}`);
    }
  }
});

each('early frames: a new session takes what came right behind the handshake', async (t, serve) => {
  const server = await serve();
  const connection = connect(t, server);
  connection.socket.write(Buffer.concat([Buffer.from(upgradeText(PATH)), frame(1, '4early'), frame(2, BINARY)]));
  assert.equal((await within(connection.head(), 'the answer to the upgrade')).status, 101);
  assert.match((await takeFrame(connection)).payload.toString(), /^0\{"sid":"/);
  assert.equal((await takeFrame(connection)).payload.toString(), '4early');
  assert.deepEqual(await takeFrame(connection), { opcode: 2, payload: BINARY });
});

each('early frames: a frame may begin behind the handshake and end later', async (t, serve) => {
  const server = await serve();
  const bytes = Buffer.concat(['2probe', '5', '4hello'].map((packet) => frame(1, packet)));
  for (let split = 0; split <= bytes.length; split += 3) {
    const { sid } = await openSession(server);
    const connection = connect(t, server);
    connection.socket.write(Buffer.concat([Buffer.from(upgradeText(PATH, { sid })), bytes.subarray(0, split)]));
    assert.equal((await within(connection.head(), 'the answer to the upgrade')).status, 101);
    connection.socket.write(bytes.subarray(split));
    assert.equal((await takeFrame(connection)).payload.toString(), '3probe');
    assert.equal((await takeFrame(connection)).payload.toString(), '4hello', `split at ${split}`);
    connection.vanish();
  }
});

/* --- frames ------------------------------------------------------------------------------------------------------- */

each('frames: a message may come in fragments, with a ping between them', async (t, serve) => {
  const server = await serve();
  const connection = connect(t, server);
  connection.socket.write(upgradeText(PATH));
  await within(connection.head(), 'the answer to the upgrade');
  await takeFrame(connection);
  const euro = Buffer.from('€');
  const pieces = [
    frame(1, '4he', { fin: false }),
    frame(9, 'are you there?'),
    frame(0, '', { fin: false }),
    frame(0, Buffer.concat([Buffer.from('llo '), euro.subarray(0, 1)]), { fin: false }),
    frame(0, euro.subarray(1)),
    frame(2, BINARY.subarray(0, 1), { fin: false }),
    frame(0, BINARY.subarray(1)),
  ];
  for (const piece of pieces) connection.socket.write(piece);
  assert.deepEqual(await takeFrame(connection), { opcode: 10, payload: Buffer.from('are you there?') });
  assert.deepEqual(await takeFrame(connection), { opcode: 1, payload: Buffer.from('4hello €') });
  assert.deepEqual(await takeFrame(connection), { opcode: 2, payload: BINARY });
});

each('frames: a ping of WebSocket is answered with its data, and is none of Engine.IO', async (t, serve) => {
  const socket = await openSocket(await serve());
  const pong = within(new Promise((resolve) => socket.ws.once('pong', resolve)), 'the pong');
  socket.ws.ping('2');
  assert.equal((await pong).toString(), '2');
  await assertEchoes(socket);
  socket.ws.close();
});

each('frames: a message of maxPayload bytes is taken, one byte more closes with 1009', async (t, serve) => {
  const server = await serve();
  for (const upgraded of [false, true]) {
    const socket = upgraded ? await upgrade(await openSession(server)) : await openSocket(server);
    const largest = `4${'x'.repeat(MOST - 1)}`;
    const bytes = Buffer.alloc(MOST, 1);
    socket.send(largest, bytes);
    assert.equal(await socket.next(), largest);
    assert.deepEqual(await socket.next(), bytes);
    socket.send(`${largest}y`);
    assert.equal(await socket.closedNext(), 1009);
  }
  const socket = await openSocket(server);
  const half = Buffer.alloc(MOST / 2, 1);
  for (const [data, fin] of [[half, false], [half, false], [Buffer.from('1'), true]]) socket.ws.send(data, { fin });
  assert.equal(await socket.closedNext('fragments together'), 1009);
});

each('frames: what is against RFC 6455 ends the session at once', async (t, serve) => {
  const server = await serve();
  const cases = [
    [frame(1, '4hello', { masked: false }), 1002],
    [frame(3, '4hello'), 1002],
    [frame(0, 'of nothing'), 1002],
    [frame(1, Buffer.from([0x34, 0xff])), 1007],
  ];
  for (const [bytes, code] of cases) {
    const { sid } = await openSession(server);
    const connection = connect(t, server);
    connection.socket.write(upgradeText(PATH, { sid }));
    await within(connection.head(), 'the answer to the upgrade');
    connection.socket.write(Buffer.concat([frame(1, '2probe'), frame(1, '5'), bytes]));
    assert.equal((await takeFrame(connection)).payload.toString(), '3probe');
    const { opcode, payload } = await takeFrame(connection);
    assert.deepEqual([opcode, payload.readUInt16BE(0)], [8, code]);
    await new Session(server, PATH, { sid }).assertOver();
  }
});

each('frames: a malformed packet closes the WebSocket at once', async (t, serve) => {
  const server = await serve();
  let ended = 0;
  for (const packet of ['', 'abc', '7', '9hello', ' 4hello', encode(['', '4hello'])]) {
    for (const upgraded of [false, true]) {
      const socket = upgraded ? await upgrade(await openSession(server)) : await openSocket(server);
      socket.send(packet, '4never heard');
      await socket.closedNext(`'${packet}' and no ping before it`);
      await left(server, MALFORMED, ++ended);
    }
  }
});

each('frames: a packet is a frame, and 0x1e in it but a character', async (t, serve) => {
  const socket = await openSocket(await serve());
  socket.send('4a\x1e4b', '4bAQIDBA==');
  assert.deepEqual(await socket.take(2), ['4a\x1e4b', '4bAQIDBA==']);
  socket.ws.close();
});

each('frames: packets that say nothing here are passed over', async (t, serve) => {
  const socket = await openSocket(await serve());
  socket.send('6', '3', '0{}', '5', '4hello');
  assert.equal(await socket.next(), '4hello');
  socket.ws.close();
});

/* --- the end in every state --------------------------------------------------------------------------------------- */

/** Each state: how it is reached, and what the client then holds: {session, poll, post, socket}. */
const states = {
  'between polls': async (t, server) => ({ session: await openSession(server) }),
  'with a GET that is held': async (t, server) => {
    const session = await openSession(server);
    return { session, poll: await holdPoll(session, connect(t, server)) };
  },
  'in the middle of a POST': async (t, server) => {
    const session = await openSession(server);
    const poll = await holdPoll(session, connect(t, server));
    const post = await openPost(session, connect(t, server));
    return { session, poll, post };
  },
  'before the probe': async (t, server) => {
    const session = await openSession(server);
    const socket = session.webSocket();
    await socket.opened();
    await session.settle();
    return { session, socket };
  },
  'during the probe': async (t, server) => {
    const session = await openSession(server);
    return { session, socket: await session.probe() };
  },
  'during the probe, with messages to fetch': async (t, server) => {
    const session = await openSession(server);
    const socket = await session.probe();
    await session.send('4hello', BINARY);
    return { session, socket };
  },
  'after the upgrade': async (t, server) => {
    const session = await openSession(server);
    return { session, socket: await upgrade(session), isUpgraded: true };
  },
  'of a WebSocket': async (t, server) => {
    const socket = await openSocket(server);
    return { session: new Session(server, PATH, socket), socket, isUpgraded: true };
  },
};

for (const [state, reach] of Object.entries(states)) {
  each(`the end ${state}: the client says so`, async (t, serve) => {
    const server = await serve();
    const { session, poll, post, socket, isUpgraded } = await reach(t, server);
    if (post) assert.equal((await post.end()).text, 'ok');
    if (isUpgraded) socket.send('1');
    else await session.send('1');
    if (poll) assert.equal((await poll.answer).text, post ? '4late' : '6');
    if (socket) await socket.closedNext();
    await session.assertOver();
    await left(server, SAID_SO);
  });

  each(`the end ${state}: a malformed packet`, async (t, serve) => {
    const server = await serve();
    const { session, poll, post, socket, isUpgraded } = await reach(t, server);
    if (isUpgraded) socket.send('abc');
    else assertRefused(await session.post('abc'), refusals.request);
    if (poll) assert.equal((await poll.answer).text, '1');
    if (post) assertRefused(await post.end(), refusals.sid);
    if (socket) await socket.closedNext();
    await session.assertOver();
    await left(server, post ? OVERLAP : MALFORMED);
  });

  each(`the end ${state}: SIGTERM`, async (t, serve) => {
    const server = await serve('--drain', state === 'in the middle of a POST' ? '100ms' : '10s');
    const { poll, socket } = await reach(t, server);
    await server.stop();
    if (poll) assert.equal((await poll.answer).text, '1');
    if (socket) assert.equal(await socket.closed(), 1001);
  });
}

each('the end: the client vanishes', async (t, serve) => {
  const server = await serve();
  let ended = 0;
  for (const isPosting of [false, true]) {
    const session = await openSession(server);
    const socket = await session.probe();
    const connection = connect(t, server);
    if (isPosting) await openPost(session, connection);
    else await holdPoll(session, connection);
    connection.vanish(true);
    await socket.closedNext('which was probed');
    await session.assertOver();
    await left(server, LOST, ++ended);
  }
  const session = await openSession(server);
  (await upgrade(session)).ws.terminate();
  await left(server, LOST, ++ended);
  await session.assertOver();
});

each('the end: SIGTERM waits for no client that answers nothing', async (t, serve) => {
  const server = await serve('--drain', '100ms');
  const { sid } = await openSession(server);
  for (const bytes of [upgradeText(PATH), Buffer.concat([Buffer.from(upgradeText(PATH, { sid })), frame(1, '2probe')])]) {
    const connection = new Connection(server, { isSilent: true });
    t.cleanup(() => connection.vanish());
    connection.socket.write(bytes);
    await within(connection.head(), 'the answer to the upgrade');
    await takeFrame(connection);
  }
  await server.stop();
});

each('the end: SIGTERM with a POST that comes in just then', async (t, serve) => {
  const server = await serve('--drain', '5s');
  const session = await openSession(server);
  const post = await openPost(session, connect(t, server));
  server.child.kill('SIGTERM');
  await server.logged(/draining/);
  const { status } = await post.end();
  assert.ok(status >= 400, `it is refused, with ${status}`);
  assert.equal(await server.ended(), 0);
});

each('the end: SIGTERM amid upgrades', async (t, serve) => {
  for (let round = 0; round < 8; round++) {
    const server = await serve('--drain', '200ms'); // which is waited for: no client here answers a close frame
    const upgrades = [];
    for (let i = 0; i < 48; i++) upgrades.push({ connection: connect(t, server), session: await openSession(server) });
    server.child.kill('SIGSTOP');
    await Promise.all(upgrades.map(({ connection, session }) => new Promise((resolve) => {
      connection.socket.write(upgradeText(PATH, { sid: session.sid }), resolve);
    })));
    server.child.kill('SIGTERM');
    server.child.kill('SIGCONT');
    for (const { connection } of upgrades) {
      const { status } = await within(connection.head(), 'the answer to an upgrade');
      if (status !== 101) continue;
      const last = await takeFrame(connection);
      assert.equal(last?.opcode, 8, 'a close frame');
      assert.equal(last.payload.readUInt16BE(), 1001);
    }
    assert.equal(await server.ended(), 0);
  }
});

/* --- beside Engine.IO --------------------------------------------------------------------------------------------- */

each('beside: POST / echoes its body', async (t, serve) => {
  const server = await serve();
  for (const body of ['', 'hello', 'x'.repeat(3 * MOST)]) {
    const answer = await request(server, '/', { method: 'POST', headers: { 'Content-Type': 'text/x-test' }, body });
    assert.equal(answer.status, 200);
    assert.equal(answer.text, body);
    assert.equal(answer.headers['content-type'], 'text/x-test');
  }
  assert.equal((await request(server, '/')).status, 405);
});

each('beside: /ws echoes text and binary, up to 16 MiB, in as many as 65,536 fragments', async (t, serve) => {
  const server = await serve();
  const most = 16 * 1024 * 1024;
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, { maxPayload: most });
  const heard = (resolve) => ws.once('message', (data, isBinary) => resolve({ data, isBinary }));
  const next = () => within(new Promise(heard), 'an echo');
  const code = within(new Promise((resolve) => ws.once('close', resolve)), 'the close');
  await within(new Promise((resolve, reject) => ws.on('open', resolve).on('error', reject)), 'the WebSocket to open');
  for (const message of ['', 'hello €', BINARY, Buffer.alloc(0), Buffer.alloc(most, 7)]) {
    const echo = next();
    ws.send(message);
    const { data, isBinary } = await echo;
    assert.equal(isBinary, typeof message !== 'string');
    assert.ok(data.equals(Buffer.from(message)));
  }
  const echo = next();
  const piece = Buffer.alloc(16, 5);
  for (let i = 0; i < 65536; i++) ws.send(piece, { fin: i === 65535 });
  assert.ok((await echo).data.equals(Buffer.alloc(65536 * 16, 5)));
  ws.send(Buffer.alloc(most + 1));
  assert.equal(await code, 1009);
});

await run();
