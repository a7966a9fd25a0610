/** Places in a JSON value and in its text: `stages[2].traffic_pct`. */

/** @typedef {null | boolean | number | string | Json[] | { [key: string]: Json }} Json */

/**
 * @param {Json | undefined} value
 * @returns {value is { [key: string]: Json }}
 */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * @param {string} path
 * @returns {(string | number)[]}
 */
const keysOf = (path) =>
  Array.from(path.matchAll(/\[(\d+)\]|([^.[\]]+)/g), ([, index, name]) =>
    index === undefined ? name : Number(index),
  );

/**
 * The value at a path, `undefined` if there is none.
 * @param {Json | undefined} value
 * @param {string} path
 * @returns {Json | undefined}
 */
export function get(value, path) {
  for (const key of keysOf(path)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = /** @type {{ [key: string]: Json }} */ (value)[key];
  }
  return value;
}

/**
 * The list at a path, an empty one if there is none.
 * @param {Json} value
 * @param {string} path
 * @returns {Json[]}
 */
export function listAt(value, path) {
  const list = get(value, path);
  return Array.isArray(list) ? list : [];
}

/**
 * A copy with another value at a path; `undefined` removes the key.
 * @param {Json} root
 * @param {string} path
 * @param {Json | undefined} value
 * @returns {Json}
 */
export function put(root, path, value) {
  const keys = keysOf(path);
  const copy = structuredClone(root);
  let parent = /** @type {{ [key: string]: Json }} */ (copy);
  for (const [i, key] of keys.slice(0, -1).entries()) {
    // Its own: a path that others wrote may name what every object inherits.
    if (!Object.hasOwn(parent, key) || typeof parent[key] !== 'object' || parent[key] === null)
      parent[key] = typeof keys[i + 1] === 'number' ? [] : {};
    parent = /** @type {{ [key: string]: Json }} */ (parent[key]);
  }
  const last = keys[keys.length - 1];
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}

/**
 * A copy with the same value at several paths.
 * @param {Json} root
 * @param {string[]} paths
 * @param {Json | undefined} value
 */
export const putAll = (root, paths, value) => paths.reduce((copy, path) => put(copy, path, value), root);

/**
 * A configuration as a text that people read and edit.
 * @param {Json} config
 */
export const textOf = (config) => JSON.stringify(config, null, 2);

/**
 * The object that a text is the JSON of, `undefined` if it is none.
 * @param {string} text
 * @returns {Json | undefined}
 */
export function parsed(text) {
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A string, a bracket, or a number or word, as JSON has them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;

/**
 * Where a path's value stands in a text that is JSON; of a path that is not
 * there, its nearest parent.
 * @param {string} text
 * @param {string} path
 * @returns {{ from: number, to: number }}
 */
export function locate(text, path) {
  const tokens = Array.from(text.matchAll(TOKEN), (match) => ({ text: match[0], at: match.index }));
  let next = 0;
  let found = { from: 0, to: 0, depth: -1 };
  const wanted = keysOf(path);

  /** @param {(string | number)[]} here */
  const value = (here) => {
    const first = tokens[next++];
    if (!first) return;
    const leads = here.every((key, i) => key === wanted[i]);
    if (leads && here.length > found.depth)
      found = { from: first.at, to: first.at + first.text.length, depth: here.length };
    if (first.text === '[') {
      for (let index = 0; tokens[next] && tokens[next].text !== ']'; index += 1) {
        value([...here, index]);
        if (tokens[next]?.text === ',') next += 1;
      }
      next += 1;
    } else if (first.text === '{') {
      while (tokens[next] && tokens[next].text !== '}') {
        const name = tokens[next].text;
        next += 2;
        value([...here, name.slice(1, -1)]);
        if (tokens[next]?.text === ',') next += 1;
      }
      next += 1;
    }
  };
  value([]);
  return { from: found.from, to: found.to };
}

/**
 * The offset of a line and column, both from 1. A column counts characters, as the
 * engine does, not the halves of which JavaScript makes some.
 * @param {string} text
 * @param {number} line
 * @param {number} column
 */
export function offsetOf(text, line, column) {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
  const left = Array.from(lines[line - 1] ?? '').slice(0, Math.max(0, column - 1));
  return Math.min(text.length, before + left.join('').length);
}

/**
 * The line and column of an offset, both from 1; a column counts characters.
 * @param {string} text
 * @param {number} offset
 */
export function placeOf(text, offset) {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: Array.from(lines[lines.length - 1]).length + 1 };
}

/**
 * The string, bracket, number or word that begins at an offset.
 * @param {string} text
 * @param {number} from
 * @returns {{ from: number, to: number }}
 */
export function tokenAt(text, from) {
  let to = Math.min(text.length, from + 1);
  if (text[from] === '"') {
    while (to < text.length && text[to] !== '"') to += text[to] === '\\' ? 2 : 1;
    return { from, to: Math.min(text.length, to + 1) };
  }
  const ends = ' \t\n\r,:[]{}"';
  if (!ends.includes(text[from])) while (to < text.length && !ends.includes(text[to])) to += 1;
  return { from, to };
}
