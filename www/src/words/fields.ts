/**
 * The fields of the forms, by the path of the configuration that each edits: its label, its
 * unit, and a hint that says what it means. What a rule takes is the engine's catalogue's.
 */

import { tickUnit } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get, isObject, listAt } from '../base/json-path.ts';
import { catalogue, ruleNamed } from '../engine/catalogue.ts';
import type { Parameter } from '../engine/engine.ts';
import { controllerPlace, controllerSpec } from './controller.ts';

export type FieldSpec = {
  label: string;
  hint?: string;
  unit?: string;
  /** What a field shows is the value times this: 100 shows 0.01 as 1 %. */
  scale?: number;
  kind?: 'number' | 'text' | 'numbers' | 'flag';
  /** A slider stands beside the number, over this range. */
  range?: [number, number];
  options?: [value: string, name: string][];
  /** Shown where neither the configuration nor its resolved form has the key. */
  otherwise?: Json;
  placeholder?: string;
  /** For a setting that is a word, or a word with parameters: what each word starts with. */
  starts?: Record<string, Json | undefined>;
};

const THEN: [string, string][] = [
  ['promote', 'promote'],
  ['pause', 'pause'],
  ['rollback', 'roll back'],
];

const ARRIVAL: Partial<FieldSpec> = {
  hint: 'When the difference from the baseline is there: from the start, later, little by little, only while there is much traffic, or only at first.',
  options: [
    ['at_once', 'from the start'],
    ['late', 'late'],
    ['leak', 'little by little'],
    ['under_load', 'only under load'],
    ['cold_start', 'only at first'],
  ],
  starts: {
    late: { start_tick: 8 },
    leak: { start_tick: 1, ramp_ticks: 15 },
    under_load: { from_load: 1, full_load: 1.5 },
    cold_start: { half_life_ticks: 2 },
  },
};

/** The parameters of an arrival. */
const ARRIVALS: Record<string, FieldSpec> = {
  'late.start_tick': {
    label: 'from tick',
    hint: 'The first tick with the whole difference. The rollout begins with tick 1.',
  },
  'leak.start_tick': { label: 'from tick', hint: 'The first tick with a part of the difference.' },
  'leak.ramp_ticks': { label: 'full after', unit: 'ticks', hint: 'In so many equal steps, a tick each.' },
  'under_load.from_load': {
    label: 'none up to',
    unit: '× load',
    hint: 'Up to this load the release is as good as the baseline; 1 is the mean load.',
  },
  'under_load.full_load': {
    label: 'full from',
    unit: '× load',
    hint: 'From this load on, the whole difference is there.',
  },
  'cold_start.half_life_ticks': {
    label: 'half gone in',
    unit: 'ticks',
    hint: 'After so many ticks half of the difference is left, then a quarter, and so on.',
  },
};

const arrivalsOf = (path: string) =>
  Object.fromEntries(Object.entries(ARRIVALS).map(([key, spec]) => [`${path}.${key}`, spec]));

const POINTS = { unit: 'points', scale: 100 };
const PERCENT = { unit: '%', scale: 100 };

