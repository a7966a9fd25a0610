/**
 * The scenario as a person would say it: the release, the traffic and the policy, a sentence
 * each. They are made from the configuration as it is resolved, and what can be edited of
 * them carries the path of its field.
 */

import {
  count,
  counted,
  inUnitOf,
  measuredIn,
  milliseconds,
  percent,
  share,
  significant,
  tickUnit,
} from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { listAt } from '../base/json-path.ts';
import { ruleNamed } from '../engine/catalogue.ts';
import type { Look, Rule } from '../engine/engine.ts';
import type { Planned } from '../engine/plan.ts';
import { subjectOf } from '../engine/plan.ts';
import { controllerSentence } from './controller-sentence.ts';
import { parametersOf } from './fields.ts';
import { limitPaths } from './limit-paths.ts';

/** A part of a sentence: text, or what a field edits. */
export type Piece = string | { text: string; path: string };

/** A sentence that is longer leaves out what matters least, and says so. */
const MOST_CHARACTERS = 230;

const NUMBERS = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');
const inWords = (n: number) => NUMBERS[n] ?? count(n);
const countInWords = (n: number) => (Number.isInteger(n) ? inWords(n) : significant(n));

const textOf = (pieces: Piece[]) => pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');

/** `twice`, `1.5 times`. */
function times(ratio: number) {
  if (ratio === 0.5) return 'half';
  if (ratio === 2) return 'twice';
  return `${Number.isInteger(ratio) ? inWords(ratio) : significant(ratio)} times`;
}

/** `1`, `1 and 5`, `1, 5 and 25`. */
const listed = (items: (string | number)[]) =>
  items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;

const capital = ([first, ...rest]: Piece[]): Piece[] => {
  const raise = (text: string) => text[0].toUpperCase() + text.slice(1);
  return [typeof first === 'string' ? raise(first) : { ...first, text: raise(first.text) }, ...rest];
};

/** A length of time: `five minutes`, `ten ticks`. */
function length(ticks: number, { tick_seconds }: Planned) {
  const { name } = tickUnit(tick_seconds);
  return Number.isInteger(ticks) ? `${inWords(ticks)} ${name}${ticks === 1 ? '' : 's'}` : measuredIn(ticks, name);
}

/** How long a tick is, where it has no name of its own. */
const tickWords = ({ tick_seconds }: Planned) =>
  tickUnit(tick_seconds).name === 'tick' ? ` of ${count(tick_seconds)}\u00a0s` : '';

/** The release, compared with its baseline. */
export function releaseSentence(config: Planned): Piece[] {
  const { canary, baseline } = config;
  const rate = canary.error_rate;
  const errors = canary.error_ratio;
  const latency = canary.latency_ratio;
  const isDifferent = rate === undefined ? errors !== 1 : rate !== baseline.error_rate;
  if (!isDifferent && latency === 1) {
    return [
      'A ',
      { text: 'healthy', path: rate === undefined ? 'canary.error_ratio' : 'canary.error_rate' },
      ' release: the new version (canary) fails as often as the old one (baseline).',
    ];
  }
  const worse: Piece[][] = [];
  const what: Piece =
    rate === undefined
      ? { text: errors === 0 ? 'no errors at all' : `${times(errors)} the errors`, path: 'canary.error_ratio' }
      : { text: `${percent(rate)} of its requests fail`, path: 'canary.error_rate' };
  if (isDifferent) worse.push(arriving(what, 'canary.error_arrival', config));
  if (latency !== 1)
    worse.push(
      arriving(
        { text: `${times(latency)} the latency`, path: 'canary.latency_ratio' },
        'canary.latency_arrival',
        config,
      ),
    );
  const isLate = [isDifferent && canary.error_arrival, latency !== 1 && canary.latency_arrival]
    .filter((arrival) => arrival !== false)
    .every((arrival) => startOf(arrival) > 1);
  const sentence: Piece[] = [
    ...(isLate ? ['healthy at first; '] : []),
    ...worse.flatMap((part, i) => (i ? ['; ', ...part] : part)),
  ];
  if (!isDifferent) sentence.push('; it fails as often as the old one (baseline)');
  else if (rate === undefined && baseline.error_rate === 0) sentence.push('; but the baseline has none');
  return [...capital(sentence), '.'];
}

