/**
 * What is asked of a search, as it is typed: the bounds, what is to be least, what may change. From
 * it come the engine's options, the texts of the gate's requirements, and the commands for a terminal.
 */

import type { Json } from '../base/json-path.ts';
import { get, put } from '../base/json-path.ts';
import { catalogue } from '../engine/catalogue.ts';
import type { Rule, SearchOptions } from '../engine/engine.ts';
import type { Planned } from '../engine/plan.ts';
import type { Recorded } from '../engine/recorded.ts';
import { isPossible, rulesOf, withPolicy, withRules } from '../study/policies.ts';
import type { Value, Varied } from './varied.ts';
import { LENGTHS, valuesOf, withValue } from './varied.ts';

/**
 * Numbers as they are typed: `falsely`, `missed` and `waits` in percent, `ratio` and `worst` times the
 * baseline's errors.
 */
export type Settings = {
  falsely: string;
  missed: string;
  ratio: string;
  waits: string;
  isWaitBound: boolean;
  worst: string;
  least: Least;
  runs: number;
  /** Whether policies that judge by evidence are candidates, too. */
  evidence: boolean;
  /** Fields by their path, where they differ from what is usual. */
  fields: Record<string, { on?: boolean; values?: string }>;
};
/** What decides among policies that hold all bounds: failed requests, or the time to full traffic. */
export type Least = 'errors' | 'time';
/** A number of the settings. */
export type NumberName = 'falsely' | 'missed' | 'ratio' | 'waits' | 'worst';

export const USUAL: Readonly<Settings> = {
  falsely: '1',
  missed: '5',
  ratio: '2',
  waits: '10',
  isWaitBound: false,
  worst: '5',
  least: 'errors',
  runs: 2_000_000,
  evidence: true,
  fields: {},
};
/** How many rollouts a search may have. */
export const RUNS = [500_000, 2_000_000, 10_000_000];
/** The most candidates of the grid: so many can be told apart in the drawing. */
const CANDIDATES = 200;

/** Where the figures of a report stand: the bounds in `hold`, what is to be least in `least`. */
export type Order = {
  /** The configuration that was searched, and its fields. */
  draft: Json;
  varied: Varied[];
  options: SearchOptions;
  /** What the bounds are about, in the order of `hold`. */
  bounds: BoundName[];
  /** The index in `least` of failed requests, and of the time to full traffic. */
  errors: number;
  time: number;
  settings: Settings;
  /** The record whose days take the place of the world. */
  recorded?: Recorded | null;
};
export type BoundName = 'falsely' | 'missed' | 'waits';

/** What is wrong with settings: by the name of a number or the path of a field. */
export type Faults = Map<string, string>;

const NUMBERS: Record<NumberName, { from: number; to: number; what: string }> = {
  falsely: { from: 0, to: 100, what: 'a number from 0 to 100' },
  missed: { from: 0, to: 100, what: 'a number from 0 to 100' },
  waits: { from: 0, to: 100, what: 'a number from 0 to 100' },
  ratio: { from: 1, to: 1000, what: 'a number above 1, up to 1,000' },
  worst: { from: 1, to: 1000, what: 'a number above 1, up to 1,000' },
};

/** The varied fields with what was typed of them. */
export const chosenOf = (all: Varied[], { fields }: Settings) =>
  all.map((one) => ({
    ...one,
    values: fields[one.path]?.values ?? one.values,
    isOn: fields[one.path]?.on ?? one.isUsual,
  }));

/** What is wrong with the numbers. */
export function faultsOf(settings: Settings): Faults {
  const faults: Faults = new Map();
  for (const [name, { from, to, what }] of Object.entries(NUMBERS)) {
    const text = settings[name as NumberName].trim();
    if (name === 'waits' && !settings.isWaitBound) continue;
    const number = Number(text);
    const isIn = text !== '' && number >= from && number <= to && (to === 100 || number > from);
    if (!isIn) faults.set(name, `Expected ${what}.`);
  }
  return faults;
}

const part = (percent: string) => Number((Number(percent) / 100).toPrecision(12));

