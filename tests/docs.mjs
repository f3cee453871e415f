// The pages quote what is really sent: each block after a line `<!-- golden: FILE -->` is tests/golden/FILE. And what
// they link to is there.
// SPDX-License-Identifier: MIT
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = process.env.FEEDLAB_SRCDIR ?? '.';
const pages = ['README.md', 'CONTRIBUTING.md'];
for (const folder of ['docs', 'docs/wire', 'docs/decisions', 'docs/deploy'])
  for (const name of readdirSync(path.join(root, folder))) if (name.endsWith('.md')) pages.push(`${folder}/${name}`);

const results = [];
for (const page of pages) {
  const text = readFileSync(path.join(root, page), 'utf8');
  for (const [, file, block] of text.matchAll(/<!-- golden: (\S+) -->\n```[a-z]*\n([^]*?)```/g))
    results.push([`${page} quotes ${file}`, block === readFileSync(path.join(root, 'tests/golden', file), 'utf8')]);
  for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g))
    results.push([`${page} links to ${target}`, existsSync(path.join(root, path.dirname(page), target))]);
}
const quotes = results.filter(([name]) => name.includes(' quotes ')).length;
results.push([`the pages quote golden bytes in ${quotes} places`, quotes >= 6]);

console.log(`1..${results.length}`);
results.forEach(([name, good], i) => console.log(`${good ? 'ok' : 'not ok'} ${i + 1} - ${name}`));
process.exit(results.every(([, good]) => good) ? 0 : 1);
