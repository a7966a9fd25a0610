/**
 * Policies to put in place of the one on screen, with its world and its stages:
 * the same limits looked at once a stage, or evidence in place of the limits on
 * errors.
 */

import type { Json } from '../base/json-path.ts';
import { get, put } from '../base/json-path.ts';
import { catalogue, isLatencyRule } from '../engine/catalogue.ts';
import type { Policy, ResolvedConfig, Rule } from '../engine/engine.ts';

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
export function rulesOf(name: PolicyName, rules: Rule[]): Rule[] {
  const once = rules.filter(isPlain).map(lookedAtOnce);
  if (name === 'once') return once.length > 0 ? once : COURSE;
  return [EVIDENCE, ...once.filter(({ rule }) => isLatencyRule(rule))];
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
export const isPossible = (name: PolicyName, { stages }: ResolvedConfig) =>
  name !== 'evidence' || stages.some(({ traffic_pct }) => traffic_pct < 100);

/**
 * The policy for a study that compares.
 *
 * @param config whose policy is replaced
 */
export const policyOf = (
  name: PolicyName,
  { rules, stages, on_inconclusive, rollback_ticks }: ResolvedConfig,
): Policy => ({
  rules: rulesOf(name, rules),
  stages,
  on_inconclusive,
  rollback_ticks,
});

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
 * threshold is left beside them.
 */
export function withRules(draft: Json, rules: Rule[]): Json {
  const stages = (get(draft, 'stages') ?? []) as Json[];
  const paths = ['', ...stages.map((_, i) => `stages[${i}].`)].flatMap((at) => LIMITS.map((key) => at + key));
  const bare = paths
    .filter((path) => get(draft, path) !== undefined)
    .reduce((config, path) => put(config, path, undefined), draft);
  return put(bare, 'rules', rules as unknown as Json);
}
