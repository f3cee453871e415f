// Polls, short and long, while the feed runs on between the reading of a question and the writing of its answer: no answer
// has a hole, is older than one before it, or waits for news that was there already.
// SPDX-License-Identifier: MIT
import { Connection } from '../contract/connection.mjs';
import { assert, request, run, test, within } from './harness.mjs';

// Arguments that mean nothing give the feed time to run on in the middle of a request.
const padding = 'a&'.repeat(60);
const workers = ['1', '2'];
const BATCH = 1000; // updates that an answer holds at most

const connect = (t, server) => {
  const made = new Connection(server);
  t.cleanup(() => made.vanish());
  return made;
};
const seqOf = (cursor) => Number(cursor.match(/-(\d+)"?$/)[1]);
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** An answer's updates follow on each other, on the cursor that was asked with, and lead up to the one in the answer. */
function assertWhole(answer, since) {
  const { cursor, gap, updates } = JSON.parse(answer.text);
  const seqs = updates.map(({ seq }) => seq);
  assert.deepEqual(seqs, range(seqOf(cursor) - seqs.length + 1, seqOf(cursor)), 'the updates lead up to the cursor');
  if (since === 0) assert.equal(gap, undefined);
  else if (gap) assert.deepEqual(gap, { from: since + 1, to: seqOf(cursor) - seqs.length });
  else assert.equal(since, seqOf(cursor) - seqs.length, 'the updates follow on the cursor that was asked with');
  return seqOf(cursor);
}

for (const count of workers)
  for (const history of ['8', '512'])
    test(`answers are whole while the ring turns: --workers ${count}, a history of ${history}`, async (t) => {
      const server = await t.server(['--rate', '10k', '--history', history, '--workers', count]);
      const ask = async (connection, path, since) => {
        const answer = await connection.exchange(`${path}?since=${since}`);
        assert.equal(answer?.status, 200, answer?.text);
        return assertWhole(answer, since);
      };
      const follow = async (path, behind) => {
        const kept = connect(t, server);
        let head = await ask(kept, path, 0);
        for (let i = 0; i < 150; i++) head = await ask(kept, path, i % 2 === 0 ? 0 : Math.max(head - behind, 1));
        for (let i = 0; i < 50; i++) {
          const fresh = connect(t, server);
          head = await ask(fresh, path, Math.max(head - behind, 0));
          fresh.vanish();
        }
      };
      const far = Number(history);
      await Promise.all([far, far - 1, far / 2, 1].flatMap((behind) => [follow('/poll', behind), follow('/longpoll', behind)]));
    });

for (const count of workers)
  test(`no answer is older than the one before it: --workers ${count}`, async (t) => {
    const server = await t.server(['--rate', '2k', '--workers', count]);
    const follow = async () => {
      const connection = connect(t, server);
      let head = 0;
      for (let round = 0; round < 400; round++) {
        // A few cursors over and over, all at once: an answer that was kept too long comes between newer ones.
        const sinces = Array.from({ length: 20 }, (_, i) => Math.max(head - 5 - (i % 7), 1));
        for (const since of sinces) connection.ask(`/poll?${padding}since=${since}`, { method: 'HEAD' });
        for (const since of sinces) {
          const answer = await within(connection.answer({ hasBody: false }), 'an answer to HEAD /poll');
          const seq = seqOf(answer.headers.etag);
          // On a busy machine more may have been published since `since` than one answer holds.
          assert.ok(seq >= Math.min(head, since + BATCH), `the answer to since=${since} knew of ${seq}, the one before it of ${head}`);
          head = Math.max(head, seq);
        }
      }
    };
    await Promise.all([follow(), follow(), follow(), follow()]);
  }, { isRacy: true });

for (const count of workers)
  test(`no long poll waits for what has happened already: --workers ${count}`, async (t) => {
    const server = await t.server(['--source', 'stdin', '--workers', count], { input: 'pipe' });
    const connections = Array.from({ length: 10 }, () => connect(t, server));
    for (let head = 0; head < 1500; head++) {
      // The next line comes in while the polls do, and none after it: one that missed it would be held for its 30 s.
      connections.forEach((connection, i) => {
        connection.ask(`/longpoll?${padding}${padding}since=${head}&timeout=30`);
        if (i === head % 10) server.input.write('news\n');
      });
      const answers = Promise.all(connections.map((connection) => connection.answer()));
      for (const answer of await within(answers, `all answers with update ${head + 1}`, 20000))
        assert.equal(assertWhole(answer, head), head + 1);
    }
  }, { isRacy: true });

for (const count of workers)
  test(`a chain of long polls over a clock sees every update, and no answer is empty: --workers ${count}`, async (t) => {
    const server = await t.server(['--interval', '20ms', '--workers', count]);
    const follow = async () => {
      const connection = connect(t, server);
      let head = seqOf(JSON.parse((await connection.exchange('/poll')).text).cursor);
      let t_us = 0;
      while (head < 60) {
        const answer = await connection.exchange(`/longpoll?since=${head}&timeout=30`);
        const { gap, updates } = JSON.parse(answer.text);
        assert.equal(gap, undefined);
        assert.ok(updates.length > 0, `the answer after ${head} is empty long before its time is over`);
        head = assertWhole(answer, head);
        for (const update of updates) {
          assert.ok(update.t > t_us, 'later than the one before');
          t_us = update.t;
        }
      }
    };
    await Promise.all(Array.from({ length: 20 }, follow));
  });

test('a time-out of any length is taken for 30 s, one that is no number is refused', async (t) => {
  const server = await t.server(['--source', 'stdin'], { input: 'pipe' });
  for (const [index, timeout] of ['30', '31', '4294967296', '99999999999', '18446744073709551616', '9'.repeat(100)].entries()) {
    const connection = connect(t, server);
    connection.ask(`/longpoll?since=${index}&timeout=${timeout}`);
    const answered = within(connection.answer(), `the answer to timeout=${timeout}`);
    await Promise.race([server.logged(/came transport=longpoll/, index + 1), answered]);
    server.input.write('news\n');
    const answer = await answered;
    assert.equal(answer.status, 200, `timeout=${timeout}: ${answer.text}`);
    assert.equal(JSON.parse(answer.text).updates.length, 1, `it waited for news: timeout=${timeout}`);
  }
  for (const timeout of ['-1', '1.5', 'soon', '', '0x10', '%2B1', '99999999999x'])
    assert.equal((await request(server, `/longpoll?timeout=${timeout}`)).status, 400, `timeout=${timeout}`);
});

await run();
