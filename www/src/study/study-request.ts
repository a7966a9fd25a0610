/**
 * What is studied of the configuration on screen: both releases, along a quantity, and beside
 * another policy. Pure functions, from a configuration to the engine's options and back from its reports.
 */

import { percent } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { put } from '../base/json-path.ts';
import type { FirstRuns, Report, StudyReport } from '../engine/engine.ts';
import { validate } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { StudyOrder, StudyPart } from '../engine/study-loop.ts';
import type { PolicyName } from './policies.ts';
import { isPossible, policyOf } from './policies.ts';

/** Releases of each kind on the walls. */
export const WALL = 100;
/** How much worse the bad release is where the one on screen is healthy. */
const BAD_RATIO = 1.5;
/** Where the curve is measured: errors, times the baseline's. */
export const RATIOS = [1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5];
/** Some of them while a limit is dragged, and a few where the runs are slow, too. */
const SOME_RATIOS = [1, 1.25, 1.5, 2, 3, 5];
const FEW_RATIOS = [1, 1.5, 2, 5];
const ERROR_RATIO = 'canary.error_ratio';
const ERROR_RATE = 'canary.error_rate';
const TRAFFIC = 'traffic.requests_per_second';
/** How many more between two of them, around the smallest that is caught. */
const BETWEEN = 3;
/** The steps of traffic, three to a factor of ten, up and down from the configured one. */
const STEPS = [-3, -2, -1, 0, 1, 2, 3];
const FEW_STEPS = [-3, 0, 3];
const DELAY = 'observation.delay_seconds';
/** Where the curve along the delay is measured, in ticks; the few are for where the runs are slow. */
const DELAYS = [0, 1, 2, 5, 10, 15];
const FEW_DELAYS = [0, 5, 15];
/** Runs while a limit is dragged, by default, while nobody does anything, and when asked for. */
export const RUNS = { dragging: WALL, shown: 2_000, idle: 10_000, many: 100_000 };

/** What the curve goes along: how bad the release is, how much traffic there is, or how late monitoring sees. */
export type Along = 'ratio' | 'traffic' | 'delay';
/** What can be chosen of a study: the other policy, bad releases in percent of all, what the curve goes along. */
export type Choices = { rival: PolicyName; badShare: number; along: Along };
export const USUAL: Readonly<Choices> = { rival: 'evidence', badShare: 5, along: 'ratio' };

/** Whether the release on screen is not the bad one. */
export const isHealthy = ({ truth }: Report) => truth.release === 'healthy';

/**
 * Whether it is as good as the baseline from the start: one that starts cold is
 * healthy, too, but not that.
 */
export const isAsBaseline = (report: Report) =>
  isHealthy(report) && report.config.canary.error_ratio === 1 && report.config.canary.latency_ratio === 1;

/**
 * A configuration with the release that a wall is of; the same one if it is that.
 *
 * @param report of its rollout
 */
export function withRelease(draft: Json, report: Report, healthy: boolean): Json {
  if (healthy) return isHealthy(report) ? draft : put(draft, 'canary', undefined);
  if (!isHealthy(report)) return draft;
  return isAsBaseline(report)
    ? put(put(draft, ERROR_RATE, undefined), ERROR_RATIO, BAD_RATIO)
    : put(draft, 'canary', { error_ratio: BAD_RATIO });
}

/** The seed of a wall's first square: that of the rollout on screen stands on it. */
export const firstSeed = (seed: number) =>
  Math.min(Math.floor(seed / WALL) * WALL, Number.MAX_SAFE_INTEGER - RUNS.many);

/**
 * The configuration to study. A bad release beside a healthy one is that with
 * more errors from the start, so how a healthy one starts is left out of it.
 *
 * @param report of its rollout
 */
const studiedConfig = (config: string, report: Report) =>
  isHealthy(report) && !isAsBaseline(report) ? JSON.stringify(put(JSON.parse(config), 'canary', undefined)) : config;

/**
 * Where the curve along traffic is measured, in requests per second: a tenth to
 * ten times the configured traffic, rounded so that it can be read.
 *
 * @param report of the rollout on screen
 */
export function trafficsAround({ config }: Report, steps: number[] = STEPS) {
  const { requests_per_second: here } = config.traffic;
  return steps.map((step) => (step === 0 ? here : Number((here * 10 ** (step / 3)).toPrecision(2))));
}

/**
 * Where the curve along the delay is measured, in seconds: whole ticks, the configured delay
 * among them, all shorter than the plan.
 *
 * @param report of the rollout on screen
 */
export function delaysOf(report: Report, ticks: number[] = DELAYS) {
  const { tick_seconds, stages, observation } = planOf(report);
  const plan = stages.reduce((sum, { duration_ticks }) => sum + duration_ticks, 0) * tick_seconds;
  const all = [...ticks.map((delay) => delay * tick_seconds), observation?.delay_seconds ?? 0];
  return [...new Set(all)].filter((delay) => delay < plan).sort((a, b) => a - b);
}

/** Studies to run, and what they have found together. */
export type StudyPlan = { studies: StudyOrder[]; resultOf: (parts: StudyPart[]) => StudyResult };
/**
 * What is found so far, with the outcomes of the first runs on either release; `beside` are
 * the reports along traffic or delay, of the bad release and, where it is studied apart, of the healthy one.
 */
export type StudyResult = { report: StudyReport; healthy: FirstRuns; release: FirstRuns; beside: StudyReport[] };
export type Extent = {
  /** At fewer ratios. */
  brief?: boolean;
  /** The policy on screen alone, at a few ratios. */
  little?: boolean;
  /** At these ratios, too. */
  near?: number[];
  /** Along this as well. */
  beside?: Along;
};

