// feedlab-bench as a child process.
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import path from 'node:path';
import { assert, DEADLINE_MS, within } from './harness.mjs';

/** Its exit statuses. */
export const OK = 0, FAILED = 1, USAGE = 2, INTEGRITY = 3, SATURATED = 4, THRESHOLD = 99;

const PATIENCE_MS = DEADLINE_MS * 6;

async function read(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

/** Run it. `t`: the case that it must not outlive; null: the file. Returns: its exit status and what it printed. */
export const bench = (t, ...args) => benchWith(t, {}, ...args);

/** The same with these environment variables beside the test's own. */
export async function benchWith(t, environment, ...args) {
  const child = spawn(process.env.FEEDLAB_BENCH ?? path.resolve('feedlab-bench'), args, {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment },
  });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  t?.cleanup(() => child.kill('SIGTERM'));
  const all = Promise.all([ended, read(child.stdout), read(child.stderr)]);
  const [status, out, err] = await within(all, `feedlab-bench ${args.join(' ')} to end`, PATIENCE_MS);
  return { status, out, err, text: out + err };
}

/** Whether a machine that was too busy spoilt the run, as the bench itself says. */
export const isSpoilt = ({ status, out }) =>
  status === SATURATED || (status === FAILED && /deadlines of the window|system clock was set|✗ .* (late|invalid|saturated)/.test(out));

/** The same, with that exit status and output; again where the machine was too busy for a sound run. */
export async function expect(t, status, pattern, ...args) {
  let result = await bench(t, ...args);
  for (let tries = 1; tries < 10 && result.status !== status && isSpoilt(result); tries++) result = await bench(t, ...args);
  assert.equal(result.status, status, result.text);
  assert.match(result.text, pattern);
  return result;
}
