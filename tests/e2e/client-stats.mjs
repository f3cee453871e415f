// GET /stats?client=ID: one client's own figures, and what the kernel knows of its connection.
// SPDX-License-Identifier: MIT
import { Connection } from '../contract/connection.mjs';
import { kinds, Publisher } from '../contract/subscriber.mjs';
import { assert, request, run, test, within } from './harness.mjs';

const TCP = ['bytes_received', 'bytes_retrans', 'bytes_sent', 'rtt_us', 'segs_in', 'segs_out'];
const idOf = (line) => line.match(/ client=(\d+)/)[1];

function assertTcp(tcp) {
  assert.deepEqual(Object.keys(tcp).sort(), TCP);
  for (const name of TCP) assert.ok(Number.isInteger(tcp[name]) && tcp[name] >= 0, `${name}: ${tcp[name]}`);
  assert.ok(tcp.segs_in > 0 && tcp.segs_out > 0 && tcp.rtt_us > 0);
}

// A Socket.IO session that polls is more than one connection, and has none of its own.
const connected = kinds.filter(({ name }) => name !== 'socketio by polling');

for (const workers of ['1', '3'])
  for (const kind of connected)
    test(`${kind.name}, --workers ${workers}: what it has had, while it is there`, async (t) => {
      const server = await t.server(['--source', 'none', '--workers', workers, ...kind.args]);
      const publish = new Publisher(server);
      t.cleanup(() => publish.close());
      const ids = [];
      const subscribers = [];
      for (let n = 0; n < 4; n++) {
        const subscriber = new kind.Subscriber(server);
        t.cleanup(() => subscriber.vanish());
        await subscriber.open();
        subscribers.push(subscriber);
        ids.push(idOf(await server.logged(new RegExp(` came transport=${kind.transport} `), n + 1)));
      }
      assert.equal(new Set(ids).size, 4, 'each has an id of its own');
      await publish.count(10);
      // The first of them reads on, the others have not asked since they came, or were sent all.
      await subscribers[0].updates(10);
      const figuresOf = async (id) => {
        const answer = await request(server, `/stats?client=${id}`);
        assert.equal(answer.status, 200, answer.text);
        assert.match(answer.headers['content-type'], /^application\/json/);
        return answer.json();
      };
      const { transport, ip, updates, bytes_in, bytes_out, tcp } = await figuresOf(ids[0]);
      assert.deepEqual({ transport, ip, updates }, { transport: kind.transport, ip: '127.0.0.1', updates: 10 });
      assertTcp(tcp);
      assert.ok(tcp.bytes_sent >= bytes_out && bytes_out > 10 * 40, `${bytes_out} bytes out of ${tcp.bytes_sent}`);
      assert.ok(tcp.bytes_received >= bytes_in && tcp.bytes_received > 40, `${bytes_in} bytes in of ${tcp.bytes_received}`);
      if (!kind.pushes) assert.equal((await figuresOf(ids[1])).updates, 0, 'one that has not asked again has had none');
      subscribers[0].vanish();
      await server.logged(new RegExp(` left transport=${kind.transport} .*client=${ids[0]} `));
      assert.equal((await request(server, `/stats?client=${ids[0]}`)).status, 404, 'it is gone');
      assert.equal((await figuresOf(ids[1])).transport, kind.transport, 'the others are not');
    });

test('an id that no client has is 404, one that is none is refused', async (t) => {
  const server = await t.server(['--source', 'none', '--workers', '2']);
  for (const id of ['1000000', '9223372036854775807']) {
    const answer = await request(server, `/stats?client=${id}`);
    assert.equal(answer.status, 404, id);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
  }
  for (const id of ['', '0', '-1', 'x', '1x', '99999999999999999999999'])
    assert.ok([400, 404].includes((await request(server, `/stats?client=${id}`)).status), `client=${id}`);
  assert.equal((await request(server, '/stats?client=1', { method: 'POST' })).status, 405);
});

test('a client may ask for its own, and HEAD sends the head only', async (t) => {
  const server = await t.server(['--source', 'none', '--workers', '2']);
  const connection = new Connection(server);
  t.cleanup(() => connection.vanish());
  await connection.exchange('/poll?since=0');
  const id = idOf(await server.logged(/ came transport=poll /));
  const own = JSON.parse((await connection.exchange(`/stats?client=${id}`)).text);
  assert.equal(own.transport, 'poll');
  assertTcp(own.tcp);
  assert.equal((await connection.exchange(`/stats?client=${id}`, { method: 'HEAD' })).status, 200);
  assert.equal((await connection.exchange('/health/live')).status, 200, 'and the connection goes on');
});

test('the server ends in order while it is asked for the figures of clients', async (t) => {
  const server = await t.server(['--source', 'none', '--workers', '3']);
  const connections = Array.from({ length: 8 }, () => new Connection(server));
  for (const connection of connections) t.cleanup(() => connection.vanish());
  await Promise.all(connections.map((connection) => connection.exchange('/poll')));
  let asked = 0;
  const asking = connections.map(async (connection) => {
    for (let id = 1; ; id = (id % 40) + 1) {
      connection.ask(`/stats?client=${id}`);
      const answer = await within(connection.answer(), 'an answer, or the end');
      if (!answer) return;
      assert.ok([200, 404, 503].includes(answer.status), answer.text);
      if (++asked === 200) server.child.kill('SIGTERM');
    }
  });
  assert.equal(await server.ended(), 0);
  await Promise.all(asking);
}, { isRacy: true });

await run();
