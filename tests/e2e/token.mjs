// --publish-token: asked for by HTTP and by WebSocket, whatever characters it has; a wrong one ends the conversation; and
// it never gets into the log, however a client sends it.
// SPDX-License-Identifier: MIT
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '../contract/connection.mjs';
import { frame } from '../contract/subscriber.mjs';
import { assert, load, openSocket, openWebSocket, request, run, test, within } from './harness.mjs';

const { WebSocket } = await load('ws');

const start = (t, token, ...args) => t.server(['--source', 'none', '--publish-token', token, ...args]);
const post = (server, token, body = '1') => {
  const headers = { 'Content-Type': 'application/json', ...(token !== undefined && { Authorization: token }) };
  return request(server, '/publish', { method: 'POST', headers, body });
};

async function talk(server, protocols = ['feedlab.v1']) {
  const client = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws`, protocols);
  await client.opened();
  if (protocols.length > 0) await client.messages.next('hello');
  return client;
}

test('POST /publish asks for it', async (t) => {
  const server = await start(t, 'open-sesame');
  for (const wrong of [undefined, 'Bearer open-sesam', 'Bearer open-sesame2', 'Basic open-sesame', 'Bearer ']) {
    const answer = await post(server, wrong);
    assert.equal(answer.status, 401, wrong);
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
  }
  assert.equal((await post(server, 'Bearer open-sesame')).status, 201);
});

test('a WebSocket asks for it, and ends at a wrong one', async (t) => {
  const server = await start(t, 'open-sesame');
  const { messages, socket } = await talk(server);
  socket.send('{"publish":"too early"}');
  assert.ok((await messages.next('the complaint')).error);
  socket.send('{"auth":"open-sesame"}');
  socket.send('{"publish":"now"}');
  assert.equal((await messages.next('the update')).data, 'now');
  socket.close();
  const wrong = await talk(server);
  wrong.socket.send('{"auth":"guess"}');
  assert.equal((await wrong.closed()).code, 1008);
  await server.logged(/ left .*1008/);
  assert.ok(!server.lines.some((line) => /open-sesame|guess/.test(line)), 'no token in the log, right or wrong');
});

test('what is no string is no token', async (t) => {
  const server = await start(t, '17');
  for (const wrong of ['17', '["17"]', '{"17":"17"}', 'null', '""', '"17\\u0000"']) {
    const client = await talk(server);
    client.socket.send(`{"auth":${wrong}}`);
    assert.equal((await client.closed()).code, 1008, wrong);
  }
});

test('after a wrong token nothing is obeyed, and nothing but the close frame is sent', async (t) => {
  const server = await start(t, 'right');
  const client = new Connection(server);
  t.cleanup(() => client.vanish());
  const headers = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'feedlab.v1',
  };
  client.ask('/ws', { headers });
  assert.equal((await within(client.head(), 'the handshake')).status, 101);
  const messages = ['{"auth":"guess"}', '{"echo":1}', '{"auth":"right"}', '{"publish":"never"}', 'no JSON'];
  client.socket.write(Buffer.concat([...messages.map((text) => frame(1, text)), frame(9, 'ping')]));
  // One published meanwhile by somebody else is for it no more either.
  await server.logged(/ erred | spoke .*auth/);
  await post(server, 'Bearer right', '"of another"');
  const opcodes = [];
  for (let got; opcodes.at(-1) !== 8 && (got = await within(client.take(anyFrame), 'a frame')); ) {
    opcodes.push(got.opcode);
    if (got.opcode === 8) assert.equal(got.payload.readUInt16BE(0), 1008);
  }
  assert.deepEqual(opcodes, [1, 8], 'hello, then the close frame');
  client.socket.write(frame(1, '{"publish":"never"}'));
  client.socket.write(frame(8, Buffer.from([0x03, 0xf0])));
  assert.equal(await within(client.take(anyFrame), 'the end'), null, 'nothing comes after the close frame');
  const { updates } = (await request(server, '/poll?since=0')).json();
  assert.deepEqual(updates.map(({ data }) => data), ['of another']);
});

/** A server's frame of less than 126 bytes. */
const anyFrame = (bytes) => {
  if (bytes.length < 2 || bytes.length < 2 + bytes[1]) return null;
  return [{ opcode: bytes[0] & 0x0f, payload: bytes.subarray(2, 2 + bytes[1]) }, 2 + bytes[1]];
};

const AWKWARD = 'q"uo\\te/sl ash';
const escaped = (text) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

test('a token may have any characters, however the client escapes them', async (t) => {
  const server = await start(t, AWKWARD);
  const plain = JSON.stringify(AWKWARD);
  const ways = [plain, plain.replaceAll('/', '\\/'), plain.replaceAll('\\"', '\\u0022'), `"${escaped(AWKWARD)}"`];
  for (const [index, way] of ways.entries()) {
    const { messages, socket } = await talk(server);
    socket.send(`{ "auth" : ${way} }`);
    socket.send(`{"publish":${index}}`);
    assert.equal((await messages.next(`the update of ${way}`)).data, index, way);
    socket.close();
  }
  const wrong = await talk(server);
  wrong.socket.send(`{"auth":"${AWKWARD.replace('"', '').replace('\\', '')}"}`);
  assert.equal((await wrong.closed()).code, 1008);
});

