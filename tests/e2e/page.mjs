// The page: five lanes on one feed, what it concludes, and what a reader may ask of it.
// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { assert, DEADLINE_MS, isLong, load, request, run, test, within } from './harness.mjs';
import { all, choice, LANES, lanes, live, open, until } from './page-browser.mjs';

const { default: Ajv } = await load('ajv/dist/2020.js');
const root = process.env.FEEDLAB_SRCDIR ?? '.';

test('five lanes are live and count the same feed, under a strict policy', async (t) => {
  const server = await t.server(['--rate', '20']);
  const { headers } = await request(server, '/');
  const policy = headers['content-security-policy'];
  for (const wanted of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'none'"])
    assert.ok(policy.includes(wanted), policy);
  assert.doesNotMatch(policy, /unsafe|script-src [^;]*\*/);
  const page = await open(t, server);
  const now = await until(
    page,
    all((lane) => lane.state === 'live' && lane.updates >= 30 && lane.bytesDown > 0),
    'thirty updates, with their bytes, on all lanes',
  );
  for (const id of LANES) assert.deepEqual([now[id].missed, now[id].duplicates, now[id].note], [0, 0, ''], id);
  assert.ok(now.longpoll.requests >= 25 && now.ws.requests === 1 && now.sse.requests === 1, JSON.stringify(now));
  assert.ok(now.longpoll.bytesUp > now.ws.bytesUp && now.longpoll.bytesDown > now.ws.bytesDown, JSON.stringify(now));
  // No inline script or style, and nothing from elsewhere.
  const seen = await page.evaluate(() => ({
    scripts: [...document.scripts].filter(({ src }) => !src).length,
    styles: document.querySelectorAll('style').length,
    foreign: performance.getEntriesByType('resource').filter(({ name }) => new URL(name).hostname !== location.hostname).length,
  }));
  assert.deepEqual(seen, { scripts: 0, styles: 0, foreign: 0 });
});

test('Socket.IO may have another path', async (t) => {
  const server = await t.server(['--rate', '20', '--socketio-path', '/deep/sio']);
  const now = await until(await open(t, server), ({ socketio }) => socketio.state === 'live' && socketio.updates >= 3, 'updates by Socket.IO');
  assert.ok(now.socketio.requests >= 2, `${now.socketio.requests} requests`);
});

test('the headline says in words who is last and who wastes most', async (t) => {
  const server = await t.server(['--interval', '1s']);
  const page = await open(t, server);
  await choice(page, 'poll').selectOption('2000');
  await choice(page, 'poll').selectOption('500');
  const words = (name) => page.locator(`.verdict.${name} .words`).textContent();
  await within(
    page.waitForFunction(
      () =>
        /Short polling shows news \d/.test(document.querySelector('.verdict.last .words').textContent) &&
        /Short polling: [\d,]+ bytes/.test(document.querySelector('.verdict.waste .words').textContent),
    ),
    'the verdict',
  );
  assert.match(await words('fresh'), /^(?!.*Short polling).* show/);
  assert.match(await page.locator('.verdict.waste .more').textContent(), /\d+ of \d+ requests found nothing/);
});

test('a message comes back by each way up, and the round trips are told', async (t) => {
  const server = await t.server(['--interval', '500ms']);
  const page = await open(t, server);
  await choice(page, 'poll').selectOption('200');
  await live(page, 1);
  for (const id of LANES) {
    await page.locator('.saying input').fill(`hello by ${id}`);
    await page.locator('.saying select').selectOption(id);
    await page.locator('.saying [type=submit]').click();
    await page.waitForFunction(
      (names) =>
        names.every((name) => document.querySelector('.saying [role=status]').textContent.includes(name)) &&
        /There and back/.test(document.querySelector('.saying [role=status]').textContent),
      ['Short polling', 'Long polling', 'Server-Sent Events', 'WebSocket', 'Socket.IO'],
      { timeout: DEADLINE_MS },
    );
    assert.match(await page.locator('.saying [role=status]').textContent(), /WebSocket -?[\d.]+ m?s/);
  }
  const now = await lanes(page);
  for (const id of LANES) assert.deepEqual([now[id].missed, now[id].duplicates], [0, 0], id);
});

test('rate, size and poll interval change what comes', async (t) => {
  const server = await t.server(['--interval', '2s']);
  const page = await open(t, server);
  await live(page, 1);
  await choice(page, 'rate').selectOption('50');
  await choice(page, 'size').selectOption('1024');
  await choice(page, 'poll').selectOption('200');
  const now = await lanes(page);
  await until(
    page,
    all((lane, id) => lane.updates > now[id].updates + 20 && lane.bytesDown > 1000),
    'larger updates',
  );
  assert.equal((await request(server, '/demo')).json().feed.interval_ms, 50);
});

test('a measurement is a result of the bench, can be downloaded, and stands beside another', async (t) => {
  const server = await t.server(['--rate', '20']);
  const page = await open(t, server);
  await live(page);
  await page.locator('fl-measure').getByRole('button', { name: 'Measure' }).click();
  const link = page.getByRole('link', { name: 'Download JSON' });
  await link.waitFor({ timeout: DEADLINE_MS * 2 });
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  const file = await download.path();
  const result = JSON.parse(await readFile(file, 'utf8'));
  const isValid = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync(path.join(root, 'docs/result.schema.json'), 'utf8')),
  );
  assert.ok(isValid(result), JSON.stringify(isValid.errors));
  assert.deepEqual(
    result.results.map(({ name }) => name),
    LANES,
  );
  for (const { name, integrity, figures } of result.results) {
    const { expected, delivered, lost, duplicated, reordered } = integrity;
    assert.ok(expected >= 150, `${expected}`);
    assert.deepEqual([delivered, lost, duplicated, reordered], [expected, 0, 0, 0], name);
    assert.ok(figures['bytes.tcp'].value > 0 && figures['age.mean'].value > 0, name);
  }
  const { browser: facts } = result.manifest.setting;
  assert.deepEqual(Object.keys(facts).sort(), [
    'clock_resolution_ms',
    'long_tasks',
    'longest_task_ms',
    'offset_bound_ms',
    'offset_ms',
    'visible_percent',
  ]);
  await page.locator('input[type=file]').setInputFiles([
    { name: 'bench.json', mimeType: 'application/json', buffer: await readFile(file) },
    { name: 'other.json', mimeType: 'application/json', buffer: Buffer.from('{"hello":1}') },
  ]);
  await page.locator('th small', { hasText: 'bench' }).first().waitFor();
  assert.equal(await page.locator('fl-measure thead th').count(), 1 + 2 * LANES.length);
  assert.match(await page.locator('fl-measure .trouble').textContent(), /other\.json: this is no result/);
});

