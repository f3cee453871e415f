// What every transport owes its subscribers, checked in a loop over all of them: with one worker and with two, with the
// defaults and with a send buffer of 4 kB and a history of 8.
// SPDX-License-Identifier: MIT
import { assert, request, run, test, within } from '../e2e/harness.mjs';
import { kinds, Publisher } from './subscriber.mjs';

const small = ['--sndbuf', '4096', '--history', '8'];
const configurations = [
  { name: '1 worker', args: [] },
  { name: '2 workers', args: ['--workers', '2'] },
  { name: '1 worker, small', args: small, isSmall: true },
  { name: '2 workers, small', args: ['--workers', '2', ...small], isSmall: true },
];

/** The seqs of updates, and that their data say the same. */
function seqs(updates) {
  for (const { seq, data } of updates) assert.equal(data, seq);
  return updates.map(({ seq }) => seq);
}
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

for (const configuration of configurations) {
  for (const kind of kinds) {
    const it = (sentence, body) =>
      test(`${kind.name}, ${configuration.name}: ${sentence}`, async (t) => {
        const start = (...args) => t.server(['--source', 'none', ...configuration.args, ...args]);
        const open = async (server, options) => {
          const subscriber = new kind.Subscriber(server, options);
          t.cleanup(() => subscriber.socket.destroy());
          await subscriber.open();
          return subscriber;
        };
        const publisher = (server) => {
          const made = new Publisher(server);
          t.cleanup(() => made.close());
          return made;
        };
        await body({ t, start, open, publisher });
      });

    it('begins with what is published from now on', async ({ start, open, publisher }) => {
      const server = await start();
      const publish = publisher(server);
      await publish.count(3);
      const subscriber = await open(server);
      await publish.count(2, 4);
      assert.deepEqual(seqs(await subscriber.updates(2)), [4, 5]);
    });

    if (!configuration.isSmall)
      it('gives 10,000 updates once and in order', async ({ start, open, publisher }) => {
        const server = await start('--history', '10000');
        const subscriber = await open(server);
        const publishing = publisher(server).count(10000);
        assert.deepEqual(seqs(await subscriber.updates(10000)), range(1, 10000));
        await publishing;
        await publisher(server).count(1, 10001);
        assert.deepEqual(seqs(await subscriber.updates(1)), [10001], 'and nothing twice');
      });

    it('resumes after a cursor without a gap', async ({ start, open, publisher }) => {
      const server = await start();
      const cursors = await publisher(server).count(8);
      const subscriber = await open(server, { since: cursors[2] });
      assert.deepEqual(seqs(await subscriber.updates(5)), range(4, 8));
    });

    it('takes a bare number for a cursor of this epoch, and 0 for all that is kept', async ({ start, open, publisher }) => {
      const server = await start();
      await publisher(server).count(20);
      const last = await open(server, { since: '18' });
      assert.deepEqual(seqs(await last.updates(2)), [19, 20]);
      const all = await open(server, { since: '0' });
      const kept = configuration.isSmall ? range(13, 20) : range(1, 20);
      assert.deepEqual(seqs(await all.updates(kept.length)), kept, 'and no gap is told');
    });

    it('tells the gap of a cursor that is too old', async ({ start, open, publisher }) => {
      const server = await start('--history', '8');
      const cursors = await publisher(server).count(20);
      const subscriber = await open(server, { since: cursors[2] });
      assert.deepEqual(await subscriber.next('the gap'), { gap: { from: 4, to: 12 } });
      assert.deepEqual(seqs(await subscriber.updates(8)), range(13, 20));
    });

    it('tells a cursor of another epoch', async ({ start, open, publisher }) => {
      const server = await start();
      const cursors = await publisher(server).count(4);
      const subscriber = await open(server, { since: 'other1-2' });
      assert.deepEqual(await subscriber.next('the gap'), { gap: { epoch: cursors[0].split('-')[0], from: null } });
      assert.deepEqual(seqs(await subscriber.updates(4)), range(1, 4));
    });

    it('lets a cursor ahead of the feed wait', async ({ start, open, publisher }) => {
      const server = await start();
      const publish = publisher(server);
      await publish.count(2);
      const subscriber = await open(server, { since: '4' });
      await publish.count(4, 3);
      assert.deepEqual(seqs(await subscriber.updates(2)), [5, 6]);
    });

    it('refuses what is no cursor', async ({ t, start }) => {
      const server = await start();
      const subscriber = new kind.Subscriber(server, { since: 'yesterday' });
      t.cleanup(() => subscriber.socket.destroy());
      await assert.rejects(subscriber.open(), /400/);
    });

    it('refuses a foreign Host and a foreign Origin', async ({ t, start }) => {
      const server = await start();
      for (const headers of [{ Host: 'evil.example' }, { Origin: 'http://evil.example' }]) {
        const subscriber = new kind.Subscriber(server, { headers });
        t.cleanup(() => subscriber.socket.destroy());
        await assert.rejects(subscriber.open(), /403/);
      }
      await server.logged(/refused.*--allow-host/);
      await server.logged(/refused.*--allow-origin/);
    });

    it('counts clients that vanish, however they do, and serves on', async ({ start, open, publisher }) => {
      const server = await start();
      const publish = publisher(server);
      for (const reset of [true, false]) {
        const idle = await open(server);
        const busy = await open(server);
        const updates = publish.count(50);
        await busy.next();
        busy.vanish(reset);
        idle.vanish(reset);
        await updates;
      }
      const gone = async () => {
        while (JSON.parse((await request(server, '/stats')).text).transports[kind.name].clients > 0);
      };
      await within(gone(), 'the number of clients to become 0');
      const subscriber = await open(server, { since: '0' });
      assert.ok((await subscriber.next()).update);
    });

    it('ends in order at SIGTERM', async ({ t, start, open, publisher }) => {
      const server = await start();
      const subscriber = await open(server);
      await publisher(server).count(5);
      assert.deepEqual(seqs(await subscriber.updates(5)), range(1, 5));
      const end = kind.pushes ? subscriber.next('the end') : null;
      await server.stop();
      if (kind.pushes) assert.deepEqual(await end, kind.name === 'ws' ? { end: true, code: 1001 } : { end: true });
    });

    if (kind.pushes) pushed(it, kind);
  }
}

