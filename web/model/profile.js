// A network profile of the server in numbers: what a reader is told of it, with texts that are given.
// SPDX-License-Identifier: MIT
import { fill } from './words.js';

/** {rtt_ms, jitter_ms, loss, kbit} as parts: [] of none at all. */
export function describeProfile(profile, texts) {
  const parts = [];
  if (profile.rtt_ms > 0)
    parts.push(fill(profile.jitter_ms > 0 ? texts.rttJitter : texts.rtt, { rtt: profile.rtt_ms, jitter: profile.jitter_ms }));
  if (profile.loss > 0) parts.push(fill(texts.loss, { percent: +(profile.loss * 100).toPrecision(2) }));
  if (profile.kbit > 0)
    parts.push(
      profile.kbit >= 1000
        ? fill(texts.mbit, { rate: +(profile.kbit / 1000).toPrecision(3) })
        : fill(texts.kbit, { rate: profile.kbit }),
    );
  return parts;
}
