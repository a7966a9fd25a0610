/**
 * Policies to put in place of the one on screen, with its world and its stages:
 * the same limits looked at once a stage, or evidence in place of the limits on
 * errors.
 */

import { catalogue, isLatencyRule } from '../base/catalogue.js';
import { get, put } from '../base/json-path.js';

/** @import { Policy, ResolvedConfig, Rule } from '../base/engine.js' */
/** @import { Json } from '../base/json-path.js' */

/** @typedef {"once" | "evidence"} PolicyName */

/** @type {Record<PolicyName, { button: string, name: string }>} */
export const POLICIES = {
  once: { button: 'Look once a stage', name: 'look once a stage' },
  evidence: { button: 'Let the evidence decide', name: 'let the evidence decide' },
};

/** The limits of the course, for a policy that has none to look at once. */
export const COURSE = [{ rule: 'error_rate_delta', max: 0.02 }];
const EVIDENCE = /** @type {Rule} */ ({ rule: 'sequential', alpha: 0.05 });

/** A rule with a plain limit. @param {Rule} rule */
const isPlain = ({ max }) => max !== undefined;

/**
 * @param {PolicyName} name
 * @param {Rule[]} rules of the policy that is replaced, as resolved
 * @returns {Rule[]}
 */
export function rulesOf(name, rules) {
  const once = rules.filter(isPlain).map(lookedAtOnce);
  if (name === 'once') return once.length > 0 ? once : COURSE;
  return [EVIDENCE, ...once.filter(({ rule }) => isLatencyRule(rule))];
}

/**
 * A rule's limit alone: looked at when a stage ends, over the stage.
 * @param {Rule} rule
 * @returns {Rule}
 */
const lookedAtOnce = ({ rule, max, quantile, stages }) => ({
  rule,
  max,
  ...(quantile === undefined ? {} : { quantile }),
  ...(stages ? { stages } : {}),
});

/**
 * Whether a plan allows a policy: evidence compares with a baseline, and at
 * 100 % none is left.
 * @param {PolicyName} name
 * @param {ResolvedConfig} config
 */
export const isPossible = (name, { stages }) =>
  name !== 'evidence' || stages.some(({ traffic_pct }) => traffic_pct < 100);

/**
 * The policy for a study that compares.
 * @param {PolicyName} name
 * @param {ResolvedConfig} config whose policy is replaced
 * @returns {Policy}
 */
export const policyOf = (name, { rules, stages, on_inconclusive, rollback_ticks }) => ({
  rules: rulesOf(name, rules),
  stages,
  on_inconclusive,
  rollback_ticks,
});

/**
 * The policy of a configuration as text, to compare.
 * @param {Json} draft
 */
export const policyText = (draft) => JSON.stringify(catalogue().parts.policy.map((key) => get(draft, key) ?? null));

/**
 * A configuration's world with the policy of another.
 * @param {Json} world
 * @param {Json} policy
 * @returns {Json}
 */
export const withPolicy = (world, policy) =>
  catalogue().parts.policy.reduce((config, key) => put(config, key, get(policy, key)), world);

/** The limits that stand beside the rules, everywhere or in a stage. */
const LIMITS = ['error_rate_threshold', 'latency_threshold_ms'];

/**
 * A configuration with other rules; nothing else of it changes, but that no
 * threshold is left beside them.
 * @param {Json} draft
 * @param {Rule[]} rules
 * @returns {Json}
 */
export function withRules(draft, rules) {
  const stages = /** @type {Json[]} */ (get(draft, 'stages') ?? []);
  const paths = ['', ...stages.map((_, i) => `stages[${i}].`)].flatMap((at) => LIMITS.map((key) => at + key));
  const bare = paths
    .filter((path) => get(draft, path) !== undefined)
    .reduce((config, path) => put(config, path, undefined), draft);
  return put(bare, 'rules', /** @type {Json} */ (/** @type {unknown} */ (rules)));
}
