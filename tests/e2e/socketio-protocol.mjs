// Socket.IO protocol, revision 5, sentence by sentence: first against --conformance's echo, then against the feed. By polling,
// with one worker and with four, and by WebSocket.
// SPDX-License-Identifier: MIT
import { Connection } from '../contract/connection.mjs';
import {
  assertRefused, encode, holdPoll, openSession, openSocket, pings, refusals, Session, Socket, takeFrame, target,
  upgradeText,
} from './engineio-client.mjs';
import { assert, publish, request, run, test, within } from './harness.mjs';

const PATH = '/socket.io/';
const BYTES = [Buffer.from([1, 2, 3, 4]), Buffer.from([5, 6]), Buffer.alloc(0)];
const place = (num) => ({ _placeholder: true, num });

const ways = [
  { transport: 'polling', workers: '1' },
  { transport: 'polling', workers: '4' },
  { transport: 'websocket', workers: '1' },
];

/** A case for each way. `body(t, open, serve)`: open(server) is a session that way, serve(...flags) a server. */
function each(name, flags, body) {
  for (const { transport, workers } of ways) {
    const open = (server, path = PATH) => (transport === 'polling' ? openSession(server, path) : openSocket(server, path));
    test(`${name}, by ${transport} with ${workers} worker(s)`, (t) =>
      body(t, open, (...more) => t.server([...flags, '--workers', workers, ...more])));
  }
}

const echo = (name, body) => each(name, ['--conformance'], body);
const feed = (name, body) => each(name, ['--source', 'none'], body);

/** A packet of Socket.IO as Engine.IO's message; `data` as JSON. */
const packet = (head, data) => `4${head}${data === undefined ? '' : JSON.stringify(data)}`;

/** The packet's parts: `head` is all that stands before the JSON. */
function parse(text) {
  assert.equal(typeof text, 'string', `a packet, not ${text}`);
  const [, head, json] = text.match(/^4(\d(?:\d+-)?(?:\/[^,]*,)?\d*)(.*)$/s);
  return { head, data: json === '' ? undefined : JSON.parse(json) };
}

/** Take the answer to a CONNECT. Returns: its data. */
async function takeConnect(session, nsp = '') {
  const { head, data } = parse((await session.take(1))[0]);
  assert.equal(head, `0${nsp}`, JSON.stringify(data));
  return data;
}

/** Join a namespace of the echo, '' for `/`, or '/name,'. Returns: the socket's id. */
async function join(session, nsp = '', auth) {
  await session.send(packet(`0${nsp}`, auth));
  const [connect, event] = (await session.take(2)).map(parse);
  assert.equal(connect.head, `0${nsp}`);
  assert.deepEqual(Object.keys(connect.data), ['sid']);
  assert.deepEqual(event, { head: `2${nsp}`, data: ['auth', auth ?? {}] });
  return connect.data.sid;
}

async function assertEchoes(session, nsp = '') {
  await session.send(packet(`2${nsp}`, ['message', 'still here']));
  assert.deepEqual(await session.take(1), [packet(`2${nsp}`, ['message-back', 'still here'])]);
}

/** Say what ends the session. It ends, before anything else is said, and at once: the server's pings are far away. */
async function assertEndedBy(session, packets, what = encode(packets)) {
  if (session instanceof Socket) {
    session.send(...packets);
    await session.closedNext(what);
  } else {
    for (const one of packets) await session.post(encode([one]));
    await session.assertOver(what);
  }
}

const close = (session) => session instanceof Socket && session.ws.close();

/** It ends by itself, and says so. */
async function assertEnds(session) {
  if (session instanceof Socket) await session.closedNext();
  else assert.deepEqual(await session.poll(), ['1']);
}

/* --- CONNECT ------------------------------------------------------------------------------------------------------ */

echo('CONNECT is answered with CONNECT and the id of the socket, which is not the session\'s', async (t, open, serve) => {
  const session = await open(await serve());
  await session.send('40');
  const [connect, event] = await session.take(2);
  const [, sid] = connect.match(/^40\{"sid":"([\w-]{20,})"\}$/);
  assert.equal(event, '42["auth",{}]');
  assert.notEqual(sid, session.sid);
  assert.ok(!sid.includes(session.sid.slice(2)) && !session.sid.includes(sid));
  close(session);
});

echo('CONNECT may bring an object', async (t, open, serve) => {
  const server = await serve();
  for (const auth of [{ token: '123' }, {}, { deep: { list: [1, -2.5, null, true, '€ 😀 "\\'] } }]) {
    const session = await open(server);
    await join(session, '', auth);
    close(session);
  }
});

echo('CONNECT to another namespace, with an object and without', async (t, open, serve) => {
  const server = await serve();
  for (const auth of [undefined, { token: '123' }]) {
    const session = await open(server);
    await join(session, '/custom,', auth);
    await assertEchoes(session, '/custom,');
    close(session);
  }
});

echo('CONNECT may leave the comma out, and write / in full', async (t, open, serve) => {
  const server = await serve();
  for (const [written, nsp] of [['40/custom', '/custom,'], ['40/,', ''], ['40/', '']]) {
    const session = await open(server);
    await session.send(written);
    const [connect, event] = (await session.take(2)).map(parse);
    assert.equal(connect.head, `0${nsp}`, written);
    assert.deepEqual(event, { head: `2${nsp}`, data: ['auth', {}] });
    close(session);
  }
});

