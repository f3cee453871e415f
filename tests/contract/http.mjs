// What the HTTP side owes in any state: heads and bodies that come late or never, held polls, connections that end in the
// middle of things, requests that are not what they should be.
// SPDX-License-Identifier: MIT
import net from 'node:net';
import { assert, openSocket, publish, request, run, test, within } from '../e2e/harness.mjs';
import { Connection, requestText } from './connection.mjs';
import { frame } from './subscriber.mjs';

const small = ['--sndbuf', '4096', '--history', '8'];
const configurations = {
  '1 worker': ['--workers', '1'],
  '2 workers': ['--workers', '2'],
  '1 worker, small': ['--workers', '1', ...small],
  '2 workers, small': ['--workers', '2', ...small],
};
const paths = ['/', '/poll', '/longpoll', '/events', '/stats', '/health/live', '/health/ready'];
const answers = (bytes) => bytes.toString('latin1').split('HTTP/1.1 ').length - 1;
const upgrading = {
  Upgrade: 'WebSocket',
  Connection: 'keep-alive, Upgrade',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const upgrade = requestText('/ws', { headers: upgrading });
const extended = requestText('/ws', { headers: { ...upgrading, 'Sec-WebSocket-Protocol': 'feedlab.v1' } });

for (const [name, flags] of Object.entries(configurations)) {
  const start = (t, ...args) => t.server(['--source', 'none', ...flags, ...args]);
  const it = (sentence, body, options) => test(`${name}: ${sentence}`, body, options);
  const itRaces = (sentence, body) => it(sentence, body, { isRacy: true });

  for (const path of paths) {
    it(`HEAD ${path} gets the head only, and the connection goes on`, async (t) => {
      const server = await start(t);
      const client = openSocket(server);
      client.write(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      const text = await client.until((bytes) => bytes.includes('\r\n\r\n') && bytes.toString(), 'the head');
      assert.match(text, /^HTTP\/1.1 200 /);
      assert.ok(text.endsWith('\r\n\r\n'), 'nothing after the head');
      if (path === '/events') return client.socket.destroy();
      client.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await client.until((bytes) => answers(bytes) === 2, 'the answer to the next request');
      client.socket.destroy();
    });
  }

  for (const path of [...paths, '/nowhere', '/publish', '/ws'])
    it(`a GET ${path} with a body is answered, and the connection goes on`, async (t) => {
      const server = await start(t);
      const client = new Connection(server);
      t.cleanup(() => client.vanish());
      const statuses = { '/nowhere': 404, '/publish': 405, '/ws': 426 };
      for (let i = 0; i < 3; i++) {
        const answer = await client.exchange(path === '/longpoll' ? '/longpoll?timeout=0' : path, { body: 'hello' });
        assert.equal(answer?.status, statuses[path] ?? 200);
        if (path === '/events') return;
      }
    });

  it('an upgrade with a body is none, or its body is no frame', async (t) => {
    const server = await start(t);
    const client = new Connection(server);
    t.cleanup(() => client.vanish());
    const { status } = await client.exchange('/ws', { headers: { ...upgrading }, body: 'hello' });
    if (status !== 101) return;
    client.socket.write(frame(1, 'after the body'));
    assert.match(await server.logged(/spoke|erred/), /after the body/);
  });

  it('requests that come together are answered one after the other', async (t) => {
    const server = await start(t);
    const client = openSocket(server);
    client.write('GET /poll HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20));
    await client.until((bytes) => answers(bytes) === 20, '20 answers');
    client.socket.destroy();
  });

  for (const [what, lines] of [
    ['two Hosts', 'Host: localhost\r\nHost: localhost\r\n'],
    ['no Host', ''],
    ['two Content-Lengths', 'Host: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n'],
    ['Content-Length beside Transfer-Encoding', 'Host: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n'],
    ['a Content-Length that is no number', 'Host: localhost\r\nContent-Length: x\r\n'],
  ])
    it(`a request with ${what} is refused with 400`, async (t) => {
      const client = openSocket(await start(t));
      client.write(`POST /publish HTTP/1.1\r\n${lines}\r\n0`);
      await client.until((bytes) => /^HTTP\/1.1 400 /.test(bytes.toString()), 'the refusal');
      client.socket.destroy();
    });

  it('a long poll is held until there is something, and until its time is over', async (t) => {
    const server = await start(t);
    const held = request(server, '/longpoll?timeout=20');
    await server.logged(/came transport=longpoll/);
    await publish(server, 'news');
    assert.equal((await held).json().updates[0].data, 'news');
    const empty = (await request(server, '/longpoll?timeout=1')).json();
    assert.deepEqual(empty.updates, []);
    assert.match(empty.cursor, /-1$/);
  });

  it('a held poll whose client has said its last is answered at once', async (t) => {
    const server = await start(t);
    const client = openSocket(server);
    client.socket.end('GET /longpoll?timeout=25 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.until((bytes) => bytes.includes('"updates":[]'), 'the answer');
    client.socket.destroy();
  });

  it('a poll whose client has said its last is answered', async (t) => {
    const server = await start(t);
    const client = openSocket(server);
    client.socket.end('GET /poll HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.until((bytes) => bytes.includes('"updates":[]'), 'the answer');
    client.socket.destroy();
  });

  it('a client that ends its side with its last request is answered, and its connection is over', async (t) => {
    const server = await start(t);
    const requests = ['GET /poll', 'GET /longpoll?timeout=0', 'GET /', 'HEAD /stats', 'GET /nowhere'];
    const post = 'POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n';
    const texts = [...requests.map((line) => `${line} HTTP/1.1\r\nHost: localhost\r\n\r\n`), `${post}abc`, `${post}abc${post}abc`, `${post}ab`, 'GET / HT'];
    for (let round = 0; round < 8; round++) {
      const clients = [...texts, ...texts].map((text) => {
        const socket = net.connect({ port: server.port, allowHalfOpen: true }), chunks = [];
        socket.on('data', (chunk) => chunks.push(chunk));
        return { text, socket, chunks, ended: new Promise((resolve) => socket.once('end', resolve)) };
      });
      await Promise.all(clients.map(({ socket }) => within(new Promise((resolve) => socket.once('connect', resolve)), 'a connection')));
      await request(server, '/health/live');
      // It finds the bytes and their end together, and is told of both once.
      server.child.kill('SIGSTOP');
      await Promise.all(clients.map(({ socket, text }) => new Promise((resolve) => socket.end(text, resolve))));
      server.child.kill('SIGCONT');
      for (const { text, chunks, ended } of clients) {
        await within(ended, `the end after ${text}`);
        const wanted = /^GET \/ HT$|\r\n\r\nab$/.test(text) ? 0 : text.split('HTTP/1.1').length - 1;
        assert.equal(answers(Buffer.concat(chunks)), wanted, text);
      }
    }
  });

  const states = {
    'before a request': '',
    'in the middle of a head': 'GET /poll HTTP/1.1\r\nHost: loc',
    'in the middle of a body': 'POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nabc',
    'in a held poll': 'GET /longpoll?timeout=25 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'in a stream': 'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'in a WebSocket': upgrade,
    'in the middle of a frame': Buffer.concat([Buffer.from(upgrade), frame(1, 'hello there').subarray(0, 9)]),
    'in the middle of a closing handshake': Buffer.concat([Buffer.from(upgrade), frame(8, Buffer.from([3, 232]))]),
    'whom the server has told to go': Buffer.concat([Buffer.from(extended), frame(1, '{"auth":"guess"}')]),
  };
  for (const [state, bytes] of Object.entries(states)) {
    itRaces(`clients that vanish ${state} leave nothing behind`, async (t) => {
      const server = await start(t);
      for (const how of ['resetAndDestroy', 'destroy', 'end']) {
        const client = openSocket(server);
        await within(new Promise((resolve) => client.socket.once('connect', resolve)), 'a connection');
        await within(new Promise((resolve) => client.socket.write(bytes, resolve)), 'the bytes to be sent');
        if (typeof bytes !== 'string' || bytes.includes('/events') || bytes === upgrade)
          await client.until((got) => got.includes('\r\n\r\n'), 'the answer');
        client.socket[how]();
        if (how === 'end') client.socket.destroy();
      }
      const gone = async () => {
        for (;;) {
          const { transports } = (await request(server, '/stats')).json();
          if (Object.values(transports).every(({ clients }) => clients === 0)) return;
        }
      };
      await within(gone(), 'all clients to be gone');
      await publish(server, 1);
    });

    itRaces(`the server ends in order with a client ${state}`, async (t) => {
      const server = await start(t, '--drain', '100ms');
      const client = openSocket(server);
      await within(new Promise((resolve) => client.socket.write(bytes, resolve)), 'the bytes to be sent');
      await request(server, '/health/live');
      await server.stop();
      client.socket.destroy();
    });
  }

  it('early frames, sent with the upgrade, are not lost', async (t) => {
    const server = await start(t);
    const client = openSocket(server);
    client.write(Buffer.concat([Buffer.from(upgrade), frame(1, 'too early')]));
    await server.logged(/spoke.*too early/);
    client.socket.destroy();
  });
}

await run();