type Arrival = Planned['canary']['error_arrival'];

/** The first tick with a difference. */
function startOf(arrival: Arrival) {
  if (typeof arrival !== 'object') return 1;
  if ('late' in arrival) return arrival.late.start_tick;
  return 'leak' in arrival ? arrival.leak.start_tick : 1;
}

/** What is different, and since when. */
function arriving(what: Piece, path: 'canary.error_arrival' | 'canary.latency_arrival', config: Planned): Piece[] {
  const arrival = path === 'canary.error_arrival' ? config.canary.error_arrival : config.canary.latency_arrival;
  const { name } = tickUnit(config.tick_seconds);
  if (typeof arrival !== 'object') return [what, ', ', { text: 'from the start', path }];
  if ('late' in arrival) return [what, ' ', { text: `from ${name} ${count(arrival.late.start_tick)}`, path }, ' on'];
  if ('leak' in arrival) {
    const { start_tick, ramp_ticks } = arrival.leak;
    return [
      what,
      ', ',
      { text: 'growing', path },
      ` from ${name} ${count(start_tick)} to ${name} ${count(start_tick + ramp_ticks - 1)}`,
    ];
  }
  if ('under_load' in arrival) {
    const { from_load, full_load } = arrival.under_load;
    return [
      what,
      ', ',
      { text: 'only under load', path },
      `: none up to ${significant(from_load)}\u00a0× the mean load, all from ${significant(full_load)}\u00a0×`,
    ];
  }
  return [
    what,
    ' ',
    { text: 'at first', path },
    `; half of the difference is gone after ${length(arrival.cold_start.half_life_ticks, config)}`,
  ];
}

/** The load and the stable version, and what happens to both versions. */
export function trafficSentence(config: Planned): Piece[] {
  const { traffic, baseline, noise, incidents, canary, rules, observation } = config;
  const { name } = tickUnit(config.tick_seconds);
  const sentence: Piece[] = [
    { text: `${significant(traffic.requests_per_second)}\u00a0requests/s`, path: 'traffic.requests_per_second' },
    ', of which ',
    { text: percent(baseline.error_rate), path: 'baseline.error_rate' },
    ' fail',
  ];
  const { daily_swing: swing, burstiness = 0, canary_skew: skew = 1 } = traffic;
  const { common = 0, per_arm = 0 } = noise ?? {};
  const more: Piece[][] = [];
  const { delay_seconds: delay = 0, history_seconds: history } = observation ?? {};
  if (delay > 0)
    more.push(['; monitoring sees ', { text: `${period(delay)} late`, path: 'observation.delay_seconds' }]);
  if (history !== undefined)
    more.push([
      '; it knows ',
      { text: history > 0 ? period(history) : 'nothing', path: 'observation.history_seconds' },
      ' from before the start',
    ]);
  const { error_clump: clump = 1 } = baseline as typeof baseline & { error_clump?: number };
  if (clump > 1)
    more.push(['; errors come in clumps of ', { text: countInWords(clump), path: 'baseline.error_clump' }]);
  // Latencies matter where something is slower, or where a rule looks.
  if (canary.latency_ratio !== 1 || rules.some((rule) => subjectOf(rule) === 'latency')) {
    const { p50, p99 } = baseline.latency_ms;
    more.push([
      '; half take up to ',
      { text: milliseconds(p50), path: 'baseline.latency_ms.p50' },
      ', 99\u00a0% up to ',
      { text: milliseconds(p99), path: 'baseline.latency_ms.p99' },
    ]);
  }
  if (swing && swing.amplitude > 0) {
    const path = 'traffic.daily_swing.amplitude';
    more.push([
      '; the load swings by ',
      { text: percent(swing.amplitude), path },
      ` over ${period(swing.period_seconds ?? 86400)}`,
    ]);
  }
  if (burstiness > 0) {
    more.push([
      '; it varies by ',
      { text: percent(burstiness), path: 'traffic.burstiness' },
      ` from ${name} to ${name}`,
    ]);
  }
  if (skew !== 1) {
    more.push(['; the canary gets ', { text: times(skew), path: 'traffic.canary_skew' }, ' the planned odds']);
  }
  if (incidents) more.push(incident(incidents, config));
  if (common > 0) more.push(['; both error rates vary together by ', { text: percent(common), path: 'noise.common' }]);
  if (per_arm > 0) more.push(['; each varies by ', { text: percent(per_arm), path: 'noise.per_arm' }]);
  return [
    ...fitting(
      sentence,
      more.map((pieces) => ({ pieces, rules: 0 })),
    ),
    '.',
  ];
}

