// nginx with Nchan, as nchan.conf has it, on a free port: /publish, and subscribers at /poll, /longpoll, /sse and /ws.
// Ends at SIGTERM, and when nginx does; however this process ends, nginx ends too.
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const work = mkdtempSync(path.join(tmpdir(), 'feedlab-nchan-'));

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Wait until something listens there, as long as `alive()`. */
async function listens(port, alive) {
  while (alive()) {
    const connected = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const port = await freePort();
// As root its worker would be somebody else, and could not write here.
const user = process.getuid() === 0 ? 'user root;' : '';
const values = { USER: user, FILES: '65536', WORK: work, PORT: String(port) };
const template = readFileSync(new URL('nchan.conf', import.meta.url), 'utf8');
const config = path.join(work, 'nginx.conf');
writeFileSync(config, template.replace(/@([A-Z]+)@/g, (_, name) => values[name]));

const nginx = spawn('setpriv', ['--pdeathsig', 'TERM', 'nginx', '-p', work, '-c', config, '-e', 'stderr'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
});
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
nginx.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
nginx.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => nginx.kill(signal));

await listens(port, () => nginx.exitCode === null);
process.stderr.write(`listening on http://127.0.0.1:${port}\n`);
