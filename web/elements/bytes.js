// The bytes of one message, part by part, with what each is for.
// SPDX-License-Identifier: MIT
import { has, say } from '../language.js';
import { h } from './dom.js';

/** What can't be seen, made visible. */
const visible = (text) =>
  text
    .replaceAll('\r\n', '↵\n')
    .replaceAll(/(?<!↵)\n/g, '↵\n')
    .replaceAll('\x1e', '␞')
    .replace(/\n$/, '');

export class Bytes {
  element = h('div', { class: 'bytes' });

  /** `groups` of anatomy.js. */
  show(groups) {
    this.element.replaceChildren(...groups.map((group) => this.#group(group)));
  }

  #group({ title, isExact, parts, size }) {
    const rows = parts.map(({ text, isHex, note, values, size: bytes }) =>
      h(
        'div',
        { class: 'part' },
        h(
          'dt',
          {},
          h('code', isHex ? { class: 'hex' } : {}, visible(text)),
          h('span', { class: 'size', text: 'bytes.size', fills: { size: bytes } }),
        ),
        h('dd', { text: has(`note.${note}`) ? `note.${note}` : 'note.header', fills: values }),
      ),
    );
    return h(
      'section',
      { class: 'group', 'aria-label': say(`bytes.${title}`) },
      h('h3', {}, h('span', { text: `bytes.${title}` }), h('span', { class: 'size', text: 'bytes.size', fills: { size } })),
      h('p', { class: 'hint', text: isExact ? 'bytes.exact' : 'bytes.known' }),
      h('dl', {}, rows),
    );
  }
}
