/**
 * The fields of a policy that a search may change, with values around the present ones: the
 * shares and lengths of stages, the limits of rules, and of a controller its own numbers.
 */

import { tidy } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get, isObject, listAt } from '../base/json-path.ts';
import type { Planned } from '../engine/plan.ts';
import { metricsOf, numbersOf } from '../words/controller.ts';
import { placeWords, specOf } from '../words/fields.ts';

/**
 * A field, and the values that it may take, as they are typed: in the unit of the forms, `1, 2, 5`
 * or `1..5` or `1..5/4`; one with `*` in its path stands for all items of a list. `scale` is what
 * a form shows of 1. `isUsual` is one that is varied if nobody says otherwise.
 */
export type Varied = {
  path: string;
  label: string;
  unit: string;
  scale: number;
  values: string;
  isUsual: boolean;
};

export const SHARES = 'stages[*].traffic_pct';
export const LENGTHS = 'stages[*].duration_ticks';

/** Shares of so many stages are varied, at most: there are too many ladders of more. */
const MOST_STAGES = 60;
/** So many limits are varied if nobody says otherwise, and so many numbers of a controller. */
const [USUAL_LIMITS, USUAL_NUMBERS] = [3, 5];
/** Further parameters of a rule that may be varied, with the values of numbers. */
const FURTHER: Record<string, number[] | null> = {
  look: null,
  window: null,
  failure_limit: [1, 2, 3],
  min_requests: null,
};
/** What decides when a rule fails. */
const LIMITS = ['max', 'alpha'];
/** The limits that stand beside the rules. */
const THRESHOLDS = ['error_rate_threshold', 'latency_threshold_ms'];

/** Numbers by which a present one is multiplied. */
const AROUND = [0.5, 0.7, 1, 1.5, 2];
const LENGTHS_AROUND = [0.6, 1, 1.6, 2.4];

/** What may be varied of a configuration. */
export function variedOf(draft: Json, plan: Planned): Varied[] {
  return plan.decides ? ofController(draft, plan) : [...ofStages(draft, plan), ...ofRules(draft)];
}

const digits = (x: number, n = 2) => Number(x.toPrecision(n));
const unique = <T>(values: T[]) => [...new Set(values)];
const inOrder = (values: number[]) => unique(values.map(tidy)).sort((a, b) => a - b);

function field(path: string, draft: Json, values: (number | string)[], isUsual: boolean, label?: string): Varied {
  // A field of all stages has the unit of the first one's.
  const spec = specOf(path.replace('[*]', '[0]'), draft);
  const scale = spec?.scale ?? 1;
  const texts = values.map((value) => (typeof value === 'number' ? String(digits(value * scale, 6)) : value));
  return {
    path,
    label: label ?? placeWords(path, draft),
    unit: spec?.unit ?? '',
    scale,
    values: texts.join(', '),
    isUsual,
  };
}

function ofStages(draft: Json, { stages }: Planned): Varied[] {
  const found: Varied[] = [];
  const shares = stages.map(({ traffic_pct }) => traffic_pct);
  const further = between(shares);
  if (further.length > 0 && shares.length <= MOST_STAGES) {
    const path = shares.length > 1 ? SHARES : 'stages[0].traffic_pct';
    found.push(field(path, draft, inOrder([...shares, ...further]), true, 'shares of traffic'));
  }
  const mean = stages.reduce((sum, { duration_ticks }) => sum + duration_ticks, 0) / stages.length;
  const lengths = inOrder(LENGTHS_AROUND.map((part) => Math.max(1, Math.round(mean * part))));
  if (lengths.length > 1) found.push(field(LENGTHS, draft, lengths, true, 'length of each stage'));
  return found;
}

/** Two shares more, where those of the stages leave the most room; of one stage, some around it. */
function between(shares: number[]) {
  if (shares.length === 1) return inOrder([0.4, 2, 4].map((part) => digits(Math.min(100, shares[0] * part))));
  const gaps = shares.slice(1).map((share, i) => ({ ratio: share / shares[i], middle: Math.sqrt(share * shares[i]) }));
  const wide = gaps.filter(({ ratio }) => ratio > 1.5).sort((a, b) => b.ratio - a.ratio);
  return unique(wide.slice(0, 2).map(({ middle }) => digits(middle, 1))).filter((share) => !shares.includes(share));
}