/** What streams owe beside that. */
function pushed(it, kind) {
  const big = JSON.stringify('x'.repeat(30000));

  it('beats while nothing happens', async ({ start, open }) => {
    const server = await start('--heartbeat', '50ms');
    const subscriber = await open(server);
    for (let i = 0; i < 3; i++) assert.deepEqual(await subscriber.next('a heartbeat'), { heartbeat: true });
  });

  it('keeps frames whole for a slow reader while the ring wraps, and tells all that it missed', async ({ start, open, publisher }) => {
    const server = await start('--history', '8', '--sndbuf', '4096');
    const slow = await open(server);
    const quick = await open(server);
    slow.socket.pause();
    const publish = publisher(server);
    for (let i = 0; i < 25; i++) {
      await publish.publish(Array(8).fill(big));
      await quick.updates(8);
    }
    slow.socket.resume();
    let next = 1;
    let gaps = 0;
    while (next <= 200) {
      const got = await slow.next('an update or a gap');
      if (got.heartbeat) continue;
      if (got.gap) {
        assert.equal(got.gap.from, next, 'a gap begins where reading stopped');
        next = got.gap.to + 1;
        gaps++;
        continue;
      }
      assert.equal(got.update.seq, next++);
      assert.equal(got.update.data.length, 30000);
    }
    assert.ok(gaps > 0, 'the reader was slow enough to miss something');
  });

  it('closes a reader that is too slow where that is asked for', async ({ start, open, publisher }) => {
    const server = await start('--slow', 'close', '--max-lag', '4', '--sndbuf', '4096');
    const slow = await open(server);
    slow.socket.pause();
    const publish = publisher(server);
    await publish.publish(Array(200).fill(big));
    await server.logged(/erred.*fell behind/);
    slow.socket.resume();
    let last;
    do last = await slow.next('the end'); while (!last.end);
    assert.deepEqual(last, kind.name === 'ws' ? { end: true, code: 1008 } : { end: true });
    await server.logged(/left transport/);
  });

  it('does not wait for a reader that never reads when it ends', async ({ start, open, publisher }) => {
    const server = await start('--drain', '300ms', '--sndbuf', '4096');
    const slow = await open(server);
    slow.socket.pause();
    await publisher(server).publish(Array(200).fill(big));
    await server.stop();
  });
}

await run();