/** `[]` stands for the index of any stage. */
const FIELDS: Record<string, FieldSpec> = {
  name: { label: 'Name', kind: 'text', hint: 'For people. It has no effect.' },
  'canary.error_ratio': {
    label: 'Errors, times the baseline’s',
    unit: '×',
    range: [0, 5],
    otherwise: 1,
    hint: 'How often a request to the canary fails, compared with the baseline. 1 is healthy; 2 fails twice as often.',
  },
  'canary.error_rate': {
    label: 'Or: requests that fail',
    ...PERCENT,
    placeholder: 'by the ratio',
    hint: 'The canary’s error rate as a number, in place of the ratio: also where the baseline never fails.',
  },
  'canary.error_arrival': { label: 'Errors arrive', ...ARRIVAL },
  ...arrivalsOf('canary.error_arrival'),
  'canary.latency_ratio': {
    label: 'Latency, times the baseline’s',
    unit: '×',
    range: [0.5, 5],
    otherwise: 1,
    hint: 'How long a request to the canary takes, compared with the baseline. 1 is as fast.',
  },
  'canary.latency_arrival': { label: 'Latency arrives', ...ARRIVAL },
  ...arrivalsOf('canary.latency_arrival'),
  'traffic.requests_per_second': {
    label: 'Requests a second',
    unit: '/s',
    range: [1, 500],
    hint: 'On the average, to both versions together.',
  },
  'baseline.error_rate': {
    label: 'Baseline: requests that fail',
    ...PERCENT,
    hint: 'The error rate of the version that runs now. A healthy release has the same.',
  },
  'baseline.latency_ms.p50': {
    label: 'Latency p50',
    unit: 'ms',
    hint: 'Half of the baseline’s requests take at most this long.',
  },
  'baseline.latency_ms.p99': {
    label: 'Latency p99',
    unit: 'ms',
    hint: '99 of 100 of the baseline’s requests take at most this long.',
  },
  'baseline.error_clump': {
    label: 'Errors in a clump',
    otherwise: 1,
    hint: 'How many errors come together, on the average. 1 is each by itself; with more, error rates vary more than tests expect.',
  },
  'observation.delay_seconds': {
    label: 'Seen late by',
    unit: 's',
    otherwise: 0,
    hint: 'How long after a tick its counts can be seen: the time for scraping, aggregation and storage. No rule sees more.',
  },
  'observation.history_seconds': {
    label: 'Known before the start',
    unit: 's',
    placeholder: 'as much as is read',
    hint: 'For how long before the rollout monitoring has counts of the service. Long windows reach back so far.',
  },
  tick_seconds: {
    label: 'A tick lasts',
    unit: 's',
    hint: 'The simulation’s step: counts are gathered, and rules can look, once a tick.',
  },
  'traffic.burstiness': {
    label: 'Load varies by',
    ...PERCENT,
    otherwise: 0,
    hint: 'How much the load varies from tick to tick: its standard deviation, in percent of the mean.',
  },
  'traffic.canary_skew': {
    label: 'Odds of the canary’s share',
    unit: '× planned',
    otherwise: 1,
    hint: 'A fault of the routing: at 1.1 a stage of 50 % sends 52.4 % to the canary. Rules that rely on the planned share err.',
  },
  'noise.common': {
    label: 'Error rates vary together by',
    ...PERCENT,
    otherwise: 0,
    hint: 'A random factor on the error rates of both versions alike, drawn anew each tick: its standard deviation.',
  },
  'noise.per_arm': {
    label: 'Each error rate varies by',
    ...PERCENT,
    otherwise: 0,
    hint: 'A random factor on each version’s own error rate, drawn anew each tick: its standard deviation.',
  },
  'traffic.daily_swing': { label: 'Daily swing', hint: 'The load rises and falls over the day.' },
  'traffic.daily_swing.amplitude': {
    label: 'Swing of the load',
    ...PERCENT,
    hint: 'How far the load rises above its mean, and falls below it.',
  },
  'traffic.daily_swing.period_seconds': {
    label: 'Period',
    unit: 's',
    otherwise: 86400,
    hint: 'From one peak to the next. A day has 86,400 s.',
  },
  'traffic.daily_swing.peak_seconds': {
    label: 'Peak after',
    unit: 's',
    otherwise: 0,
    hint: 'When the load is highest, counted from the rollout’s start.',
  },
  incidents: {
    label: 'Incidents on both versions',
    hint: 'A fault elsewhere, which the release did not cause: for a while both versions fail more or are slower.',
  },
  'incidents.at_tick': { label: 'One starts at tick', hint: 'An incident that certainly happens.' },
  'incidents.chance_per_tick': {
    label: 'Chance a tick',
    ...PERCENT,
    otherwise: 0,
    hint: 'The probability that another one starts in a tick.',
  },
  'incidents.duration_ticks': { label: 'Each lasts', unit: 'ticks' },
  'incidents.error_ratio': {
    label: 'Errors',
    unit: '×',
    otherwise: 1,
    hint: 'Both error rates are multiplied by this meanwhile.',
  },
  'incidents.latency_ratio': {
    label: 'Latency',
    unit: '×',
    otherwise: 1,
    hint: 'Both latencies are multiplied by this meanwhile.',
  },
  'stages[].traffic_pct': {
    label: 'Share',
    unit: '%',
    hint: 'The canary’s share of all requests (Argo Rollouts: setWeight). Shares rise from stage to stage.',
  },
  'stages[].duration_ticks': {
    label: 'Lasts',
    unit: 'ticks',
    hint: 'How long the stage lasts (Argo Rollouts: pause.duration). At its end the rules judge.',
  },
  'stages[].pause': {
    label: 'Then pause',
    hint: 'Whether a stage that passed waits before the next one.',
    options: [
      ['', 'no'],
      ['manual', 'until a person resumes'],
      ['ticks', 'for a time'],
    ],
    starts: { ticks: 3 },
  },
  'stages[].pause.ticks': { label: 'Pause', unit: 'ticks', hint: 'In a pause only those rules look that are set to.' },
  'stages[].error_rate_threshold': {
    label: 'Error rate',
    ...POINTS,
    placeholder: 'as above',
    hint: 'In place of the limit of all stages.',
  },
  'stages[].latency_threshold_ms': {
    label: 'Latency p99',
    unit: 'ms',
    placeholder: 'as above',
    hint: 'In place of the limit of all stages.',
  },
  'stages[].name': { label: 'Name', kind: 'text', placeholder: 'the share', hint: 'For people. It has no effect.' },
  error_rate_threshold: {
    label: 'Error rate',
    ...POINTS,
    placeholder: 'none',
    hint: 'At a stage’s end the release is rolled back if the canary’s error rate exceeds the baseline’s by more. From 1 % to 3 % are 2 points.',
  },
  latency_threshold_ms: {
    label: 'Latency p99',
    unit: 'ms',
    placeholder: 'none',
    hint: 'At a stage’s end the release is rolled back if the canary’s p99 exceeds the baseline’s by more.',
  },
  on_inconclusive: {
    label: 'A stage that no rule can judge',
    hint: 'What follows where a rule has too few requests or errors, or at 100 % no baseline to compare with (Argo Rollouts: Inconclusive).',
    options: [
      ['promote', 'is promoted'],
      ['pause', 'pauses'],
      ['rollback', 'is rolled back'],
      ['extend', 'is extended'],
    ],
    // biome-ignore lint/suspicious/noThenProperty: a key of the configuration
    starts: { extend: { max_ticks: 5, then: 'pause' } },
  },
  'on_inconclusive.extend.max_ticks': { label: 'by at most', unit: 'ticks' },
  'on_inconclusive.extend.then': { label: 'then', options: THEN },
  pass_score: {
    label: 'A score passes from',
    otherwise: 75,
    hint: 'For rules that count failures by a score: 100 is where all of them pass (Spinnaker, Kayenta: the pass threshold).',
  },
  pods: {
    label: 'Traffic is split among whole instances',
    hint: 'Without a router that splits requests, a share is the number of canary instances among all: 1 of 10 is 10 %.',
  },
  'pods.count': {
    label: 'Instances',
    otherwise: 10,
    hint: 'Of both versions together. A share becomes the nearest one that they allow.',
  },
  'pods.ready_ticks': {
    label: 'Ready after',
    unit: 'ticks',
    otherwise: 0,
    hint: 'Until further canary instances take requests; so long the share before stays.',
  },
  rollback_ticks: {
    label: 'A rollback takes',
    unit: 'ticks',
    otherwise: 0,
    hint: 'How long the canary keeps its share after the decision to roll back.',
  },
};

