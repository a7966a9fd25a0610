/**
 * The rows of the policy card: what each tells of a policy. The first line is
 * what the policy does; how exactly the simulation knows it stands below.
 */

import { between, chance } from '../base/chance.js';
import { measuredIn, significant, tickUnit } from '../base/format.js';
import { caughtFrom, falseAlarms } from './findings.js';
import { RATIOS, badRelease } from './study-request.js';

/** @import { Estimate, MeanDifference, Report } from '../base/engine.js' */
/** @import { CaughtFrom, Findings } from './findings.js' */
/**
 * `note` says more of the name; `tell` gives a figure and the lines below it;
 * `when` is where a row is shown at all.
 * @typedef {{
 *   key: string, name: string, note: string, tell: (found: Findings) => string[], when?: (found: Findings) => boolean,
 * }} Row
 */

const NONE = ['–'];
const LAST = RATIOS[RATIOS.length - 1];

/**
 * @param {Report} report of the rollout on screen
 * @param {number} badShare bad releases among all, 0 to 1
 * @returns {Row[]}
 */
export function cardRows(report, badShare) {
  const { name: unit } = tickUnit(report.config.tick_seconds);
  const ticks = (/** @type {number} */ n) => measuredIn(n, unit);
  const requests = (/** @type {number} */ n) => measuredIn(n, 'request');
  return [
    {
      key: 'false_rollback',
      name: 'Healthy release thrown away',
      note: 'false rollback',
      tell: ({ healthy, beside }) => [...probability(healthy.p_rollback), ...points(beside?.healthy)],
    },
    {
      key: 'missed_regression',
      name: 'Bad release missed',
      note: `missed regression: ${badRelease(report)}`,
      tell: ({ release, beside }) =>
        release ? [...probability(release.p_completed), ...points(beside?.missed)] : NONE,
    },
    {
      key: 'waiting',
      name: 'Waits for a person',
      note: 'neither promoted nor rolled back, however long',
      tell: ({ healthy, release }) => [
        `${chance(healthy.p_waiting)} of healthy releases`,
        ...(release ? [`${chance(release.p_waiting)} of bad ones`] : []),
      ],
      when: ({ healthy, release }) => healthy.p_waiting.estimate > 0 || (release?.p_waiting.estimate ?? 0) > 0,
    },
    {
      key: 'caught_from',
      name: 'Smallest error ratio caught',
      note: 'in 95\u00a0% of runs',
      tell: (found) => ratio(caughtFrom(found)),
    },
    {
      key: 'ticks_to_rollback',
      name: 'Time to notice a bad release',
      note: 'where it is caught',
      tell: ({ release }) => halfAndTail(release?.ticks_to_rollback, 'within', ticks),
    },
    {
      key: 'excess_errors',
      name: 'Requests that fail for a bad release',
      note: 'excess errors',
      tell: ({ release, beside }) => [
        ...halfAndTail(release?.excess_errors, 'at most', requests),
        ...comparison(beside?.excess, significant, 'requests on average'),
      ],
    },
    {
      key: 'duration_ticks',
      name: 'Time a healthy release takes',
      note: 'to its end, or to its rollback',
      tell: ({ healthy }) => halfAndTail(healthy.duration_ticks, 'within', ticks),
    },
    {
      key: 'false_alarms',
      name: 'Rollbacks that are false alarms',
      note: `if ${significant(badShare * 100)}\u00a0% of releases are bad`,
      tell: (found) => {
        const share = falseAlarms(found, badShare);
        return share ? probability(share) : ['no rollbacks'];
      },
    },
  ];
}

/** @param {Estimate} p */
const probability = (p) => [chance(p), `simulated: ${between(p)}`];

/** @param {Estimate | null | undefined} difference of probabilities */
const points = (difference) => comparison(difference, (x) => significant(Number(x.toFixed(1))), 'points', 100);

/**
 * A figure beside that of policy A.
 * @param {Estimate | MeanDifference | null | undefined} difference
 * @param {(x: number) => string} word
 * @param {string} unit
 * @param {number} [scale]
 */
function comparison(difference, word, unit, scale = 1) {
  if (!difference) return [];
  const signed = (/** @type {number} */ x) => `${x > 0 ? '+' : ''}${word(x * scale)}`;
  const { estimate, low, high } = difference;
  const simulated =
    low === null || high === null ? 'too few runs differ to tell more' : `${signed(low)} to ${signed(high)}`;
  return [`${signed(estimate)}\u00a0${unit} beside A`, `simulated: ${simulated}`];
}

/**
 * @param {{ p50: number, p95: number } | null | undefined} spread
 * @param {string} bound
 * @param {(n: number) => string} word
 */
const halfAndTail = (spread, bound, word) =>
  spread ? [`half ${bound} ${word(spread.p50)}`, `95\u00a0% ${bound} ${word(spread.p95)}`] : NONE;

/**
 * What is known of it stands first: the ratios it lies between.
 * @param {CaughtFrom} caught
 */
function ratio(caught) {
  const { estimate, low, high } = caught;
  const told = [bracket(caught)];
  if (low !== null && high !== null && estimate !== null) told.push(`simulated: about ${timesOf(estimate)}`);
  return told;
}

/**
 * The ratios that the smallest one caught lies between: `1.75 to 2 times`.
 * @param {CaughtFrom} caught
 */
export function bracket({ low, high, orLess }) {
  if (low === null) return `none up to ${LAST}\u00a0times`;
  if (high === null) return `over ${low}\u00a0times`;
  return orLess && low === 1 ? `${high}\u00a0times or less` : `${low} to ${high}\u00a0times`;
}

/** A ratio between swept ones, told no more exactly than it is known. @param {number} x */
export const timesOf = (x) => Number(x.toPrecision(3));
