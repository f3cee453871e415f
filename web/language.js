// The page's language: that of the browser, until a reader chooses another.
// SPDX-License-Identifier: MIT
import { fill } from './model/words.js';
import en from './text/en.js';
import ko from './text/ko.js';

export const LANGUAGES = { en, ko };
const KEPT = 'feedlab.language';

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // storage may be forbidden
  }
}

const wished = [kept(), ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())];
let current = wished.find((language) => language in LANGUAGES) ?? 'en';

export const language = () => current;
export const changes = new EventTarget(); // 'change' after each

/** The text of that name, such as 'lane.pause', with `{…}` filled in. */
export function say(key, values = {}) {
  const found = key.split('.').reduce((texts, name) => texts?.[name], LANGUAGES[current]);
  return typeof found === 'string' ? fill(found, values) : key;
}

export const has = (key) => say(key) !== key;

export function setLanguage(next) {
  current = next;
  try {
    localStorage.setItem(KEPT, next);
  } catch {
    // for this visit, then
  }
  translate(document.documentElement);
  document.documentElement.lang = next;
  changes.dispatchEvent(new Event('change'));
}

/**
 * Fill in all texts below that element: data-text is its content, data-label its name for screen readers, data-tip its tooltip.
 */
export function translate(root) {
  for (const element of root.querySelectorAll('[data-text]')) element.textContent = say(element.dataset.text, element.fills);
  for (const element of root.querySelectorAll('[data-label]'))
    element.setAttribute('aria-label', say(element.dataset.label, element.fills));
  for (const element of root.querySelectorAll('[data-tip]')) element.title = say(element.dataset.tip, element.fills);
  for (const element of root.querySelectorAll('[data-hint]')) element.placeholder = say(element.dataset.hint, element.fills);
}