function ofRules(draft: Json): Varied[] {
  const rules = listAt(draft, 'rules');
  const stages = listAt(draft, 'stages');
  const thresholds = ['', ...stages.map((_, i) => `stages[${i}].`)].flatMap((at) =>
    THRESHOLDS.map((key) => `${at}${key}`),
  );
  const limits = [...thresholds, ...rules.flatMap((_, i) => LIMITS.map((key) => `rules[${i}].${key}`))].filter(
    (path) => Number(get(draft, path)) > 0,
  );
  return [
    ...limits.map((path, i) => field(path, draft, around(Number(get(draft, path))), i < USUAL_LIMITS)),
    ...rules.flatMap((rule, i) =>
      Object.entries(FURTHER).flatMap(([key, numbers]) => ofParameter(draft, rule, `rules[${i}].${key}`, key, numbers)),
    ),
  ];
}

const around = (value: number, parts = AROUND) => inOrder(parts.map((part) => digits(value * part)));

/** A further parameter of a rule: all its words, or numbers. */
function ofParameter(draft: Json, rule: Json, path: string, key: string, numbers: number[] | null): Varied[] {
  const spec = specOf(path, draft);
  if (!spec) return [];
  const present = get(rule, key);
  if (numbers) return [field(path, draft, inOrder([...numbers, Number(present ?? 1)]), false)];
  if (spec.options) {
    const words = spec.options.map(([value]) => value).filter((value) => spec.starts?.[value] === undefined);
    return words.length > 1 && !isObject(present) ? [field(path, draft, words, false)] : [];
  }
  return Number(present) > 0 ? [field(path, draft, around(Number(present)), false)] : [];
}

/** What of a controller decides most is varied: limits of its metrics first, then steps and intervals. */
const IMPORTANT = [
  /(failure_limit|consecutive_\w+_limit|threshold|evaluation_periods|datapoints_to_alarm)$/,
  /interval_seconds$/,
  /(weight|percent|percentage)$/,
  /(duration_seconds|interval_minutes|bake_minutes)$/,
];
/** And these never: they are of the service, or say how a metric's value is read. */
const FIXED =
  /(replicas|scale|ready_seconds|window_seconds|initial_delay_seconds|starting_step|quantile|progress_deadline\w*)$/;

function ofController(draft: Json, plan: Planned): Varied[] {
  const conditions = metricsOf(draft).flatMap(({ path, value }) => {
    const at = 'success_condition';
    const values = conditionsAround(value[at]);
    return values.length > 1
      ? [field(`${path}.${at}`, draft, values, true, `${String(value.name)}, successCondition`)]
      : [];
  });
  const rank = (path: string) => {
    const found = IMPORTANT.findIndex((pattern) => pattern.test(path));
    return found < 0 ? IMPORTANT.length : found;
  };
  const numbers = numbersOf(draft)
    .filter(({ path }) => !FIXED.test(path))
    .map(({ path }) => ({ path, values: numbersAround(path, draft, plan.tick_seconds) }))
    .filter(({ values }) => values.length > 1)
    .sort((a, b) => rank(a.path) - rank(b.path));
  const usual = numbers.slice(0, USUAL_NUMBERS).filter(({ path }) => rank(path) < IMPORTANT.length);
  return [...conditions, ...numbers.map((one) => field(one.path, draft, one.values, usual.includes(one)))];
}

