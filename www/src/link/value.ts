/**
 * A JSON value as the text of a link: as JSON, but a word needs no quotes where
 * it reads as nothing else. `0.03`, `every_tick`, `[{traffic_pct:5},{traffic_pct:50}]`
 */

import type { Json } from '../base/json-path.ts';

/** How deep lists and objects may stand in one another. */
export const MOST_DEPTH = 32;

/** A number, `true`, `false` or `null`, as JSON has them. */
const LITERAL = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;
/** What needs no quotes within a list or an object. */
const WORD = /^[A-Za-z_][\w-]*$/;
/** A string, to the end where it is not closed; a bracket; whatever else is in one piece. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|[[\]{}]|[^\s[\]{},:"]+/g;

/** @returns never empty */
export function writeValue(value: Json): string {
  const json = JSON.stringify(value);
  if (typeof value === 'string') return isBare(value) ? value : json;
  return json.replace(TOKEN, (token) => {
    const word = token.slice(1, -1);
    return token.startsWith('"') && WORD.test(word) && !LITERAL.test(word) ? word : token;
  });
}

/**
 * The value that a text, not empty, is written for.
 *
 * @throws what was expected in its place
 */
export function readValue(text: string): Json {
  if (!/^[[{"]/.test(text)) return LITERAL.test(text) ? finite(text) : text;
  let depth = 0;
  const json = text.replace(TOKEN, (token) => {
    if (/^[[{]/.test(token) && ++depth > MOST_DEPTH) throw new Error(`at most ${MOST_DEPTH} brackets in one another`);
    if (/^[\]}]/.test(token)) depth -= 1;
    if (/^["[\]{}]/.test(token)) return token;
    return LITERAL.test(token) ? JSON.stringify(finite(token)) : JSON.stringify(token);
  });
  try {
    return JSON.parse(json);
  } catch {
    throw new Error('JSON, in which single words may stand without quotes');
  }
}

/** @param text a literal */
function finite(text: string) {
  const value = JSON.parse(text);
  if (value === Infinity || value === -Infinity) throw new Error('a finite number');
  return value;
}

/** Whether a text reads as itself. */
const isBare = (text: string) =>
  text !== '' && !/^[[{"]/.test(text) && !LITERAL.test(text) && !/\p{Surrogate}/u.test(text);

/** Whether lists and objects stand deeper in one another. */
export const isDeeper = (value: Json, most: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (most === 0 || Object.values(value).some((inner) => isDeeper(inner, most - 1)));
