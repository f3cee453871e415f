// The built-in page: each of its files is there, with its type, its tag and a policy that lets nothing else in.
// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { assert, request, run, test } from './harness.mjs';

const root = process.env.FEEDLAB_SRCDIR ?? '.';
const fragment = readFileSync(path.join(root, 'web/Makefile.inc'), 'utf8');
const files = fragment.match(/^WEB_FILES =[^]*?[^\\]$/m)[0].match(/web\/\S+/g);
const vendor = { 'uplot.js': 'uplot/dist/uPlot.esm.js', 'uplot.css': 'uplot/dist/uPlot.min.css', 'uplot-license.txt': 'uplot/LICENSE' };
const types = { html: /^text\/html; charset=utf-8$/, js: /^text\/javascript/, css: /^text\/css/, svg: /^image\/svg\+xml$/, json: /^application\/json$/, png: /^image\/png$/, txt: /^text\/plain/ };

const served = [
  ['/', 'web/index.html'],
  ...files.map((file) => [file.replace(/^web/, ''), file]),
  ...Object.entries(vendor).map(([name, file]) => [`/vendor/${name}`, `node_modules/${file}`]),
];

test('each file of the page is served as it is, with its type', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const [target, file] of served) {
    const answer = await request(server, target);
    assert.equal(answer.status, 200, target);
    assert.equal(answer.text, readFileSync(path.join(root, file), 'utf8'), target);
    assert.match(answer.headers['content-type'], types[path.extname(target === '/' ? file : target).slice(1)], target);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  }
});

test('a file that has not changed is not sent again', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const [target] of served) {
    const { headers } = await request(server, target);
    assert.equal(headers['cache-control'], 'no-cache');
    const again = await request(server, target, { headers: { 'If-None-Match': headers.etag } });
    assert.deepEqual([again.status, again.text], [304, ''], target);
    assert.equal((await request(server, target, { headers: { 'If-None-Match': '"other"' } })).status, 200);
  }
});

test('what is not a file of the page is not there', async (t) => {
  const server = await t.server(['--source', 'none']);
  for (const target of ['/web/index.html', '/vendor/', '/vendor/uplot', '/vendor/../web/index.html', '/index', '/socket.io/vendor/uplot.js'])
    assert.ok([400, 404].includes((await request(server, target)).status), target);
});

/** The sources that the policy names for a kind of thing. */
async function policyAt(server, host) {
  const { headers } = await request(server, '/', { headers: { Host: host } });
  const directives = headers['content-security-policy'].split('; ').map((text) => text.split(' '));
  return Object.fromEntries(directives.map(([name, ...sources]) => [name, sources]));
}

test('the page may run its own files and talk to its own host, and nothing else', async (t) => {
  const server = await t.server(['--source', 'none', '--allow-host', 'feed_1.example']);
  for (const host of ['localhost', `localhost:${server.port}`, '127.0.0.1:80', 'feed_1.example:8080']) {
    const name = host.split(':')[0];
    assert.deepEqual(await policyAt(server, host), {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'font-src': ["'self'"],
      'connect-src': ["'self'", `http://${name}:*`, `ws://${name}:*`],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    });
  }
  assert.deepEqual((await policyAt(server, '[::1]:8080'))['connect-src'], ["'self'", 'http:', 'ws:']);
});

test('a page in a folder has what the built-in one has of npm, but no policy that it did not ask for', async (t) => {
  const folder = await t.directory();
  const server = await t.server(['--source', 'none', '--web-root', folder]);
  assert.equal((await request(server, '/vendor/uplot.js')).status, 200);
  assert.equal((await request(server, '/')).status, 404);
  assert.equal((await request(server, '/index.html')).status, 404);
  const page = await t.server(['--source', 'none', '--web-root', path.join(root, 'web')]);
  const answer = await request(page, '/');
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-security-policy'], undefined);
});

await run();
