/** The table behind a chart, written when somebody opens it. */

import { h, replace } from '../base/dom.js';
import { count } from '../base/format.js';

/** @typedef {{ columns: string[], ticks: number, unit: string, row: (tick: number) => string[] }} Figures */

/** So many rows at most: a table of a hundred thousand helps nobody. */
const MOST_ROWS = 500;

/**
 * @param {string} name what the figures are of
 * @param {() => Figures | null} source
 * @returns {{ element: HTMLDetailsElement, refresh: () => void }}
 */
export function figuresTable(name, source) {
  const body = h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `Figures: ${name}` });
  const element = h('details', { class: 'figures', ontoggle: refresh }, h('summary', {}, 'Figures'), body);

  function refresh() {
    if (!element.open) return;
    const figures = source();
    if (figures) replace(body, table(figures), omission(figures));
  }

  return { element, refresh };
}

/** @param {Figures} figures */
function table({ columns, ticks, unit, row }) {
  const rows = Array.from({ length: Math.min(ticks, MOST_ROWS) }, (_, i) => i + 1);
  return h(
    'table',
    {},
    h('thead', {}, h('tr', {}, ...[unit, ...columns].map((name) => h('th', { scope: 'col' }, name)))),
    h(
      'tbody',
      {},
      ...rows.map((tick) =>
        h('tr', {}, h('th', { scope: 'row' }, count(tick)), ...row(tick).map((value) => h('td', {}, value))),
      ),
    ),
  );
}

/** @param {Figures} figures */
const omission = ({ ticks, unit }) =>
  ticks > MOST_ROWS &&
  h('p', { class: 'quiet' }, `The first ${count(MOST_ROWS)} of ${count(ticks)} ${unit}s.`);
