/** The policy as a form: stages, limits, rules, and what else it decides. */

import { addButton, removeButton } from './buttons.js';
import { INCONCLUSIVE, STAGE_PAUSES, wordsAt } from './choice.js';
import { h } from '../base/dom.js';
import { get, listAt } from '../base/json-path.js';
import { Panel } from './panel.js';
import { withStageAfter, withoutStage } from './plan-edit.js';
import { ruleRow } from './rule-row.js';
import { COURSE } from '../study/policies.js';

/** @import { OnEdit } from './field.js' */
/** @import { Kit } from './panel.js' */
/** @import { OnChange } from './plan-edit.js' */

/**
 * @param {OnEdit} onedit
 * @param {OnChange} onchange
 */
export const policyPanel = (onedit, onchange) =>
  new Panel(
    'The policy',
    (draft, kit) => [
      h('h4', {}, 'Stages'),
      h(
        'ol',
        { class: 'stage-rows' },
        ...listAt(draft, 'stages').map((_, i, all) => stageRow(kit, onchange, i, all.length)),
      ),
      addButton('Add a stage', () =>
        onchange((config) => withStageAfter(config, listAt(config, 'stages').length - 1)),
      ),
      h('h4', {}, 'Limits at a stage’s end, over the baseline'),
      h(
        'div',
        { class: 'fields' },
        kit.field({
          path: 'error_rate_threshold',
          label: 'Error rate',
          unit: 'points',
          scale: 100,
          placeholder: 'none',
        }),
        kit.field({ path: 'latency_threshold_ms', label: 'Latency p99', unit: 'ms', placeholder: 'none' }),
      ),
      h('h4', {}, 'Rules'),
      listAt(draft, 'rules').length === 0 ? h('p', { class: 'quiet' }, 'None beside the limits.') : null,
      h('ol', { class: 'rule-rows' }, ...listAt(draft, 'rules').map((rule, i) => ruleRow(kit, rule, i))),
      addButton('Add a rule', () =>
        kit.edit(`rules[${listAt(draft, 'rules').length}]`, COURSE[0]),
      ),
      h('h4', {}, 'Otherwise'),
      h(
        'div',
        { class: 'fields' },
        ...kit.choice('If a rule is inconclusive', 'on_inconclusive', INCONCLUSIVE),
        kit.field({ path: 'rollback_ticks', label: 'A rollback takes', unit: 'ticks', otherwise: 0 }),
      ),
    ],
    (draft) =>
      JSON.stringify([
        listAt(draft, 'stages').map((_, i) => wordsAt(draft, [`stages[${i}].pause`])),
        listAt(draft, 'rules').map((_, i) => get(draft, `rules[${i}].rule`) ?? null),
        wordsAt(draft, ['on_inconclusive']),
      ]),
    onedit,
  );

/**
 * @param {Kit} kit
 * @param {OnChange} onchange
 * @param {number} i
 * @param {number} count
 */
function stageRow(kit, onchange, i, count) {
  const path = `stages[${i}]`;
  return h(
    'li',
    { class: 'stage-row' },
    kit.field({ path: `${path}.traffic_pct`, label: 'Share', unit: '%' }),
    kit.field({ path: `${path}.duration_ticks`, label: 'Lasts', unit: 'ticks' }),
    kit.field({
      path: `${path}.error_rate_threshold`,
      label: 'Errors over',
      unit: 'points',
      scale: 100,
      placeholder: 'as below',
    }),
    kit.field({
      path: `${path}.latency_threshold_ms`,
      label: 'p99 over',
      unit: 'ms',
      placeholder: 'as below',
    }),
    h('div', { class: 'pause-fields' }, ...kit.choice('Then pause', `${path}.pause`, STAGE_PAUSES)),
    kit.field({ path: `${path}.name`, label: 'Name', kind: 'text', placeholder: 'the share' }),
    removeButton(`Remove stage ${i + 1}`, () => onchange((config) => withoutStage(config, i)), count < 2),
  );
}
