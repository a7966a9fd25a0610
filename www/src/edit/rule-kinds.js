/**
 * What each rule is called, what it takes, and how it begins. The names are in
 * plain words; the engine's are in the JSON.
 */

/** @import { FieldSpec } from './field.js' */
/** @import { Json } from '../base/json-path.js' */
/** @typedef {Omit<FieldSpec, "path"> & { key: string }} Parameter */
/**
 * `gathers`: it looks over the whole rollout, so there is no window to choose.
 * @typedef {{ name: string, start: { [key: string]: Json }, parameters: Parameter[], gathers?: boolean, everyTick?: boolean }} RuleKind
 */

/**
 * The limit of a rule.
 * @param {string} unit
 * @param {number} [scale]
 * @returns {Parameter}
 */
const max = (unit, scale) => ({ key: 'max', label: 'fails above', unit, scale });

/** @type {Parameter} */
const quantile = { key: 'quantile', label: 'Quantile', otherwise: 0.99 };

/**
 * The level, which promises more or less.
 * @param {string} label
 * @returns {Parameter}
 */
const alpha = (label) => ({ key: 'alpha', label, unit: '%', scale: 100, otherwise: 0.05 });

const ofOneLook = alpha('False alarms of one look, about');

/** How a stake is bet. @type {Parameter[]} */
const stake = [
  alpha('False alarms, at most'),
  { key: 'tolerated_ratio', label: 'Tolerates', unit: '× the baseline', otherwise: 1 },
  { key: 'bets', label: 'Bets on ratios of', kind: 'numbers', placeholder: '1.25 to 20 times that' },
  {
    key: 'bets_open',
    label: 'Places its bets',
    otherwise: 'stage_starts',
    options: [
      ['stage_starts', 'anew in each stage'],
      ['tick_1', 'in the first tick'],
    ],
  },
];

/** The certificate that ends a stage early. @type {Parameter[]} */
const certificate = [
  { key: 'certify_below', label: 'Promotes early if below', unit: '× the baseline', placeholder: 'never' },
  { key: 'certify_alpha', label: 'Wrongly, at most', unit: '%', scale: 100, placeholder: '5' },
  { key: 'min_ticks', label: 'After at least', unit: 'ticks', placeholder: '1' },
];

/** @type {Parameter} */
const spending = {
  key: 'spending',
  label: 'Spends its false alarms',
  otherwise: 'pocock',
  options: [
    ['pocock', 'about evenly (Pocock)'],
    ['obrien_fleming', 'late (O’Brien-Fleming)'],
    ['linear', 'with the information'],
  ],
};

/** @type {Record<string, RuleKind>} */
export const RULE_KINDS = {
  error_rate: { name: 'error rate', start: { max: 0.02 }, parameters: [max('%', 100)] },
  error_rate_delta: {
    name: 'error rate over the baseline',
    start: { max: 0.02 },
    parameters: [max('points', 100)],
  },
  error_rate_ratio: { name: 'error rate by the baseline’s', start: { max: 2 }, parameters: [max('×')] },
  latency: { name: 'latency', start: { max: 300 }, parameters: [max('ms'), quantile] },
  latency_delta_ms: {
    name: 'latency over the baseline',
    start: { max: 50 },
    parameters: [max('ms'), quantile],
  },
  sequential: {
    name: 'evidence of more errors, at any time',
    start: {},
    parameters: [...stake, ...certificate],
    gathers: true,
    everyTick: true,
  },
  slow_requests: {
    name: 'evidence of slow requests, at any time',
    start: { objective_ms: 300 },
    parameters: [{ key: 'objective_ms', label: 'Slow is over', unit: 'ms' }, ...stake],
    gathers: true,
    everyTick: true,
  },
  group_sequential: {
    name: 'evidence of more errors, at planned looks',
    start: {},
    parameters: [alpha('False alarms, about'), spending],
    gathers: true,
  },
  z_test: { name: 'test of error rates (z)', start: {}, parameters: [ofOneLook] },
  fisher: { name: 'test of error rates (Fisher)', start: {}, parameters: [ofOneLook] },
  mann_whitney: { name: 'test of latency (Mann-Whitney)', start: {}, parameters: [ofOneLook] },
};

/**
 * A rule to begin with.
 * @param {string} rule
 * @returns {{ [key: string]: Json }}
 */
export const startRule = (rule) => ({ rule, ...RULE_KINDS[rule].start });
