/** What the page asks of a study: both releases, a sweep, and another policy. */

import { put } from '../base/json-path.js';
import { isPossible, policyOf } from './policies.js';

/** @import { Report, StudyOptions } from '../base/engine.js' */
/** @import { Json } from '../base/json-path.js' */
/** @import { PolicyName } from './policies.js' */

/** Releases of each kind on the walls. */
export const WALL = 100;
/** How much worse the bad release is where the one on screen is healthy. */
export const BAD_RATIO = 1.5;
/** Where the curve is measured: errors, times the baseline's. */
export const RATIOS = [1, 1.1, 1.25, 1.5, 2, 3, 5];
/** A few of them, where a limit is dragged and the runs are slow. */
const FEW_RATIOS = [1, 1.5, 2, 5];
/** Runs while a limit is dragged, by default, while nobody does anything, and when asked for. */
export const RUNS = { dragging: WALL, shown: 2_000, idle: 10_000, many: 100_000 };

/** Whether the release on screen is not the bad one. @param {Report} report */
export const isHealthy = ({ truth }) => truth.release === 'healthy';

/**
 * Whether it is as good as the baseline from the start, as a study's healthy
 * release is: one that starts cold is healthy, too, but not that.
 * @param {Report} report
 */
export const isAsBaseline = (report) =>
  isHealthy(report) && report.config.canary.error_ratio === 1 && report.config.canary.latency_ratio === 1;

/**
 * A configuration with the release that a wall is of; the same one if it is that.
 * @param {Json} draft
 * @param {Report} report of its rollout
 * @param {boolean} healthy
 * @returns {Json}
 */
export function withRelease(draft, report, healthy) {
  if (healthy) return isAsBaseline(report) ? draft : put(draft, 'canary', undefined);
  if (!isHealthy(report)) return draft;
  return isAsBaseline(report)
    ? put(draft, 'canary.error_ratio', BAD_RATIO)
    : put(draft, 'canary', { error_ratio: BAD_RATIO });
}

/** The seed of a wall's first square: that of the rollout on screen stands on it. @param {number} seed */
export const firstSeed = (seed) =>
  Math.min(Math.floor(seed / WALL) * WALL, Number.MAX_SAFE_INTEGER - RUNS.many);

/**
 * The configuration to study. A bad release beside a healthy one is that with
 * more errors, so what a healthy one does at its start is left out.
 * @param {string} config
 * @param {Report} report of its rollout
 */
export const studiedConfig = (config, report) =>
  isHealthy(report) && !isAsBaseline(report)
    ? JSON.stringify(put(JSON.parse(config), 'canary', undefined))
    : config;

/**
 * @param {Report} report of the rollout on screen
 * @param {PolicyName} rival the policy to compare with, where the plan allows it
 * @param {number} runs
 * @param {boolean} [little] this policy alone, at a few ratios
 * @returns {StudyOptions}
 */
export const studyOptions = (report, rival, runs, little = false) => ({
  runs,
  seed: firstSeed(report.seed),
  ...(isHealthy(report) ? { set: [{ field: 'canary.error_ratio', value: BAD_RATIO }] } : {}),
  sweep: { field: 'canary.error_ratio', values: little ? FEW_RATIOS : RATIOS },
  policies:
    little || !isPossible(rival, report.config)
      ? []
      : [{ name: rival, policy: policyOf(rival, report.config) }],
});

/**
 * The release that stands for bad, in words: `1.5 times the errors`.
 * @param {Report} report
 */
export function badRelease(report) {
  if (isHealthy(report)) return `${BAD_RATIO} times the errors`;
  const { error_ratio, latency_ratio } = report.config.canary;
  const worse = [
    error_ratio > 1 ? `${error_ratio} times the errors` : '',
    latency_ratio > 1 ? `${latency_ratio} times the latency` : '',
  ].filter(Boolean);
  return worse.join(' and ') || 'this release';
}
