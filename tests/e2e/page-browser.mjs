// The page in Debian's Chromium, as the server has it built in, and what its lanes say: for all tests of the page. A file that
// imports this is skipped where there is no Chromium.
// SPDX-License-Identifier: MIT
import { existsSync } from 'node:fs';
import { assert, DEADLINE_MS, load } from './harness.mjs';

const { chromium } = await load('playwright-core');
const program = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(program)) {
  console.log('1..0 # SKIP run ./bootstrap: chromium is missing');
  process.exit(0);
}
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const LANES = ['poll', 'longpoll', 'sse', 'ws', 'socketio'];

// One browser for all cases; each has a page of its own, with nothing left from others.
const browser = await chromium.launch({ executablePath: program, args: flags });

/**
 * The page of a server. What is on the console fails the case at its end, but for what the browser itself says of connections
 * that the case ends (`isRough`): a page can't keep it from that.
 */
export async function open(t, server, { isRough = false, hash = '', before = null, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, locale: 'en-US', ...options });
  t.cleanup(() => context.close());
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (message) =>
    isRough && /net::ERR_|Failed to load resource|WebSocket connection/.test(message.text())
      ? null
      : wrong.push(`${message.text()} ${message.location().url}`),
  );
  page.on('pageerror', (error) => wrong.push(error.stack));
  t.cleanup(() => assert.deepEqual(wrong, []));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      console.error(`CSP ${violatedDirective} ${blockedURI}`),
    );
  });
  await before?.(page);
  await page.goto(`http://localhost:${server.port}/${hash}`, { timeout: DEADLINE_MS });
  return page;
}

/** What the lanes' cards say: {poll: {state, updates, requests, missed, …}, …}; numbers as numbers. */
export const lanes = (page) =>
  page.evaluate(() =>
    Object.fromEntries(
      [...document.querySelectorAll('fl-lane')].map((card) => {
        const figures = Object.fromEntries(
          [...card.querySelectorAll('.figures div')].map((row) => [
            row.querySelector('dt').dataset.text.split('.')[1],
            Number(row.querySelector('dd').textContent.replaceAll(',', '')),
          ]),
        );
        return [
          card.classList[0],
          {
            state: card.dataset.state,
            note: card.querySelector('.note').textContent,
            newest: card.querySelector('.newest').textContent,
            ...figures,
          },
        ];
      }),
    ),
  );

/** Wait until that holds of the lanes, and give them back. */
export async function until(page, holds, what, ms = DEADLINE_MS) {
  const started = Date.now();
  for (;;) {
    const now = await lanes(page);
    if (holds(now)) return now;
    if (Date.now() - started > ms) throw new Error(`waited ${ms} ms in vain for ${what}: ${JSON.stringify(now)}`);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  }
}
export const all = (holds) => (now) => LANES.every((id) => now[id] && holds(now[id], id));
export const live = (page, updates = 3) =>
  until(
    page,
    all((lane) => lane.state === 'live' && lane.updates >= updates),
    `${updates} updates on all lanes`,
  );
export const choice = (page, key) => page.locator(`.choice:has([data-text="control.${key}"]) select`);
