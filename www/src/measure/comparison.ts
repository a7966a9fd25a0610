/**
 * This policy beside another: which one is better at what, in a sentence, and on demand all
 * figures of both, each with how exactly the simulation knows it.
 */

import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import { between, chance, of100 } from '../base/chance.ts';
import { measuredIn, significant, tickUnit } from '../base/format.ts';
import type { Estimate, MeanDifference, Report } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import type { CaughtFrom, Findings } from '../study/findings.ts';
import { bracket, caughtFrom, falseAlarms } from '../study/findings.ts';
import { leavesOut } from '../study/leaves-out.ts';
import type { PolicyName } from '../study/policies.ts';
import { POLICIES } from '../study/policies.ts';
import { badRelease, isHealthy, USUAL } from '../study/study-request.ts';

export class Comparison {
  #store;
  #leavesOut = leavesOut();
  /** What is wrong with the share of bad releases as it was typed. */
  #fault = '';
  /** Redraws. */
  #onfault;

  constructor(store: Store, onfault: () => void) {
    this.#store = store;
    this.#onfault = onfault;
  }

  template() {
    const { study, session } = this.#store;
    const { found, rival, badShare } = study;
    const findings = found?.findings ?? [];
    const report = found?.report ?? session.report;
    return html`<div class="comparison">
      <h3>Beside another policy</h3>
      <label class="compare">
        Compare with
        <select @change=${({ target }: Event) => (study.rival = (target as HTMLSelectElement).value as PolicyName)}>
          ${Object.entries(POLICIES).map(
            ([value, { name }]) => html`<option value=${value} .selected=${value === rival}>${name}</option>`,
          )}
        </select>
      </label>
      <p class="difference">${findings.length > 0 ? difference(findings[1]) : '\u00a0'}</p>
      <details class="all-figures" ?open=${badShare !== USUAL.badShare}>
        <summary>All figures of both</summary>
        <div class="scroll" tabindex="0" role="group" aria-label="Two policies compared">
          <table>
            <thead>
              <tr>
                <td></td>
                <th scope="col">A: this policy</th>
                <th scope="col">B: ${POLICIES[rival].name}</th>
              </tr>
            </thead>
            <tbody>
              ${rowsOf(report, badShare / 100)
                .filter(({ when }) => !when || findings.some(when))
                .map((row) => rowOf(row, findings))}
            </tbody>
          </table>
        </div>
        ${this.#badShare(findings)}
        <p class="quiet">${found ? about(report, found.result.report.horizon_ticks) : nothing}</p>
      </details>
      ${this.#leavesOut}
    </div>`;
  }

  /** How many of our releases are bad? No study can tell, and on it depends how many rollbacks are false alarms. */
  #badShare(findings: Findings[]) {
    const { study } = this.#store;
    const type = ({ target }: Event) => {
      const { value, validity } = target as HTMLInputElement;
      const valid = value !== '' && validity.valid;
      this.#fault = valid ? '' : 'Expected a number from 0 to 100.';
      if (valid) study.badShare = Number(value);
      else this.#onfault();
    };
    return html`<div class="bad-share">
      <label class="compare">
        Bad releases among ours
        <span
          ><input
            type="number"
            min="0"
            max="100"
            step="any"
            inputmode="decimal"
            .value=${this.#fault ? nothing : String(study.badShare)}
            aria-describedby="bad-share-fault false-alarms"
            aria-invalid=${this.#fault ? 'true' : nothing}
            @input=${type}
          />&nbsp;%</span
        >
      </label>
      <p class="fault" id="bad-share-fault" ?hidden=${!this.#fault}>${this.#fault}</p>
      <p class="false-alarms" id="false-alarms">
        ${findings.map((found, i) => alarms(found, study.badShare / 100, findings.length > 1 ? ` by ${'AB'[i]}` : ''))}
      </p>
    </div>`;
  }
}

function alarms(found: Findings, bad: number, by: string) {
  const share = falseAlarms(found, bad);
  return share
    ? `Of 100 rollbacks${by}, ${of100(share)} would be of healthy releases. `
    : `Nothing is rolled back${by}. `;
}

/** What the other policy does better and worse, as far as the runs tell. */
function difference(other: Findings | undefined) {
  if (!other) return 'With this plan no baseline is left to compare with, so this policy is measured alone.';
  const { name, beside, runs } = other;
  if (!beside) return 'Let the limit go to compare.';
  const word = ({ low, high }: Estimate) => (low > 0 ? 'more' : high < 0 ? 'fewer' : null);
  const healthy = word(beside.healthy);
  const bad = beside.missed && word(beside.missed);
  const parts = [
    `B, ${name}, throws away ${healthy ? `${healthy} healthy releases than this policy` : 'about as many healthy releases as this policy'}`,
    beside.missed === null
      ? 'leaves bad ones to a person, as this one may'
      : `misses ${bad ? `${bad} bad ones` : 'about as many bad ones'}`,
  ];
  return `${parts.join(' and ')}, on the same ${significant(runs)} rollouts.`;
}

