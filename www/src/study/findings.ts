/** What a study has found of each policy, and what follows from it. */

import { significant } from '../base/format.ts';
import type { Estimate, MeanDifference, StudyCase } from '../engine/engine.ts';
import type { Along, StudyResult } from './study-request.ts';
/** a probability, or a mean, at a value of what is swept */
export type Point = { at: number; p: Estimate };
/** Excess errors, a mean of a rollout, at a value of what is swept. */
export type MeanPoint = { at: number; mean: number };
/**
 * A policy on healthy and on bad releases. `ratios` are the cases by the ratio of
 * errors, `falsely` and `missed` the two errors along what the curve goes along beside
 * that, `caught` and `excess` what is caught and what it costs there, all empty where it
 * does not; `runs` is how many there were. `beside` is the policy less the one on screen,
 * on the same seeds: of the share of healthy releases rolled back, of the share
 * of bad ones missed, of excess errors a rollout.
 */
export type Findings = {
  name: string;
  runs: number;
  healthy: StudyCase;
  release: StudyCase | null;
  ratios: { at: number; found: StudyCase }[];
  along: Along;
  falsely: Point[];
  missed: Point[];
  caught: Point[];
  excess: MeanPoint[];
  beside: { healthy: Estimate; missed: Estimate | null; excess: MeanDifference | null } | null;
};
export type CaughtFrom = {
  estimate: number | null;
  low: number | null;
  high: number | null;
  orLess: boolean;
  most: number | undefined;
};

/** What "caught" means of a release: in so many of the runs. */
const SURELY = 0.95;

/**
 * @param names of the policy on screen and the other
 * @param along what was studied beside how bad the release is
 * @returns of the policies that were studied
 */
export function findingsOf({ report, beside }: StudyResult, names: string[], along: Along = 'ratio'): Findings[] {
  const [bad = [], own] = beside.map(({ sweep }) => sweep?.points ?? []);
  /** The cases of a healthy release: of the one on screen, if that was studied by itself. */
  const healthy = own ?? bad.map((point) => ({ ...point, policies: point.healthy ?? point.policies }));
  return [report, ...report.policies].map((cases, policy) => ({
    name: names[policy],
    runs: report.runs,
    healthy: cases.healthy,
    release: cases.release,
    ratios: (report.sweep?.points ?? []).map(({ value, policies }) => ({
      at: value,
      found: policies[policy],
    })),
    falsely: healthy.map(({ value, policies }) => ({ at: value, p: policies[policy].p_rollback })),
    missed: bad.map(({ value, policies }) => ({ at: value, p: policies[policy].p_completed })),
    caught: bad.map(({ value, policies }) => ({ at: value, p: policies[policy].p_caught })),
    excess: bad.map(({ value, policies }) => ({ at: value, mean: policies[policy].excess_errors?.mean ?? 0 })),
    along,
    beside: 'healthy_difference' in cases ? differences(report.release, cases) : null,
  }));
}

/** @param own the bad release under the policy on screen */
function differences(
  own: StudyCase | null,
  { release, healthy_difference, release_difference }: StudyResult['report']['policies'][number],
) {
  // Where some runs wait for a person, fewer rollbacks are not more misses.
  const decided = own?.p_waiting.estimate === 0 && release?.p_waiting.estimate === 0;
  return {
    healthy: healthy_difference.p_rollback,
    missed: decided && release_difference ? negative(release_difference.p_rollback) : null,
    excess: release_difference?.excess_errors ?? null,
  };
}

const negative = ({ estimate, low, high }: Estimate) => ({ estimate: -estimate, low: -high, high: -low });

/**
 * The share of a policy's rollbacks that throw away a healthy release, if so
 * many releases are bad; a bad release counts as one even before it turns bad.
 * It rises with the share of healthy releases rolled back and falls with that
 * of bad ones, so its interval goes from the low end of the first with the high
 * end of the second to the opposite. Both intervals hold in at least 90 % of
 * studies, as each does in at least 95 %, and wherever both hold this one does.
 *
 * @param bad the share of bad releases, 0 to 1
 * @returns `null` where nothing is rolled back
 */