/** Seconds as a period: `a day`, `two hours`. */
function period(seconds: number) {
  const unit = [86400, 3600, 60, 1].find((one) => seconds % one === 0) ?? 1;
  const { name } = tickUnit(unit);
  const n = seconds / unit;
  return n === 1 ? `${name === 'hour' ? 'an' : 'a'} ${name}` : `${inWords(n)} ${name}s`;
}

/** What the last so many seconds are: `hour`, `five minutes`. */
const lastOf = (seconds: number) => period(seconds).replace(/^an? /, '');

function incident(incidents: NonNullable<Planned['incidents']>, config: Planned): Piece[] {
  const { at_tick, chance_per_tick = 0, duration_ticks, error_ratio = 1, latency_ratio = 1 } = incidents;
  const { name } = tickUnit(config.tick_seconds);
  const effects = [
    error_ratio === 1 ? '' : `errors × ${significant(error_ratio)}`,
    latency_ratio === 1 ? '' : `latency × ${significant(latency_ratio)}`,
  ].filter(Boolean);
  const when = [
    at_tick === undefined ? '' : `at ${name} ${count(at_tick)}`,
    chance_per_tick > 0 ? `in ${significant(chance_per_tick * 100)}\u00a0% of the ${name}s` : '',
  ].filter(Boolean);
  return [
    '; ',
    {
      text: at_tick !== undefined && chance_per_tick === 0 ? 'an incident' : 'incidents',
      path: at_tick === undefined ? 'incidents.chance_per_tick' : 'incidents.at_tick',
    },
    ` on both versions ${when.length ? `begin${at_tick !== undefined && chance_per_tick === 0 ? 's' : ''} ${when.join(' and ')}` : 'never begin'}, for ${length(duration_ticks, config)}${effects.length ? ` (${effects.join(', ')})` : ''}`,
  ];
}

/** The plan, the rules that stop it, and what else the policy decides. */
export function policySentence(config: Planned, draft: Json): Piece[] {
  if (config.decides) return controllerSentence(config);
  const [first, ...others] =
    config.rules.length > 0 ? clausesOf(config, draft) : [{ pieces: ['; no rule judges it'], rules: 0 }];
  const ends = [scorePieces(config), inconclusivePieces(config), rollbackPieces(config)].map((pieces) => ({
    pieces,
    rules: 0,
  }));
  const plan = planPieces(config);
  const pauses = [...podPieces(config), ...pausePieces(config)];
  const hasRoom = textOf([...plan, ...pauses, ...first.pieces]).length <= MOST_CHARACTERS;
  const start = capital([...plan, ...(hasRoom ? pauses : []), ...first.pieces]);
  const left = hasRoom || pauses.length === 0 ? [] : [{ pieces: pauses, rules: 0 }];
  return [...fitting(start, [...others, ...ends], left), '.'];
}

/** A part of a sentence, which speaks for so many rules. */
type Clause = { pieces: Piece[]; rules: number };

/**
 * With those further parts that there is room for; of the others it is said that they are there.
 *
 * @param left parts that are already left out
 */
function fitting(start: Piece[], parts: Clause[], left: Clause[] = []): Piece[] {
  let sentence = start;
  for (const part of parts) {
    const next = [...sentence, ...part.pieces];
    // A rule's clause may lean on the one before it.
    const leans = part.rules > 0 && left.some(({ rules }) => rules > 0);
    if (part.pieces.length === 0 || (!leans && textOf(next).length <= MOST_CHARACTERS)) sentence = next;
    else left.push(part);
  }
  if (left.length === 0) return sentence;
  const rules = left.reduce((sum, part) => sum + part.rules, 0);
  return [...sentence, rules > 0 ? `; and ${counted(rules, 'more rule')}` : '; and more'];
}

