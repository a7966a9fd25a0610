/**
 * Four strategies on one release, studied when somebody looks: which one does how much harm,
 * said in sentences that follow from the figures, and on demand all that is known of each.
 */

import { html, nothing, svg } from 'lit/html.js';
import { chance } from '../base/chance.ts';
import { count, inUnitOf, measuredIn, percent, ruleWords, share, significant, tickUnit } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import type { Store } from '../store/store.ts';
import { atMost } from '../study/findings.ts';
import type { Distribution, Strategy, StrategyFigures, StrategyReport } from '../study/strategies.ts';
import { HORIZON_TICKS, PLANNED_TICKS, RELEASES, STRATEGIES, STRATEGY_RUNS } from '../study/strategies.ts';
import { CONFIGURED } from '../study/strategy-state.ts';
import { badRelease, isHealthy } from '../study/study-request.ts';
import { longStudy } from './progress.ts';

/** What each strategy is called, in a sentence too, and what it trades. */
const WORDS: Record<string, { title: string; inText: string; trade: string }> = {
  canary: {
    title: 'Canary',
    inText: 'the canary',
    trade: 'Few requests are put at risk first, and compared with the rest.',
  },
  'blue-green': {
    title: 'Blue-green',
    inText: 'blue-green',
    trade: 'Everybody gets the release at once, but the way back is one switch.',
  },
  rolling: {
    title: 'Rolling',
    inText: 'rolling',
    trade: 'No second fleet to pay for, but a rollback is rolled out in steps as well.',
  },
  'all-at-once': {
    title: 'All at once',
    inText: 'all at once',
    trade: 'Nothing to build and nothing to steer, but a rollback is a new deployment.',
  },
};
/** The first of the strategies, which the others are held against. */
const CANARY = 0;

type Unit = { name: string; short: string };

export class Strategies {
  #store;

  constructor(store: Store) {
    this.#store = store;
  }

  template() {
    const { session } = this.#store;
    const { strategies: state } = this.#store.study;
    const { report, release } = state;
    const unit = tickUnit(session.report.config.tick_seconds);
    const healthy = isHealthy(session.report);
    const most = Math.max(...(report?.strategies ?? []).map(({ failed }) => failed));
    return html`<section
      class="card strategies"
      part="strategies"
      role="group"
      aria-label="Strategies on one release"
      data-runs=${report?.runs ?? 0}
      aria-busy=${!report}
    >
      <div class="strategies-head">
      <h3>Four strategies on one release</h3>
      <label class="compare">
        Release
        <select @change=${({ target }: Event) => (state.release = (target as HTMLSelectElement).value)}>
          ${
            healthy
              ? nothing
              : html`<option value=${CONFIGURED} .selected=${release === CONFIGURED}>
                  as configured: ${badRelease(session.report)}
                </option>`
          }
          ${Object.entries(RELEASES).map(
            ([value, { name }]) => html`<option value=${value} .selected=${value === release}>${name}</option>`,
          )}
        </select>
      </label>
      </div>
      <p class="strategies-verdict">
        ${report ? sentences(report, releaseWords(release, badRelease(session.report)), state.contrast, unit) : '\u00a0'}
      </p>
      <ul class="strategy-list">
        ${STRATEGIES.map((strategy, i) => this.#card(strategy, report?.strategies[i]?.failed, most, unit))}
      </ul>
      <details class="all-figures">
        <summary>All figures of the four</summary>
        <div class="scroll" tabindex="0" role="group" aria-label="All figures of the four">
          <table class="strategy-table" aria-label="Strategies on one release">
            <thead>
              <tr>${['Strategy', ...COLUMNS].map((name) => html`<th scope="col">${name}</th>`)}</tr>
            </thead>
            <tbody>${STRATEGIES.map((strategy, i) => rowOf(strategy, report?.strategies[i], unit))}</tbody>
          </table>
        </div>
        <p class="quiet">${about(unit, healthy)} ${report ? measures(report, unit) : nothing}</p>
      </details>
      ${longStudy(state, STRATEGY_RUNS, report?.runs)}
    </section>`;
  }

  /** @param most requests that fail with any strategy */
  #card(strategy: Strategy, failed: number | undefined, most: number, unit: Unit) {
    const { title, trade } = WORDS[strategy.name];
    const open = () => {
      const config: Json = this.#store.study.strategies.takeOut(strategy);
      this.#store.configure(config);
      this.#store.go('watch');
    };
    return html`<li data-strategy=${strategy.name}>
      <h4>${title}</h4>
      <p>${trade}</p>
      ${shareSteps(strategy, unit)}
      <p class="failed">
        <b>${failed === undefined ? '–' : significant(failed)}</b> requests fail<span class="wide">, on average</span>
        ${bar(failed && most > 0 ? failed / most : 0, 'harm')}
      </p>
      <button type="button" aria-label="Open this rollout: ${title}" @click=${open}>
        Open<span class="wide"> this rollout</span>
      </button>
    </li>`;
  }
}