/** The bounds, as requirements of the gate. */
export function boundsOf({
  falsely,
  missed,
  ratio,
  waits,
  isWaitBound,
}: Settings): { name: BoundName; text: string }[] {
  const bad = `error_ratio=${Number(ratio)}`;
  return [
    { name: 'falsely', text: `false_rollback<=${part(falsely)}` },
    { name: 'missed', text: `missed_regression(${bad})<=${part(missed)}` },
    ...(!isWaitBound ? [] : [{ name: 'waits' as const, text: `waiting(${bad})<=${part(waits)}` }]),
  ];
}

/**
 * What the engine is asked.
 *
 * @param all the fields that may be varied
 * @returns what is wrong with the settings, where something is
 */
export function orderOf(draft: Json, plan: Planned, all: Varied[], settings: Settings): Order | Faults {
  const faults = faultsOf(settings);
  const varied = chosenOf(all, settings).filter(({ isOn }) => isOn);
  const vary: SearchOptions['vary'] = [];
  for (const one of varied) {
    const values = valuesOf(one);
    if (typeof values === 'string') faults.set(one.path, values);
    else vary.push({ field: one.path, ...values });
  }
  const policies = settings.evidence ? evidenceOf(draft, plan, varied, settings) : [];
  if (varied.length === 0 && policies.length === 0) faults.set('varied', 'Choose at least one field that may change.');
  if (faults.size > 0) return faults;
  const bounds = boundsOf(settings);
  const errors = `excess_errors(error_ratio=${Number(settings.worst)})`;
  const time = 'ticks(release=healthy)';
  const isErrors = settings.least === 'errors';
  return {
    draft,
    varied,
    options: {
      vary,
      ...(policies.length > 0 ? { policies } : {}),
      hold: bounds.map(({ text }) => text),
      least: isErrors ? [errors, time] : [time, errors],
      runs: settings.runs,
      candidates: CANDIDATES,
    },
    bounds: bounds.map(({ name }) => name),
    errors: isErrors ? 0 : 1,
    time: isErrors ? 1 : 0,
    settings,
  };
}

/** Whether policies that judge by evidence can be candidates. */
export const canBeByEvidence = (plan: Planned) => !plan.decides && isPossible('evidence', plan);

/** Levels of the evidence, in parts of the bound on healthy releases thrown away. */
const LEVELS = [0.5, 1, 2];
/** The most of a level. */
const MOST_LEVEL = 0.5;

/** Policies with the present stages, at each length that may be, that let the evidence decide. */
function evidenceOf(
  draft: Json,
  plan: Planned,
  varied: Varied[],
  { falsely }: Settings,
): NonNullable<SearchOptions['policies']> {
  if (!canBeByEvidence(plan)) return [];
  const lengths = varied.find(({ path }) => path === LENGTHS);
  const typed = lengths ? valuesOf(lengths) : null;
  const each: (Value | null)[] = typed && typeof typed === 'object' && 'values' in typed ? typed.values : [null];
  const usual = rulesOf('evidence', plan.rules);
  const levels = part(falsely) > 0 ? LEVELS.map((level) => level * part(falsely)) : [0.01];
  return [...new Set(levels.map((level) => Number(Math.min(MOST_LEVEL, level).toPrecision(3))))].flatMap((alpha) =>
    each.map((ticks) => {
      const rules = usual.map((rule): Rule => (rule.alpha === undefined ? rule : { ...rule, alpha }));
      const judged = withRules(draft, rules, plan);
      const config = ticks === null ? judged : withValue(judged, LENGTHS, ticks, put);
      const policy = Object.fromEntries(
        catalogue().parts.policy.flatMap((key) => {
          const value = get(config, key);
          return value === undefined ? [] : [[key, value]];
        }),
      );
      return { name: `evidence at ${alpha}${ticks === null ? '' : `, ${ticks} ticks`}`, policy };
    }),
  );
}

/** The configuration of a candidate. */
export function configOf(order: Order, candidate: { values: unknown[]; policy?: string }): Json {
  const { draft, varied, options } = order;
  const named = options.policies?.find(({ name }) => name === candidate.policy);
  if (named) return withPolicy(draft, named.policy as object as Json);
  return varied.reduce<Json>((config, { path }, i) => {
    const value = candidate.values[i] as Json | undefined;
    return value === undefined ? config : withValue(config, path, value, put);
  }, draft);
}