/** Plans of more stages are summed up. */
const MOST_STAGES = 6;

function planPieces(config: Planned): Piece[] {
  const { stages } = config;
  const first = stages[0];
  const last = stages[stages.length - 1];
  const shares = (text: string) => ({ text, path: 'stages[0].traffic_pct' });
  const lasts = (ticks: number, i = 0) => ({
    text: length(ticks, config) + tickWords(config),
    path: `stages[${i}].duration_ticks`,
  });
  const isEven = stages.every(({ duration_ticks }) => duration_ticks === first.duration_ticks);
  if (stages.length === 1) {
    const all = first.traffic_pct === 100;
    return [shares(all ? 'all traffic at once' : share(first.traffic_pct)), ', for ', lasts(first.duration_ticks)];
  }
  if (stages.length > MOST_STAGES || (!isEven && stages.length > 4)) {
    const total = stages.reduce((sum, { duration_ticks }) => sum + duration_ticks, 0);
    return [
      shares(`${inWords(stages.length)} stages`),
      ` from ${significant(first.traffic_pct)} to ${share(last.traffic_pct)}, `,
      lasts(isEven ? first.duration_ticks : total),
      isEven ? ' each' : ' in all',
    ];
  }
  if (isEven) {
    const all = stages.map(({ traffic_pct }) => significant(traffic_pct)).join(', ');
    return [shares(`${all}\u00a0%`), ', ', lasts(first.duration_ticks), ' each'];
  }
  return stages.flatMap(({ traffic_pct, duration_ticks }, i) => [
    ...(i ? [', '] : []),
    { text: share(traffic_pct), path: `stages[${i}].traffic_pct` },
    ' for ',
    lasts(duration_ticks, i),
  ]);
}

/** Where stages are, by their shares: `at 1 and 5 %`, `from 25 % on`. */
function atStages(numbers: number[], { stages }: Planned) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const pct = (number: number) => significant(stages[number - 1].traffic_pct);
  const isRun = sorted.every((number, i) => number === sorted[0] + i);
  if (isRun && sorted.length > 1 && sorted[sorted.length - 1] === stages.length)
    return `from ${pct(sorted[0])}\u00a0% on`;
  if (isRun && sorted.length > 2 && sorted[0] === 1) return `up to ${pct(sorted[sorted.length - 1])}\u00a0%`;
  if (sorted.length <= 3) return `at ${listed(sorted.map(pct))}\u00a0%`;
  return `in ${count(sorted.length)} of ${count(stages.length)} stages`;
}

function pausePieces(config: Planned): Piece[] {
  const { stages } = config;
  const where = (numbers: number[]) =>
    numbers.length === stages.length
      ? 'each stage'
      : numbers.length > 3
        ? `${count(numbers.length)} of the stages`
        : `${listed(numbers.map((n) => significant(stages[n - 1].traffic_pct)))}\u00a0%`;
  const manual: number[] = [];
  const timed: number[] = [];
  const lengths = new Set<number>();
  for (const [i, { pause }] of stages.entries()) {
    if (pause === 'manual') manual.push(i + 1);
    else if (pause && pause.ticks > 0) {
      timed.push(i + 1);
      lengths.add(pause.ticks);
    }
  }
  const result: Piece[] = [];
  const piece = (text: string, numbers: number[]) => ({ text, path: `stages[${numbers[0] - 1}].pause` });
  if (manual.length) result.push(', ', piece('waits for a person', manual), ` after ${where(manual)}`);
  if (timed.length) {
    const [ticks] = lengths;
    result.push(
      ', ',
      piece('pauses', timed),
      `${lengths.size === 1 ? ` for ${length(ticks, config)}` : ''} after ${where(timed)}`,
    );
  }
  return result;
}