/** What the parameters of rules mean. */
const HINTS: Record<string, string> = {
  rule: 'What the rule measures. Plain limits compare a number with a limit; the others weigh whether chance explains the difference.',
  max: 'The rule fails if what it measures is above this.',
  floor: 'Up to this error rate of the canary the rule passes, whatever the ratio is.',
  quantile: '0.99 is the p99: 99 of 100 requests take at most that long.',
  objective_ms: 'A request that takes longer counts as slow.',
  alpha:
    'How often the rule fails a release that is not worse. For a test of one look: each look may, so that a rollout with many looks does so more often.',
  tolerated_ratio: 'A release that is worse by less than this is not a reason to roll back.',
  bets: 'The ratios of error rates that the evidence is gathered for, in equal parts.',
  bets_open: 'Anew in each stage finds a release that turns bad late; in the first tick finds a bad one soonest.',
  certify_below:
    'Ends a stage early on evidence that the canary fails less than so many times as often as the baseline.',
  certify_alpha: 'How often such a certificate may be wrong.',
  min_ticks: 'A stage lasts at least so long before a certificate ends it.',
  spending: 'How the probability of a false alarm is shared out over the looks.',
  tuned_for: 'The number of requests, in two equal arms, near which the test sees the smallest differences.',
  min_conversions: 'With fewer errors in each arm the rule passes.',
  min_change: 'A smaller difference, as a part of the baseline’s rate, passes.',
  prior_requests: 'Another share is expected as near to the planned one as that of so many requests is by chance.',
  probability: 'The probability of a worse canary from which on the rule fails. It is no promise on false alarms.',
  min_loss: 'The rule fails only if the canary is worse by this much in the mean, too.',
  prior_errors: 'Errors that each version is assumed to have had before: a of the prior Beta(a, b).',
  prior_successes:
    'Requests without an error that each version is assumed to have had before: b of the prior Beta(a, b).',
  look: 'When the rule measures and judges: at a stage’s end, every tick, or at fixed times after the start.',
  'look.every_seconds': 'The time between two looks (Argo Rollouts: interval). A multiple of the tick.',
  'look.after_seconds': 'From the rollout’s start to the first look (Argo Rollouts: initialDelay).',
  'look.count': 'The number of looks (Argo Rollouts: count); without one they go on to the end.',
  look_while_paused: 'Whether the rule also looks while the rollout is paused (Argo Rollouts: a background analysis).',
  window:
    'The counts that a look takes: the last tick’s alone, all since the start of the stage or of the rollout, or those of the last seconds.',
  'window.last_seconds': 'How far back a look sees, also over the ends of stages. A multiple of the tick.',
  of: 'Whose requests are judged: the canary’s, against the whole baseline or against a part of it of the canary’s size; or those of both versions together.',
  min_requests: 'With fewer requests in its window a look has no data.',
  no_data:
    'What a look without data says: it does not count, it is made again in each tick until there are data, it passes, or it fails.',
  min_errors: 'With fewer errors of the canary a look is inconclusive.',
  of_last: 'Only failures among so many of the last looks count: as many as have to fail are failures in a row.',
  counts:
    'Which failed looks count: the rule’s own, those of all rules that count together, or those of a score over them.',
  weight: 'How much the rule counts in the score.',
  objective: 'The share of requests that is to succeed. What it leaves over is the error budget: 0.1 % for 99.9 %.',
  factor:
    'How many times as fast as the budget allows errors may come: 14.4 times uses up 2 % of a month’s budget in an hour.',
  long_seconds: 'The long window: errors must come too fast in both windows.',
  short_seconds: 'The short window, so that an alert ends soon after the errors do.',
  failure_limit:
    'So many looks of a rollout have to fail before the rule acts. Argo Rollouts’ failureLimit is one less.',
  on_fail: 'Rolls back at once, or stops the plan until a person decides.',
  stages: 'Numbers of the stages, such as 1, 2; elsewhere the rule does not look.',
};

