/** A rule of the policy as a row of fields. */

import { removeButton } from './buttons.js';
import { catalogue } from '../base/catalogue.js';
import { h } from '../base/dom.js';
import { get } from '../base/json-path.js';
import { fieldOf, kept, parametersOf, startRule } from './rule-fields.js';

/** @import { Json } from '../base/json-path.js' */
/** @import { Kit } from './panel.js' */

/**
 * @param {Kit} kit
 * @param {Json} rule
 * @param {number} i
 */
export function ruleRow(kit, rule, i) {
  const path = `rules[${i}]`;
  const present = () => /** @type {{ [key: string]: Json }} */ (get(kit.draft(), path) ?? {});
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