/** Values around a controller's number, as far as its name tells what it is. */
function numbersAround(path: string, draft: Json, tick: number) {
  const value = Number(get(draft, path));
  const ladder = ladderAt(path, draft);
  if (path.endsWith('_seconds')) {
    const all = [0.5, 1, 2].map((part) => Math.round((value * part) / tick) * tick);
    return value > 0 ? inOrder([value, ...all.filter((seconds) => seconds > 0)]) : [];
  }
  if (/(limit|threshold|periods|datapoints_to_alarm|count)$/.test(path) && Number.isInteger(value) && value < 20)
    return inOrder([Math.max(0, value - 1), value, value + 1, value + 3]);
  if (value <= 0) return [];
  // A share of successes is moved by what it leaves.
  if (/\.(min|max)$/.test(path) && value > 80 && value < 100)
    return inOrder([0.5, 1, 2, 4].map((part) => digits(100 - (100 - value) * part, 4)));
  // Between the shares of the steps before and after, so that shares do not fall.
  if (ladder)
    return inOrder([(ladder.before + value) / 2, value, (value + ladder.after) / 2].map(Math.round)).filter(
      (x) => x >= 1,
    );
  if (/(weight|percent|percentage)$/.test(path))
    return inOrder([0.5, 1, 1.5, 2].map((part) => Math.round(value * part)).filter((x) => x >= 1 && x <= 100));
  const all = around(value, [0.5, 1, 2]);
  return Number.isInteger(value) ? inOrder(all.map((x) => Math.max(1, Math.round(x)))) : all;
}

/** The shares of the steps around one of a ladder, in percent. */
function ladderAt(path: string, draft: Json) {
  const [, list, i, key] = path.match(/^(.*)\[(\d+)\]\.(\w*(?:weight|percent|percentage))$/) ?? [];
  if (!list) return null;
  const shares = listAt(draft, list).map((step) => get(step, key));
  const isShare = (share: Json | undefined): share is number => typeof share === 'number';
  return {
    before: shares.slice(0, Number(i)).findLast(isShare) ?? 0,
    after: shares.slice(Number(i) + 1).find(isShare) ?? 100,
  };
}

/** A condition such as `result[0] >= 0.95` with other numbers in the place of its only one. */
function conditionsAround(condition: Json | undefined): string[] {
  if (typeof condition !== 'string') return [];
  const [, before, number, after] = condition.match(/^(\D*\[?\d*\]?\s*[<>]=?\s*)(\d+(?:\.\d+)?)(\s*)$/) ?? [];
  if (number === undefined) return [];
  const value = Number(number);
  const whole = value > 1 && value <= 100 ? 100 : 1;
  const isOfSuccesses = condition.includes('>') && value > 0.8 * whole && value < whole;
  const values = isOfSuccesses
    ? [0.5, 1, 2, 4].map((part) => digits(whole - (whole - value) * part, 4))
    : around(value, [0.5, 1, 2]);
  return inOrder(values).map((x) => `${before}${x}${after}`);
}

/** A value of a field as a search has it. */
export type Value = number | string | boolean;

/**
 * The values that were typed, in the engine's units; or what was expected in their place.
 *
 * @returns a range as the search itself reads one
 */
export function valuesOf({
  scale,
  values,
}: Varied): { values: Value[] } | { from: number; to: number; count?: number } | string {
  const text = values.trim();
  const range = text.match(/^(\S+?)\s*\.\.\s*([^\s/]+)\s*(?:\/\s*(\d+))?$/);
  if (range) {
    const [from, to] = [range[1], range[2]].map((one) => Number(one) / scale);
    if (!Number.isFinite(from) || !Number.isFinite(to)) return EXPECTED;
    return { from: digits(from, 12), to: digits(to, 12), ...(range[3] ? { count: Number(range[3]) } : {}) };
  }
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => part === '')) return EXPECTED;
  return { values: unique(parts.map((part) => typed(part, scale))) };
}

const EXPECTED = 'Expected values such as 1, 2, 5, or a range such as 1..5.';

function typed(text: string, scale: number): Value {
  const number = Number(text);
  if (Number.isFinite(number)) return digits(number / scale, 12);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

/** A configuration with a value in a field: of one with `*`, in all items of the list, each its own if there is a list of them. */
export function withValue(
  draft: Json,
  path: string,
  value: Json,
  set: (root: Json, path: string, value: Json) => Json,
): Json {
  const at = path.indexOf('[*]');
  if (at < 0) return set(draft, path, value);
  const items = listAt(draft, path.slice(0, at));
  return items.reduce<Json>(
    (root, _, i) =>
      withValue(root, `${path.slice(0, at)}[${i}]${path.slice(at + 3)}`, Array.isArray(value) ? value[i] : value, set),
    draft,
  );
}
