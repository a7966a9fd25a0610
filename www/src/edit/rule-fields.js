/** A rule's parameters as fields of a form, as the engine's catalogue has them. */

import { catalogue, ruleNamed } from '../base/catalogue.js';

/** @import { FieldSpec } from './field.js' */
/** @import { Parameter } from '../base/engine.js' */
/** @import { Json } from '../base/json-path.js' */

/**
 * The parameters of a rule that a form shows: where one option is left there is
 * nothing to choose. Of a rule that nobody knows those that every rule has.
 * @param {string} rule
 */
export function parametersOf(rule) {
  const common = () => catalogue().rules[0].parameters.filter(({ group }) => group !== 'method');
  const parameters = ruleNamed(rule)?.parameters ?? common();
  return parameters.filter(({ options }) => options?.length !== 1);
}

/**
 * @param {Parameter} parameter
 * @param {string} path of the rule
 * @returns {FieldSpec}
 */
export function fieldOf(parameter, path) {
  const { key, label, unit, scale = 1, items, options, only_with, placeholder } = parameter;
  const usual = parameter.default;
  // What is of no use by itself is not shown as if it held.
  const faint = only_with && typeof usual === 'number' ? String(usual * scale) : undefined;
  return {
    path: `${path}.${key}`,
    label,
    unit,
    scale,
    kind: items ? 'numbers' : 'number',
    otherwise: faint === undefined ? usual : undefined,
    placeholder: placeholder ?? faint,
    options: options?.map((option) => [option.value, option.label]),
  };
}

/**
 * A rule to begin with.
 * @param {string} rule
 * @returns {{ [key: string]: Json }}
 */
export function startRule(rule) {
  const starts = parametersOf(rule).flatMap(({ key, start }) => (start === undefined ? [] : [[key, start]]));
  return { rule, ...Object.fromEntries(starts) };
}

/**
 * What a rule keeps when it becomes another: where it holds and what it does.
 * @param {{ [key: string]: Json }} rule
 */
export const kept = (rule) =>
  Object.fromEntries(
    parametersOf(String(rule.rule))
      .filter(({ group, key }) => group === 'action' && rule[key] !== undefined)
      .map(({ key }) => [key, rule[key]]),
  );
