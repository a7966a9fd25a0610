/**
 * Settings that are a word, or a word with parameters: `"promote"` or
 * `{ "extend": { "max_ticks": 5, "then": "pause" } }`.
 */

import type { Json } from '../base/json-path.ts';
import { get } from '../base/json-path.ts';
import type { FieldSpec } from './field.ts';
export type Choice = {
  word: string;
  name: string;
  start?: Json;
  fields?: (Omit<FieldSpec, 'path'> & { key?: string })[];
};

/** The word that is chosen. */
export function wordOf(value: Json | undefined, otherwise: string) {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) return Object.keys(value)[0] ?? otherwise;
  return otherwise;
}

/** How a regression arrives. */
export const ARRIVALS: Choice[] = [
  { word: 'at_once', name: 'at once' },
  {
    word: 'late',
    name: 'late',
    start: { start_tick: 8 },
    fields: [{ key: 'start_tick', label: 'from tick' }],
  },
  {
    word: 'leak',
    name: 'as a leak',
    start: { start_tick: 1, ramp_ticks: 15 },
    fields: [
      { key: 'start_tick', label: 'from tick' },
      { key: 'ramp_ticks', label: 'full after', unit: 'ticks' },
    ],
  },
  {
    word: 'under_load',
    name: 'only under load',
    start: { from_load: 1, full_load: 1.5 },
    fields: [
      { key: 'from_load', label: 'none up to', unit: '× load' },
      { key: 'full_load', label: 'full from', unit: '× load' },
    ],
  },
  {
    word: 'cold_start',
    name: 'as a cold start',
    start: { half_life_ticks: 2 },
    fields: [{ key: 'half_life_ticks', label: 'half healed in', unit: 'ticks' }],
  },
];

/** What follows a stage that no rule can judge. */
export const INCONCLUSIVE: Choice[] = [
  { word: 'promote', name: 'promote' },
  { word: 'pause', name: 'pause' },
  { word: 'rollback', name: 'roll back' },
  {
    word: 'extend',
    name: 'extend the stage',
    start: { max_ticks: 5, then: 'pause' },
    fields: [
      { key: 'max_ticks', label: 'at most', unit: 'ticks' },
      {
        key: 'then',
        label: 'then',
        options: [
          ['promote', 'promote'],
          ['pause', 'pause'],
          ['rollback', 'roll back'],
        ],
      },
    ],
  },
];

/** Whether a passed stage waits; no word is no pause. */
export const STAGE_PAUSES: Choice[] = [
  { word: '', name: 'no' },
  { word: 'manual', name: 'until told' },
  { word: 'ticks', name: 'for a time', start: 3, fields: [{ label: 'pause', unit: 'ticks' }] },
];

/** The value a word starts with, `undefined` for none. */
export function startValue(choices: Choice[], word: string): Json | undefined {
  const start = choices.find((choice) => choice.word === word)?.start;
  if (start !== undefined) return { [word]: start };
  return word === '' ? undefined : word;
}

/** The fields of the word that is chosen. */
export function choiceFields(choices: Choice[], draft: Json, path: string): FieldSpec[] {
  const chosen = choices.find(({ word }) => word === wordOf(get(draft, path), choices[0].word));
  return (chosen?.fields ?? []).map(({ key, ...field }) => ({
    ...field,
    path: [path, chosen?.word, key].filter(Boolean).join('.'),
  }));
}

/** The words chosen at some paths, for a panel's structure. */
export const wordsAt = (draft: Json, paths: string[]) => paths.map((path) => wordOf(get(draft, path), '')).join();