export function falseAlarms({ healthy, release }: Findings, bad: number): Estimate | null {
  if (!release) return null;
  const [h, r] = [healthy.p_rollback, release.p_rollback];
  const share = (onHealthy: number, onBad: number) => (onHealthy * (1 - bad)) / (onHealthy * (1 - bad) + onBad * bad);
  const estimate = share(h.estimate, r.estimate);
  if (Number.isNaN(estimate)) return null;
  return { estimate, low: share(h.low, r.high), high: share(h.high, r.low) };
}

/**
 * The smallest ratio of errors that is caught in 95 % of runs. `low` is the last
 * swept ratio before which every one is surely caught less often, as far as the
 * simulation tells, `high` the first from which every one is surely caught as
 * often; as more errors are caught more often, the truth is between them
 * whatever the curve's form: each end is wrong in at most 2.5 % of studies.
 * `estimate` is where a curve through the swept ratios crosses. `null` is none of
 * those swept; `orLess` that the least of them is caught; `most` the largest of them.
 */
export function caughtFrom({ ratios, runs }: Pick<Findings, 'ratios' | 'runs'>): CaughtFrom {
  const points = ratios.filter(({ at }) => at > 1).map(({ at, found }) => ({ at, p: found.p_caught }));
  const from = points.findIndex(({ p }) => p.estimate >= SURELY);
  const unsure = points.findIndex(({ p }) => p.high >= SURELY);
  const sure = points.findLastIndex(({ p }) => p.low < SURELY) + 1;
  return {
    estimate: from < 0 ? null : crossing(points, from, runs),
    low: unsure < 0 ? null : (points[unsure - 1]?.at ?? 1),
    high: points[sure]?.at ?? null,
    orLess: from === 0,
    most: points.at(-1)?.at,
  };
}

/**
 * Where the curve passes 95 %: the logit of the share over the logarithm of the
 * ratio, nearly straight for most rules, by the monotone cubic of Fritsch and
 * Carlson. A straight line between shares would bend the wrong way and cross too
 * far up.
 *
 * @param i the first that is caught surely
 */
function crossing(points: Point[], i: number, runs: number) {
  if (i === 0) return points[0].at;
  const x = points.map(({ at }) => Math.log(at));
  // None and all of the runs are half a run away from it.
  const y = points.map(({ p }) => logit((p.estimate * runs + 0.5) / (runs + 1)));
  const slope = (k: number) => (y[k + 1] - y[k]) / (x[k + 1] - x[k]);
  const tangent = (k: number) => {
    const [before, after] = [k > 0 ? slope(k - 1) : slope(k), k < x.length - 1 ? slope(k) : slope(k - 1)];
    return before * after > 0 ? (2 * before * after) / (before + after) : 0;
  };
  const [width, rise] = [x[i] - x[i - 1], y[i] - y[i - 1]];
  const [first, last] = [tangent(i - 1) * width, tangent(i) * width];
  const curve = (t: number) =>
    y[i - 1] + t * (first + t * (3 * rise - 2 * first - last + t * (first + last - 2 * rise)));
  let [below, above] = [0, 1];
  for (let step = 0; step < HALVINGS; step += 1) {
    const middle = (below + above) / 2;
    if (curve(middle) < logit(SURELY)) below = middle;
    else above = middle;
  }
  return Math.exp(x[i - 1] + above * width);
}

/** Halvings of the way between two ratios, until nothing of it is left to see. */
const HALVINGS = 40;

const logit = (p: number) => Math.log(p / (1 - p));

/** The ratios that the smallest one caught lies between: `1.75 to 2 times`. */
export function bracket({ low, high, orLess, most }: CaughtFrom) {
  if (low === null) return `none up to ${most}\u00a0times`;
  if (high === null) return `over ${low}\u00a0times`;
  return orLess && low === 1 ? `${high}\u00a0times or less` : `${low} to ${high}\u00a0times`;
}

/**
 * A quantile as a bound that holds, in three digits: a study knows it to the
 * unit below 128, and above by the mean of a bin of at most 1/64.
 */
export function atMost(quantile: number) {
  if (quantile < 128) return significant(quantile);
  const end = quantile * (1 + 1 / 64);
  const digit = 10 ** (Math.floor(Math.log10(end)) - 2);
  return significant(Math.ceil(end / digit) * digit);
}
