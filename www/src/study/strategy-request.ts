/**
 * Four strategies, presets of the one engine, on one release: what is asked of
 * a study, and what its report says of each. Pure functions, no document.
 */

import type { Json } from '../base/json-path.ts';
import { catalogue } from '../engine/catalogue.ts';
import type { Policy, StudyCase, StudyReport } from '../engine/engine.ts';
import { presetNamed } from '../engine/engine.ts';
import type { StudyRequest } from '../engine/study-loop.ts';
import { withPolicy } from './policies.ts';

/** A policy with a plan of its own. */
export type Strategy = Omit<Policy, 'stages'> & {
  name: string;
  stages: { traffic_pct: number; duration_ticks: number }[];
};
export type Distribution = NonNullable<StudyCase['exposed_requests']>;
/** What a study says of a strategy on the bad release. */
export type StrategyFigures = {
  bad: StudyCase;
  /** the same strategy on a healthy release */
  healthy: StudyCase;
  /** requests that the release answered up to the horizon, mean */
  exposed: number;
  /** of all requests up to the horizon, 0..1 */
  exposedPart: number;
  /** excess errors, of those there are where nobody looks, 0..1 */
  failedPart: number;
  /** ticks from the first bad one until all   traffic is back on the baseline; of the runs rolled back since then, `null` if there is none */
  back: Distribution | null;
};

/** Seeds of the study, from 0. */
export const RUNS = 10_000;

/** @param name of a preset */
const configOf = (name: string) => JSON.parse(presetNamed(name)?.json ?? '{}');

export const STRATEGIES: Strategy[] = ['canary', 'blue-green', 'rolling', 'all-at-once'].map(configOf);

/** How long each plan takes, in ticks: the four are equally long. */
export const PLANNED_TICKS = STRATEGIES[0].stages.reduce((ticks, stage) => ticks + stage.duration_ticks, 0);
/** Over which harm is charged: as long again, for going back and for what nobody notices. */
export const HORIZON_TICKS = 2 * PLANNED_TICKS;

/** Bad releases to choose from, beside the one on the page. */
export const RELEASES = {
  twice: { name: 'twice the errors', canary: configOf('twice-the-errors').canary },
  five: { name: 'five times the errors', canary: { error_ratio: 5 } },
  leak: { name: 'a slow leak', canary: configOf('slow-leak').canary },
} as Record<string, { name: string; canary: Json }>;

/**
 * A strategy in the world of a configuration.
 *
 * @param canary the release
 */
export function withStrategy({ name, ...policy }: Strategy, config: { [key: string]: Json }, canary: Json): Json {
  const keys = catalogue().parts.world.filter((key) => key in config);
  const world = Object.fromEntries(keys.map((key) => [key, config[key]]));
  return withPolicy({ name, ...world, canary }, policy as unknown as Json);
}

/**
 * The four on the same seeds, with two measures beside them: all traffic on the
 * release while nobody looks, up to the horizon and up to the plans' end.
 *
 * @param canary the release
 */
export const strategyRequest = (config: { [key: string]: Json }, canary: Json): StudyRequest => ({
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

/** What nobody's looking would come to, means up to the horizon. */
export function unwatched({ policies }: StudyReport) {
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
 */
export function strategyFigures(report: StudyReport): StrategyFigures[] {
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

const mean = (distribution: Distribution | null) => distribution?.mean ?? 0;