/** Where traffic is split among whole instances. */
function podPieces(config: Planned): Piece[] {
  const { pods } = config;
  if (!pods) return [];
  const { ready_ticks: ready = 0 } = pods;
  const result: Piece[] = [', on ', { text: `${inWords(pods.count)} pods`, path: 'pods.count' }];
  if (ready > 0) result.push(', ready after ', { text: length(ready, config), path: 'pods.ready_ticks' });
  return result;
}

const scorePieces = ({ rules, pass_score }: Planned): Piece[] =>
  pass_score !== undefined && rules.some(({ counts }) => counts === 'by_score')
    ? ['; a score under ', { text: significant(pass_score), path: 'pass_score' }, ' fails']
    : [];

const rollbackPieces = (config: Planned): Piece[] =>
  config.rollback_ticks > 0
    ? ['; a rollback takes ', { text: length(config.rollback_ticks, config), path: 'rollback_ticks' }]
    : [];

function inconclusivePieces(config: Planned): Piece[] {
  const { on_inconclusive } = config;
  const path = 'on_inconclusive';
  const then = { promote: 'is promoted', pause: 'pauses', rollback: 'is rolled back' };
  if (on_inconclusive === 'promote') return [];
  if (typeof on_inconclusive === 'string')
    return ['; ', { text: 'an inconclusive stage', path }, ` ${then[on_inconclusive]}`];
  const { max_ticks, then: after } = on_inconclusive.extend;
  return [
    '; ',
    { text: 'an inconclusive stage', path },
    ` is extended by up to ${length(max_ticks, config)}, then ${then[after]}`,
  ];
}

function clausesOf(config: Planned, draft: Json): Clause[] {
  const fromThresholds = config.rules.length - listAt(draft, 'rules').length;
  const all = config.rules.map((rule, i) => ({
    rule,
    limit: limitPaths(draft, config, i)[0],
    /** Where a parameter of the rule is written; of a plain limit there is the limit alone. */
    at: (key: string) => (i < fromThresholds ? limitPaths(draft, config, i)[0] : `rules[${i - fromThresholds}].${key}`),
  }));
  type One = (typeof all)[number];
  /** Rules that differ in their limit alone, each in stages of its own, are said as one. */
  const groups: One[][] = [];
  for (const one of all) {
    const like = groups.find(([first]) => first.rule.stages && one.rule.stages && sameButLimit(first.rule, one.rule));
    if (like) like.push(one);
    else groups.push([one]);
  }
  const split = groups.flatMap((group) => {
    const stages = group.flatMap(({ rule }) => rule.stages ?? []);
    const isWhole = stages.length === config.stages.length && new Set(stages).size === stages.length;
    return group.length > 1 && !isWhole ? group.map((one) => [one]) : [group];
  });
  const inOrder = [...split].sort(
    ([a], [b]) => Number(a.rule.on_fail === 'pause') - Number(b.rule.on_fail === 'pause'),
  );
  let before = { action: '', place: '', isEvidence: false };
  return inOrder.map(([{ rule, limit, at }, ...others]) => {
    const action = rule.on_fail === 'pause' ? 'pauses' : 'rolls back';
    const canChoose = (key: string) => parametersOf(rule.rule).some((one) => one.key === key);
    const edits = (key: string, text: string): Piece => (canChoose(key) ? { text, path: at(key) } : text);
    const where = placeOf(rule, config, others.length > 0, edits);
    const place = textOf(where);
    const isEvidence = ruleNamed(rule.rule)?.gathers ?? false;
    const isLike = action === before.action && isEvidence === before.isEvidence && place === before.place;
    const start = action === before.action ? ', or ' : `; ${action} `;
    before = { action, place, isEvidence };
    const test = testOf(rule, limit, isLike, at);
    const pieces: Piece[] = isEvidence
      ? [start, 'on ', ...test, ...(isLike ? [] : [', ', ...where])]
      : [start, ...(isLike ? [] : ['when ', ...where, ' ']), ...test];
    if (others.length > 0) {
      const rest = others.map((one) => `${limitWords(one.rule)} ${atStages(one.rule.stages ?? [], config)}`);
      pieces.push(` (${rest.join(', ')})`);
    }
    pieces.push(...conditions(rule, at));
    return { pieces, rules: others.length + 1 };
  });
}

