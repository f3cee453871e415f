// What every transport owes its subscribers, checked in a loop over all of them: with one worker and with two, with the
// defaults and with a send buffer of 4 kB and a history of 8.
// SPDX-License-Identifier: MIT
import { assert, request, run, test, within } from '../e2e/harness.mjs';
import { frame, kinds, Publisher } from './subscriber.mjs';

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
const big = JSON.stringify('x'.repeat(30000));
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Wait until no client of the transport is left. */
function gone(server, transport) {
  const asking = async () => {
    while (JSON.parse((await request(server, '/stats')).text).transports[transport].clients > 0);
  };
  return within(asking(), `the number of ${transport} clients to become 0`);
}

for (const configuration of configurations) {
  for (const kind of kinds) {
    const it = (sentence, body, options) => {
      const inState = async (t) => {
        const start = (...args) => t.server(['--source', 'none', ...configuration.args, ...kind.args, ...args]);
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
      };
      test(`${kind.name}, ${configuration.name}: ${sentence}`, inState, options);
    };
    /** What depends on who comes first. */
    const itRaces = (sentence, body) => it(sentence, body, { isRacy: true });

    it('begins with what is published from now on', async ({ start, open, publisher }) => {
      const server = await start();
      const publish = publisher(server);
      await publish.count(3);
      const subscriber = await open(server);
      await publish.count(2, 4);
      assert.deepEqual(seqs(await subscriber.updates(2)), [4, 5]);
    });

    it('gives 10,000 updates once and in order', async ({ t, open }) => {
      // As lines of the input they come faster than by requests; the history is the default of the other sources.
      const history = configuration.isSmall ? [] : ['--history', '4096'];
      const server = await t.server(['--source', 'stdin', ...history, ...configuration.args, ...kind.args], { input: 'pipe' });
      const subscriber = await open(server);
      for (let from = 1; from <= 10000; from += 1000) {
        for (let i = 0; i < 1000; i += 10) server.input.write(range(from + i, from + i + 9).map((n) => `${n}\n`).join(''));
        const gaps = await subscriber.follow(from + 999, from);
        if (!configuration.isSmall) assert.equal(gaps, 0, 'this history forgets nothing that soon');
      }
      server.input.write('10001\n');
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

    it('gives who comes back all that is kept, whatever --max-lag says', async ({ start, open, publisher }) => {
      for (const policy of ['gap', 'close']) {
        const server = await start('--history', '100', '--max-lag', '4', '--slow', policy);
        const publish = publisher(server);
        const cursors = await publish.count(20);
        for (const [since, from] of [['0', 1], [cursors[2], 4], ['3', 4]]) {
          const subscriber = await open(server, { since });
          assert.deepEqual(seqs(await subscriber.updates(21 - from)), range(from, 20), `after ${since}, --slow ${policy}`);
        }
        const all = await open(server, { since: '0' });
        await publish.count(1, 21);
        assert.deepEqual(seqs(await all.updates(21)), range(1, 21), 'and it goes on from there');
      }
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

    itRaces('counts clients that vanish, however they do, and serves on', async ({ start, open, publisher }) => {
      const server = await start();
      const publish = publisher(server);
      for (const byReset of [true, false]) {
        const idle = await open(server);
        const busy = await open(server);
        const updates = publish.count(50);
        await busy.next();
        busy.vanish(byReset);
        idle.vanish(byReset);
        await updates;
      }
      await gone(server, kind.transport);
      const subscriber = await open(server, { since: '0' });
      assert.ok((await subscriber.next()).update);
    });

    itRaces('ends in order at SIGTERM', async ({ t, start, open, publisher }) => {
      const server = await start();
      const subscriber = await open(server);
      await publisher(server).count(5);
      assert.deepEqual(seqs(await subscriber.updates(5)), range(1, 5));
      const end = kind.pushes ? subscriber.next('the end') : null;
      await server.stop();
      if (kind.pushes) assert.deepEqual(await end, kind.closes ? { end: true, code: 1001 } : { end: true });
    });

    if (kind.pushes) pushed(it, itRaces, kind);
    if (kind.name === 'ws') closing(itRaces);
  }
}

/** What streams owe beside that. */
function pushed(it, itRaces, kind) {
  const end = (code) => (kind.closes ? { end: true, code } : { end: true });

  /** A stream that is blocked in the middle of a frame: far more was published than the buffers of both ends take. */
  async function blocked({ start, open, publisher }) {
    const server = await start('--history', '8', '--sndbuf', '4096');
    const slow = await open(server);
    const quick = await open(server);
    slow.socket.pause();
    const publish = publisher(server);
    await publish.publish(Array(64).fill(big));
    await quick.follow(64);
    return { server, slow, quick, publish };
  }

  it('beats while nothing happens', async ({ start, open }) => {
    const server = await start(...kind.beat(50));
    const subscriber = await open(server);
    for (let i = 0; i < 3; i++) assert.deepEqual(await subscriber.next('a heartbeat'), { heartbeat: true });
  });

  itRaces('keeps frames whole for a slow reader while the ring wraps, and tells all that it missed', async (at) => {
    const { slow } = await blocked(at);
    slow.socket.resume();
    assert.ok((await slow.follow(64)) > 0, 'the reader was slow enough to miss something');
  });

  itRaces('leaves nothing behind when it vanishes blocked in the middle of a frame', async (at) => {
    for (const byReset of [true, false]) {
      const { server, slow, quick, publish } = await blocked(at);
      slow.vanish(byReset);
      await server.logged(new RegExp(`left transport=${kind.transport}`));
      await publish.publish([big]);
      assert.equal((await quick.updates(1))[0].seq, 65, 'the others go on');
      quick.vanish(byReset);
      await gone(server, kind.transport);
    }
  });

  itRaces('closes a reader that is too slow where that is asked for', async ({ start, open, publisher }) => {
    const server = await start('--slow', 'close', '--max-lag', '4', '--sndbuf', '4096');
    const slow = await open(server);
    slow.socket.pause();
    const publishing = publisher(server).publish(Array(100).fill(big));
    await server.logged(/erred.*fell behind/);
    slow.socket.resume();
    let last;
    do last = await slow.next('the end'); while (!last.end);
    assert.deepEqual(last, end(1008));
    await server.logged(/left transport/);
    await publishing;
  });

  itRaces('leaves nothing behind when it vanishes after the server closed it, answering or not', async ({ start, open, publisher }) => {
    for (const reads of [true, false])
      for (const byReset of [true, false]) {
        const server = await start('--slow', 'close', '--max-lag', '4', '--sndbuf', '4096');
        const slow = await open(server, { isSilent: true });
        slow.socket.pause();
        await publisher(server).publish(Array(50).fill(big));
        await server.logged(/erred.*fell behind/);
        if (reads) {
          slow.socket.resume();
          while (!(await slow.next('the end')).end);
        }
        slow.vanish(byReset);
        await gone(server, kind.transport);
        await server.logged(/left transport/);
      }
  });

  itRaces('is not called slow while it catches up, and is once it has', async ({ start, open, publisher }) => {
    const server = await start('--history', '300', '--max-lag', '4', '--slow', 'close', '--sndbuf', '4096');
    const publish = publisher(server);
    await publish.publish(Array(30).fill(big));
    const subscriber = await open(server, { since: '0' });
    subscriber.socket.pause();
    await publish.publish(Array(10).fill(big));
    subscriber.socket.resume();
    assert.equal(await subscriber.follow(40), 0);
    subscriber.socket.pause();
    await publish.publish(Array(100).fill(big));
    await server.logged(/erred.*fell behind/);
    subscriber.vanish();
  });

  itRaces('gets all that was published before the end, slow as it may be', async ({ start, open, publisher }) => {
    const server = await start('--history', '200', '--sndbuf', '4096');
    const slow = await open(server);
    slow.socket.pause();
    await publisher(server).publish(Array(40).fill(big));
    const stopped = server.stop();
    await server.logged(/draining/);
    slow.socket.resume();
    assert.equal(await slow.follow(40), 0);
    assert.deepEqual(await slow.next('the end'), end(1001));
    await stopped;
  });

  it('does not wait for a reader that never reads when it ends', async ({ start, open, publisher }) => {
    const server = await start('--drain', '100ms', '--sndbuf', '4096');
    const slow = await open(server);
    slow.socket.pause();
    await publisher(server).publish(Array(200).fill(big));
    await server.stop();
  });
}

/** What a WebSocket owes beside that: the closing handshake, begun by the server. */
function closing(itRaces) {
  itRaces('leaves nothing behind when the other side never answers its close frame', async ({ start, open, publisher }) => {
    const server = await start('--publish-token', 'open-sesame');
    for (const byReset of [true, false]) {
      const client = await open(server, { isSilent: true });
      client.socket.write(frame(1, '{"auth":"guess"}'));
      assert.deepEqual(await client.next('the close frame'), { end: true, code: 1008 });
      client.vanish(byReset);
      await gone(server, 'ws');
    }
  });
}

await run();
