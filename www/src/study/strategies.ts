/**
 * Four strategies, presets of the one engine, on one release: what is studied of them, and
 * what is found of each. Pure functions.
 */

import type { Json } from '../base/json-path.ts';
import { isObject } from '../base/json-path.ts';
import { catalogue } from '../engine/catalogue.ts';
import type { Policy, StudyCase, StudyReport } from '../engine/engine.ts';
import { presetNamed } from '../engine/engine.ts';
import type { StudyPart, StudyRequest } from '../engine/study-loop.ts';
import { withPolicy } from './policies.ts';

/** A policy with a plan of its own. */
export type Strategy = Omit<Policy, 'stages'> & {
  name: string;
  stages: { traffic_pct: number; duration_ticks: number }[];
};
export type Distribution = NonNullable<StudyCase['exposed_requests']>;
/** What a study finds of a strategy on the bad release. */
export type StrategyFigures = {
  bad: StudyCase;
  /** the same strategy on a healthy release */
  healthy: StudyCase;
  /** requests that fail because of the release, mean */
  failed: number;
  /** the same of the release to contrast with; `null` without one */
  contrast: number | null;
  /** requests that the release answered up to the horizon, mean */
  exposed: number;
  /** of all requests up to the horizon, 0..1 */
  exposedPart: number;
  /** excess errors, of those there are where nobody looks, 0..1 */
  failedPart: number;
  /** excess errors of the runs that are promoted, of all, 0..1 */
  failedAfterPromotion: number;
  /** ticks from the first bad one until all traffic is back on the baseline; of the runs rolled back since then, `null` if there is none */
  back: Distribution | null;
};
/** What is found of all: the requests up to the horizon, and of them those that fail where nobody looks, means. */
export type StrategyReport = { runs: number; requests: number; excess: number; strategies: StrategyFigures[] };

/** Seeds of the study, from 0. */
export const STRATEGY_RUNS = 10_000;
const MILESTONES = [100, ...Array.from({ length: 9 }, (_, i) => (i + 1) * 1_000)];

/** @param name of a preset */
const configOf = (name: string) => JSON.parse(presetNamed(name)?.json ?? '{}');

export const STRATEGIES: Strategy[] = ['canary', 'blue-green', 'rolling', 'all-at-once'].map(configOf);

/** How long each plan takes, in ticks: the four are equally long. */
export const PLANNED_TICKS = STRATEGIES[0].stages.reduce((ticks, stage) => ticks + stage.duration_ticks, 0);
/** Over which harm is counted: as long again, for going back and for what nobody notices. */
export const HORIZON_TICKS = 2 * PLANNED_TICKS;

/** Ratios of errors: one that makes the point of a canary, and one that is the exception. */
const [STRONG, MILD] = [5, 2];
/** Bad releases to choose from, beside the one on the page. */
export const RELEASES: Record<string, { name: string; canary: Json }> = {
  five: { name: 'five times the errors', canary: { error_ratio: STRONG } },
  twice: { name: 'twice the errors', canary: { error_ratio: MILD } },
  leak: { name: 'a slow leak', canary: configOf('slow-leak').canary },
};

/** The same ratio of errors that `canary` is contrasted with, where that differs from it in nothing else. */
export function contrastOf(canary: Json): number | null {
  if (!isObject(canary) || Object.keys(canary).join() !== 'error_ratio') return null;
  return canary.error_ratio === STRONG ? MILD : STRONG;
}

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

/** All traffic on the release while nobody looks, for so many ticks. */
const unwatched = (duration_ticks: number): Strategy => ({
  name: 'unwatched',
  stages: [{ traffic_pct: 100, duration_ticks }],
});

/**
 * The four on the same seeds, and two measures beside them: all traffic on the release while
 * nobody looks, up to the horizon and up to the plans' end. Each is a study of its own.
 *
 * @param canary the release
 */
export function strategyRequest(config: { [key: string]: Json }, canary: Json): StudyRequest {
  const contrast = contrastOf(canary);
  const sweep = contrast === null ? {} : { sweep: { field: 'canary.error_ratio', values: [contrast] } };
  const common = { runs: STRATEGY_RUNS, seed: 0, horizon_ticks: HORIZON_TICKS };
  const study = (strategy: Strategy, options = {}) => ({
    config: JSON.stringify(withStrategy(strategy, config, canary)),
    options: { ...common, ...options },
  });
  return {
    studies: [
      ...STRATEGIES.map((strategy) => study(strategy, sweep)),
      ...[HORIZON_TICKS, PLANNED_TICKS].map((ticks) => study(unwatched(ticks))),
    ],
    milestones: MILESTONES,
  };
}

/**
 * A study counts requests exposed until a rollout ends and ticks until the decision; to these
 * are added what a completed release answers up to the horizon, and the time that going back
 * takes.
 */
export function strategyReport(parts: StudyPart[]): StrategyReport {
  const reports = parts.map(({ report }) => report);
  const [toHorizon, toPlansEnd] = reports.slice(STRATEGIES.length);
  const requests = mean(toHorizon.healthy.exposed_requests);
  const later = requests - mean(toPlansEnd.healthy.exposed_requests);
  const excess = mean(badCase(toHorizon).excess_errors);
  const laterExcess = excess - mean(badCase(toPlansEnd).excess_errors);
  const strategies = STRATEGIES.map(({ rollback_ticks = 0 }, i) => {
    const { healthy, sweep } = reports[i];
    const bad = badCase(reports[i]);
    const promoted = bad.p_completed.estimate;
    const exposed = mean(bad.exposed_requests) + promoted * later;
    const failed = mean(bad.excess_errors);
    const decided = bad.ticks_to_rollback;
    return {
      bad,
      healthy,
      failed,
      contrast: sweep ? mean(sweep.points[0].policies[0].excess_errors) : null,
      exposed,
      exposedPart: exposed / requests,
      failedPart: excess > 0 ? failed / excess : 0,
      failedAfterPromotion: failed > 0 ? Math.min(1, (promoted * laterExcess) / failed) : 0,
      back: decided && {
        mean: decided.mean + rollback_ticks,
        p50: decided.p50 + rollback_ticks,
        p95: decided.p95 + rollback_ticks,
      },
    };
  });
  return { runs: reports[0].runs, requests, excess, strategies };
}

const badCase = ({ healthy, release }: StudyReport) => release ?? healthy;

const mean = (distribution: Distribution | null) => distribution?.mean ?? 0;
