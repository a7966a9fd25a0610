/** What is asked of a search, as links say it: what differs from the page's own. */

import type { Json } from '../base/json-path.ts';
import { isObject } from '../base/json-path.ts';
import type { Settings } from '../search/settings.ts';
import { RUNS, USUAL } from '../search/settings.ts';
import { readValue, writeValue } from './value.ts';

/** Numbers, as they are typed. */
const NUMBERS = ['falsely', 'missed', 'ratio', 'waits', 'worst'] as const;
/** Fields of which a link tells, and characters of what is typed in one. */
const [MOST_FIELDS, MOST_TYPED] = [100, 1000];

/** Settings as the text of a link; `null` where they are the page's own. */
export function searchChoiceOf(settings: Settings): string | null {
  const { isWaitBound, least, runs, evidence, fields } = settings;
  const numbers = NUMBERS.filter((name) => settings[name] !== USUAL[name] && (name !== 'waits' || isWaitBound));
  const typed = Object.entries(fields).flatMap(([path, { on, values }]): [string, Json][] => {
    if (on === false) return [[path, false]];
    return values === undefined ? (on === undefined ? [] : [[path, true]]) : [[path, values]];
  });
  const said: Record<string, Json> = {
    ...Object.fromEntries(numbers.map((name) => [name, settings[name]])),
    ...(isWaitBound ? { waits: settings.waits } : {}),
    ...(least === USUAL.least ? {} : { least }),
    ...(runs === USUAL.runs ? {} : { runs }),
    ...(evidence === USUAL.evidence ? {} : { evidence }),
    ...(typed.length > 0 ? { fields: Object.fromEntries(typed) } : {}),
  };
  return Object.keys(said).length > 0 ? writeValue(said) : null;
}

/**
 * The settings that a link says.
 *
 * @throws what was expected in their place
 */
export function searchSettingsOf(text: string | null): Settings {
  if (text === null) return { ...USUAL };
  const said = readValue(text);
  if (!isObject(said)) throw new Error('found no settings, expected some such as {falsely:"1",missed:"5"}');
  const settings: Settings = { ...USUAL };
  for (const [key, value] of Object.entries(said)) {
    if (NUMBERS.includes(key as (typeof NUMBERS)[number]) && isTyped(value)) {
      settings[key as (typeof NUMBERS)[number]] = value;
      if (key === 'waits') settings.isWaitBound = true;
    } else if (key === 'least' && (value === 'errors' || value === 'time')) settings.least = value;
    else if (key === 'runs' && RUNS.includes(value as number)) settings.runs = value as number;
    else if (key === 'evidence' && typeof value === 'boolean') settings.evidence = value;
    else if (key === 'fields' && isObject(value)) settings.fields = fieldsOf(value);
    else
      throw new Error(
        `${key.slice(0, 40)}: expected one of ${[...NUMBERS, 'least', 'runs', 'evidence', 'fields'].join(', ')} with its value`,
      );
  }
  return settings;
}

const isTyped = (value: Json): value is string => typeof value === 'string' && value.length <= MOST_TYPED;

function fieldsOf(said: { [key: string]: Json }): Settings['fields'] {
  const entries = Object.entries(said);
  const isField = ([path, value]: [string, Json]) =>
    path.length <= MOST_TYPED && path !== '__proto__' && (typeof value === 'boolean' || isTyped(value));
  if (entries.length > MOST_FIELDS || !entries.every(isField))
    throw new Error(`fields: expected at most ${MOST_FIELDS}, each true, false or its values`);
  return Object.fromEntries(
    entries.map(([path, value]) => [
      path,
      typeof value === 'boolean' ? { on: value } : { on: true, values: value as string },
    ]),
  );
}
