/** The strategies side by side, a row each: how traffic moves, whom it reaches, what it costs. */

import { chance } from '../base/chance.ts';
import type { Child } from '../base/dom.ts';
import { h, replace } from '../base/dom.ts';
import { measuredIn, percent, significant } from '../base/format.ts';
import { everybodyFrom, shareSteps } from '../charts/share-steps.ts';
import type { Distribution, Strategy, StrategyFigures } from '../study/strategy-request.ts';
import { HORIZON_TICKS, PLANNED_TICKS, STRATEGIES } from '../study/strategy-request.ts';
/** of a tick */
export type Unit = { name: string; short: string };
/** in words */
export type Duration = (ticks: number) => string;

/** What each strategy trades, in words, and what came of it, in figures. */
const WORDS: Record<
  string,
  { title: string; trade: string; result: (f: StrategyFigures, d: Duration, back: number) => string }
> = {
  canary: {
    title: 'Canary',
    trade: 'Few are put at risk first, and compared with the rest',
    result: ({ bad, back }, duration) => {
      const some = bad.p_completed.estimate > 0;
      const passed = some
        ? `so few tell little, and ${chance(bad.p_completed)} of such releases pass`
        : 'none such passes';
      return back ? `${passed}; ${some ? 'the others' : 'all'} are back after ${duration(back.mean)}` : passed;
    },
  },
  'blue-green': {
    title: 'Blue-green',
    trade: 'Everybody gets the release at once, but the way back is one switch',
    result: ({ exposedPart, back }, duration) =>
      `${percent(exposedPart)} of all requests meet it${back ? `, and all are safe again after ${duration(back.mean)}` : ''}`,
  },
  rolling: {
    title: 'Rolling',
    trade: 'No second fleet to pay for, and few are reached first, but a rollback is rolled out in steps as well',
    result: ofWhichBack,
  },
  'all-at-once': {
    title: 'All at once',
    trade: 'Nothing to build and nothing to steer, but a rollback is a new deployment',
    result: ofWhichBack,
  },
};

/** @param ticks that going back takes */
function ofWhichBack({ bad, back }: StrategyFigures, duration: Duration, ticks: number) {
  return back
    ? `${duration(ticks)} of the ${duration(back.mean)} until all are safe again`
    : `${chance(bad.p_rollback)} of such releases are noticed`;
}

/** The columns of figures, each with what it says of a strategy; blank before the study. */
const COLUMNS = [
  'Requests exposed',
  'Failed because of it',
  'How the bad release ends',
  'Back to safety, if rolled back',
  'A healthy release',
];

export class StrategyTable {
  #rows;
  element;

  constructor(onopen: (strategy: Strategy) => void) {
    this.#rows = STRATEGIES.map((strategy) => new Row(strategy, onopen));
    const heads = ['Strategy', 'Share of traffic, if it passes', ...COLUMNS];
    this.element = h(
      'table',
      { class: 'strategy-table', 'aria-label': 'Strategies on one release' },
      h('thead', {}, h('tr', {}, ...heads.map((name) => h('th', { scope: 'col' }, name)))),
      h('tbody', {}, ...this.#rows.map(({ element }) => element)),
    );
  }

  plan(unit: Unit) {
    for (const row of this.#rows) row.plan(unit);
  }

  show(figures: StrategyFigures[], unit: Unit) {
    for (const [i, row] of this.#rows.entries()) row.show(figures[i], unit);
  }
}

class Row {
  #strategy;
  #sentence = h('p');
  #steps = h('td', { 'data-name': 'Share of traffic, if it passes' });
  #cells = COLUMNS.map((name) => h('td', { 'data-name': name }, '–'));
  element;

  constructor(strategy: Strategy, onopen: (strategy: Strategy) => void) {
    this.#strategy = strategy;
    const { title, trade } = WORDS[strategy.name];
    const label = 'Open this rollout';
    this.#sentence.textContent = `${trade}.`;
    this.element = h(
      'tr',
      { 'data-strategy': strategy.name },
      h('th', { scope: 'row' }, title),
      this.#steps,
      ...this.#cells,
    );
    this.element.firstElementChild?.append(
      this.#sentence,
      h('button', { type: 'button', 'aria-label': `${label}: ${title}`, onclick: () => onopen(strategy) }, label),
    );
  }

  plan(unit: Unit) {
    replace(this.#steps, shareSteps(this.#strategy, unit));
  }

  show(figures: StrategyFigures, unit: Unit) {
    const { bad, healthy, exposed, exposedPart, failedPart, back } = figures;
    const { name, rollback_ticks = 0 } = this.#strategy;
    const duration: Duration = (n) => measuredIn(n, unit.name);
    const { trade, result } = WORDS[name];
    this.#sentence.textContent = `${trade}: ${result(figures, duration, rollback_ticks)}.`;
    const contents: Child[][] = [
      [
        h('b', {}, significant(exposed)),
        bar(exposedPart),
        small(`${percent(exposedPart)} of all requests`),
        small(`until the rollout’s end ${spread(bad.exposed_requests)}`),
      ],
      [
        h('b', {}, significant(bad.excess_errors?.mean ?? 0)),
        bar(failedPart, 'harm'),
        small(spread(bad.excess_errors)),
      ],
      [
        h('b', {}, `${chance(bad.p_rollback)} rolled back`),
        bar(bad.p_completed.estimate, 'harm', bad.p_rollback.estimate),
        small(`${chance(bad.p_completed)} promoted`, bad.p_completed.estimate > 0),
        bad.p_waiting.estimate > 0 && small(`${chance(bad.p_waiting)} wait for a person`),
      ],
      back
        ? [
            h('b', {}, duration(back.mean)),
            bar(back.mean / HORIZON_TICKS),
            small(`${spread(back)}; a rollback takes ${rollback_ticks > 0 ? duration(rollback_ticks) : 'no time'}`),
          ]
        : [h('b', {}, 'never'), small('none was noticed')],
      [
        h('b', {}, `done in ${duration(PLANNED_TICKS)}`),
        small(`everybody has it from ${unit.name} ${everybodyFrom(this.#strategy)}`),
        small(`${chance(healthy.p_rollback)} thrown away`, healthy.p_rollback.estimate > 0),
      ],
    ];
    for (const [i, cell] of this.#cells.entries()) replace(cell, ...contents[i]);
  }
}

const small = (text: string, harm: boolean = false) => h('small', { class: harm && 'harm' }, text);

/** Median and 95th percentile, told once where they are one. */
function spread(distribution: Distribution | null) {
  if (!distribution) return '';
  const most = `95\u00a0% within ${bound(distribution.p95)}`;
  return distribution.p50 === distribution.p95 ? most : `half within ${bound(distribution.p50)}, ${most}`;
}

/**
 * A quantile as a bound that holds, in three digits: a study knows it to the
 * unit below 128, and above by the mean of a bin of at most 1/64.
 */
function bound(quantile: number) {
  if (quantile < 128) return significant(quantile);
  const end = quantile * (1 + 1 / 64);
  const digit = 10 ** (Math.floor(Math.log10(end)) - 2);
  return significant(Math.ceil(end / digit) * digit);
}

/**
 * A bar of parts of a whole, each 0..1; the cell's text says the same.
 *
 * @param before what stands before it
 */
const bar = (part: number, kind: string = '', before: number = 0) =>
  h(
    'span',
    { class: 'bar-of', 'aria-hidden': 'true' },
    before > 0 && h('span', { style: `width:${before * 100}%` }),
    part > 0 && h('span', { class: kind, style: `width:${part * 100}%` }),
  );
