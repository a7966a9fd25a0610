/**
 * Policies to put in place of the one on screen, with its world and its stages:
 * the same limits looked at once a stage, or evidence in place of the limits on
 * errors.
 */

import type { Json } from '../base/json-path.ts';
import { get, put } from '../base/json-path.ts';
import { catalogue, isLatencyRule } from '../engine/catalogue.ts';
import type { Measures, Policy, Rule } from '../engine/engine.ts';
import type { Planned, PlannedRule } from '../engine/plan.ts';
import { subjectOf } from '../engine/plan.ts';

export type PolicyName = 'once' | 'evidence';

export const POLICIES: Record<PolicyName, { button: string; name: string }> = {
  once: { button: 'Look once a stage', name: 'look once a stage' },
  evidence: { button: 'Let the evidence decide', name: 'let the evidence decide' },
};

/** The limits of the course, for a policy that has none to look at once. */
export const COURSE = [{ rule: 'error_rate_delta', max: 0.02 }];
const EVIDENCE = { rule: 'sequential', alpha: 0.05 } as Rule;

/** A rule with a plain limit. */
const isPlain = ({ max }: Rule) => max !== undefined;

/** @param rules of the policy that is replaced, as resolved */
export function rulesOf(name: PolicyName, rules: PlannedRule[]): Rule[] {
  const once = rules.flatMap(asRule).filter(isPlain).map(lookedAtOnce);
  if (name === 'once') return once.length > 0 ? once : COURSE;
  return [EVIDENCE, ...once.filter(({ rule }) => isLatencyRule(rule))];
}

/** What measures the same as a metric, with the metric's limit. */
const MEASURES: Partial<Record<Measures, string>> = {
  success_rate: 'error_rate',
  error_rate: 'error_rate',
  error_rate_difference: 'error_rate_delta',
  error_rate_ratio: 'error_rate_ratio',
  latency: 'latency',
  latency_difference: 'latency_delta_ms',
  latency_ratio: 'latency_ratio',
};

/** A rule; the rule with the limit of a metric, where there is one. */
function asRule(rule: PlannedRule): Rule[] {
  const { measures, limit = NaN, scale = 1, quantile } = rule;
  if (measures === undefined) return [rule];
  const name = MEASURES[measures];
  const value = Number((limit / scale).toPrecision(9));
  const max = measures === 'success_rate' ? Number((1 - value).toFixed(9)) : value;
  if (!name || !(max >= 0)) return [];
  return [{ rule: name, max, ...(subjectOf(rule) === 'latency' && quantile !== undefined ? { quantile } : {}) }];
}

/** A rule's limit alone: looked at when a stage ends, over the stage. */
const lookedAtOnce = ({ rule, max, quantile, stages }: Rule): Rule => ({
  rule,
  max,
  ...(quantile === undefined ? {} : { quantile }),
  ...(stages ? { stages } : {}),
});

/**
 * Whether a plan allows a policy: evidence compares with a baseline, and at
 * 100 % none is left.
 */
export const isPossible = (name: PolicyName, { stages }: Planned) =>
  name !== 'evidence' || stages.some(({ traffic_pct }) => traffic_pct < 100);

/**
 * The policy for a study that compares.
 *
 * @param config whose policy is replaced
 */
export const policyOf = (name: PolicyName, plan: Planned): Policy => ({
  rules: rulesOf(name, plan.rules),
  stages: stepsOf(plan),
  on_inconclusive: plan.on_inconclusive,
  rollback_ticks: plan.rollback_ticks,
});

/**
 * The stages of a plan. Those of a controller become the steps of a staged policy, whose shares
 * rise: a level without traffic, or no higher than the one before, lengthens that one, and
 * all traffic at last is the promotion.
 */
export function stepsOf({ stages, decides }: Planned): Planned['stages'] {
  if (!decides) return stages;
  const steps: Planned['stages'] = [];
  for (const { name, traffic_pct, duration_ticks } of stages) {
    const last = steps.at(-1);
    if (traffic_pct > (last?.traffic_pct ?? 0)) steps.push({ name, traffic_pct, duration_ticks });
    else if (last) last.duration_ticks += duration_ticks;
  }
  const partial = steps.filter(({ traffic_pct }) => traffic_pct < 100);
  const kept = partial.length > 0 ? partial : steps;
  return kept.map((step) => ({ ...step, duration_ticks: Math.max(1, step.duration_ticks) }));
}

/** The policy of a configuration as text, to compare. */
export const policyText = (draft: Json) =>
  JSON.stringify(catalogue().parts.policy.map((key) => get(draft, key) ?? null));

/** A configuration's world with the policy of another. */
export const withPolicy = (world: Json, policy: Json): Json =>
  catalogue().parts.policy.reduce((config, key) => put(config, key, get(policy, key)), world);

/** The limits that stand beside the rules, everywhere or in a stage. */
const LIMITS = ['error_rate_threshold', 'latency_threshold_ms'];

/**
 * A configuration with other rules; nothing else of it changes, but that no
 * threshold is left beside them. A controller gives way to its own steps.
 *
 * @param plan of the configuration
 */
export function withRules(draft: Json, rules: Rule[], plan: Planned): Json {
  if (get(draft, 'controller') !== undefined) {
    const stages = stepsOf(plan) as object as Json;
    return put(put(put(draft, 'controller', undefined), 'stages', stages), 'rules', rules as unknown as Json);
  }
  const stages = (get(draft, 'stages') ?? []) as Json[];
  const paths = ['', ...stages.map((_, i) => `stages[${i}].`)].flatMap((at) => LIMITS.map((key) => at + key));
  const bare = paths
    .filter((path) => get(draft, path) !== undefined)
    .reduce((config, path) => put(config, path, undefined), draft);
  return put(bare, 'rules', rules as unknown as Json);
}
