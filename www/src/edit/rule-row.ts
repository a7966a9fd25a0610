/** A rule of the policy as a row of fields. */

import { h } from '../base/dom.ts';
import type { Json } from '../base/json-path.ts';
import { get } from '../base/json-path.ts';
import { catalogue } from '../engine/catalogue.ts';
import { removeButton } from './buttons.ts';
import type { Kit } from './panel.ts';
import { fieldOf, kept, parametersOf, startRule } from './rule-fields.ts';

export function ruleRow(kit: Kit, rule: Json, i: number) {
  const path = `rules[${i}]`;
  const present = () => (get(kit.draft(), path) ?? {}) as { [key: string]: Json };
  return h(
    'li',
    { class: 'rule-row' },
    kit.field(
      { path: `${path}.rule`, label: 'Rule', options: catalogue().rules.map((one) => [one.rule, one.title]) },
      // A rule takes its own parameters only, so another one begins anew.
      (_, chosen) => kit.edit(path, { ...startRule(String(chosen)), ...kept(present()) }),
    ),
    ...parametersOf(String(get(rule, 'rule'))).map((parameter) => kit.field(fieldOf(parameter, path))),
    removeButton(`Remove rule ${i + 1}`, () => kit.edit(path, undefined)),
  );
}
