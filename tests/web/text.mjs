// The page's texts: all of them in both languages, and none that nobody asks for.
// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { assert, run, test } from '../e2e/harness.mjs';

const root = process.env.FEEDLAB_SRCDIR ?? '.';
const texts = Object.fromEntries(
  await Promise.all(['en', 'ko'].map(async (language) => [language, (await import(`../../web/text/${language}.js`)).default])),
);

/** All texts by their path: {'lane.pause': 'Pause', …}. */
function flat(value, prefix = '') {
  if (typeof value === 'string') return { [prefix]: value };
  return Object.assign({}, ...Object.entries(value).map(([key, inner]) => flat(inner, prefix ? `${prefix}.${key}` : key)));
}

test('each text is there in both languages, with the same places to fill in', () => {
  const [en, ko] = [flat(texts.en), flat(texts.ko)];
  assert.deepEqual(Object.keys(ko).sort(), Object.keys(en).sort());
  const holes = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of Object.keys(en)) {
    assert.deepEqual(holes(ko[key]), holes(en[key]), key);
    assert.ok(en[key].trim() && ko[key].trim(), key);
  }
});

test('what the page asks of its texts is there, and nothing lies idle', () => {
  const files = ['.', 'elements', 'transports', 'model'].flatMap((folder) =>
    readdirSync(path.join(root, 'web', folder))
      .filter((name) => /\.(js|html)$/.test(name))
      .map((name) => path.join(root, 'web', folder, name)),
  );
  const source = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const en = flat(texts.en);
  const families = [...source.matchAll(/`([\w.]+)\.\$\{/g)].map(([, family]) => `${family}.`);
  const words = new Set([...source.matchAll(/'([\w.-]+)'/g)].map(([, word]) => word));
  const asked = [
    ...source.matchAll(/\b(?:say|text|label)\(\s*'([\w.-]+)'/g),
    ...source.matchAll(/\b(?:text|label|hint|caption|title): '([a-z]+\.[\w.-]+)'/g),
    ...source.matchAll(/data-(?:text|label)="([\w.-]+)"/g),
  ].map(([, key]) => key);
  assert.ok(asked.length > 30, `${asked.length}`);
  for (const key of asked) assert.ok(key in en, key);
  const isAsked = (key) =>
    asked.includes(key) ||
    words.has(key) ||
    words.has(key.split('.').at(-1)) ||
    families.some((family) => key.startsWith(family));
  const idle = Object.keys(en).filter((key) => !isAsked(key));
  assert.deepEqual(idle, []);
});

await run();