/** What a reader of the log can make of it: as it stands, unescaped, and unescaped again where it quotes JSON. */
function readings(lines) {
  const unescape = (text) => text.replace(/\\u([0-9a-f]{4})|\\(.)/gi, (_, hex, char) => (hex ? String.fromCharCode(parseInt(hex, 16)) : char));
  return lines.flatMap((line) => [line, unescape(line), unescape(unescape(line))]);
}

function assertUnsaid(server, token) {
  const said = server.lines.find((line) => readings([line]).some((reading) => reading.includes(token)));
  assert.equal(said, undefined, 'the log holds the token');
}

for (const [name, token] of Object.entries({ plain: 'open-sesame', awkward: AWKWARD }))
  for (const format of ['text', 'json']) {
    test(`${name} token: it never gets into the log, ${format}: by WebSocket`, async (t) => {
      const server = await start(t, token, '--log-format', format);
      const quoted = JSON.stringify(token);
      const texts = [
        `{"auth":${quoted}}`,
        `{"auth":${quoted}`,
        `{"Auth":${quoted}}`,
        `{"auth":[${quoted}]}`,
        `{"x":1,"auth":${quoted}}`,
        `{"publish":${quoted}}`,
        `{"echo":{"auth":${quoted}}}`,
        token,
        `${token} ${token}`,
        `${'x'.repeat(300)}${token}${'x'.repeat(300)}`,
      ];
      for (const protocols of [[], ['feedlab.v1']]) {
        for (const text of texts) {
          const { socket } = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws`, protocols);
          await new Promise((resolve) => socket.once('open', resolve));
          socket.send(text);
          socket.send(Buffer.from(text));
          socket.close(3000, token);
          await new Promise((resolve) => socket.once('close', resolve));
        }
      }
      await server.stop();
      assert.ok(server.lines.some((line) => /spoke/.test(line)), 'they are heard');
      assertUnsaid(server, token);
    });

    test(`${name} token: it never gets into the log, ${format}: by HTTP`, async (t) => {
      const server = await start(t, token, '--log-format', format);
      const quoted = JSON.stringify(token);
      for (const body of [quoted, `{"auth":${quoted}}`, `[${quoted}, 1]`, `{${quoted}:1}`, `{"broken":${quoted}`])
        await post(server, `Bearer ${Buffer.from(token, 'utf8').toString('latin1')}`, body);
      await post(server, `Bearer x${Buffer.from(token, 'utf8').toString('latin1')}`);
      const headers = { 'Content-Type': 'text/plain', Authorization: `Bearer ${token}` };
      await request(server, '/publish', { method: 'POST', headers, body: `so ${token} it is` });
      await server.stop();
      assertUnsaid(server, token);
    });
  }

test('a token never gets into the log by the parts of a request that a refusal names', async (t) => {
  const server = await start(t, 'open-sesame');
  for (const target of ['/open-sesame', '/poll?since=open-sesame', '/longpoll?timeout=open-sesame', '/events?token=open-sesame'])
    for (const method of target.startsWith('/events') ? ['DELETE'] : ['GET', 'DELETE']) await request(server, target, { method });
  await request(server, '/poll', { headers: { Host: 'open-sesame' } });
  await request(server, '/poll', { headers: { Origin: 'http://open-sesame' } });
  await server.stop();
  assertUnsaid(server, 'open-sesame');
});

test('a token whose every character is escaped never gets into the log either', async (t) => {
  const server = await start(t, 'open-sesame');
  for (const text of [`{"auth":"${escaped('open-sesame')}"}`, `{"auth":"${escaped('open-')}sesame"}`]) {
    const { opened, socket } = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws`);
    await opened();
    socket.send(text);
  }
  await server.logged(/ spoke /, 2);
  assertUnsaid(server, 'open-sesame');
});

test('what is nearly the token, or at another place, is none', async (t) => {
  const server = await start(t, 'open-sesame');
  const wrong = ['open-sesame', 'bearer open-sesam', 'Bearer xopen-sesame', 'Bearer Open-sesame', 'Bearer open-sesame, Bearer open-sesame', 'Token open-sesame', 'Bearer=open-sesame'];
  for (const each of wrong) assert.equal((await post(server, each)).status, 401, each);
  assert.equal((await post(server, ['Bearer open-sesame', 'Bearer open-sesame'])).status, 401, 'two lines');
  for (const query of ['token', 'access_token', 'auth', 'publish-token']) {
    const headers = { 'Content-Type': 'application/json', Cookie: `${query}=open-sesame`, 'X-Token': 'open-sesame' };
    assert.equal((await request(server, `/publish?${query}=open-sesame`, { method: 'POST', headers, body: '1' })).status, 401, query);
    const { messages, socket, opened } = openWebSocket(WebSocket, `ws://127.0.0.1:${server.port}/ws?${query}=open-sesame`, ['feedlab.v1']);
    await opened();
    await messages.next('hello');
    socket.send('{"publish":1}');
    assert.ok((await messages.next('the complaint')).error, query);
    socket.close();
  }
  assert.equal((await post(server, 'bearer open-sesame')).status, 201, "a scheme's case does not matter");
  assert.deepEqual((await request(server, '/poll?since=0')).json().updates.length, 1);
});

test('it may come from a file or the environment, and ps does not show it', async (t) => {
  const file = path.join(await t.directory(), 'token');
  for (const end of ['', '\n', '\r\n']) {
    await writeFile(file, `open-sesame${end}`);
    const server = await t.server(['--source', 'none', '--publish-token-file', file]);
    assert.equal((await post(server, 'Bearer guess')).status, 401);
    assert.equal((await post(server, 'Bearer open-sesame')).status, 201, JSON.stringify(end));
    await server.stop();
  }
  const server = await t.server(['--source', 'none'], { env: { FEEDLAB_PUBLISH_TOKEN: 'open-sesame' } });
  assert.equal((await post(server, undefined)).status, 401);
  assert.equal((await post(server, 'Bearer open-sesame')).status, 201);
  for (const args of [['--publish-token', 'open-sesame'], ['--publish-token=open-sesame']]) {
    const shown = await t.server(['--source', 'none', ...args]);
    assert.equal((await post(shown, 'Bearer open-sesame')).status, 201);
    const command = await readFile(`/proc/${shown.child.pid}/cmdline`, 'latin1');
    assert.ok(command.includes('--publish-token') && !command.includes('sesame'), command);
    assert.ok(!(await request(shown, '/stats')).text.includes('sesame'));
  }
});

test('an empty token is nobody\'s: the server does not start with one, nor with one that no header carries', async (t) => {
  const file = path.join(await t.directory(), 'token');
  await writeFile(file, '\n');
  const bad = [
    [['--publish-token', '']],
    [['--publish-token', ' sesame']],
    [['--publish-token', 'ses\name']],
    [['--publish-token-file', file]],
    [['--publish-token-file', `${file}.none`]],
    [['--publish-token', 'sesame', '--publish-token-file', file]],
    [[], { env: { FEEDLAB_PUBLISH_TOKEN: '' } }],
  ];
  for (const [args, options] of bad) {
    const server = t.start(['--source', 'none', ...args], options);
    assert.equal(await server.ended(), 2, JSON.stringify(args));
    assert.match(server.lines.join('\n'), /feedlab-server: (--publish-token|FEEDLAB_PUBLISH_TOKEN)/);
    assert.ok(!/same/.test(server.lines.join('\n')), 'the complaint does not quote it');
  }
});

test('a head that is refused, and what the HTTP library says of one, do not tell it', async (t) => {
  for (const format of ['text', 'json']) {
    const server = await start(t, 'open-sesame', '-v', '--log-format', format);
    const heads = [
      'GET /open-sesame HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n',
      'POST /open-sesame HTTP/1.1\r\nHost: localhost\r\nContent-Length: open-sesame\r\n\r\n',
      'GET /poll HTTP/1.1\r\nHost: localhost\r\nopen-sesame\r\n\r\n',
      'open-sesame open-sesame\r\n\r\n',
      'POST /publish HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: open-sesame\r\n\r\nopen-sesame\r\n',
      `GET /${'open-sesame'.repeat(3000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer open-sesame\r\nX: ${'x'.repeat(40000)}\r\n\r\n`,
      'GET /%6fpen-sesame HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    ];
    for (const head of heads) {
      const raw = openSocket(server);
      raw.socket.end(head);
      await raw.ended();
    }
    await server.stop();
    assert.ok(server.lines.some((line) => /not shown: it holds the token/.test(line)), 'they are logged');
    assertUnsaid(server, 'open-sesame');
  }
});

await run();