test('the timeline is walked through by keys, and tells the bytes', async (t) => {
  const server = await t.server(['--rate', '10']);
  const page = await open(t, server);
  await until(
    page,
    all((lane, id) => lane.updates >= 10 && (id !== 'poll' || lane.requests >= 4)),
    'some polls',
  );
  await page.locator('.diagram').focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.match(await page.locator('fl-timeline .summary').textContent(), /^Short polling: request and/);
  assert.match(await page.locator('.bytes').textContent(), /GET \/poll\?since=\w+-\d+ HTTP\/1\.1/);
  for (const [name, bytes] of [
    ['Long polling', /GET \/longpoll\?since=/],
    ['Server-Sent Events', /id: \w+-\d+/],
    ['WebSocket', /81.*7b|81.*\d+ B/],
    ['Socket.IO', /\["news",/],
  ]) {
    await page.keyboard.press('ArrowDown');
    for (let i = 0; i < 9 && !/update \d+|with \d+ updates/.test(await page.locator('fl-timeline .summary').textContent()); i++)
      await page.keyboard.press('ArrowLeft');
    assert.ok((await page.locator('fl-timeline .summary').textContent()).startsWith(name), name);
    assert.match(await page.locator('.bytes').textContent(), bytes);
  }
  assert.equal(await page.locator('fl-timeline button').first().textContent(), 'Follow');
  await page.keyboard.press('+');
  assert.match(await page.locator('fl-timeline .span').textContent(), /^5 s/);
  await page.keyboard.press(' ');
  assert.equal(await page.locator('fl-timeline button').first().textContent(), 'Pause');
});

test('six event streams use up a host, and the next gets its turn when one is closed', async (t) => {
  const server = await t.server(['--rate', '5']);
  const page = await open(t, server);
  await live(page, 1);
  await page.locator('fl-lane.sse').getByRole('button', { name: 'How it works' }).click();
  await page.getByRole('button', { name: 'Show it happening' }).click();
  await page.getByText('6 of 8 streams are open').waitFor({ timeout: DEADLINE_MS });
  await page.getByRole('button', { name: 'Close one stream' }).click();
  await page.getByText('the next one got its turn').waitFor({ timeout: DEADLINE_MS });
  assert.equal((await lanes(page)).sse.state, 'live');
});

if (isLong) {
  test(
    'twenty updates a second on five lanes for a minute: no long task, and little of a core',
    async (t) => {
      const server = await t.server(['--rate', '20']);
      const page = await open(t, server);
      await live(page);
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable');
      const metrics = async () =>
        Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
      await page.evaluate(() => {
        globalThis.longTasks = [];
        new PerformanceObserver((list) =>
          globalThis.longTasks.push(...list.getEntries().map(({ duration }) => duration)),
        ).observe({ type: 'longtask' });
      });
      await page.locator('.diagram').scrollIntoViewIfNeeded();
      const before = await metrics();
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 60000)));
      const after = await metrics();
      const seconds = after.Timestamp - before.Timestamp;
      const share = (name) => (100 * (after[name] - before[name])) / seconds;
      const long = await page.evaluate(() => globalThis.longTasks);
      console.log(
        `# scripting ${share('ScriptDuration').toFixed(1)} % of a core, all tasks ${share('TaskDuration').toFixed(1)} %, heap ${(before.JSHeapUsedSize / 1e6).toFixed(1)} to ${(after.JSHeapUsedSize / 1e6).toFixed(1)} MB, long tasks ${JSON.stringify(long)}`,
      );
      const now = await lanes(page);
      for (const id of LANES) assert.deepEqual([now[id].missed, now[id].duplicates], [0, 0], id);
      assert.ok(share('ScriptDuration') < 30, `${share('ScriptDuration')} %`);
      assert.deepEqual(long, []);
    },
    { deadline: 120000 },
  );

  const minutes = Number(process.env.FEEDLAB_PAGE_MINUTES ?? 12);
  test(
    `the page's memory does not grow in ${minutes} minutes`,
    async (t) => {
      const server = await t.server(['--rate', '5']);
      const page = await open(t, server);
      await choice(page, 'poll').selectOption('200'); // the poll lane's ring has 900 exchanges: full in three minutes
      await live(page);
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable');
      await session.send('HeapProfiler.enable');
      const kept = [];
      for (let minute = 0; minute <= minutes; minute++) {
        await session.send('HeapProfiler.collectGarbage');
        const metrics = (await session.send('Performance.getMetrics')).metrics;
        const { JSHeapUsedSize, Nodes, JSEventListeners } = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
        kept.push({ heap: JSHeapUsedSize, Nodes, JSEventListeners });
        console.log(`# ${minute} min: ${(JSHeapUsedSize / 1e6).toFixed(2)} MB, ${Nodes} nodes, ${JSEventListeners} listeners`);
        if (minute < minutes) await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 60000)));
      }
      // Until its rings of arrivals and arrows are full the page has to grow: the second half of the time counts.
      const half = kept.slice(Math.ceil(kept.length / 2));
      for (const what of ['heap', 'Nodes', 'JSEventListeners']) {
        const most = (some) => Math.max(...some.map((one) => one[what]));
        const [early, late] = [half.slice(0, half.length / 2), half.slice(half.length / 2)].map(most);
        assert.ok(late <= early * 1.05, `${what}: at most ${early}, then ${late}`);
      }
      const now = await lanes(page);
      for (const id of LANES) assert.deepEqual([now[id].missed, now[id].duplicates], [0, 0], id);
    },
    { deadline: (minutes + 1) * 60000 },
  );
}

await run();