const sameButLimit = (a: Rule, b: Rule) => {
  const bare = ({ max: _, stages: __, ...rest }: Rule) => JSON.stringify(rest);
  return a.max !== undefined && b.max !== undefined && bare(a) === bare(b);
};

/**
 * When a rule looks and at what, and in which stages.
 *
 * @param edits a text that a parameter's field edits
 */
function placeOf(
  rule: Planned['rules'][number],
  config: Planned,
  isWhole: boolean,
  edits: (key: string, text: string) => Piece,
): Piece[] {
  const { look, window, stages } = rule;
  const { name } = tickUnit(config.tick_seconds);
  const only = stages && !isWhole && stages.length < config.stages.length ? ` ${atStages(stages, config)}` : '';
  const isEnd = look === 'stage_end';
  const paused: Piece[] = rule.look_while_paused ? [', ', edits('look_while_paused', 'also in a pause')] : [];
  if (window === 'tick' && typeof look === 'string')
    return [edits('look', `${isEnd ? `in a stage’s last ${name}` : `in any ${name}`}${only}`), ...paused];
  const when = typeof look === 'string' ? (isEnd ? 'at a stage’s end' : `after any ${name}`) : scheduled(look, config);
  const start = [edits('look', `${when}${only}`), ...paused];
  // Evidence is of the whole rollout, and at a stage's end counts are the stage's, if nothing is said;
  // a rule with windows of its own says them itself.
  const isSaid = ruleNamed(rule.rule)?.gathers || !parametersOf(rule.rule).some(({ key }) => key === 'window');
  if (isSaid || (isEnd && window === 'stage')) return paused.length > 0 ? [...start, ','] : start;
  const counts =
    typeof window === 'object'
      ? `last ${lastOf(window.last_seconds)}`
      : window === 'tick'
        ? `last ${name}`
        : `${window} so far`;
  return [...start, ', over the ', edits('window', counts), ','];
}

/** Looks at fixed times: `in a look every two minutes`. */
function scheduled(
  { every_seconds: every, after_seconds: after = every, count: looks }: Exclude<Look, string>,
  { tick_seconds }: Planned,
) {
  const from = after === every ? '' : ` from ${tickUnit(tick_seconds).name} ${count(after / tick_seconds)} on`;
  const some = looks === undefined ? 'a look' : looks === 1 ? 'one look' : `${inWords(looks)} looks,`;
  return `in ${some} every ${lastOf(every)}${from}`;
}

/** A limit in its unit: `2 points`, `50 ms`, `twice`. */
function limitWords({ rule, max = 0 }: Rule) {
  return ruleNamed(rule)?.quantity === 'ratio' ? times(max) : inUnitOf(rule, max);
}

const quantileWords = (quantile: number) => `p${significant(quantile * 100)}`;

/**
 * What makes a rule fail.
 *
 * @param path of its limit
 * @param isShort whether the sentence has named the canary just before
 */
function testOf(rule: Rule, path: string, isShort: boolean, at: (key: string) => string): Piece[] {
  const entry = ruleNamed(rule.rule);
  const title = entry?.title ?? rule.rule;
  const limit = { text: limitWords(rule), path };
  const { of = 'canary' } = rule;
  const of_ = (text: string): Piece => (of === 'canary' ? text : { text, path: at('of') });
  const who = of === 'service' ? of_('the whole service') : isShort ? 'it' : 'the canary';
  const other = of === 'control' ? of_('a control of its size') : 'the baseline';
  const whole: Piece[] = of === 'canary' ? [] : [' ', of_(OF[of])];
  if (entry?.gathers) return [title.split(',', 1)[0], ...whole];
  if (rule.max === undefined)
    return [`the ${title}`, ...whole, entry?.quantity === 'ratio' ? ' is too high' : ' fails'];
  if (entry?.subject === 'errors') {
    if (entry.quantity === 'rate') return [who, ' fails more than ', limit, ' of its requests'];
    if (entry.quantity === 'difference' && rule.max === 0)
      return [who, ' fails ', { text: 'more', path }, ' than ', other];
    if (entry.quantity === 'difference') return [who, ' fails ', limit, ' more than ', other];
    if (entry.quantity === 'ratio') return [who, ' fails more than ', limit, ' as often as ', other];
  }
  const whose = isShort ? 'its' : 'the canary’s';
  const quantile = rule.quantile === undefined ? '' : `${quantileWords(rule.quantile)} `;
  if (entry?.subject === 'latency' && entry.quantity === 'ratio') {
    return [`${whose} ${quantile}latency is more than `, limit, ' the baseline’s'];
  }
  // The title says what is compared: `latency over the baseline`.
  if (entry?.quantity === 'milliseconds' && title.startsWith('latency')) {
    const compared = title.slice('latency'.length);
    const than: Piece[] = of === 'control' && compared ? [' over ', other] : [compared];
    return [`${whose} ${quantile}latency is more than `, limit, ...than];
  }
  return [`${whose} ${quantile}${title}`, ...whole, ' is more than ', limit];
}

