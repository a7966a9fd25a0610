/** A rule's parameters as fields of a form, as the engine's catalogue has them. */

import type { Json } from '../base/json-path.ts';
import { catalogue, ruleNamed } from '../engine/catalogue.ts';
import type { Parameter } from '../engine/engine.ts';
import type { FieldSpec } from './field.ts';

/**
 * The parameters of a rule that a form shows: where one option is left there is
 * nothing to choose. Of a rule that nobody knows those that every rule has.
 */
export function parametersOf(rule: string) {
  const common = () => catalogue().rules[0].parameters.filter(({ group }) => group !== 'method');
  const parameters = ruleNamed(rule)?.parameters ?? common();
  return parameters.filter(({ options }) => options?.length !== 1);
}

/** @param path of the rule */
export function fieldOf(parameter: Parameter, path: string): FieldSpec {
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

/** A rule to begin with. */
export function startRule(rule: string): { [key: string]: Json } {
  const starts = parametersOf(rule).flatMap(({ key, start }) => (start === undefined ? [] : [[key, start]]));
  return { rule, ...Object.fromEntries(starts) };
}

/** What a rule keeps when it becomes another: where it holds and what it does. */
export const kept = (rule: { [key: string]: Json }) =>
  Object.fromEntries(
    parametersOf(String(rule.rule))
      .filter(({ group, key }) => group === 'action' && rule[key] !== undefined)
      .map(({ key }) => [key, rule[key]]),
  );
