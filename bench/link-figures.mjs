#!/usr/bin/env node
// The figures of docs/link.md, measured again: what round trip, loss and rate the emulated link gives for what is asked of
// it, seen by programs that know nothing of it. A minute; nothing else should run meanwhile. Run it from the folder with the
// built programs. Exit status 1: a figure is out of its bounds.
// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';

const LINK = process.env.FEEDLAB_LINK ?? './feedlab-link';
const TRIPS = 100;
const DATAGRAMS = 20000;

/** Round trips of one byte over TCP, in ms, one after the other. */
const trips = `
const net = require('node:net'), times = [];
const listener = net.createServer((peer) => peer.setNoDelay(true).pipe(peer)).listen(0, '198.18.0.1', () => {
  let sent;
  const client = net.connect(listener.address().port, '198.18.0.2', () => ping());
  client.setNoDelay(true);
  const ping = () => { sent = performance.now(); client.write('x'); };
  client.on('data', () => {
    times.push(performance.now() - sent);
    if (times.length < ${TRIPS}) return ping();
    console.log(JSON.stringify(times));
    client.destroy();
    listener.close();
  });
});`;

/** One TCP stream: bytes of payload, and the seconds they took from the second read on. */
const stream = (bytes) => `
const net = require('node:net');
const listener = net.createServer((peer) => peer.end(Buffer.alloc(${bytes}))).listen(0, '198.18.0.1', () => {
  let begun, first, got = 0;
  net.connect(listener.address().port, '198.18.0.2').on('data', (chunk) => {
    if (begun === undefined) [begun, first] = [performance.now(), chunk.length];
    got += chunk.length;
  }).on('end', () => {
    console.log(JSON.stringify({ bytes: got - first, seconds: (performance.now() - begun) / 1000 }));
    listener.close();
  });
});`;

/** Datagrams to nobody, ten a millisecond; what became of them, feedlab-link tells. */
const datagrams = `
const client = require('node:dgram').createSocket('udp4');
let left = ${DATAGRAMS}, unsent = left;
const timer = setInterval(() => {
  for (let i = 0; i < 10 && left > 0; i++) client.send("x", 9, "198.18.0.2", () => { if (--unsent === 0) client.close(); }), left--;
  if (left === 0) clearInterval(timer);
}, 1);`;

/** Run a script of node over a link. Returns: what it printed, what feedlab-link told. */
function over(spec, script) {
  const { status, stdout, stderr, error } = spawnSync(LINK, ['--link', spec, '--', process.execPath, '-e', script], { encoding: 'utf8' });
  if (error || status !== 0) throw error ?? new Error(stderr);
  return { out: stdout, told: stderr };
}

let failed = false;
function row(asked, got, bound, within) {
  failed ||= !within;
  console.log(`| ${asked} | ${got} | ${bound} | ${within ? 'within' : 'OUT OF BOUNDS'} |`);
}

console.log('| asked | got | bound | |\n|---|---|---|---|');
for (const rtt of [10, 50, 300]) {
  const spec = `rtt=${rtt}ms`;
  const { out, told } = over(spec, trips);
  const times = JSON.parse(out).sort((a, b) => a - b);
  const median = (times[TRIPS / 2 - 1] + times[TRIPS / 2]) / 2;
  const [, late] = told.match(/late by (.*)/);
  row(spec, `${times[0].toFixed(2)} … ${times[TRIPS - 1].toFixed(2)} ms, median ${median.toFixed(2)}, ${times.filter((time) => time <= rtt + 1).length} of ${TRIPS} within 1 ms; the link late by ${late}`,
    'median within 1 ms', times[0] >= rtt && median <= rtt + 1);
}
for (const [rate, bytes] of [[1, 600e3], [5, 3e6], [50, 30e6]]) {
  const spec = `rtt=20ms,rate=${rate}mbit`;
  const { bytes: got, seconds } = JSON.parse(over(spec, stream(bytes)).out);
  const mbit = (got * 8 * 1500) / 1448 / seconds / 1e6; // a segment of 1,448 bytes is an IP packet of 1,500
  row(spec, `${mbit.toFixed(3)} Mbit/s of IP packets`, 'within 5 %', Math.abs(mbit / rate - 1) <= 0.05);
}
for (const share of [0.005, 0.05, 0.2]) {
  const spec = `loss=${share * 100}%`;
  const [, packets, lost] = over(spec, datagrams).told.match(/: up (\d+) packets?, (\d+) lost/).map(Number);
  const deviation = 3.2905 * Math.sqrt(packets * share * (1 - share)); // 99.9 % of a normal distribution, both sides
  const [low, high] = [packets * share - deviation, packets * share + deviation].map(Math.round);
  row(spec, `${lost} of ${packets}`, `${low} … ${high}`, packets === DATAGRAMS && lost >= low && lost <= high);
}
process.exitCode = failed ? 1 : 0;
