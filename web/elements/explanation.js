// How one transport works, when to use it, what goes wrong on the way, and how a page uses it.
// SPDX-License-Identifier: MIT
import { h, mark } from './dom.js';
import { SixConnections } from './six.js';

customElements.define('fl-six', SixConnections);

const CODE = {
  poll: 'let cursor = 0;\nsetInterval(async () => {\n  const answer = await fetch(`/poll?since=${cursor}`);\n  const { updates, cursor: next } = await answer.json();\n  cursor = next;\n}, 1000);',
  longpoll:
    'let cursor = 0;\nfor (;;) {\n  const answer = await fetch(`/longpoll?since=${cursor}&timeout=25`);\n  const { updates, cursor: next } = await answer.json();\n  cursor = next;\n}',
  sse: 'const source = new EventSource("/events");\nsource.onmessage = ({ data }) => {\n  const update = JSON.parse(data);\n};',
  ws: 'const socket = new WebSocket("ws://" + location.host + "/ws");\nsocket.onmessage = ({ data }) => {\n  const update = JSON.parse(data);\n};\nsocket.send("hello");',
  socketio:
    '<script src="/socket.io/socket.io.js"></script>\n\nconst socket = io();\nsocket.on("news", (update, cursor) => {});\nsocket.emit("reply", "hello");',
};
const PARTS = ['how', 'when', 'proxies'];

export class Explanation extends HTMLElement {
  #close;
  #six = document.createElement('fl-six');
  #id = null;

  begin(close) {
    this.#close = close;
    this.hidden = true;
  }

  get id() {
    return this.#id;
  }

  /** Of that lane; null for none. */
  show(id) {
    this.hidden = id === null;
    if (id === this.#id) return;
    this.#id = id;
    if (id === null) {
      this.replaceChildren();
      return;
    }
    const parts = PARTS.map((part) =>
      h('div', {}, h('h4', { text: `explain.${part}` }), h('p', { text: `explain.${id}.${part}` })),
    );
    const code = h(
      'div',
      {},
      h('h4', { text: 'explain.code' }),
      h('pre', { tabIndex: 0, label: 'explain.code', role: 'region' }, h('code', { lang: 'en', translate: false }, CODE[id])),
    );
    const needsSix = id === 'sse' || id === 'longpoll';
    this.replaceChildren(
      h(
        'section',
        { class: `explanation ${id}`, 'aria-labelledby': 'explanation-title' },
        h(
          'div',
          { class: 'bar' },
          h('h3', { id: 'explanation-title' }, mark(id), h('span', { text: `name.${id}` })),
          h('button', { type: 'button', text: 'explain.close', on: { click: () => this.#close() } }),
        ),
        h('div', { class: 'columns' }, parts, code),
        needsSix ? this.#six : null,
      ),
    );
  }

  set lab(lab) {
    this.#six.lab = lab;
  }
}
