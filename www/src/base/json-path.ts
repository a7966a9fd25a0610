/** Places in a JSON value and in its text: `stages[2].traffic_pct`. */

import { limits } from '../engine/catalogue.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const keysOf = (path: string): (string | number)[] =>
  Array.from(path.matchAll(/\[(\d+)\]|([^.[\]]+)/g), ([, index, name]) => (index === undefined ? name : Number(index)));

/** The value at a path, `undefined` if there is none. */
export function get(value: Json | undefined, path: string): Json | undefined {
  for (const key of keysOf(path)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as { [key: string]: Json })[key];
  }
  return value;
}

/** The list at a path, an empty one if there is none. */
export function listAt(value: Json, path: string): Json[] {
  const list = get(value, path);
  return Array.isArray(list) ? list : [];
}

/** A copy with another value at a path; `undefined` removes the key. */
export function put(root: Json, path: string, value: Json | undefined): Json {
  const keys = keysOf(path);
  const copy = structuredClone(root);
  let parent = copy as { [key: string]: Json };
  for (const [i, key] of keys.slice(0, -1).entries()) {
    // Its own: a path that others wrote may name what every object inherits.
    if (!Object.hasOwn(parent, key) || typeof parent[key] !== 'object' || parent[key] === null)
      parent[key] = typeof keys[i + 1] === 'number' ? [] : {};
    parent = parent[key] as { [key: string]: Json };
  }
  const last = keys[keys.length - 1];
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}

/** A copy with the same value at several paths. */
export const putAll = (root: Json, paths: string[], value: Json | undefined) =>
  paths.reduce((copy, path) => put(copy, path, value), root);

/** A configuration as a text that people read and edit. */
export const textOf = (config: Json) => JSON.stringify(config, null, 2);

/**
 * What is given as JSON, as text; `undefined` where it is none.
 *
 * @param given a text, or a value
 */
export function jsonOf(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  try {
    return JSON.stringify(given, null, 2);
  } catch {
    return undefined;
  }
}

/**
 * Why a text is not looked at at all; empty where it may be. The engine reads no longer
 * one.
 */
export function tooLong(text: string) {
  const most = limits().config_bytes;
  return text.length > most
    ? `the text has ${text.length.toLocaleString('en')} characters, expected at most ${most.toLocaleString('en')}`
    : '';
}

/** The object that a text is the JSON of, `undefined` if it is none. */
export function parsed(text: string): Json | undefined {
  if (tooLong(text) || isTooDeep(text)) return undefined;
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where a string of JSON ends, past its last quote; of one that is not closed, the text's end.
 *
 * @param from its first quote
 */
function endOfString(text: string, from: number) {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(text.length, at + 1);
}

/**
 * Whether brackets stand too deep in one another. One pass, and no recursion: it is for
 * texts that anybody wrote.
 *
 * @param most as deep as the engine reads, if it is not given
 */
export function isTooDeep(text: string, most: number = limits().config_depth) {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > most) return true;
  }
  return false;
}

/** What ends a number or a word. */
const ENDS = ' \t\n\r,:[]{}"';

/**
 * Where a path's value stands in a text that is JSON; of a path that is not
 * there, its nearest parent. One pass, whatever the text is.
 */
export function locate(text: string, path: string): { from: number; to: number } {
  const wanted = keysOf(path);
  /** The lists and objects around: the index or key that is next, and whether all keys so far lead to the path. */
  const around = [] as { list: boolean; key: string | number; named: boolean; leads: boolean }[];
  let found = { from: 0, to: 0 };
  let depth = -1;
  for (let at = 0; at < text.length; ) {
    const character = text[at];
    const inner = around[around.length - 1];
    let to = at + 1;
    if (character === '"') to = endOfString(text, at);
    else if (!ENDS.includes(character)) while (to < text.length && !ENDS.includes(text[to])) to += 1;
    if (character === ']' || character === '}') around.pop();
    else if (character === ',' && inner) {
      if (inner.list) inner.key = Number(inner.key) + 1;
      inner.named = inner.list;
    } else if (character === '"' && inner && !inner.named) {
      inner.key = text.slice(at + 1, to - 1);
      inner.named = true;
    } else if (!' \t\n\r,:'.includes(character)) {
      const leads = !inner || (inner.leads && inner.key === wanted[around.length - 1]);
      if (leads && around.length > depth) {
        found = { from: at, to };
        depth = around.length;
      }
      const list = character === '[';
      if (list || character === '{') around.push({ list, key: list ? 0 : '', named: list, leads });
    }
    at = to;
  }
  return found;
}

/**
 * The offset of a line and column, both from 1. A column counts characters, as the
 * engine does, not the halves of which JavaScript makes some.
 */
export function offsetOf(text: string, line: number, column: number) {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
  const left = Array.from(lines[line - 1] ?? '').slice(0, Math.max(0, column - 1));
  return Math.min(text.length, before + left.join('').length);
}

/** The line and column of an offset, both from 1; a column counts characters. */
export function placeOf(text: string, offset: number) {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: Array.from(lines[lines.length - 1]).length + 1 };
}

/** The string, bracket, number or word that begins at an offset. */
export function tokenAt(text: string, from: number): { from: number; to: number } {
  let to = Math.min(text.length, from + 1);
  if (text[from] === '"') {
    while (to < text.length && text[to] !== '"') to += text[to] === '\\' ? 2 : 1;
    return { from, to: Math.min(text.length, to + 1) };
  }
  const ends = ' \t\n\r,:[]{}"';
  if (!ends.includes(text[from])) while (to < text.length && !ends.includes(text[to])) to += 1;
  return { from, to };
}