/**
 * What to study of a configuration: both releases, the policy and its rival, each also at
 * several ratios of errors.
 *
 * @param report of its rollout
 * @param rival the policy to compare with, where the plan allows it
 * @param workers among which a sweep is divided
 */
export function studyPlan(
  config: string,
  report: Report,
  rival: PolicyName,
  runs: number,
  { brief, little, near = [], beside: along = 'ratio' }: Extent,
  workers: number,
): StudyPlan {
  const studied = studiedConfig(config, report);
  const common = {
    runs,
    seed: firstSeed(report.seed),
    policies:
      little || !isPossible(rival, planOf(report)) ? [] : [{ name: rival, policy: policyOf(rival, planOf(report)) }],
  };
  const bad = isHealthy(report) ? { ...common, set: [{ field: ERROR_RATIO, value: BAD_RATIO }] } : common;
  const ratios = little ? FEW_RATIOS : brief ? SOME_RATIOS : RATIOS;
  const values = [...new Set([...ratios, ...near])].sort((a, b) => a - b);
  const main = divided({ config: studied, options: { ...bad, sweep: { field: ERROR_RATIO, values } } }, workers);
  // A release on screen that is healthy without being as good as the baseline is studied apart.
  const own = isHealthy(report) && !isAsBaseline(report) ? [{ config, options: common }] : [];
  const other =
    along === 'traffic'
      ? { field: TRAFFIC, values: trafficsAround(report, little ? FEW_STEPS : STEPS) }
      : { field: DELAY, values: delaysOf(report, little ? FEW_DELAYS : DELAYS) };
  const beside = (along === 'ratio' ? [] : [{ config: studied, options: bad }, ...own]).map(({ config, options }) =>
    divided(
      { config, options: { ...options, sweep: { ...other, values: allowed(other.field, studied, other.values) } } },
      workers,
    ),
  );
  return {
    studies: [...main, ...own, ...beside.flat()],
    resultOf: (parts) => {
      const rest = [...parts];
      const [first, ...others] = rest.splice(0, main.length);
      const [apart] = rest.splice(0, own.length);
      const found = {
        ...first,
        report: joined([first, ...others]),
        beside: beside.map(({ length }) => joined(rest.splice(0, length))),
      };
      return apart ? withOwnRelease(found, apart) : found;
    },
  };
}

/**
 * A study with a sweep as several, so that several workers can run them: the first with all
 * that is beside the sweep. A point of a sweep does not depend on the others, so the joined
 * report is that of the one study, to the last bit.
 */
function divided(order: StudyOrder, into: number): StudyOrder[] {
  const { sweep, set = [] } = order.options;
  if (!sweep) return [order];
  const { field, values } = sweep;
  return Array.from({ length: Math.min(into, values.length) }, (_, k) => {
    const share = values.filter((_, i) => i % into === k);
    // Of the others, the case beside the sweep is its first point, which is then simulated once.
    const base = k === 0 ? set : [...set.filter((one) => one.field !== field), { field, value: share[0] }];
    return { ...order, options: { ...order.options, set: base, sweep: { field, values: share } } };
  });
}

/** The report of a study that was divided. */
function joined(parts: StudyPart[]): StudyReport {
  const [{ report }] = parts;
  if (!report.sweep) return report;
  const points = parts.flatMap((part) => part.report.sweep?.points ?? []).sort((a, b) => a.value - b.value);
  return { ...report, sweep: { ...report.sweep, points } };
}

/** A result whose healthy cases are those of the release on screen. */
function withOwnRelease(result: StudyResult, { report: own, release }: StudyPart): StudyResult {
  return {
    ...result,
    healthy: release,
    report: {
      ...result.report,
      false_rollback: own.false_rollback,
      healthy: own.release ?? own.healthy,
      policies: result.report.policies.map((other, i) => {
        const { healthy, release, healthy_difference, release_difference } = own.policies[i];
        return {
          ...other,
          healthy: release ?? healthy,
          healthy_difference: release_difference ?? healthy_difference,
        };
      }),
    },
  };
}

/** Those values of a field that are within the engine's limits. */
function allowed(field: string, config: string, values: number[]) {
  const draft = JSON.parse(config);
  return values.filter((value) => validate(JSON.stringify(put(draft, field, value))).problems.length === 0);
}

/**
 * Ratios around the smallest that policies catch, where it lies between two that
 * were studied: so that it is known better.
 *
 * @param brackets by policy
 */
export const ratiosNear = (brackets: { low: number | null; high: number | null }[]) =>
  brackets.flatMap(({ low, high }) =>
    low === null || high === null
      ? []
      : Array.from({ length: BETWEEN }, (_, i) =>
          Number((low * (high / low) ** ((i + 1) / (BETWEEN + 1))).toPrecision(3)),
        ).filter((ratio) => ratio > low && ratio < high),
  );

/** The release that stands for bad, in words: `1.5 times the errors`. */
export function badRelease(report: Report) {
  if (isHealthy(report)) return `${BAD_RATIO} times the errors`;
  const { error_ratio, error_rate, latency_ratio } = report.config.canary;
  const worse = [
    error_rate === undefined ? '' : `${percent(error_rate)} of requests failing`,
    error_ratio > 1 ? `${error_ratio} times the errors` : '',
    latency_ratio > 1 ? `${latency_ratio} times the latency` : '',
  ].filter(Boolean);
  return worse.join(' and ') || 'this release';
}
