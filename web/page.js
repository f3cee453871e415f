// The page: one Lab, which the elements draw.
// SPDX-License-Identifier: MIT
import { language, setLanguage } from './language.js';
import { Lab } from './lab.js';
import { Announcer } from './elements/announcer.js';
import { Controls } from './elements/controls.js';
import { Headline } from './elements/headline.js';
import { Lanes } from './elements/lanes.js';
import { Measure } from './elements/measure.js';
import { Settings } from './elements/settings.js';
import { TimelineElement } from './elements/timeline.js';

const ELEMENTS = {
  'fl-settings': Settings,
  'fl-headline': Headline,
  'fl-lanes': Lanes,
  'fl-controls': Controls,
  'fl-timeline': TimelineElement,
  'fl-measure': Measure,
  'fl-announcer': Announcer,
};
const FIGURES_MS = 250;
const CHART_MS = 100; // of one lane after the other

const lab = new Lab(location.origin);
for (const [name, Element] of Object.entries(ELEMENTS)) {
  customElements.define(name, Element);
  document.querySelector(name).lab = lab;
}
setLanguage(language());

const visible = (action) => () => document.hidden || action();
const [lanes, headline, announcer] = ['fl-lanes', 'fl-headline', 'fl-announcer'].map((name) => document.querySelector(name));
setInterval(
  visible(() => {
    lanes.refresh();
    headline.refresh();
    announcer.refresh();
  }),
  FIGURES_MS,
);
setInterval(
  visible(() => lanes.drawChart()),
  CHART_MS,
);

lab.start();
