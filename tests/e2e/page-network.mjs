// The page on networks that are slow, cut or refuse: each lane comes back in its own way, and no update is lost.
// SPDX-License-Identifier: MIT
import { assert, DEADLINE_MS, request, run, test } from './harness.mjs';
import { all, choice, LANES, lanes, live, open, until } from './page-browser.mjs';

test('cut connections come back, each in its own way, and no update is lost', async (t) => {
  const server = await t.server(['--rate', '10']);
  const page = await open(t, server, { isRough: true });
  await choice(page, 'poll').selectOption('500');
  await live(page);
  await page.getByRole('button', { name: 'Cut all connections' }).click();
  await until(
    page,
    all((lane) => lane.note !== ''),
    'all lanes to be cut',
  );
  const now = await until(
    page,
    all((lane) => /Away for [\d.]+ s: \d+ came late/.test(lane.note) && lane.state === 'live'),
    'all lanes to come back',
    DEADLINE_MS * 2,
  );
  for (const id of LANES) assert.deepEqual([now[id].missed, now[id].duplicates], [0, 0], `${id}: ${now[id].note}`);
  for (const id of LANES) assert.ok(Number(now[id].note.match(/(\d+) came late/)[1]) >= 10, `${id}: ${now[id].note}`);
});

test('a lane that was paused goes on from its cursor, a hidden one too, and a slow reader catches up', async (t) => {
  const server = await t.server(['--rate', '20']);
  const page = await open(t, server);
  const before = await live(page);
  const card = page.locator('fl-lane.ws');
  await card.getByRole('button', { name: 'Pause' }).click();
  await page.locator('.chip.sse').click();
  await page.locator('fl-lane.socketio').getByRole('button', { name: 'Stall' }).click();
  await until(
    page,
    (now) => now.ws.state === 'paused' && now.socketio.state === 'stalled' && now.longpoll.updates > before.longpoll.updates + 30,
    'the others to go on',
  );
  assert.equal(await page.locator('fl-lane.sse').isVisible(), false);
  const stalled = await lanes(page);
  await card.getByRole('button', { name: 'Resume' }).click();
  await page.locator('.chip.sse').click();
  await page.locator('fl-lane.socketio').getByRole('button', { name: 'Read on' }).click();
  const now = await until(
    page,
    all((lane, id) => lane.state === 'live' && lane.updates > stalled.longpoll.updates - (id === 'poll' ? 30 : 5)),
    'all lanes to catch up',
  );
  assert.match(now.ws.note, /Away for .*: \d+ came late, 0 lost/);
  for (const id of LANES) assert.deepEqual([now[id].missed, now[id].duplicates], [0, 0], id);
});

/** Median latencies in ms by lane, of eighty updates on a page behind that profile. */
async function mediansBehind(t, server, profile) {
  const page = await open(t, server);
  await choice(page, 'network').selectOption(profile);
  await choice(page, 'poll').selectOption('2000');
  await until(
    page,
    all((lane) => lane.updates >= 80),
    'eighty updates',
  );
  const texts = await page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('fl-lane')].map((one) => [one.classList[0], one.querySelector('.big dd').textContent]),
    ),
  );
  return Object.fromEntries(Object.entries(texts).map(([id, text]) => [id, parseFloat(text) * (/ ms/.test(text) ? 1 : 1000)]));
}

test('on 3g and flaky networks push is freshest, long polling behind it, and short polling last', async (t) => {
  const server = await t.server(['--rate', '20']);
  // Updates come every 50 ms, a round trip takes longer: what comes while long polling's next request is on its way waits for
  // it, half a round trip on average. Short polling waits half of its interval.
  for (const ms of await Promise.all(['3g', 'flaky'].map((profile) => mediansBehind(t, server, profile)))) {
    for (const id of ['sse', 'ws', 'socketio']) assert.ok(ms[id] < ms.longpoll, JSON.stringify(ms));
    assert.ok(ms.longpoll < ms.poll, JSON.stringify(ms));
    assert.ok(ms.ws >= 20, JSON.stringify(ms));
  }
});