/** Whose requests a rule judges that compares by itself, or compares not at all. */
const OF = { canary: '', control: 'against a control of its size', service: 'of the whole service' };

/** What a look without data does. */
const NO_DATA = { wait: 'waits', pass: 'passes', fail: 'fails' };

/** What else a rule needs: a level, more failed looks, a minimum of data. */
function conditions(rule: Planned['rules'][number], at: (key: string) => string): Piece[] {
  const values = rule as object as Record<string, Json | undefined>;
  // What has neither a limit nor a level is said by its parameters alone; of a probability that one will do.
  const quantity = rule.max === undefined && rule.alpha === undefined ? ruleNamed(rule.rule)?.quantity : undefined;
  const isKey = (key: string) => key === 'alpha' || quantity === 'ratio' || key === quantity;
  const own: Piece[][] = (ruleNamed(rule.rule)?.parameters ?? [])
    .filter(({ key, group, kind, items, default: usual }) => {
      const value = values[key];
      if (group !== 'method' || kind === 'choice' || items || key === 'max' || key === 'quantile') return false;
      return typeof value === 'number' && (value !== usual || isKey(key));
    })
    .map(({ key, label, unit = '', scale = 1 }) => [
      `${label[0].toLowerCase()}${label.slice(1).replace(',', ':')} `,
      {
        // Three digits would make 100 % of an objective of 99.95 %.
        text:
          unit === 's'
            ? lastOf(Number(values[key]))
            : `${Number((Number(values[key]) * scale).toPrecision(6))}\u00a0${unit}`.trim(),
        path: at(key),
      },
    ]);
  const { failure_limit, of_last, counts = 'alone', no_data, min_requests = 1, min_errors = 0 } = rule;
  // A label in small letters goes on where the one before it ended.
  const goesOn = (part: Piece[]) => /^(over|and|of|in|to) /.test(String(part[0]));
  const result: Piece[] = own.length
    ? [' (', ...own.flatMap((part, i) => (i ? [goesOn(part) ? ' ' : ', ', ...part] : part)), ')']
    : [];
  if (failure_limit > 1 || (of_last ?? 0) > 1) {
    const text =
      of_last === undefined
        ? `${inWords(failure_limit)} times`
        : of_last === failure_limit
          ? `${inWords(failure_limit)} times in a row`
          : `in ${inWords(failure_limit)} of the last ${inWords(of_last)} looks`;
    result.push(', ', { text, path: at('failure_limit') });
  }
  if (counts !== 'alone')
    result.push(', ', { text: counts === 'by_score' ? 'by a score' : 'counted together', path: at('counts') });
  const least = [
    min_requests > 1 ? counted(min_requests, 'request') : '',
    min_errors > 0 ? counted(min_errors, 'error') : '',
  ].filter(Boolean);
  if (least.length)
    result.push(', with at least ', {
      text: listed(least),
      path: at(min_requests > 1 ? 'min_requests' : 'min_errors'),
    });
  if (no_data !== undefined && no_data !== 'inconclusive')
    result.push('; without data it ', { text: NO_DATA[no_data], path: at('no_data') });
  return result;
}
