/** The table behind a chart, written when somebody opens it. */

import { h, replace } from '../base/dom.ts';
import { count } from '../base/format.ts';

export type Figures = { columns: string[]; ticks: number; unit: string; row: (tick: number) => string[] };

/** So many rows at most: a table of a hundred thousand helps nobody. */
const MOST_ROWS = 500;

/** @param name what the figures are of */
export function figuresTable(
  name: string,
  source: () => Figures | null,
): { element: HTMLDetailsElement; refresh: () => void } {
  const body = h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `Figures: ${name}` });
  const element = h('details', { class: 'figures', ontoggle: refresh }, h('summary', {}, 'Figures'), body);

  function refresh() {
    if (!element.open) return;
    const figures = source();
    if (figures) replace(body, table(figures), omission(figures));
  }

  return { element, refresh };
}

function table({ columns, ticks, unit, row }: Figures) {
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

const omission = ({ ticks, unit }: Figures) =>
  ticks > MOST_ROWS && h('p', { class: 'quiet' }, `The first ${count(MOST_ROWS)} of ${count(ticks)} ${unit}s.`);
