// How the page looks and reads: languages, presentation, widths, and what axe finds.
// SPDX-License-Identifier: MIT
import { assert, load, run, test } from './harness.mjs';
import { live, open, until } from './page-browser.mjs';

const { default: axe } = await load('axe-core');

test("the page speaks the browser's language, until another is chosen, and presents a single lane", async (t) => {
  const server = await t.server(['--rate', '10']);
  const page = await open(t, server, { locale: 'ko-KR', hash: '#present=sse' });
  await until(page, ({ sse }) => sse.state === 'live' && sse.updates > 1, 'the lane');
  assert.deepEqual(
    await page.evaluate(() => [document.documentElement.lang, document.querySelector('fl-settings button').textContent]),
    ['ko', '발표 모드 끝내기'],
  );
  assert.deepEqual(
    await page.evaluate(() =>
      [...document.querySelectorAll('fl-lane')].filter(({ hidden }) => !hidden).map(({ classList }) => classList[0]),
    ),
    ['sse'],
  );
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('fl-lane:not([hidden])').count(), 5);
  await page.locator('fl-settings select:not([hidden])').selectOption('en');
  assert.equal(await page.locator('fl-lane.poll h3').textContent(), 'Short polling');
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
});

/** What axe finds on a page with an explanation and the bytes of a message open. */
async function violationsOf(t, server, options) {
  const page = await open(t, server, { ...options, reducedMotion: 'reduce' });
  await live(page, 1);
  await page.locator('fl-lane.sse .actions [aria-expanded]').click();
  await page.locator('.diagram').focus();
  await page.keyboard.press('ArrowLeft');
  await page.evaluate(axe.source); // not a script of the page: the policy would refuse it
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html.slice(0, 120)} ${any[0]?.message ?? ''}`).join(' | ')}`,
  );
}

test('nothing of it fails axe, in both themes and languages', async (t) => {
  const server = await t.server(['--rate', '10']);
  const looks = [
    ['light', 'en-US'],
    ['dark', 'ko-KR'],
    ['light', 'ko-KR'],
    ['dark', 'en-US'],
  ];
  const found = await Promise.all(looks.map(([colorScheme, locale]) => violationsOf(t, server, { colorScheme, locale })));
  assert.deepEqual(
    found,
    looks.map(() => []),
  );
});

test('it fits a phone, a desk and a projector without scrolling sideways, in both languages', async (t) => {
  const server = await t.server(['--rate', '10']);
  for (const locale of ['en-US', 'ko-KR']) {
    const page = await open(t, server, { locale });
    await live(page);
    await page.locator('fl-lane.sse .actions [aria-expanded]').click();
    for (const width of [360, 768, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      const out = await page.evaluate(() =>
        [...document.querySelectorAll('body *')]
          .filter(
            (one) =>
              !one.closest('.scroll, pre, .unseen, .plot, .newest, .skip') &&
              one.getBoundingClientRect().right > innerWidth + 0.5,
          )
          .map((one) => one.outerHTML.slice(0, 80)),
      );
      assert.deepEqual([await page.evaluate(() => document.documentElement.scrollWidth), out], [width, []], `${locale} ${width}`);
    }
    await page.close();
  }
});

await run();
