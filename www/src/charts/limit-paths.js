/** From a rule as resolved to where its limit is written in the configuration. */

import { isLatencyRule } from '../base/catalogue.js';
import { get, listAt } from '../base/json-path.js';

/** @import { ResolvedConfig } from '../base/engine.js' */
/** @import { Json } from '../base/json-path.js' */

/**
 * The paths that hold the limit of a rule: its own, or those of the thresholds
 * it stands for. Thresholds' rules come first in the resolved list.
 * @param {Json} draft the configuration as written
 * @param {ResolvedConfig} config as resolved
 * @param {number} index of the rule there
 * @returns {string[]}
 */
export function limitPaths(draft, config, index) {
  const fromThresholds = config.rules.length - listAt(draft, 'rules').length;
  if (index >= fromThresholds) return [`rules[${index - fromThresholds}].max`];
  const key =
    isLatencyRule(config.rules[index].rule) ? 'latency_threshold_ms' : 'error_rate_threshold';
  const stages = config.rules[index].stages ?? config.stages.map((_, i) => i + 1);
  const paths = stages.map((number) => {
    const own = `stages[${number - 1}].${key}`;
    return (get(draft, own) ?? null) === null ? key : own;
  });
  return [...new Set(paths)];
}
