/** A rule of the policy as a row of fields. */

import { removeButton } from './buttons.js';
import { h } from './dom.js';
import { get } from './json-path.js';

/** @import { Json } from './json-path.js' */
/** @import { Kit } from './panel.js' */

/**
 * What the limit of a rule is measured in, and where it starts.
 * @typedef {{ name: string, unit: string, scale: number, start: number, quantile: boolean }} RuleKind
 */
const KINDS = /** @type {Record<string, RuleKind>} */ ({
  error_rate: { name: 'error rate', unit: '%', scale: 100, start: 0.02, quantile: false },
  error_rate_delta: {
    name: 'error rate over the baseline',
    unit: 'points',
    scale: 100,
    start: 0.02,
    quantile: false,
  },
  error_rate_ratio: { name: 'error rate by the baseline’s', unit: '×', scale: 1, start: 2, quantile: false },
  latency: { name: 'latency', unit: 'ms', scale: 1, start: 300, quantile: true },
  latency_delta_ms: { name: 'latency over the baseline', unit: 'ms', scale: 1, start: 50, quantile: true },
});

/**
 * A rule to begin with.
 * @param {string} rule
 * @returns {{ [key: string]: Json }}
 */
export const startRule = (rule) => ({ rule, max: KINDS[rule].start });

/**
 * @param {Kit} kit
 * @param {Json} rule
 * @param {number} i
 */
export function ruleRow(kit, rule, i) {
  const path = `rules[${i}]`;
  const name = String(get(rule, 'rule'));
  const kind = KINDS[name];
  const choose = kit.field({
    path: `${path}.rule`,
    label: 'Rule',
    options: Object.entries(KINDS).map(([value, { name: words }]) => [value, words]),
  });
  return h(
    'li',
    { class: 'rule-row' },
    choose,
    kit.field({ path: `${path}.max`, label: 'fails above', unit: kind?.unit, scale: kind?.scale }),
    kind?.quantile && kit.field({ path: `${path}.quantile`, label: 'Quantile', otherwise: 0.99 }),
    kit.field({
      path: `${path}.look`,
      label: 'Looks',
      otherwise: 'stage_end',
      options: [
        ['stage_end', 'at a stage’s end'],
        ['every_tick', 'every tick'],
      ],
    }),
    kit.field({
      path: `${path}.window`,
      label: 'at',
      otherwise: 'stage',
      options: [
        ['tick', 'the tick'],
        ['stage', 'the stage so far'],
        ['rollout', 'the rollout so far'],
      ],
    }),
    kit.field({ path: `${path}.failure_limit`, label: 'Acts after', unit: 'failed looks', otherwise: 1 }),
    kit.field({
      path: `${path}.on_fail`,
      label: 'and then',
      otherwise: 'rollback',
      options: [
        ['rollback', 'rolls back'],
        ['pause', 'pauses'],
      ],
    }),
    kit.field({ path: `${path}.min_requests`, label: 'Needs at least', unit: 'requests', otherwise: 1 }),
    kit.field({ path: `${path}.min_errors`, label: 'and', unit: 'errors', otherwise: 0 }),
    kit.field({ path: `${path}.stages`, label: 'In stages', kind: 'numbers', placeholder: 'all' }),
    removeButton(`Remove rule ${i + 1}`, () => kit.edit(path, undefined)),
  );
}