echo('CONNECT to several namespaces makes sockets of their own', async (t, open, serve) => {
  const session = await open(await serve());
  const ids = [await join(session), await join(session, '/custom,', { a: 1 })];
  assert.notEqual(ids[0], ids[1]);
  await session.send('42/custom,["message","custom"]', '42["message","main"]', '42/custom,["message","custom"]');
  const answers = ['42/custom,["message-back","custom"]', '42["message-back","main"]', '42/custom,["message-back","custom"]'];
  assert.deepEqual(await session.take(3), answers);
  close(session);
});

echo('CONNECT to / is not implied by one to another namespace', async (t, open, serve) => {
  const session = await open(await serve());
  await join(session, '/custom,');
  await assertEndedBy(session, ['42["message"]']);
});

echo('CONNECT to an unknown namespace is answered with CONNECT_ERROR, and others remain', async (t, open, serve) => {
  const session = await open(await serve());
  for (const written of ['40/random', '40/random,', '40/random,{"a":1}']) {
    await session.send(written);
    assert.deepEqual(await session.take(1), ['44/random,{"message":"Invalid namespace"}'], written);
  }
  await session.send('40/customs');
  assert.deepEqual(await session.take(1), ['44/customs,{"message":"Invalid namespace"}']);
  await join(session);
  await session.send('40/random');
  assert.deepEqual(await session.take(1), ['44/random,{"message":"Invalid namespace"}']);
  await assertEchoes(session);
  close(session);
});

echo('CONNECT twice to one namespace ends the session', async (t, open, serve) => {
  const server = await serve();
  for (const nsp of ['', '/custom,']) {
    const session = await open(server);
    await join(session, nsp);
    await assertEndedBy(session, [`40${nsp}`]);
  }
});

echo('anything before CONNECT ends the session', async (t, open, serve) => {
  const server = await serve();
  const others = ['42["message"]', '421["message-with-ack"]', '42/custom,["message"]', '41', '431[]', '44{"message":"no"}'];
  for (const other of others) await assertEndedBy(await open(server), [other]);
  await assertEndedBy(await open(server), [BYTES[0]]);
  await assertEndedBy(await open(server), [packet('51-', ['message', place(0)]), BYTES[0]]);
});

echo('after a CONNECT that was refused, anything else ends the session as well', async (t, open, serve) => {
  const session = await open(await serve());
  await session.send('40/random');
  await session.take(1);
  await assertEndedBy(session, ['42/random,["message"]']);
});

echo('without CONNECT the session ends in time, one that was refused is none', async (t, open, serve) => {
  const server = await serve('--connect-timeout', '300');
  const joined = await open(server);
  await join(joined);
  const [silent, refused] = [await open(server), await open(server)];
  await refused.send('40/random');
  await refused.take(1);
  await Promise.all([silent, refused].map(assertEnds));
  await server.logged(/left transport=socketio .*why="no CONNECT came in time/, 2);
  await assertEchoes(joined); // which was there before them
  close(joined);
});

test('without CONNECT a WebSocket ends in time also where its client does not answer the close frame', async (t) => {
  const server = await t.server(['--conformance', '--connect-timeout', '100', '--heartbeat', '100s']);
  const connection = new Connection(server, { isSilent: true });
  t.cleanup(() => connection.vanish());
  connection.socket.write(upgradeText(PATH));
  await within(connection.head(), 'the answer to the upgrade');
  assert.equal((await takeFrame(connection)).opcode, 1);
  assert.equal((await takeFrame(connection)).opcode, 8);
  assert.equal(await takeFrame(connection), null); // after the 5 s that the server waits for an answer
});

/* --- DISCONNECT --------------------------------------------------------------------------------------------------- */

echo('DISCONNECT leaves one namespace, and the others as they are', async (t, open, serve) => {
  const session = await open(await serve());
  const id = await join(session);
  await join(session, '/custom,');
  await session.send('41');
  await assertEchoes(session, '/custom,');
  assert.notEqual(await join(session), id, 'a new socket');
  await session.send('41/custom,');
  await assertEchoes(session);
  await join(session, '/custom,');
  await assertEchoes(session, '/custom,');
  close(session);
});

echo('DISCONNECT is answered with nothing, and leaves the connection', async (t, open, serve) => {
  const session = await open(await serve(...pings(100, 15000)));
  await join(session);
  await session.send('41');
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await session.take(1), ['2']);
    await session.send('3');
  }
  await session.send('40');
  await takeConnect(session);
  close(session);
});