const releaseWords = (release: string, configured: string) => RELEASES[release]?.name ?? configured;

/** Which strategy does the least harm; if that is not the canary, why; and how it is with the other release. */
function sentences({ strategies }: StrategyReport, release: string, other: string, unit: Unit) {
  const canary = strategies[CANARY];
  const order = strategies.map((_, i) => i).sort((a, b) => strategies[a].failed - strategies[b].failed);
  const [best] = order;
  if (strategies[order[order.length - 1]].failed <= 0) return 'No request fails because of this release.';
  const named = (i: number) => `${significant(strategies[i].failed)} with ${WORDS[STRATEGIES[i].name].inText}`;
  const list = order.filter((i) => i !== CANARY).map(named);
  const all =
    `${significant(canary.failed)} requests fail on average, ` +
    `beside ${list.slice(0, -1).join(', ')} and ${list[list.length - 1]}`;
  const least =
    best === CANARY
      ? `With ${release}, the canary does the least harm: ${all}.`
      : `With ${release}, the canary does not do the least harm: ${all}.`;
  const why = best === CANARY ? '' : exception(canary, strategies[best], WORDS[STRATEGIES[best].name].inText, unit);
  return [least, why, contrast(strategies, best === CANARY, other)].filter(Boolean).join(' ');
}

