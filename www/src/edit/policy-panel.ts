/** The policy as a form: stages, limits, rules, and what else it decides. */

import { h } from '../base/dom.ts';
import { get, listAt } from '../base/json-path.ts';
import { COURSE } from '../study/policies.ts';
import { addButton, removeButton } from './buttons.ts';
import { INCONCLUSIVE, STAGE_PAUSES, wordsAt } from './choice.ts';
import type { OnEdit } from './field.ts';
import type { Kit } from './panel.ts';
import { Panel } from './panel.ts';
import type { OnChange } from './plan-edit.ts';
import { withoutStage, withStageAfter } from './plan-edit.ts';
import { ruleRow } from './rule-row.ts';

export const policyPanel = (onedit: OnEdit, onchange: OnChange) =>
  new Panel(
    'The policy',
    (draft, kit) => [
      h('h4', {}, 'Stages'),
      h(
        'ol',
        { class: 'stage-rows' },
        ...listAt(draft, 'stages').map((_, i, all) => stageRow(kit, onchange, i, all.length)),
      ),
      addButton('Add a stage', () => onchange((config) => withStageAfter(config, listAt(config, 'stages').length - 1))),
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
      addButton('Add a rule', () => kit.edit(`rules[${listAt(draft, 'rules').length}]`, COURSE[0])),
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

function stageRow(kit: Kit, onchange: OnChange, i: number, count: number) {
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
