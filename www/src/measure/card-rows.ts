/**
 * The rows of the policy card: what each tells of a policy. The first line is
 * what the policy does; how exactly the simulation knows it stands below.
 */

import { between, chance } from '../base/chance.ts';
import { measuredIn, significant, tickUnit } from '../base/format.ts';
import type { Estimate, MeanDifference, Report } from '../engine/engine.ts';
import type { CaughtFrom, Findings } from '../study/findings.ts';
import { caughtFrom, falseAlarms } from '../study/findings.ts';
import { badRelease, RATIOS } from '../study/study-request.ts';
/**
 * `note` says more of the name; `tell` gives a figure and the lines below it;
 * `when` is where a row is shown at all.
 */
export type Row = {
  key: string;
  name: string;
  note: string;
  tell: (found: Findings) => string[];
  when?: (found: Findings) => boolean;
};

const NONE = ['–'];
const LAST = RATIOS[RATIOS.length - 1];

/**
 * @param report of the rollout on screen
 * @param badShare bad releases among all, 0 to 1
 */
export function cardRows(report: Report, badShare: number): Row[] {
  const { name: unit } = tickUnit(report.config.tick_seconds);
  const ticks = (n: number) => measuredIn(n, unit);
  const requests = (n: number) => measuredIn(n, 'request');
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

const probability = (p: Estimate) => [chance(p), `simulated: ${between(p)}`];

/** @param difference of probabilities */
const points = (difference: Estimate | null | undefined) =>
  comparison(difference, (x) => significant(Number(x.toFixed(1))), 'points', 100);

/** A figure beside that of policy A. */
function comparison(
  difference: Estimate | MeanDifference | null | undefined,
  word: (x: number) => string,
  unit: string,
  scale: number = 1,
) {
  if (!difference) return [];
  const signed = (x: number) => `${x > 0 ? '+' : ''}${word(x * scale)}`;
  const { estimate, low, high } = difference;
  const simulated =
    low === null || high === null ? 'too few runs differ to tell more' : `${signed(low)} to ${signed(high)}`;
  return [`${signed(estimate)}\u00a0${unit} beside A`, `simulated: ${simulated}`];
}

const halfAndTail = (
  spread: { p50: number; p95: number } | null | undefined,
  bound: string,
  word: (n: number) => string,
) => (spread ? [`half ${bound} ${word(spread.p50)}`, `95\u00a0% ${bound} ${word(spread.p95)}`] : NONE);

/** What is known of it stands first: the ratios it lies between. */
function ratio(caught: CaughtFrom) {
  const { estimate, low, high } = caught;
  const told = [bracket(caught)];
  if (low !== null && high !== null && estimate !== null) told.push(`simulated: about ${timesOf(estimate)}`);
  return told;
}

/** The ratios that the smallest one caught lies between: `1.75 to 2 times`. */
export function bracket({ low, high, orLess }: CaughtFrom) {
  if (low === null) return `none up to ${LAST}\u00a0times`;
  if (high === null) return `over ${low}\u00a0times`;
  return orLess && low === 1 ? `${high}\u00a0times or less` : `${low} to ${high}\u00a0times`;
}

/** A ratio between swept ones, told no more exactly than it is known. */
export const timesOf = (x: number) => Number(x.toPrecision(3));
