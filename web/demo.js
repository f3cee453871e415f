// The server's demo controls (docs/wire/demo.md): the feed's rate and size, and lines, through which a lane goes so that a
// network can be put in between, its connections be cut, and its bytes be counted. A server may have them off: then there is no
// Demo.
// SPDX-License-Identifier: MIT
export class Demo {
  feed;
  profiles;
  #origin;
  #headers;

  constructor(origin, { feed, profiles }, headers) {
    this.#origin = origin;
    this.#headers = headers;
    this.feed = feed;
    this.profiles = profiles;
  }

  /**
   * `token`: the server's publish token, null for none. Returns: {demo, isLocked}: a Demo, or null where the server has none or
   * wants a token.
   */
  static async find(origin, token) {
    const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
    const answer = await fetch(`${origin}/demo`, { headers }).catch(() => null);
    return { demo: answer?.ok ? new Demo(origin, await answer.json(), headers) : null, isLocked: answer?.status === 401 };
  }

  async #ask(path, method = 'GET', body = undefined) {
    const headers = body === undefined ? this.#headers : { ...this.#headers, 'Content-Type': 'application/json' };
    const answer = await fetch(`${this.#origin}/demo${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `${answer.status}`);
    return answer.status === 204 ? {} : answer.json();
  }

  async change(feed) {
    this.feed = await this.#ask('/feed', 'POST', feed);
  }

  /** {line, base}: where a lane is to go. */
  async open(profile) {
    const { line, port } = await this.#ask('/lines', 'POST', { profile });
    const url = new URL(this.#origin);
    url.port = port;
    return { line, base: url.origin };
  }

  /** The figures of lines, by their id; those that have ended are not among them. */
  async figures(lines) {
    const answer = await this.#ask(`/lines?ids=${lines.join(',')}`);
    const list = Array.isArray(answer) ? answer : (answer?.lines ?? []);
    return new Map(list.map((one) => [one.line, one]));
  }

  /** {profile}, {cut_ms} or {read}. Returns: null where the line has ended. */
  tell(line, what) {
    return this.#ask(`/lines/${line}`, 'POST', what);
  }

  /** The page goes: so do its lines. */
  leave(lines) {
    for (const line of lines)
      fetch(`${this.#origin}/demo/lines/${line}`, { method: 'DELETE', headers: this.#headers, keepalive: true }).catch(() => {});
  }
}
