// The journal: the server is killed and comes back on its port, and no one who resumes loses anything.
// SPDX-License-Identifier: MIT
import path from 'node:path';
import { kinds } from '../contract/subscriber.mjs';
import { assert, publish, request, run, test } from './harness.mjs';

const ROUNDS = 10;
const stats = async (server) => (await request(server, '/stats')).json();

/** Read until the connection ends; every update's data is its number. Returns: the last one's seq. */
async function read(subscriber, seq) {
  for (;;) {
    let update;
    try {
      [update] = await subscriber.updates(1);
    } catch {
      return seq;
    }
    assert.equal(update.seq, seq + 1);
    assert.equal(update.data, update.seq);
    seq = update.seq;
  }
}

/** Publish numbers, one after the other, until the server is gone. `acknowledged`: told of each that it took. */
async function load(server, from, acknowledged) {
  for (let number = from; ; number++) {
    try {
      assert.equal((await publish(server, number)).seq, number);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return;
    }
    acknowledged(number);
  }
}

test(`killed ${ROUNDS} times under load: same epoch, and every client gets every update once`, async (t) => {
  const args = ['--source', 'none', '--journal', path.join(await t.directory(), 'feed'), '--workers', '2'];
  const places = kinds.map(() => 0);
  let server = await t.server(args);
  const { epoch } = await stats(server);
  let last = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const head = (await stats(server)).head;
    assert.equal((await stats(server)).epoch, epoch);
    assert.ok(head >= last, `${last} was acknowledged, ${head} is kept`);
    const subscribers = kinds.map(({ Subscriber }, i) => new Subscriber(server, { since: `${epoch}-${places[i]}` }));
    for (const subscriber of subscribers) await subscriber.open();
    const readers = subscribers.map((subscriber, i) => read(subscriber, places[i]));
    const killed = server;
    await load(server, head + 1, (seq) => {
      last = seq;
      if (seq === head + 40) killed.kill();
    });
    await server.ended();
    for (const [i, reader] of readers.entries()) places[i] = await reader;
    for (const subscriber of subscribers) subscriber.vanish();
    server = await t.server(args, { port: `${server.port}` });
  }
  const { head } = await stats(server);
  for (const [i, { Subscriber }] of kinds.entries()) {
    const subscriber = new Subscriber(server, { since: `${epoch}-${places[i]}` });
    await subscriber.open();
    for (const { seq, data } of await subscriber.updates(head - places[i])) {
      assert.equal(seq, ++places[i]);
      assert.equal(data, seq);
    }
    subscriber.vanish();
  }
});

test('the clock goes on with its numbers', async (t) => {
  const args = ['--rate', '200', '--journal', path.join(await t.directory(), 'feed')];
  const first = await t.server(args);
  await request(first, '/longpoll?timeout=5');
  const before = await stats(first);
  await first.stop();
  const after = await stats(await t.server(args));
  assert.equal(after.epoch, before.epoch);
  assert.ok(after.head >= before.head);
});

test('a journal that another server holds is refused', async (t) => {
  const args = ['--source', 'none', '--journal', path.join(await t.directory(), 'feed')];
  await t.server(args);
  const second = t.start(args);
  assert.notEqual(await second.ended(), 0);
  assert.match(second.lines.join('\n'), /another server holds it/);
});

test('what the journal cannot keep is not published, and told', async (t) => {
  const args = ['--source', 'none', '--journal', path.join(await t.directory(), 'feed')];
  const server = await t.server(args, { shell: "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"" });
  const answer = await request(server, '/publish', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify('x'.repeat(5000)),
  });
  assert.equal(answer.status, 503);
  assert.equal((await stats(server)).head, 0);
  await server.logged(/journal_fails/);
  assert.equal((await publish(server, 1)).seq, 1);
  await server.logged(/journal_recovered/);
});

await run();