echo('DISCONNECT from the last namespace is followed by a CONNECT in time', async (t, open, serve) => {
  const server = await serve('--connect-timeout', '300');
  const session = await open(server);
  await join(session);
  await session.send('41');
  await assertEnds(session);
  await server.logged(/left transport=socketio .*why="no CONNECT came in time/);
});

echo('events after DISCONNECT end the session', async (t, open, serve) => {
  const server = await serve();
  for (const nsp of ['', '/custom,']) {
    for (const next of [packet(`2${nsp}`, ['message']), `41${nsp}`, packet(`3${nsp}1`, [])]) {
      const session = await open(server);
      await join(session);
      await join(session, '/custom,');
      await assertEndedBy(session, [`41${nsp}`, next]);
    }
  }
});

/* --- EVENT and ACK ------------------------------------------------------------------------------------------------ */

const numbers = [1, 0, -2.5, 1e21, 9007199254740991];
const values = [...numbers, '', '€ 😀 "\\ \n\u0000', true, false, null, [], {}, [[[1]]], { a: { b: ['c'] } }, { '': 0 }];

echo('EVENT brings any values, both ways', async (t, open, serve) => {
  const session = await open(await serve());
  await join(session);
  await session.send('42["message"]', '42["message",1,"2",{"3":[false]}]', '42[ "message" , 1 ]');
  const back = ['42["message-back"]', '42["message-back",1,"2",{"3":[false]}]', '42["message-back",1]'];
  assert.deepEqual(await session.take(3), back);
  await session.send(packet('2', ['message', ...values]), ...values.map((value) => packet('2', ['message', value])));
  assert.deepEqual(parse((await session.take(1))[0]), { head: '2', data: ['message-back', ...values] });
  for (const value of values) assert.deepEqual(parse((await session.take(1))[0]).data, ['message-back', value]);
  close(session);
});

echo('EVENTs come in order', async (t, open, serve) => {
  const session = await open(await serve());
  await join(session);
  const count = 200;
  for (let i = 0; i < count; i += 20) {
    await session.send(...Array.from({ length: 20 }, (_, k) => packet('2', ['message', i + k])));
  }
  const expected = Array.from({ length: count }, (_, i) => packet('2', ['message-back', i]));
  assert.deepEqual(await session.take(count), expected);
  close(session);
});

echo('EVENT with an id is answered with ACK, the same id and an array', async (t, open, serve) => {
  const session = await open(await serve());
  await join(session);
  await join(session, '/custom,');
  const pairs = [
    ['421["message-with-ack",1,"2",{"3":[false]}]', '431[1,"2",{"3":[false]}]'],
    ['4212["message-with-ack"]', '4312[]'],
    ['420["message-with-ack",null]', '430[null]'],
    ['429007199254740991["message-with-ack",[]]', '439007199254740991[[]]'],
    ['42/custom,13["message-with-ack","bar"]', '43/custom,13["bar"]'],
    ['42/custom,12["message-with-ack"]', '43/custom,12[]'],
    ['4212["message-with-ack","again"]', '4312["again"]'],
  ];
  for (const [event, ack] of pairs) {
    await session.send(event);
    assert.deepEqual(await session.take(1), [ack]);
  }
  await session.send(...pairs.map(([event]) => event));
  assert.deepEqual(await session.take(pairs.length), pairs.map(([, ack]) => ack));
  close(session);
});

echo('EVENT by a name that no one listens to, and ACK that no one waits for, are passed over', async (t, open, serve) => {
  const session = await open(await serve());
  await join(session);
  await session.send('42["other",1]', '42[17,1]', '42[0]', '42["message-with-ack","without an id"]', '42["Connect"]');
  await session.send('431[]', '432["a",{}]', packet('61-3', [place(0)]), BYTES[0], packet('51-', ['other', place(0)]), BYTES[1]);
  await assertEchoes(session);
  close(session);
});

/* --- attachments -------------------------------------------------------------------------------------------------- */

echo('BINARY_EVENT and BINARY_ACK carry attachments, both ways', async (t, open, serve) => {
  const session = await open(await serve());
  await join(session);
  await join(session, '/custom,');
  const [one, two] = BYTES;
  await session.send('451-["message",{"_placeholder":true,"num":0}]', one);
  assert.deepEqual(await session.take(2), ['451-["message-back",{"_placeholder":true,"num":0}]', one]);
  await session.send('452-/custom,["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', one, two);
  const back = '452-/custom,["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
  assert.deepEqual(await session.take(3), [back, one, two]);
  await session.send('451-14["message-with-ack",{"_placeholder":true,"num":0}]', one);
  assert.deepEqual(await session.take(2), ['461-14[{"_placeholder":true,"num":0}]', one]);
  const wants = '452-/custom,789["message-with-ack","bar",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
  await session.send(wants, one, two);
  const ack = '462-/custom,789["bar",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
  assert.deepEqual(await session.take(3), [ack, one, two]);
  close(session);
});

echo('attachments may stand deep, in any order, twice, and be empty or large', async (t, open, serve) => {
  const session = await open(await serve());
  await join(session);
  const large = Buffer.alloc(700000, 7);
  const groups = [
    [[{ deep: [{ er: place(0) }, 1, place(1)] }], [BYTES[0], BYTES[1]]],
    [[place(1), place(0)], [BYTES[0], BYTES[1]]],
    [[place(0), place(0)], [BYTES[0]]],
    [['none of them'], [BYTES[0]]],
    [[place(0)], [BYTES[2]]],
    [[place(0)], [large]],
    [[{ _placeholder: false, num: 9 }, { num: 9 }, place(0)], [BYTES[0]]],
    [Array.from({ length: 256 }, (_, i) => place(i)), Array.from({ length: 256 }, (_, i) => Buffer.from([i]))],
  ];
  for (const [data, attachments] of groups) {
    await session.send(packet(`5${attachments.length}-`, ['message', ...data]), ...attachments);
    const [text, ...bytes] = await session.take(attachments.length + 1);
    assert.deepEqual(parse(text), { head: `5${attachments.length}-`, data: ['message-back', ...data] });
    assert.deepEqual(bytes, attachments);
  }
  close(session);
});

echo('attachments may come later than their packet, with pongs between', async (t, open, serve) => {
  const session = await open(await serve());
  await join(session);
  const [one, two] = BYTES;
  for (const part of [packet('52-', ['message', place(0), place(1)]), '3', one, '6', two]) await session.send(part);
  assert.deepEqual(await session.take(3), [packet('52-', ['message-back', place(0), place(1)]), one, two]);
  close(session);
});

echo('attachments leave in one group, with no ping between', async (t, open, serve) => {
  const session = await open(await serve(...pings(1, 15000)));
  const group = (name) => [packet('53-', [name, place(0), place(1), place(2)]), Buffer.alloc(20000, 1), ...BYTES.slice(1)];
  await session.send('40');
  let [groups, pinged, pongs] = [0, 0, []];
  while (groups < 200 || pinged < 10) {
    await session.send(...pongs, ...group('message'), ...group('message'));
    pongs = [];
    for (const end = groups + 2; groups < end; ) {
      const [first] = await session.take(1);
      if (first === '2') pinged += pongs.push('3');
      else if (!/^4(0|2\["auth")/.test(first)) {
        assert.deepEqual([first, ...(await session.take(3))], group('message-back'));
        groups++;
      }
    }
  }
  close(session);
});

for (const workers of ['1', '4']) {
  test(`attachments may come by WebSocket where their packet came by polling, ${workers} worker(s)`, async (t) => {
    const server = await t.server(['--conformance', '--workers', workers]);
    const session = await openSession(server, PATH);
    await join(session);
    await session.send(packet('52-', ['message', place(0), place(1)]), BYTES[0]);
    const socket = await session.probe();
    socket.send('5', BYTES[1]);
    assert.deepEqual(await socket.take(3), [packet('52-', ['message-back', place(0), place(1)]), BYTES[0], BYTES[1]]);
    close(socket);
  });
}

/* --- malformed packets -------------------------------------------------------------------------------------------- */

const malformed = {
  'an empty packet': ['4'],
  'an unknown type': ['47'],
  'no type': ['4abc'],
  'space before the type': ['4 2["message"]'],
  'an event without a payload': ['42'],
  'an event with an id and no payload': ['421'],
  'an event of an empty array': ['42[]'],
  'an event of an object': ['42{}'],
  'an event of a string': ['42"message"'],
  'an event of a number behind an id': ['421 5'],
  'an event of null': ['42null'],
  'an event named by an object': ['42[{}]'],
  'an event named by an array': ['42[["message"]]'],
  'an event named by null': ['42[null]'],
  'an event named by true': ['42[true,"message"]'],
  'JSON without an end': ['42["message"'],
  'JSON of another kind': ["42['message']"],
  'JSON with something behind it': ['42["message"]x'],
  'a negative id': ['42-1["message"]'],
  'an id that is no integer': ['421.5["message"]'],
  'a namespace without a comma': ['42/custom["message"]'],
  'an event of a namespace that was not joined': ['42/custom,["message"]'],
  'an event of an unknown namespace': ['42/random,["message"]'],
  'CONNECT with an array': ['40/custom,[]'],
  'CONNECT with a string': ['40/custom,"token"'],
  'CONNECT with null': ['40/custom,null'],
  'CONNECT with JSON without an end': ['40/custom,{"a":'],
  'DISCONNECT with an object': ['41{}'],
  'DISCONNECT with a string': ['41"bye"'],
  'DISCONNECT of a namespace that was not joined': ['41/custom,'],
  'ACK without a payload': ['431'],
  'ACK with an object': ['431{}'],
  'ACK with a string': ['431"ok"'],
  'ACK of a namespace that was not joined': ['43/custom,1[]'],
  'CONNECT_ERROR, which is the server\'s to send': ['44{"message":"no"}'],
  'CONNECT_ERROR of another namespace': ['44/custom,{"message":"no"}'],
  'an attachment of nothing': [BYTES[0]],
  'an attachment too many': [packet('51-', ['other', place(0)]), BYTES[0], BYTES[1]],
  'no number of attachments': [packet('5', ['message', place(0)])],
  'an empty number of attachments': [packet('5-', ['message', place(0)])],
  'a number of attachments without a dash': [packet('51', ['message', place(0)])],
  'a negative number of attachments': [packet('5-1-', ['message', place(0)])],
  'a number of attachments that is none': [packet('5x-', ['message', place(0)])],
  'a number of attachments that is no integer': [packet('51.5-', ['message', place(0)])],
  'too many attachments': [packet('5257-', ['message'])],
  'far too many attachments': [packet('599999999999-', ['message'])],
  'attachments of an empty array': [packet('51-', []), BYTES[0]],
  'attachments without a payload': [packet('51-'), BYTES[0]],
  'attachments of an ACK without a payload': [packet('61-1'), BYTES[0]],
  'attachments of JSON without an end': ['451-["message"', BYTES[0]],
  'attachments of a namespace that was not joined': [packet('51-/custom,', ['message', place(0)]), BYTES[0]],
  'text in the middle of a group': [packet('51-', ['message', place(0)]), '42["message"]'],
  'a group in the middle of a group': [packet('51-', ['message', place(0)]), packet('51-', ['message', place(0)])],
  'DISCONNECT in the middle of a group': [packet('51-', ['message', place(0)]), '41'],
  'a placeholder of no attachment': [packet('51-', ['message', place(1)]), BYTES[0]],
  'a deep placeholder of no attachment': [packet('51-', ['message', { a: [place(5)] }]), BYTES[0]],
  'a negative placeholder': [packet('51-', ['message', place(-1)]), BYTES[0]],
  'a placeholder that is no integer': [packet('51-', ['message', place(0.5)]), BYTES[0]],
  'a placeholder that is a string': [packet('51-', ['message', place('0')]), BYTES[0]],
  'a placeholder without a number': [packet('51-', ['message', { _placeholder: true }]), BYTES[0]],
  'a placeholder of no attachment in an ACK': [packet('61-1', [place(1)]), BYTES[0]],
};
for (const name of ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'])
  malformed[`an event by the reserved name ${name}`] = [packet('2', [name, 1])];
malformed['an event by a reserved name in disguise'] = ['42["\\u0063onnect"]'];
malformed['a binary event by a reserved name'] = [packet('51-', ['connect', place(0)]), BYTES[0]];

echo('what is malformed ends the session at once', async (t, open, serve) => {
  const server = await serve();
  for (const [what, packets] of Object.entries(malformed)) {
    const session = await open(server);
    await join(session);
    await assertEndedBy(session, packets, what);
  }
  await server.logged(/left transport=socketio .*why="a packet was malformed/, Object.keys(malformed).length);
});

for (const workers of ['1', '4']) {
  test(`what is malformed is 400 by polling, ${workers} worker(s)`, async (t) => {
    const server = await t.server(['--conformance', '--workers', workers]);
    for (const packets of [['42'], ['42[]'], ['47'], ['42["message"]', '42["connect"]'], [BYTES[0]]]) {
      const session = await openSession(server, PATH);
      await join(session);
      assertRefused(await session.post(encode(packets)), refusals.request, encode(packets));
    }
  });
}

echo('a group of attachments may be 4 MiB, and not more', async (t, open, serve) => {
  const session = await open(await serve());
  await join(session);
  const large = Buffer.alloc(700000, 7);
  for (let group = 0; group < 3; group++) {
    await session.send(packet('55-', ['other', place(0)]));
    for (let i = 0; i < 5; i++) await session.send(large);
  }
  await assertEchoes(session);
  await session.send(packet('56-', ['other', place(0)]));
  for (let i = 0; i < 5; i++) await session.send(large);
  await assertEndedBy(session, [large], 'a sixth one');
});

/* --- the feed ----------------------------------------------------------------------------------------------------- */

/** CONNECT to the feed. Returns: {sid, pid}. */
async function follow(session, auth) {
  await session.send(packet('0', auth));
  const data = await takeConnect(session);
  assert.deepEqual(Object.keys(data), ['sid', 'pid']);
  return data;
}

/** The next `count` events, each [name, argument, cursor]. */
async function takeEvents(session, count) {
  return (await session.take(count)).map((text) => {
    const { head, data } = parse(text);
    assert.equal(head, '2');
    assert.equal(data.length, 3);
    return data;
  });
}

/** The next `count` events are news of these seqs. */
async function assertNews(session, ...seqs) {
  for (const [i, [name, update, cursor]] of (await takeEvents(session, seqs.length)).entries()) {
    assert.equal(name, 'news');
    assert.equal(update.seq, seqs[i]);
    assert.equal(cursor.replace(/^.*-/, ''), `${seqs[i]}`);
  }
}

/** Publish `count` values. Returns: their cursors. */
async function publishMany(server, count) {
  const cursors = [];
  for (let i = 0; i < count; i++) cursors.push((await publish(server, { i })).cursor);
  return cursors;
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

feed('feed: CONNECT is answered with two ids, neither of them the session\'s', async (t, open, serve) => {
  const session = await open(await serve());
  const { sid, pid } = await follow(session);
  for (const id of [sid, pid]) assert.match(id, /^[\w-]{20,}$/);
  assert.equal(new Set([sid, pid, session.sid, session.sid.slice(2)]).size, 4);
  close(session);
});

feed('feed: an update is the event news, with its cursor as last argument', async (t, open, serve) => {
  const server = await serve();
  const session = await open(server);
  await follow(session);
  const data = { text: '€ 😀 "', list: [1, null] };
  const { cursor } = await publish(server, data);
  const [[name, update, last]] = await takeEvents(session, 1);
  assert.equal(name, 'news');
  assert.deepEqual(Object.keys(update), ['seq', 't', 'data']);
  assert.deepEqual(update.data, data);
  assert.equal(last, cursor);
  assert.deepEqual([update], (await request(server, '/poll?since=0')).json().updates);
  await publishMany(server, 20);
  await assertNews(session, ...range(2, 21));
  close(session);
});

feed('feed: auth.since is 0, a number or a cursor; without it news begin now', async (t, open, serve) => {
  const server = await serve();
  const cursors = await publishMany(server, 5);
  const cases = [
    [undefined, []],
    [{}, []],
    [{ since: null }, []],
    [{ since: 0 }, range(1, 5)],
    [{ since: '0' }, range(1, 5)],
    [{ since: 3 }, [4, 5]],
    [{ since: '3' }, [4, 5]],
    [{ since: cursors[1] }, [3, 4, 5]],
    [{ since: cursors[4] }, []],
    [{ since: 5, other: 'members' }, []],
  ];
  const sessions = [];
  for (const [auth, expected] of cases) {
    const session = await open(server);
    await follow(session, auth);
    await assertNews(session, ...expected);
    sessions.push(session);
  }
  await publishMany(server, 1);
  for (const session of sessions) {
    await assertNews(session, 6);
    close(session);
  }
});

feed('feed: auth.since that is no cursor is refused, and another CONNECT may follow', async (t, open, serve) => {
  const server = await serve();
  await publishMany(server, 2);
  const session = await open(server);
  for (const since of ['', 'x', 'x-y', '1-', '-1', '1.5', ' 1', 1.5, '1e3', `${'9'.repeat(30)}`]) {
    await session.send(packet('0', { since }));
    const { head, data } = parse((await session.take(1))[0]);
    assert.equal(head, '4', JSON.stringify(since));
    assert.deepEqual(Object.keys(data), ['message']);
    assert.match(data.message, /cursor/);
  }
  await follow(session, { since: 1 });
  await assertNews(session, 2);
  close(session);
});

feed('feed: auth.since of another type is refused too', async (t, open, serve) => {
  const server = await serve();
  for (const since of [-1, 'a\u0000b', true, false, {}, [], [1]]) {
    const session = await open(server);
    await session.send(packet('0', { since }));
    assert.equal(parse((await session.take(1))[0]).head, '4', JSON.stringify(since));
    close(session);
  }
});

feed('feed: what is no longer kept is told first, by the event gap', async (t, open, serve) => {
  const server = await serve('--history', '3');
  const cursors = await publishMany(server, 10);
  const [epoch] = cursors[0].split('-');
  for (const since of [2, '2', cursors[1]]) {
    const session = await open(server);
    await follow(session, { since });
    assert.deepEqual(await takeEvents(session, 1), [['gap', { from: 3, to: 7 }, cursors[6]]]);
    await assertNews(session, 8, 9, 10);
    close(session);
  }
  const elsewhere = await open(server);
  await follow(elsewhere, { since: `${epoch === 'zzzzzz' ? 'yyyyyy' : 'zzzzzz'}-9` });
  const [[name, gap]] = await takeEvents(elsewhere, 1);
  assert.deepEqual([name, gap], ['gap', { epoch, from: null }]);
  await assertNews(elsewhere, 8, 9, 10);
  close(elsewhere);
  const all = await open(server);
  await follow(all, { since: 0 });
  await assertNews(all, 8, 9, 10);
  close(all);
});

feed('feed: a client that fetches too late is told what it missed', async (t, open, serve) => {
  const server = await serve('--history', '3');
  const session = await openSession(server, PATH);
  const { pid } = await follow(session);
  assert.ok(pid);
  const cursors = await publishMany(server, 8);
  assert.deepEqual(await takeEvents(session, 4).then(([first]) => first), ['gap', { from: 1, to: 5 }, cursors[4]]);
});

feed('feed: DISCONNECT ends the news, and CONNECT begins them again', async (t, open, serve) => {
  const server = await serve();
  const session = await open(server);
  await follow(session);
  await publishMany(server, 1);
  await assertNews(session, 1);
  // What the answer to this comes behind has been heard.
  await session.send('40/nowhere');
  assert.equal(parse((await session.take(1))[0]).head, '4/nowhere,');
  await session.send('41');
  await session.send('40/nowhere');
  assert.equal(parse((await session.take(1))[0]).head, '4/nowhere,');
  await publishMany(server, 2);
  await follow(session, { since: 2 });
  await assertNews(session, 3);
  close(session);
});

feed('feed: reply is logged with IP and socket id, and acknowledged with nothing', async (t, open, serve) => {
  const server = await serve();
  const session = await open(server);
  const { sid } = await follow(session);
  await session.send(packet('2', ['reply', 'hello', { a: 1 }]), packet('27', ['reply', 'and again']));
  assert.deepEqual(await session.take(1), ['437[]']);
  await server.logged(new RegExp(`spoke transport=socketio ip=127\\.0\\.0\\.1 .*socket=${sid} kind=reply .*hello`));
  await server.logged(new RegExp(`spoke transport=socketio ip=127\\.0\\.0\\.1 .*socket=${sid} kind=reply .*and again`));
  await session.send(packet('52-8', ['reply', place(0), place(1)]), BYTES[0], BYTES[1]);
  assert.deepEqual(await session.take(1), ['438[]']);
  await session.send(packet('29', ['no such event']));
  const { head, data } = parse((await session.take(1))[0]);
  assert.equal(head, '39');
  assert.deepEqual(Object.keys(data[0]), ['error']);
  await session.send(packet('2', ['no such event']), packet('2', [42]));
  await session.send(packet('210', ['reply']));
  assert.deepEqual(await session.take(1), ['4310[]']);
  close(session);
});

feed('feed: publish is acknowledged with seq and cursor, and goes to everyone', async (t, open, serve) => {
  const server = await serve();
  const [session, other] = [await open(server), await openSocket(server, PATH)];
  for (const one of [session, other]) await follow(one);
  await session.send(packet('21', ['publish', { by: 'Socket.IO' }]));
  const both = (await session.take(2)).map(parse).sort((a, b) => a.head.localeCompare(b.head));
  const [, update, cursor] = both[0].data;
  assert.deepEqual(update.data, { by: 'Socket.IO' });
  assert.deepEqual(both[1], { head: '31', data: [{ seq: 1, cursor }] });
  await assertNews(other, 1);
  await session.send(packet('2', ['publish', null]));
  await assertNews(session, 2);
  await assertNews(other, 2);
  for (const [head, data, ...attachments] of [['23', ['publish']], ['51-3', ['publish', place(0)], BYTES[0]]]) {
    await session.send(packet(head, data), ...attachments);
    const answer = parse((await session.take(1))[0]);
    assert.equal(answer.head, '33');
    assert.deepEqual(Object.keys(answer.data[0]), ['error']);
  }
  for (const one of [session, other]) close(one);
});

feed('feed: with --publish-token a wrong one is refused, and without one nothing is published', async (t, open, serve) => {
  const server = await serve('--publish-token', 'open-sesame');
  const session = await open(server);
  for (const token of ['guess', '', 'open-sesam', 'open-sesame2', 'Open-sesame']) {
    await session.send(packet('0', { token }));
    const { head, data } = parse((await session.take(1))[0]);
    assert.equal(head, '4', token);
    assert.deepEqual(Object.keys(data), ['message']);
  }
  await follow(session);
  await session.send(packet('21', ['publish', 1]));
  const refused = parse((await session.take(1))[0]);
  assert.equal(refused.head, '31');
  assert.match(refused.data[0].error, /--publish-token/);
  await session.send('41', packet('0', { token: 'open-sesame' }));
  await takeConnect(session);
  await session.send(packet('22', ['publish', 'now']));
  const heads = (await session.take(2)).map((text) => parse(text).head).sort();
  assert.deepEqual(heads, ['2', '32']);
  assert.deepEqual((await request(server, '/poll?since=0')).json().updates.map(({ data }) => data), ['now']);
  assert.ok(!server.lines.some((line) => /open-sesame|guess/.test(line)), 'no token in the log');
  close(session);
});

feed('feed: --namespace takes others, where clients speak and no news come', async (t, open, serve) => {
  const server = await serve('--namespace', '/chat', '--namespace', '/admin');
  const session = await open(server);
  const ids = new Set();
  for (const nsp of ['/chat,', '/admin,']) {
    await session.send(`40${nsp}`);
    ids.add((await takeConnect(session, nsp)).sid);
  }
  assert.equal(ids.size, 2);
  await session.send('40/random,', '40/chats,', '40/cha,');
  const refused = ['/random', '/chats', '/cha'].map((nsp) => `44${nsp},{"message":"Invalid namespace"}`);
  assert.deepEqual(await session.take(3), refused);
  await publishMany(server, 1);
  await session.send(packet('2/chat,5', ['reply', 'hello']));
  assert.deepEqual(await session.take(1), ['43/chat,5[]']);
  await server.logged(new RegExp(`spoke .*socket=${[...ids][0]} kind=reply .*hello`));
  await follow(session, { since: 0 });
  await assertNews(session, 1);
  await session.send('41/chat,', packet('2/admin,6', ['reply']));
  assert.deepEqual(await session.take(1), ['43/admin,6[]']);
  close(session);
});

feed('feed: without --namespace there is / only', async (t, open, serve) => {
  const session = await open(await serve());
  await session.send('40/custom,', '40/chat');
  const refused = ['/custom', '/chat'].map((nsp) => `44${nsp},{"message":"Invalid namespace"}`);
  assert.deepEqual(await session.take(2), refused);
  close(session);
});

feed('feed: who comes back with pid and offset is the same socket, and has missed nothing', async (t, open, serve) => {
  const server = await serve();
  const first = await open(server);
  const ids = await follow(first);
  const cursors = await publishMany(server, 3);
  await assertNews(first, 1, 2, 3);
  if (first instanceof Socket) first.ws.terminate();
  await publishMany(server, 3);
  const second = await open(server);
  assert.notEqual(second.sid, first.sid);
  assert.deepEqual(await follow(second, { pid: ids.pid, offset: cursors[2] }), ids);
  await assertNews(second, 4, 5, 6);
  close(second);
  // From the middle, and with more in auth, and once again.
  const third = await open(server);
  assert.deepEqual(await follow(third, { pid: ids.pid, offset: cursors[0], since: 0 }), ids);
  await assertNews(third, ...range(2, 6));
  close(third);
});

feed('feed: who comes back too late is another socket, and is told the gap', async (t, open, serve) => {
  const server = await serve('--history', '2');
  const first = await open(server);
  const ids = await follow(first);
  const cursors = await publishMany(server, 1);
  await assertNews(first, 1);
  close(first);
  cursors.push(...(await publishMany(server, 5)));
  const second = await open(server);
  const others = await follow(second, { pid: ids.pid, offset: cursors[0] });
  assert.equal(new Set([ids.sid, ids.pid, others.sid, others.pid]).size, 4);
  assert.deepEqual(await takeEvents(second, 1), [['gap', { from: 2, to: 4 }, cursors[3]]]);
  await assertNews(second, 5, 6);
  close(second);
  const third = await open(server);
  assert.notEqual((await follow(third, { pid: ids.pid, offset: 'zzzzzz-1' })).pid, ids.pid, 'nor with an offset of another run');
  assert.deepEqual((await takeEvents(third, 1))[0][1].from, null);
  close(third);
});

feed('feed: a pid without an offset, or one that is none, is no way back', async (t, open, serve) => {
  const server = await serve();
  const { cursor } = await publish(server, 1);
  const { pid } = await follow(await open(server));
  const wrong = ['short', `${pid}A`, 17, ''].map((other) => ({ pid: other, offset: cursor }));
  for (const auth of [{ pid }, { pid, offset: 'x' }, { offset: cursor }, ...wrong]) {
    const session = await open(server);
    const ids = await follow(session, auth);
    assert.notEqual(ids.pid, auth.pid);
    assert.notEqual(ids.pid, pid);
    close(session);
  }
});

for (const workers of ['1', '4']) {
  test(`feed: the upgrade loses nothing and doubles nothing, ${workers} worker(s)`, async (t) => {
    const server = await t.server(['--source', 'none', '--workers', workers]);
    const session = await openSession(server, PATH);
    await follow(session);
    await publishMany(server, 3);
    await assertNews(session, 1, 2, 3);
    await publishMany(server, 3);
    const socket = await session.probe();
    await publishMany(server, 3);
    socket.send('5');
    await assertNews(socket, ...range(4, 9));
    await publishMany(server, 3);
    await assertNews(socket, 10, 11, 12);
    close(socket);
  });

  test(`feed: SIGTERM ends a poll with a close, and a WebSocket behind what the feed holds, ${workers} worker(s)`, async (t) => {
    const server = await t.server(['--source', 'none', '--workers', workers]);
    const [session, socket] = [await openSession(server, PATH), await openSocket(server, PATH)];
    await follow(session);
    await follow(socket);
    await publishMany(server, 3);
    await assertNews(session, 1, 2, 3);
    const connection = new Connection(server);
    t.cleanup(() => connection.vanish());
    const poll = await holdPoll(session, connection);
    await server.stop();
    assert.equal((await poll.answer).text, '1');
    await assertNews(socket, 1, 2, 3);
    assert.equal(await socket.closed(), 1001);
  });
}

feed('feed: what is secret is not logged', async (t, open, serve) => {
  const server = await serve();
  const session = await open(server);
  const { sid, pid } = await follow(session);
  await session.send(packet('21', ['reply', 'last words']));
  await session.take(1);
  await server.logged(/spoke .*last words/);
  await server.logged(new RegExp(`connected .*socket=${sid}`));
  for (const secret of [session.sid, pid]) assert.ok(!server.lines.some((line) => line.includes(secret)), secret);
  close(session);
});

/* --- where it is, and who may ask --------------------------------------------------------------------------------- */

each('path: it may be another', ['--source', 'none', '--socketio-path', '/sio'], async (t, open, serve) => {
  const server = await serve();
  const session = await open(server, '/sio/');
  await follow(session);
  await publish(server, 1);
  await assertNews(session, 1);
  close(session);
  assert.equal((await request(server, target(PATH))).status, 404);
  assert.equal((await new Socket(server, PATH).refused()).status, 404);
});

each('path: of the echo too', ['--conformance', '--socketio-path', '/deep/sio/'], async (t, open, serve) => {
  const session = await open(await serve(), '/deep/sio/');
  await join(session);
  await assertEchoes(session);
  close(session);
});

const strangers = [
  { Origin: 'https://evil.example' },
  { Origin: 'null' },
  { Host: 'evil.example' },
  { Host: 'evil.example', Origin: 'http://evil.example' },
];

for (const flags of [['--source', 'none'], ['--conformance']]) {
  for (const workers of ['1', '4']) {
    test(`access: strangers are refused, and do no harm to a session: ${flags[0]}, ${workers} worker(s)`, async (t) => {
      const server = await t.server([...flags, '--workers', workers]);
      const session = await openSession(server, PATH);
      const polled = session.poll();
      for (const headers of strangers) {
        const what = JSON.stringify(headers);
        for (const parameters of [{}, { sid: session.sid }]) {
          const where = target(PATH, parameters);
          const answers = [
            await request(server, where, { headers }),
            await request(server, where, { headers, method: 'POST', body: '40' }),
            await new Socket(server, PATH, parameters, { headers }).refused(),
          ];
          for (const { status, headers: received } of answers) {
            assert.equal(status, 403, what);
            assert.equal(received['access-control-allow-origin'], undefined);
          }
        }
      }
      await server.logged(/refused .*evil\.example.*--allow-origin/);
      await server.logged(/refused .*evil\.example.*--allow-host/);
      await session.send('40');
      assert.equal(parse((await polled)[0]).head, '0');
    });
  }

  test(`access: --allow-origin lets a page in, and tells its browser so: ${flags[0]}`, async (t) => {
    const server = await t.server([...flags, '--allow-origin', 'https://app.example']);
    const headers = { Origin: 'https://app.example' };
    const { sid } = await openSession(server, PATH);
    const session = new Session(server, PATH, { sid });
    const answers = [
      await request(server, target(PATH), { headers }),
      await session.post('40', { headers }),
      await session.get({ headers }),
      await session.post('9', { headers }),
      await session.get({ headers }),
    ];
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 400, 400]);
    for (const { headers: received } of answers) {
      assert.equal(received['access-control-allow-origin'], 'https://app.example');
      assert.match(received.vary, /Origin/);
    }
    const socket = await openSocket(server, PATH, { headers });
    close(socket);
    assert.equal((await request(server, target(PATH))).headers['access-control-allow-origin'], undefined);
    const foreign = await request(server, target(PATH), { headers: { Origin: 'https://app.example.evil' } });
    assert.equal(foreign.status, 403);
  });
}

for (const flags of [['--source', 'none'], ['--conformance']]) {
  test(`access: a page that asks first is told what it may: ${flags[0]}`, async (t) => {
    const asks = { 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' };
    const ask = (server, origin) => request(server, target(PATH), { method: 'OPTIONS', headers: { Origin: origin, ...asks } });
    const server = await t.server([...flags, '--allow-origin', 'https://app.example']);
    assert.equal((await ask(server, 'https://evil.example')).status, 403);
    const answer = await ask(server, 'https://app.example');
    assert.equal(answer.status, 204);
    assert.equal(answer.headers['access-control-allow-origin'], 'https://app.example');
    assert.match(answer.headers['access-control-allow-methods'], /POST/);
    assert.match(answer.headers['access-control-allow-headers'], /content-type/i);
  });
}

await run();
