/** What the page asks of a study: both releases, sweeps, and another policy. */

import type { Json } from '../base/json-path.ts';
import { put } from '../base/json-path.ts';
import type { Report } from '../engine/engine.ts';
import { validate } from '../engine/engine.ts';
import type { StudyOrder } from '../engine/study-loop.ts';
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
const TRAFFIC = 'traffic.requests_per_second';
/** How many more between two of them, around the smallest that is caught. */
const BETWEEN = 3;
/** The steps of traffic, three to a factor of ten, up and down from the configured one. */
const STEPS = [-3, -2, -1, 0, 1, 2, 3];
const FEW_STEPS = [-3, 0, 3];
/** Runs while a limit is dragged, by default, while nobody does anything, and when asked for. */
export const RUNS = { dragging: WALL, shown: 2_000, idle: 10_000, many: 100_000 };

/** What is asked where nobody says otherwise: the other policy, bad releases among ours in percent, what the curve goes along. */
export const USUAL = { rival: 'evidence', badShare: 5, along: 'ratio' } as const;

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
    ? put(draft, 'canary.error_ratio', BAD_RATIO)
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
 * @param report of its rollout
 * @param rival the policy to compare with, where the plan allows it
 * @param extent `brief`: at fewer ratios; `little`: this policy alone, at a few; `near`: at these ratios, too; `traffic`: along
 *   traffic as well
 */
export function studyOrder(
  config: string,
  report: Report,
  rival: PolicyName,
  runs: number,
  { brief, little, near = [], traffic }: { brief?: boolean; little?: boolean; near?: number[]; traffic?: boolean } = {},
): StudyOrder & { own: StudyOrder | null; beside: StudyOrder[] } {
  const studied = studiedConfig(config, report);
  const common = {
    runs,
    seed: firstSeed(report.seed),
    policies:
      little || !isPossible(rival, report.config) ? [] : [{ name: rival, policy: policyOf(rival, report.config) }],
  };
  const bad = isHealthy(report) ? { ...common, set: [{ field: 'canary.error_ratio', value: BAD_RATIO }] } : common;
  const ratios = little ? FEW_RATIOS : brief ? SOME_RATIOS : RATIOS;
  const values = [...new Set([...ratios, ...near])].sort((a, b) => a - b);
  const options = { ...bad, sweep: { field: 'canary.error_ratio', values } };
  const isOther = isHealthy(report) && !isAsBaseline(report);
  const own = isOther ? { config, options: common } : null;
  if (!traffic) return { config: studied, options, own, beside: [] };
  const draft = JSON.parse(studied);
  // What passes the engine's limits is not asked for.
  const allowed = (value: number) => validate(JSON.stringify(put(draft, TRAFFIC, value))).problems.length === 0;
  const sweep = {
    field: TRAFFIC,
    values: trafficsAround(report, little ? FEW_STEPS : STEPS).filter(allowed),
  };
  return {
    config: studied,
    options,
    own,
    beside: [
      { config: studied, options: { ...bad, sweep } },
      ...(own ? [{ config, options: { ...common, sweep } }] : []),
    ],
  };
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
  const { error_ratio, latency_ratio } = report.config.canary;
  const worse = [
    error_ratio > 1 ? `${error_ratio} times the errors` : '',
    latency_ratio > 1 ? `${latency_ratio} times the latency` : '',
  ].filter(Boolean);
  return worse.join(' and ') || 'this release';
}
