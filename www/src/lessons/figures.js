/**
 * The figures that a lesson may ask for or tell, by name. Each is the engine's:
 * of a rollout's report, or of a study's. Probabilities are in percent.
 */

import { DECIDERS, OUTCOMES, count, counted, percent, ruleWords, significant, stateWords } from '../base/format.js';

/** @import { Report, StudyReport } from '../base/engine.js' */
/** @typedef {string | number | null} Value `null` where there is none */
/**
 * `values` are the texts it may be; without them it is a number. `noun` is what it
 * counts, `%` a probability and `tick` time; `words` its name, if the key is not it.
 * @typedef {{
 *   values?: Record<string, string>, words?: string, noun?: string,
 *   rollout?: (report: Report) => Value, study?: (report: StudyReport) => Value,
 * }} Figure
 */
/** A goal: the figure must be that, or lie between. @typedef {{ figure: string, is?: string, at_least?: number, at_most?: number }} Goal */

/** @param {import('../base/engine.js').Estimate | undefined} p */
const chance = (p) => (p ? p.estimate * 100 : null);

/** @type {Record<string, Figure>} */
export const FIGURES = {
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
  ticks: { noun: 'tick', rollout: (report) => report.metrics.ticks },
  rollback_tick: {
    words: 'time of the rollback',
    noun: 'tick',
    rollout: (report) => report.decisions.find(({ action }) => action === 'rollback')?.tick ?? null,
  },
  total_stages: { noun: 'stage', rollout: (report) => report.total_stages },
  stages_completed: { noun: 'stage', rollout: (report) => report.stages_completed },
  excess_errors: { noun: 'excess error', rollout: (report) => report.metrics.excess_errors },
  canary_requests: { noun: 'request', rollout: (report) => report.metrics.canary.requests },
  false_rollback: { noun: '%', study: ({ healthy }) => chance(healthy.p_rollback) },
  promoted_rightly: { noun: '%', study: ({ healthy }) => chance(healthy.p_completed) },
  missed_regression: { noun: '%', study: ({ release }) => chance(release?.p_completed) },
  caught: { noun: '%', study: ({ release }) => chance(release?.p_caught) },
};

/** The name in words: `false rollback`. @param {string} name */
const figureWords = (name) => FIGURES[name].words ?? ruleWords(name);

/**
 * What it counts, as a unit behind a number: `%`, `minutes`, `excess errors`.
 * @param {string} name
 * @param {string} tick what a tick is called
 */
export function unitOf(name, tick) {
  const noun = FIGURES[name].noun;
  return noun === '%' ? '%' : `${noun === 'tick' ? tick : noun}s`;
}

/**
 * A figure in words, with its unit; `none` where there is none.
 * @param {string} name
 * @param {Value | undefined} value
 * @param {string} tick what a tick is called
 */
export function tell(name, value, tick) {
  const { values, noun = '' } = FIGURES[name];
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string') return values?.[value] ?? value;
  if (noun === '%') return percent(value / 100);
  return name === 'rollback_tick' ? `${tick} ${count(value)}` : counted(value, noun === 'tick' ? tick : noun);
}

/**
 * What a goal asks for, in words: `false rollback: at most 5 %`.
 * @param {Goal} goal
 * @param {string} tick
 */
export function goalWords({ figure, is, at_least, at_most }, tick) {
  const [name, unit] = [figureWords(figure), unitOf(figure, tick)];
  const bound = (/** @type {string} */ word, /** @type {number | undefined} */ x) =>
    x !== undefined && `${word} ${significant(x)}${unit === name ? '' : `\u00a0${unit}`}`;
  const asked = is === undefined ? [bound('at least', at_least), bound('at most', at_most)] : [tell(figure, is, tick)];
  return `${name}: ${asked.filter(Boolean).join(', ')}`;
}

/**
 * @param {Goal} goal
 * @param {Value | undefined} value
 */
export const isMet = ({ is, at_least = -Infinity, at_most = Infinity }, value) =>
  is === undefined ? typeof value === 'number' && value >= at_least && value <= at_most : value === is;

/** A figure's place in a text: `{excess_errors}`. */
const PLACE = /\{(\w+)\}/g;

/**
 * The figures that a text tells.
 * @param {string | undefined} text
 */
export const figuresIn = (text) => Array.from((text ?? '').matchAll(PLACE), ([, name]) => name);

/**
 * A text with its figures.
 * @param {string} text
 * @param {Record<string, Value>} values
 * @param {string} tick
 */
export const withFigures = (text, values, tick) => text.replace(PLACE, (_, name) => tell(name, values[name], tick));
