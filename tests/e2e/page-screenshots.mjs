// The pictures of docs/page.md: make page-screenshots. Not a test.
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const SIZES = [
  [360, 1500, 'light'],
  [1280, 1960, 'light'],
  [1920, 1760, 'dark'],
];
const SEEN_MS = 14000; // the timeline is full

const server = spawn(process.env.FEEDLAB_SERVER ?? './feedlab-server', ['--port', '0', '--interval', '1500ms'], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
process.on('exit', () => server.kill());
const [line] = await once(createInterface({ input: server.stderr }), 'line');
const url = line.match(/http:\/\/\S+/)[0].replace('127.0.0.1', 'localhost');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

async function picture([width, height, colorScheme]) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, locale: 'en-US' });
  await page.goto(url);
  await page.locator('.choice:has([data-text="control.network"]) select').selectOption('4g');
  await page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), SEEN_MS);
  await page.screenshot({ path: `${process.argv[2] ?? 'docs'}/page-${width}.png` });
}

for (const size of SIZES) await picture(size);
await browser.close();
process.exit(0);
