/** A rule of the policy as a row of fields. */

import { removeButton } from './buttons.js';
import { h } from '../base/dom.js';
import { get } from '../base/json-path.js';
import { RULE_KINDS, startRule } from './rule-kinds.js';

/** @import { Json } from '../base/json-path.js' */
/** @import { Kit } from './panel.js' */

/**
 * @param {Kit} kit
 * @param {Json} rule
 * @param {number} i
 */
export function ruleRow(kit, rule, i) {
  const path = `rules[${i}]`;
  const name = String(get(rule, 'rule'));
  const kind = RULE_KINDS[name];
  return h(
    'li',
    { class: 'rule-row' },
    kit.field(
      {
        path: `${path}.rule`,
        label: 'Rule',
        options: Object.entries(RULE_KINDS).map(([value, { name: words }]) => [value, words]),
      },
      // A rule takes its own parameters only, so another one begins anew.
      (_, chosen) => kit.edit(path, { ...startRule(String(chosen)), ...kept(get(kit.draft(), path)) }),
    ),
    ...(kind?.parameters ?? []).map(({ key, ...field }) => kit.field({ ...field, path: `${path}.${key}` })),
    name !== 'group_sequential' &&
      kit.field({
        path: `${path}.look`,
        label: 'Looks',
        otherwise: kind?.everyTick ? 'every_tick' : 'stage_end',
        options: [
          ['stage_end', 'at a stage’s end'],
          ['every_tick', 'every tick'],
        ],
      }),
    !kind?.gathers &&
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

/**
 * What a rule keeps when it becomes another: where it holds and what it does.
 * @param {Json | undefined} rule
 * @returns {{ [key: string]: Json }}
 */
function kept(rule) {
  const entries = ['stages', 'on_fail', 'failure_limit'].map((key) => [key, get(rule, key)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