test('a network that is chosen before the lanes stand is theirs too', async (t) => {
  const server = await t.server(['--rate', '10']);
  let choose;
  const chosen = new Promise((resolve) => (choose = resolve));
  const hold = (one) =>
    one.route('**/demo/lines', async (route) => {
      const response = await route.fetch();
      await chosen;
      await route.fulfill({ response });
    });
  const page = await open(t, server, { before: hold });
  await choice(page, 'network').selectOption('satellite');
  choose();
  await live(page);
  const ids = server.lines.flatMap((line) => line.match(/line_opened line=(\S+)/)?.[1] ?? []);
  const lines = (await request(server, `/demo/lines?ids=${ids.join()}`)).json();
  assert.deepEqual(
    lines.map(({ profile }) => profile),
    LANES.map(() => 'satellite'),
  );
});

/** The tab is hidden, or shown again, as far as the page can tell. */
const hide = (page, isHidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);

test('a hidden tab lets its connections go where that is wished, and resumes when it is seen again', async (t) => {
  const server = await t.server(['--rate', '20']);
  const page = await open(t, server);
  await live(page);
  await choice(page, 'hidden').selectOption('leave');
  await hide(page, true);
  for (const id of ['sse', 'ws', 'socketio']) await server.logged(new RegExp(`left transport=${id}`));
  const before = await lanes(page);
  await hide(page, false);
  await page.getByText(/The tab was hidden for .* Meanwhile: Short polling 0 updates/).waitFor({ timeout: DEADLINE_MS });
  const now = await until(
    page,
    all((lane, id) => lane.state === 'live' && lane.updates > before[id].updates + 10),
    'all lanes to go on',
  );
  for (const id of LANES) assert.deepEqual([now[id].missed, now[id].duplicates], [0, 0], id);
});

test('where the demo controls are off, what needs them is left out and says so', async (t) => {
  const server = await t.server(['--rate', '10', '--no-demo']);
  const page = await open(t, server, { isRough: true }); // the browser tells of the 404
  const now = await live(page);
  assert.ok(Number.isNaN(now.ws.bytesDown));
  await page.getByText('demo controls are off').waitFor();
  assert.deepEqual(
    [
      await choice(page, 'network').count(),
      await choice(page, 'rate').count(),
      await page.getByRole('button', { name: /^Cut/ }).count(),
    ],
    [0, 0, 0],
  );
  assert.equal(await choice(page, 'poll').count(), 1);
});

test('where the server wants its token, the page asks for it, and then has everything', async (t) => {
  const server = await t.server(['--rate', '10', '--publish-token', 'secret']);
  const page = await open(t, server, { isRough: true }); // the browser tells of the 401
  await live(page, 1);
  await page.getByLabel('Publish token').fill('secret');
  await page.getByRole('button', { name: 'Use this token' }).click();
  await until(
    page,
    all((lane) => lane.state === 'live' && lane.bytesDown > 0),
    'lanes on lines',
  );
  for (const id of LANES) {
    await page.locator('.saying input').fill(`by ${id}`);
    await page.locator('.saying select').selectOption(id);
    await page.locator('.saying [type=submit]').click();
    await page.locator('.saying [role=status]').getByText('There and back').waitFor({ timeout: DEADLINE_MS });
    await page.locator('.saying [role=status]').getByText('Short polling').waitFor({ timeout: DEADLINE_MS });
  }
});

test('an EventSource that gave up after an error status is made anew, with its cursor', async (t) => {
  const server = await t.server(['--rate', '20']);
  const asked = [];
  const refuseOne = (one) =>
    one.route('**/events**', (route) => {
      asked.push(new URL(route.request().url()).search);
      return asked.length === 2 ? route.fulfill({ status: 503, body: 'no' }) : route.continue();
    });
  const page = await open(t, server, { isRough: true, before: refuseOne });
  await live(page);
  const card = page.locator('fl-lane.sse');
  await card.getByRole('button', { name: 'Pause' }).click();
  await card.getByRole('button', { name: 'Resume' }).click();
  const now = await until(page, ({ sse }) => /made a new connection/.test(sse.note) && sse.state === 'live', 'a new EventSource');
  const later = await until(page, ({ sse }) => sse.updates > now.sse.updates + 10, 'more updates');
  assert.match(asked[2], /^\?since=\w+-\d+$/);
  assert.deepEqual([asked.length, later.sse.missed, later.sse.duplicates], [3, 0, 0]);
});

await run();