/** Why the canary does more harm than another strategy, as far as the figures say. */
function exception(canary: StrategyFigures, best: StrategyFigures, name: string, unit: Unit) {
  const { p_completed: passes, rolled_back_by_stage: byStage } = canary.bad;
  const { stages } = STRATEGIES[CANARY];
  const usual = stages[byStage.indexOf(Math.max(...byStage))];
  const slower = canary.back !== null && best.back !== null && canary.back.mean > best.back.mean;
  const missed = passes.estimate > best.bad.p_completed.estimate && canary.failedAfterPromotion > 0.05;
  return [
    slower && canary.back && best.back
      ? `Most often it is rolled back at ${share(usual.traffic_pct)} of traffic: ` +
        `it takes ${measuredIn(canary.back.mean, unit.name)} on average until all are safe again, ` +
        `${measuredIn(best.back.mean, unit.name)} with ${name}.`
      : '',
    missed
      ? `${chance(passes)} of such releases are promoted and fail on for everybody, here until ` +
        `${unit.name} ${HORIZON_TICKS}: ${percent(canary.failedAfterPromotion)} of its failures come from these.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** How the canary does with the other release, where that is measured. */
function contrast(strategies: StrategyFigures[], wins: boolean, other: string) {
  const failed = strategies.map((one) => one.contrast);
  if (failed.some((one) => one === null)) return '';
  const numbers = failed as number[];
  const best = numbers.indexOf(Math.min(...numbers));
  const figures = (i: number) => `${significant(numbers[i])} with ${WORDS[STRATEGIES[i].name].inText}`;
  if ((best === CANARY) === wins) return `With ${other} it is the same.`;
  return best === CANARY
    ? `With ${other} it does the least harm: ${significant(numbers[CANARY])}.`
    : `With ${other} it is otherwise: ${figures(CANARY)}, ${figures(best)}; choose that release to see why.`;
}

/** The columns of figures. */
const COLUMNS = [
  'Requests exposed',
  'Failed because of it',
  'How the bad release ends',
  'Back to safety, if rolled back',
  'A healthy release',
];

function rowOf(strategy: Strategy, found: StrategyFigures | undefined, unit: Unit) {
  const cells = found ? cellsOf(strategy, found, unit) : COLUMNS.map(() => '–');
  return html`<tr data-strategy=${strategy.name}>
    <th scope="row">${WORDS[strategy.name].title}</th>
    ${cells.map((cell, i) => html`<td data-name=${COLUMNS[i]}>${cell}</td>`)}
  </tr>`;
}

function cellsOf(strategy: Strategy, found: StrategyFigures, unit: Unit) {
  const { bad, healthy, exposed, exposedPart, failed, failedPart, back } = found;
  const { rollback_ticks = 0 } = strategy;
  const duration = (n: number) => measuredIn(n, unit.name);
  return [
    html`<b>${significant(exposed)}</b>${bar(exposedPart)}
      ${small(`${percent(exposedPart)} of all requests`)}
      ${small(`until the rollout’s end ${spread(bad.exposed_requests)}`)}`,
    html`<b>${significant(failed)}</b>${bar(failedPart, 'harm')}${small(spread(bad.excess_errors))}`,
    html`<b>${chance(bad.p_rollback)} rolled back</b>${bar(bad.p_completed.estimate, 'harm', bad.p_rollback.estimate)}
      ${small(`${chance(bad.p_completed)} promoted`, bad.p_completed.estimate > 0)}
      ${bad.p_waiting.estimate > 0 ? small(`${chance(bad.p_waiting)} wait for a person`) : nothing}`,
    back
      ? html`<b>${duration(back.mean)}</b>${bar(back.mean / HORIZON_TICKS)}
          ${small(`${spread(back)}; a rollback takes ${rollback_ticks > 0 ? duration(rollback_ticks) : 'no time'}`)}`
      : html`<b>never</b>${small('none was noticed')}`,
    html`<b>done in ${duration(PLANNED_TICKS)}</b>
      ${small(`everybody has it from ${unit.name} ${steps(strategy).at(-1)?.from}`)}
      ${small(`${chance(healthy.p_rollback)} thrown away`, healthy.p_rollback.estimate > 0)}`,
  ];
}

const small = (text: string, harm = false) => html`<small class=${harm ? 'harm' : nothing}>${text}</small>`;

/** Median and 95th percentile, said once where they are one. */
function spread(distribution: Distribution | null) {
  if (!distribution) return '';
  const most = `95\u00a0% within ${atMost(distribution.p95)}`;
  return distribution.p50 === distribution.p95 ? most : `half within ${atMost(distribution.p50)}, ${most}`;
}

/**
 * A bar of parts of a whole, each 0..1; the text beside it says the same.
 *
 * @param before what stands before it
 */
function bar(part: number, kind = '', before = 0) {
  // Set as a property: a page's policy may forbid the attribute.
  const piece = (size: number, name: string) =>
    size > 0 ? html`<span class=${name} .style=${`width:${size * 100}%`}></span>` : nothing;
  return html`<span class="bar-of" aria-hidden="true">${piece(before, '')}${piece(part, kind)}</span>`;
}

/** What is compared, and by which rules. */
function about({ name }: Unit, healthy: boolean) {
  const limits = (STRATEGIES[1].rules ?? [])
    .map(({ rule, max }) => `${ruleWords(rule)} ${inUnitOf(rule, max ?? null)}`)
    .join(', ');
  return (
    `${healthy ? 'The release on the page is healthy, so a bad one is taken. ' : ''}` +
    `Each strategy with its own stages and rules, ${count(STRATEGY_RUNS)} rollouts, over the same ${HORIZON_TICKS} ${name}s: ` +
    'a bad release that is promoted goes on failing until then. Only the canary is compared with the baseline; ' +
    `the others have fixed limits (${limits}), for at 100\u00a0% of traffic there is nothing left to compare with.`
  );
}

const measures = ({ runs, requests, excess }: StrategyReport, { name }: Unit) =>
  `Means of ${count(runs)} rollouts each, on the same seeds. Until ${name} ${HORIZON_TICKS} there are ` +
  `${significant(requests)} requests; where nobody looks, ${significant(excess)} of them fail because of the release. ` +
  'Bars are parts of these.';

/**
 * The shares of a release that passes, from first to last, each with the tick it begins after; the
 * last is all traffic, and stays.
 */
function steps({ stages }: Strategy) {
  let from = 0;
  const shares = stages.map(({ traffic_pct, duration_ticks }) => {
    const step = { from, pct: traffic_pct };
    from += duration_ticks;
    return step;
  });
  return shares.at(-1)?.pct === 100 ? shares : [...shares, { from, pct: 100 }];
}

const [WIDTH, HEIGHT] = [168, 76];
/** The plot within, in CSS pixels. */
const [LEFT, RIGHT, TOP, BOTTOM] = [42, WIDTH - 2, 8, HEIGHT - 20];

/** How a strategy moves traffic to a release that passes: the share over time. */
function shareSteps(strategy: Strategy, unit: Unit) {
  const x = (tick: number) => LEFT + ((RIGHT - LEFT) * tick) / HORIZON_TICKS;
  const y = (pct: number) => BOTTOM - ((BOTTOM - TOP) * pct) / 100;
  const all = steps(strategy);
  const line = `${all.map(({ from, pct }) => `H${x(from)}V${y(pct)}`).join('')}H${RIGHT}`;
  const words = all.map(({ from, pct }) => `${share(pct)} from ${unit.name} ${from}`).join(', ');
  return html`<svg role="img" width=${WIDTH} height=${HEIGHT} aria-label="Share of traffic: ${words}.">
    <g class="axis">
      ${[0, 100].map(
        (pct) => svg`<line x1=${LEFT} x2=${RIGHT} y1=${y(pct)} y2=${y(pct)} />
          <text x=${LEFT - 5} y=${y(pct)} dy="0.35em" text-anchor="end">${share(pct)}</text>`,
      )}
      <text x=${LEFT} y=${HEIGHT - 4}>0</text>
      <text x=${RIGHT} y=${HEIGHT - 4} text-anchor="end">${HORIZON_TICKS}&nbsp;${unit.short}</text>
    </g>
    <path class="canary-area" d="M${LEFT} ${BOTTOM}${line}V${BOTTOM}Z" />
    <path class="canary line" d="M${LEFT} ${y(all[0].pct)}${line}" />
  </svg>`;
}
