/**
 * Four strategies, presets of the one engine, on one release: what is asked of
 * a study, and what its report says of each. Pure functions, no document.
 */

import { catalogue } from '../base/catalogue.js';
import { presetNamed } from '../base/engine.js';
import { withPolicy } from '../study/policies.js';

/** @import { Policy, StudyCase, StudyReport } from '../base/engine.js' */
/** @import { Json } from '../base/json-path.js' */
/** @import { StudyRequest } from '../study/study-loop.js' */

/**
 * A policy with a plan of its own.
 * @typedef {Omit<Policy, "stages"> & { name: string, stages: { traffic_pct: number, duration_ticks: number }[] }} Strategy
 */
/** @typedef {NonNullable<StudyCase["exposed_requests"]>} Distribution */
/**
 * What a study says of a strategy on the bad release.
 * @typedef {object} StrategyFigures
 * @property {StudyCase} bad
 * @property {StudyCase} healthy the same strategy on a healthy release
 * @property {number} exposed requests that the release answered up to the horizon, mean
 * @property {number} exposedPart of all requests up to the horizon, 0..1
 * @property {number} failedPart excess errors, of those there are where nobody looks, 0..1
 * @property {Distribution | null} back ticks from the first bad one until all
 *   traffic is back on the baseline; of the runs rolled back since then, `null` if there is none
 */

/** Seeds of the study, from 0. */
export const RUNS = 10_000;

/** @param {string} name of a preset */
const configOf = (name) => JSON.parse(presetNamed(name)?.json ?? '{}');

/** @type {Strategy[]} */
export const STRATEGIES = ['canary', 'blue-green', 'rolling', 'all-at-once'].map(configOf);

/** How long each plan takes, in ticks: the four are equally long. */
export const PLANNED_TICKS = STRATEGIES[0].stages.reduce((ticks, stage) => ticks + stage.duration_ticks, 0);
/** Over which harm is charged: as long again, for going back and for what nobody notices. */
export const HORIZON_TICKS = 2 * PLANNED_TICKS;

/** Bad releases to choose from, beside the one on the page. */
export const RELEASES = /** @type {Record<string, { name: string, canary: Json }>} */ ({
  twice: { name: 'twice the errors', canary: configOf('twice-the-errors').canary },
  five: { name: 'five times the errors', canary: { error_ratio: 5 } },
  leak: { name: 'a slow leak', canary: configOf('slow-leak').canary },
});

/**
 * A strategy in the world of a configuration.
 * @param {Strategy} strategy
 * @param {{ [key: string]: Json }} config
 * @param {Json} canary the release
 * @returns {Json}
 */
export function withStrategy({ name, ...policy }, config, canary) {
  const keys = catalogue().parts.world.filter((key) => key in config);
  const world = Object.fromEntries(keys.map((key) => [key, config[key]]));
  return withPolicy({ name, ...world, canary }, /** @type {Json} */ (/** @type {unknown} */ (policy)));
}

/**
 * The four on the same seeds, with two measures beside them: all traffic on the
 * release while nobody looks, up to the horizon and up to the plans' end.
 * @param {{ [key: string]: Json }} config
 * @param {Json} canary the release
 * @returns {StudyRequest}
 */
export const strategyRequest = (config, canary) => ({
  config: JSON.stringify(withStrategy(STRATEGIES[0], config, canary)),
  options: {
    runs: RUNS,
    seed: 0,
    horizon_ticks: HORIZON_TICKS,
    policies: [
      ...STRATEGIES.slice(1).map(({ name, ...policy }) => ({ name, policy })),
      ...[HORIZON_TICKS, PLANNED_TICKS].map((duration_ticks) => ({
        policy: { stages: [{ traffic_pct: 100, duration_ticks }] },
      })),
    ],
  },
  milestones: [100, 1_000],
});

/**
 * What nobody's looking would come to, means up to the horizon.
 * @param {StudyReport} report
 */
export function unwatched({ policies }) {
  const [toHorizon, toPlansEnd] = policies.slice(STRATEGIES.length - 1);
  const requests = mean(toHorizon.healthy.exposed_requests);
  return {
    requests,
    /** After the plans' end, where a completed release has all traffic. */
    later: requests - mean(toPlansEnd.healthy.exposed_requests),
    excess: mean((toHorizon.release ?? toHorizon.healthy).excess_errors),
  };
}

/**
 * By strategy, in their order. The study counts requests exposed until a
 * rollout ends and ticks until the decision; to these are added what a
 * completed release answers up to the horizon, and the time that going back takes.
 * @param {StudyReport} report
 * @returns {StrategyFigures[]}
 */
export function strategyFigures(report) {
  const { requests, later, excess } = unwatched(report);
  return STRATEGIES.map(({ rollback_ticks = 0 }, i) => {
    const { healthy, release } = i === 0 ? report : report.policies[i - 1];
    const bad = release ?? healthy;
    const exposed = mean(bad.exposed_requests) + bad.p_completed.estimate * later;
    const decided = bad.ticks_to_rollback;
    return {
      bad,
      healthy,
      exposed,
      exposedPart: exposed / requests,
      failedPart: excess > 0 ? mean(bad.excess_errors) / excess : 0,
      back: decided && {
        mean: decided.mean + rollback_ticks,
        p50: decided.p50 + rollback_ticks,
        p95: decided.p95 + rollback_ticks,
      },
    };
  });
}

/** @param {Distribution | null} distribution */
const mean = (distribution) => distribution?.mean ?? 0;
