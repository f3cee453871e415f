// What all transports have in common. Each is a class of its own file with this shape, and is all that the page knows of the
// wire:
//
//     new XTransport(base, lane, options)
//         base      'http://HOST:PORT', where the server, or a line to it, is
//         lane      who is told what happens (a Lane of lane.js):
//             lane.nowMs()                        the time, in Unix ms
//             lane.state(name)                    'connecting', 'live' or 'lost' (it comes back by itself, in its own way)
//             lane.update(update, cursor, receivedMs)   returns its entry for a timeline event, {seq, publishedMs}
//             lane.gap(gap, cursor)               the server says that updates are missing
//             lane.requested(isWasted)            a request was made; isWasted: it found nothing
//             lane.failed()                       a connection could not be made
//             lane.renewed()                      it was given up by the browser, and is made anew by the page
//             lane.said(sentMs, {anatomy})        something went up
//             lane.refused(reason)                the server did not understand, or did not permit, what was said
//             lane.cursor                         where it stands; kept by the lane, so that it outlives a connection
//             lane.timeline                       a Timeline to add to
//         options   {pollIntervalMs, token, socketioPath}: what it may be bound by, the server's publish token or null, and
//                   where the server has Socket.IO
//     open(cursor)      begin after that cursor; null: from now on
//     close()           end, and tell nothing any more
//     publish(text)     say something to everybody, in this transport's own way; a promise that is refused with the reason
//     options           may be changed while it is open
//
// docs/wire says what goes over the wire.
// SPDX-License-Identifier: MIT
import { httpRequest } from '../model/anatomy.js';

/** How long to wait before each next attempt: doubled, to a limit, until something worked. */
export class Backoff {
  #firstMs;
  #mostMs;
  #nextMs;
  #timer = null;

  constructor(firstMs = 250, mostMs = 4000) {
    this.#firstMs = this.#nextMs = firstMs;
    this.#mostMs = mostMs;
  }

  reset() {
    this.#nextMs = this.#firstMs;
  }

  again(action) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, this.#nextMs);
    this.#nextMs = Math.min(this.#nextMs * 2, this.#mostMs);
  }

  stop() {
    clearTimeout(this.#timer);
    this.reset();
  }
}

export const hostOf = (base) => new URL(base).host;
export const query = (values) => {
  const pairs = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return pairs.length === 0 ? '' : `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
};

/**
 * POST /publish, for transports that have no way up of their own. As text/plain: JSON would cost a request more to ask first
 * (CORS).
 */
export async function publishByPost(base, text, lane, { token }) {
  const extra = [['Content-Type', 'text/plain;charset=UTF-8']];
  lane.said(lane.nowMs(), {
    anatomy: [httpRequest({ method: 'POST', path: '/publish', host: hostOf(base), extra, body: text })],
  });
  const answer = await fetch(`${base}/publish`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: text,
    credentials: 'omit',
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `${answer.status}`);
  await answer.text();
}