function about(report: Report, horizonTicks: number) {
  const until = `${tickUnit(report.config.tick_seconds).name} ${significant(horizonTicks)}`;
  return (
    `${isHealthy(report) ? 'The release on screen is healthy; the bad one is the same with' : 'The bad release is the one on screen:'} ` +
    `${badRelease(report)}. Failures are counted until ${until}: ` +
    'a bad release that is promoted goes on failing at 100\u00a0% of traffic until then. ' +
    'A and B meet the same rollouts, seed by seed. “Simulated” is the 95\u00a0% interval that the runs leave.'
  );
}

/**
 * A row of the table: `cell` gives a figure and the lines below it, `note` stands below the
 * name, `when` says where the row is shown at all.
 */
type Row = {
  key: string;
  name: string;
  note: string;
  cell: (found: Findings) => string[];
  when?: (found: Findings) => boolean;
};

function rowOf({ key, name, note, cell }: Row, findings: Findings[]): TemplateResult {
  const cellOf = (found: Findings | undefined) => {
    const [figure, ...below] = found ? cell(found) : NONE;
    return html`<td>${figure}${below.map((line) => html`<small>${line}</small>`)}</td>`;
  };
  return html`<tr data-row=${key}>
    <th scope="row">${name}<small>${note}</small></th>
    ${cellOf(findings[0])}${cellOf(findings[1])}
  </tr>`;
}

const NONE = ['–'];

/**
 * @param report of the rollout on screen
 * @param badShare bad releases among all, 0 to 1
 */
function rowsOf(report: Report, badShare: number): Row[] {
  const { name: unit } = tickUnit(report.config.tick_seconds);
  const ticks = (n: number) => measuredIn(n, unit);
  const requests = (n: number) => measuredIn(n, 'request');
  return [
    {
      key: 'false_rollback',
      name: 'Healthy release thrown away',
      note: 'false rollback',
      cell: ({ healthy, beside }) => [...probability(healthy.p_rollback), ...points(beside?.healthy)],
    },
    {
      key: 'missed_regression',
      name: 'Bad release missed',
      note: `missed regression: ${badRelease(report)}`,
      cell: ({ release, beside }) =>
        release ? [...probability(release.p_completed), ...points(beside?.missed)] : NONE,
    },
    {
      key: 'waiting',
      name: 'Waits for a person',
      note: 'neither promoted nor rolled back, however long',
      cell: ({ healthy, release }) => [
        `${chance(healthy.p_waiting)} of healthy releases`,
        ...(release ? [`${chance(release.p_waiting)} of bad ones`] : []),
      ],
      when: ({ healthy, release }) => healthy.p_waiting.estimate > 0 || (release?.p_waiting.estimate ?? 0) > 0,
    },
    {
      key: 'caught_from',
      name: 'Smallest error ratio caught',
      note: 'in 95\u00a0% of runs',
      cell: (found) => ratio(caughtFrom(found)),
    },
    {
      key: 'ticks_to_rollback',
      name: 'Time to notice a bad release',
      note: 'where it is caught',
      cell: ({ release }) => halfAndTail(release?.ticks_to_rollback, 'within', ticks),
    },
    {
      key: 'excess_errors',
      name: 'Requests that fail for a bad release',
      note: 'excess errors',
      cell: ({ release, beside }) => [
        ...halfAndTail(release?.excess_errors, 'at most', requests),
        ...compared(beside?.excess, significant, 'requests on average'),
      ],
    },
    {
      key: 'duration_ticks',
      name: 'Time a healthy release takes',
      note: 'to its end, or to its rollback',
      cell: ({ healthy }) => halfAndTail(healthy.duration_ticks, 'within', ticks),
    },
    {
      key: 'false_alarms',
      name: 'Rollbacks that are false alarms',
      note: `if ${significant(badShare * 100)}\u00a0% of releases are bad`,
      cell: (found) => {
        const share = falseAlarms(found, badShare);
        return share ? probability(share) : ['no rollbacks'];
      },
    },
  ];
}

const probability = (p: Estimate) => [chance(p), `simulated: ${between(p)}`];

/** @param difference of probabilities */
const points = (difference: Estimate | null | undefined) =>
  compared(difference, (x) => significant(Number(x.toFixed(1))), 'points', 100);

/** A figure beside that of policy A. */
function compared(
  difference: Estimate | MeanDifference | null | undefined,
  word: (x: number) => string,
  unit: string,
  scale = 1,
) {
  if (!difference) return [];
  const signed = (x: number) => `${x > 0 ? '+' : ''}${word(x * scale)}`;
  const { estimate, low, high } = difference;
  const simulated =
    low === null || high === null ? 'too few runs differ to say more' : `${signed(low)} to ${signed(high)}`;
  return [`${signed(estimate)}\u00a0${unit} beside A`, `simulated: ${simulated}`];
}

const halfAndTail = (
  spread: { p50: number; p95: number } | null | undefined,
  bound: string,
  word: (n: number) => string,
) => (spread ? [`half ${bound} ${word(spread.p50)}`, `95\u00a0% ${bound} ${word(spread.p95)}`] : NONE);

/** The ratios that it surely lies between stand first. */
function ratio(caught: CaughtFrom) {
  const { estimate, low, high } = caught;
  // About as exact as it is known.
  const about = estimate === null ? '' : Number(estimate.toPrecision(3));
  return [bracket(caught), ...(low !== null && high !== null && about ? [`simulated: about ${about}`] : [])];
}