/** The rule that a path is about, and what of it. */
const ruleAt = (path: string) => path.match(/^rules\[(\d+)\](?:\.([\w.]+))?/);

/** What a path may edit, if it has a field. */
export function specOf(path: string, draft: Json): FieldSpec | undefined {
  if (path.startsWith('controller')) return controllerSpec(path, draft);
  const [, i, key] = ruleAt(path) ?? [];
  const tick = get(draft, 'tick_seconds');
  const spec = key
    ? ruleSpec(String(get(draft, `rules[${i}].rule`)), key, typeof tick === 'number' && tick > 0 ? tick : 60)
    : FIELDS[path.replace(/\[\d+\]/, '[]')];
  return spec && inUnits(spec, tick);
}

/** The path of the field that shows what is wrong at a path: its own, or that of a part it is in. */
export function fieldOf(path: string, draft: Json): string | undefined {
  for (let at = path; at; at = at.replace(/(^|\.|\[)[^.[]*$/, '')) if (isShown(at, draft)) return at;
  return undefined;
}

/** Whether a form has a field of that path now. */
function isShown(path: string, draft: Json) {
  if (!specOf(path, draft)) return false;
  const [, i, key] = ruleAt(path) ?? [];
  if (key && key !== 'rule') return fieldsOf(get(draft, `rules[${i}]`)).some((one) => one.key === key);
  if (path === 'pass_score') return hasScore(draft);
  // The fields of what is not there are not, either: of another word's parameters, of a removed stage.
  const parent = path.match(/^(.*(?:daily_swing|incidents|pods|arrival\.\w+|pause|extend|\[\d+\]))\.\w+$/)?.[1];
  return parent === undefined || (get(draft, parent) ?? null) !== null;
}

/**
 * The parameters of a rule that a form shows: where one option is left there is nothing to
 * choose. Of a rule that nobody knows those that every rule has.
 */
export function parametersOf(rule: string): Parameter[] {
  const common = () => catalogue().rules[0].parameters.filter(({ group }) => group !== 'method');
  return (ruleNamed(rule)?.parameters ?? common()).filter(({ options }) => options?.length !== 1);
}

/** Those of a rule that have an effect, or are set all the same. */
export const fieldsOf = (rule: Json | undefined): Parameter[] => {
  const all = parametersOf(String(get(rule, 'rule')));
  return all.filter((one) => get(rule, one.key) !== undefined || hasEffect(one, all, rule));
};

/** Whether what a parameter is of no use without is there: a choice other than the usual one, an object, a number. */
function hasEffect({ key, only_with }: Parameter, all: Parameter[], rule: Json | undefined) {
  if (only_with === undefined) return true;
  const value = get(rule, only_with);
  if (key.startsWith(`${only_with}.`)) return isObject(value);
  const usual = all.find((one) => one.key === only_with)?.default;
  return value !== undefined && value !== usual;
}

/** Whether a policy has a score: some rule counts by one, or its limit is set. */
export const hasScore = (draft: Json) =>
  get(draft, 'pass_score') !== undefined || listAt(draft, 'rules').some((rule) => get(rule, 'counts') === 'by_score');

/** A rule to begin with. */
export function startRule(rule: string): { [key: string]: Json } {
  const starts = parametersOf(rule).flatMap(({ key, start }) => (start === undefined ? [] : [[key, start]]));
  return { rule, ...Object.fromEntries(starts) };
}

/** A rule made into another one: it keeps where it holds and what it does. */
export function ruleAs(rule: Json, name: string): Json {
  const kept = parametersOf(String(get(rule, 'rule')))
    .filter(({ group, key }) => group === 'action' && get(rule, key) !== undefined)
    .map(({ key }) => [key, get(rule, key)]);
  return { ...startRule(name), ...Object.fromEntries(kept) };
}

/** @param tick its length in seconds */
function ruleSpec(rule: string, key: string, tick: number): FieldSpec | undefined {
  const hint = HINTS[key] ?? ruleNamed(rule)?.description;
  if (key === 'rule') return { label: 'Rule', hint, options: catalogue().rules.map((one) => [one.rule, one.title]) };
  const parameter = parametersOf(rule).find((one) => one.key === key);
  if (!parameter) return undefined;
  const { label, unit, scale = 1, kind, items, options = [], placeholder, default: usual } = parameter;
  // An option with seconds is an object that has them, a multiple of the tick.
  const objects = options.flatMap(({ value, seconds }) =>
    seconds === undefined ? [] : [[value, Math.ceil(seconds / tick) * tick]],
  );
  return {
    label,
    hint,
    unit,
    scale,
    kind: kind === 'flag' ? 'flag' : items ? 'numbers' : 'number',
    otherwise: usual,
    placeholder,
    options: kind === 'choice' ? options.map((option) => [option.value, option.label]) : undefined,
    starts: objects.length > 0 ? Object.fromEntries(objects) : undefined,
  };
}

/** With ticks called what they are: minutes, where each lasts one. */
function inUnits(spec: FieldSpec, tickSeconds: Json | undefined): FieldSpec {
  const { name, short } = tickUnit(typeof tickSeconds === 'number' ? tickSeconds : 60);
  const said = (text?: string) => text?.replace(/\btick(s?)\b/g, `${name}$1`);
  if (name === 'tick' || spec === FIELDS.tick_seconds) return spec;
  return {
    ...spec,
    label: said(spec.label) ?? '',
    unit: spec.unit === 'ticks' ? short : said(spec.unit),
    hint: said(spec.hint),
    options: spec.options?.map(([value, text]) => [value, said(text) ?? '']),
  };
}

/**
 * A place of the configuration in words: `rule 2, error rate`, `stage 1, share`.
 *
 * @param path of the configuration as it is written
 */
export function placeWords(path: string, draft: Json) {
  if (path.startsWith('controller.')) return controllerPlace(path, draft);
  const [, rule, parameter] = ruleAt(path) ?? [];
  const [, stage, key] = path.match(/^stages\[(\d+)\](?:\.(\w+))?/) ?? [];
  const label = specOf(path, draft)?.label;
  const own = label && `${/_threshold/.test(path) ? 'limit on ' : ''}${label[0].toLowerCase()}${label.slice(1)}`;
  if (rule !== undefined) {
    const title = ruleNamed(String(get(draft, `rules[${rule}].rule`)))?.title;
    const name = `rule ${Number(rule) + 1}${title ? `, ${title}` : ''}`;
    return own && parameter !== 'rule' ? `${name}, ${own}` : name;
  }
  if (stage === undefined) return own ?? path;
  return `stage ${Number(stage) + 1}${own || key ? `, ${own ?? key}` : ''}`;
}

/** The editor that has the fields of a path. */
export function editorOf(path: string): 'release' | 'traffic' | 'policy' | 'text' {
  const { world, release, policy } = catalogue().parts;
  const key = path.split(/[.[]/, 1)[0];
  if (key === 'name' || release.includes(key)) return 'release';
  if (world.includes(key)) return 'traffic';
  return policy.includes(key) ? 'policy' : 'text';
}
