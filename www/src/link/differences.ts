/** A configuration as what differs from another, place by place, and back. */

import type { Json } from '../base/json-path.ts';
import { isObject } from '../base/json-path.ts';
import { MOST_DEPTH } from './value.ts';
export type Maybe = Json | undefined;
/** A place and what stands there; `undefined` where nothing does. */
export type Difference = [path: string, value: Maybe];

/** A path has names that can stand in a link as they are. */
const NAME = /^[A-Za-z_][\w-]*$/;
const PATH = /^(?:\.[A-Za-z_][\w-]*|\[\d{1,6}\])*$/;
/** Names that are no places in an object of one's own. */
const INHERITED = ['__proto__', 'constructor', 'prototype'];

/**
 * What has to be put into one configuration to get another. What is missing and
 * what is there with its default are the same.
 *
 * @param usual the defaults of what may be missing
 * @param path where all three stand
 */
export function differences(wanted: Maybe, base: Maybe, usual: Maybe, path: string = ''): Difference[] {
  if (wanted === undefined) {
    const same = usual === undefined ? base === undefined : differences(usual, base, usual).length === 0;
    return same ? [] : [[path, undefined]];
  }
  const before = base === undefined ? usual : base;
  if (isObject(wanted) && !Array.isArray(before)) {
    const inside = within(wanted, base, usual, path);
    if (inside.length === 0 && isObject(before)) return [];
    const names = Object.keys({ ...wanted, ...(isObject(before) ? before : {}) });
    return inside.length > 0 && names.every(isName) ? inside : [[path, wanted]];
  }
  if (Array.isArray(wanted) && Array.isArray(before) && wanted.length === before.length) {
    return wanted.flatMap((value, i) => differences(value, before[i], undefined, `${path}[${i}]`));
  }
  return wanted === before ? [] : [[path, wanted]];
}

function within(wanted: { [key: string]: Json }, base: Maybe, usual: Maybe, path: string) {
  const keys = new Set([wanted, base, usual].flatMap((value) => (isObject(value) ? Object.keys(value) : [])));
  // Sorted, so that the order in which people edit leaves no trace.
  return [...keys]
    .sort()
    .flatMap((key) => differences(own(wanted, key), own(base, key), own(usual, key), `${path}.${key}`));
}

/**
 * A copy of a configuration with another value at a path.
 *
 * @param path as in the engine's messages, with a dot before a name: `.stages[2].traffic_pct`
 * @param value `undefined` removes the key
 * @throws what is wrong with the path
 */
export function placed(root: Json, path: string, value: Maybe): Json {
  const keys = Array.from(path.matchAll(/\[(\d+)\]|\.([^.[]+)/g), ([, index, name]) =>
    index === undefined ? name : Number(index),
  );
  if (!PATH.test(path) || keys.length > MOST_DEPTH || keys.some((key) => INHERITED.includes(String(key)))) {
    throw new Error('no place in a configuration, expected a path like stages[2].traffic_pct');
  }
  return at(root, keys, value);
}

function at(node: Maybe, [key, ...rest]: (string | number)[], value: Maybe): Json {
  if (key === undefined) {
    if (!isObject(value)) throw new Error('expected a configuration, in braces');
    return value;
  }
  const next = () => (rest.length > 0 ? at(own(node, key), rest, value) : value);
  if (typeof key === 'number') return withEntry(node ?? [], key, next);
  if (Array.isArray(node)) throw new Error(`a list has no ${key}, expected an index like [0]`);
  const copy = isObject(node) ? { ...node } : {};
  const child = next();
  if (child === undefined) delete copy[key];
  else copy[key] = child;
  return copy;
}

/** @param next what is to stand there */
function withEntry(list: Json, index: number, next: () => Maybe) {
  if (!Array.isArray(list)) throw new Error(`[${index}] is no place here, expected the name of a key`);
  if (index > list.length) {
    throw new Error(`the list has ${list.length} entries, expected an index from 0 to ${list.length}`);
  }
  const child = next();
  if (child === undefined) throw new Error('expected a value; a list without an entry is written whole');
  return [...list.slice(0, index), child, ...list.slice(index + 1)];
}

const isName = (key: string) => NAME.test(key) && !INHERITED.includes(key);

const own = (value: Maybe, key: string | number): Maybe =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as { [key: string]: Json })[key]
    : undefined;
