/**
 * The figures that a lesson may ask for or tell, by name. Each is the engine's:
 * of a rollout's report, or of a study's. Probabilities are in percent.
 */

import {
  count,
  counted,
  DECIDERS,
  measuredIn,
  OUTCOMES,
  percent,
  ruleWords,
  significant,
  stateWords,
} from '../base/format.ts';
import { ruleNamed } from '../engine/catalogue.ts';

import type { Report, StudyReport } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
/** `null` where there is none */
export type Value = string | number | null;
/**
 * `values` are the texts it may be; without them it is a number. `noun` is what it
 * counts, `%` a probability and `tick` time; `words` its name, if the key is not it.
 */
export type Figure = {
  values?: Record<string, string>;
  words?: string;
  noun?: string;
  rollout?: (report: Report) => Value;
  study?: (report: StudyReport) => Value;
};
/** A goal: the figure must be that, or lie between. */
export type Goal = { figure: string; is?: string; at_least?: number; at_most?: number };

const chance = (p: import('../engine/engine.ts').Estimate | undefined) => (p ? p.estimate * 100 : null);

const inPercent = (rate: number | null) => (rate === null ? null : rate * 100);

export const FIGURES: Record<string, Figure> = {
  final_state: {
    get values() {
      return stateWords();
    },
    rollout: (report) => report.final_state,
  },
  outcome: {
    values: Object.fromEntries(Object.entries(OUTCOMES).map(([name, { word }]) => [name, word])),
    rollout: (report) => report.outcome,
  },
  decided_by: {
    values: DECIDERS,
    rollout: (report) => report.decisions.findLast(({ action }) => action !== 'rolled_back')?.by ?? null,
  },
  ticks: { words: 'length', noun: 'tick', rollout: (report) => report.metrics.ticks },
  rollback_tick: {
    words: 'time of the rollback',
    noun: 'tick',
    rollout: (report) => report.decisions.find(({ action }) => action === 'rollback')?.tick ?? null,
  },
  total_stages: { noun: 'stage', rollout: (report) => report.total_stages },
  stages_completed: { noun: 'stage', rollout: (report) => report.stages_completed },
  last_limit: { words: 'limit in the last stage', noun: 'point', rollout: lastLimit },
  excess_errors: { noun: 'excess error', rollout: (report) => report.metrics.excess_errors },
  canary_requests: { noun: 'request', rollout: (report) => report.metrics.canary.requests },
  canary_error_rate: {
    words: 'the canary’s error rate',
    noun: '%',
    rollout: (report) => inPercent(report.metrics.canary.error_rate),
  },
  baseline_error_rate: {
    words: 'the baseline’s error rate',
    noun: '%',
    rollout: (report) => inPercent(report.metrics.baseline.error_rate),
  },
  mean_excess_errors: {
    words: 'excess errors on average',
    noun: 'excess error',
    study: ({ release }) => release?.excess_errors?.mean ?? null,
  },
  false_rollback: { noun: '%', study: ({ healthy }) => chance(healthy.p_rollback) },
  promoted_rightly: { noun: '%', study: ({ healthy }) => chance(healthy.p_completed) },
  missed_regression: { noun: '%', study: ({ release }) => chance(release?.p_completed) },
  caught: { noun: '%', study: ({ release }) => chance(release?.p_caught) },
};

/** The strictest limit on errors over the baseline in the last stage, in points. */
function lastLimit(report: Report) {
  const { rules, stages } = planOf(report);
  const limits = rules.flatMap(({ rule, max, stages: some }) =>
    max !== undefined && ruleNamed(rule)?.quantity === 'difference' && (some?.includes(stages.length) ?? true)
      ? [max * 100]
      : [],
  );
  return limits.length > 0 ? Math.min(...limits) : null;
}

/** The name in words: `false rollback`. */
const figureWords = (name: string) => FIGURES[name].words ?? ruleWords(name);

/**
 * What it counts, as a unit behind a number: `%`, `minutes`, `excess errors`.
 *
 * @param tick what a tick is called
 */
export function unitOf(name: string, tick: string) {
  const noun = FIGURES[name].noun;
  return noun === '%' ? '%' : `${noun === 'tick' ? tick : noun}s`;
}

/**
 * A figure in words, with its unit; `none` where there is none.
 *
 * @param tick what a tick is called
 */
export function tell(name: string, value: Value | undefined, tick: string) {
  const { values, noun = '' } = FIGURES[name];
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string') return values?.[value] ?? value;
  if (noun === '%') return percent(value / 100);
  if (noun === 'point') return measuredIn(value, noun);
  return name === 'rollback_tick' ? `${tick} ${count(value)}` : counted(value, noun === 'tick' ? tick : noun);
}

/** What a goal asks for, in words: `false rollback: at most 5 %`. */
export function goalWords({ figure, is, at_least, at_most }: Goal, tick: string) {
  const [name, unit] = [figureWords(figure), unitOf(figure, tick)];
  const bound = (word: string, x: number | undefined) => {
    if (x === undefined) return false;
    const counted = x === 1 ? unit.replace(/s$/, '') : unit;
    return `${word} ${significant(x)}${unit === name ? '' : `\u00a0${counted}`}`;
  };
  const bounds =
    at_least === at_most ? [bound('exactly', at_least)] : [bound('at least', at_least), bound('at most', at_most)];
  const asked = is === undefined ? bounds : [tell(figure, is, tick)];
  return `${name}: ${asked.filter(Boolean).join(', ')}`;
}

export const isMet = ({ is, at_least = -Infinity, at_most = Infinity }: Goal, value: Value | undefined) =>
  is === undefined ? typeof value === 'number' && value >= at_least && value <= at_most : value === is;

/** A figure's place in a text: `{excess_errors}`. */
const PLACE = /\{(\w+)\}/g;

/** The figures that a text tells. */
export const figuresIn = (text: string | undefined) => Array.from((text ?? '').matchAll(PLACE), ([, name]) => name);

/** A text with its figures. */
export const withFigures = (text: string, values: Record<string, Value>, tick: string) =>
  text.replace(PLACE, (_, name) => tell(name, values[name], tick));
