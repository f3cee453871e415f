// Language, and the presentation mode for teaching: one lane, large type.
// SPDX-License-Identifier: MIT
import { language, LANGUAGES, setLanguage } from '../language.js';
import { h, retext } from './dom.js';

const NAMES = { en: 'English', ko: '한국어' };

export class Settings extends HTMLElement {
  set lab(lab) {
    const languages = h(
      'select',
      { label: 'page.language', on: { change: ({ target }) => setLanguage(target.value) } },
      Object.keys(LANGUAGES).map((name) => h('option', { value: name, lang: name, selected: name === language() }, NAMES[name])),
    );
    const which = h(
      'select',
      { label: 'page.presentWhich', hidden: true, on: { change: ({ target }) => present(target.value) } },
      lab.lanes.map(({ id }) => h('option', { value: id, text: `name.${id}` })),
    );
    const toggle = h('button', {
      type: 'button',
      text: 'page.present',
      on: { click: () => present(document.body.dataset.present ? null : which.value) },
    });
    const present = (id) => {
      if (id) document.body.dataset.present = id;
      else delete document.body.dataset.present;
      if (id) which.value = id;
      which.hidden = !id;
      toggle.setAttribute('aria-pressed', String(Boolean(id)));
      retext(toggle, id ? 'page.presentEnd' : 'page.present');
      history.replaceState(null, '', id ? `#present=${id}` : location.pathname + location.search);
      lab.dispatchEvent(new Event('lanes'));
    };
    const wanted = location.hash.match(/^#present=(\w+)$/)?.[1];
    which.value = 'ws';
    toggle.setAttribute('aria-pressed', 'false');
    this.replaceChildren(which, toggle, languages);
    if (wanted && lab.lane(wanted)) present(wanted);
    document.addEventListener('keydown', ({ key }) => key === 'Escape' && document.body.dataset.present && present(null));
  }
}
