/**
 * What a controller's part of a configuration says, whichever controller it is: its numbers,
 * each with a path and the name that it has in the controller's own configuration, and its
 * metrics. No list of keys stands here; a key's form tells its unit.
 */

import type { Json } from '../base/json-path.ts';
import { get, isObject } from '../base/json-path.ts';
import type { FieldSpec } from './fields.ts';

/** A number of a controller, and the part that it belongs to, in words. */
export type ControllerNumber = { path: string; group: string };

/** `interval_seconds` is `interval` in the controller's own words, in seconds. */
export const ownName = (key: string) =>
  key.replace(/_(seconds|percent)$/, '').replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const unitOf = (key: string) =>
  key.endsWith('_seconds') ? 's' : key.endsWith('_percent') || key === 'percent' ? '%' : undefined;

/** Every number, in the order of the configuration. */
export function numbersOf(root: Json): ControllerNumber[] {
  const found: ControllerNumber[] = [];
  const walk = (value: Json | undefined, path: string) => {
    if (typeof value === 'number') found.push({ path, group: groupOf(root, path) });
    else if (Array.isArray(value)) for (const [i, one] of value.entries()) walk(one, `${path}[${i}]`);
    else if (isObject(value)) for (const key of Object.keys(value)) walk(value[key], path ? `${path}.${key}` : key);
  };
  walk(get(root, 'controller'), 'controller');
  return found;
}

/** The part of a controller that a path is in: `step 2`, `step 2, success-rate`. */
function groupOf(root: Json, path: string) {
  const parts: string[] = [];
  for (const { 0: part, index } of path.matchAll(/(\w+)\[(\d+)\]/g)) {
    const at = path.slice(0, index + part.length);
    const [, list, i] = part.match(/(\w+)\[(\d+)\]/) ?? [];
    const name = get(root, `${at}.name`);
    parts.push(typeof name === 'string' && name ? name : `${singular(list)} ${Number(i) + 1}`);
  }
  return parts.join(', ');
}

const singular = (list: string) => ownName(list).replace(/s$/, '');

const PATH = /^controller(?:\.\w+|\[\d+\])*\.(\w+)$/;

/** The field of a number of a controller; none of what is no number. */
export function controllerSpec(path: string, draft: Json): FieldSpec | undefined {
  const [, key] = path.match(PATH) ?? [];
  const value = get(draft, path);
  if (!key || (value !== undefined && typeof value !== 'number')) return undefined;
  const within =
    path
      .split('.')
      .at(-2)
      ?.replace(/\[\d+\]/, '') ?? '';
  // The number of a pause, and the like, is called by what it is of.
  const label =
    path.split('.').length > 3 && !path.includes(`${within}[`) ? `${ownName(within)} ${ownName(key)}` : ownName(key);
  return { label, unit: unitOf(key) };
}

/** Where a number of a controller stands, in words: `success-rate, failureLimit`. */
export const controllerPlace = (path: string, draft: Json) =>
  [groupOf(draft, path), controllerSpec(path, draft)?.label ?? ''].filter(Boolean).join(', ') || path;

/** A metric of a controller, with its path. */
export type ControllerMetric = { path: string; value: { [key: string]: Json } };

/** Its metrics: what has a name and says what it measures, and guardrails. Those that look alike are named once. */
export function metricsOf(root: Json): ControllerMetric[] {
  const found: ControllerMetric[] = [];
  const walk = (value: Json | undefined, path: string) => {
    if (Array.isArray(value)) for (const [i, one] of value.entries()) walk(one, `${path}[${i}]`);
    else if (isObject(value)) {
      const judges = typeof value.measures === 'string' || /\.guardrails\[\d+\]$/.test(path);
      if (typeof value.name === 'string' && judges) found.push({ path, value });
      for (const key of Object.keys(value)) walk(value[key], `${path}.${key}`);
    }
  };
  walk(get(root, 'controller'), 'controller');
  const texts = found.map(({ value }) => JSON.stringify(value));
  return found.filter((_, i) => texts.indexOf(texts[i]) === i);
}
