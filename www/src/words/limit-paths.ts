/** Where the limit of a rule is written in the configuration. */

import type { Json } from '../base/json-path.ts';
import { get, listAt } from '../base/json-path.ts';
import { isLatencyRule } from '../engine/catalogue.ts';
import type { Planned } from '../engine/plan.ts';

/**
 * The paths that hold the limit of a rule: its own, or those of the thresholds
 * it stands for. Thresholds' rules come first in the resolved list.
 *
 * @param draft the configuration as written
 * @param config as resolved
 * @param index of the rule there
 */
export function limitPaths(draft: Json, config: Planned, index: number): string[] {
  // The limits of a controller's checks are written in its own words.
  if (config.decides) return [];
  const fromThresholds = config.rules.length - listAt(draft, 'rules').length;
  if (index >= fromThresholds) return [`rules[${index - fromThresholds}].max`];
  const key = isLatencyRule(config.rules[index].rule) ? 'latency_threshold_ms' : 'error_rate_threshold';
  const stages = config.rules[index].stages ?? config.stages.map((_, i) => i + 1);
  const paths = stages.map((number) => {
    const own = `stages[${number - 1}].${key}`;
    return (get(draft, own) ?? null) === null ? key : own;
  });
  return [...new Set(paths)];
}
