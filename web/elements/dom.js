// Making elements, with texts that follow the language.
// SPDX-License-Identifier: MIT
import { say } from '../language.js';

/**
 * An element. `props`: text, label, tip, hint name a text of the page (`fills` has what it is filled with); on: listeners;
 * class; the rest are properties where the element has them, else attributes.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  const { text, label, tip, hint, fills = {}, on = {}, class: classes, ...rest } = props;
  element.fills = fills;
  if (classes) element.className = classes;
  if (text) [element.dataset.text, element.textContent] = [text, say(text, fills)];
  if (label) {
    element.dataset.label = label;
    element.setAttribute('aria-label', say(label, fills));
  }
  if (tip) [element.dataset.tip, element.title] = [tip, say(tip, fills)];
  if (hint) [element.dataset.hint, element.placeholder] = [hint, say(hint, fills)];
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  for (const [name, value] of Object.entries(rest)) {
    if (name in element && !name.includes('-') && name !== 'list') element[name] = value;
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Set a text only where it changes: nothing is laid out for nothing. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Change what an element says to another text of the page. */
export function retext(element, key, fills = {}) {
  element.dataset.text = key;
  element.fills = fills;
  write(element, say(key, fills));
}

const SHAPES = {
  poll: 'M8 2a6 6 0 1 0 .01 0z',
  longpoll: 'M8 1.5 15 14H1z',
  sse: 'M2.5 2.5h11v11h-11z',
  ws: 'M8 .8 15.2 8 8 15.2.8 8z',
  socketio: 'M5.5 1h5v4.5h4.5v5h-4.5V15h-5v-4.5H1v-5h4.5z',
};

/** The lane's mark: a shape as well as a colour, for those who can't tell colours apart. */
export function mark(id) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('mark', id);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', SHAPES[id] ?? SHAPES.poll);
  svg.append(path);
  return svg;
}

/** The colours of the style sheet, for a canvas: {ink, quiet, rule, paper, poll, …}. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const names = ['ink', 'quiet', 'rule', 'paper', 'faint', 'poll', 'longpoll', 'sse', 'ws', 'socketio'];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export const dark = matchMedia('(prefers-color-scheme: dark)');
export const still = matchMedia('(prefers-reduced-motion: reduce)');
