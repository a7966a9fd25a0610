/** Numbers and names as people read them, each with its unit. */

import { catalogue, ruleNamed } from '../engine/catalogue.ts';

import type { Outcome, Report } from '../engine/engine.ts';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Three significant digits, no idle zeros, with a minus sign that is one. */
export function significant(x: number) {
  const magnitude = Math.abs(x);
  if (magnitude >= 1e12 && magnitude < Infinity) {
    const [digits, power] = x.toExponential(2).split('e');
    return `${Number(digits)}\u00a0×\u00a010${raised(Number(power))}`.replace('-', '−');
  }
  const text = magnitude >= 100 || magnitude === 0 ? whole.format(x) : String(Number(x.toPrecision(3)));
  return text.replace('-', '−');
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * An exponent: `⁻³`, `¹²`.
 *
 * @param n whole
 */
export const raised = (n: number) => String(n).replace(/./g, (digit) => (digit === '-' ? '⁻' : RAISED[Number(digit)]));

/** A number with its unit, never parted at a line's end. */
const measured = (x: number, unit: string) => `${significant(x)}\u00a0${unit}`;

/** The engine's sentence, with no number parted from its unit at a line's end. */
export const unbroken = (sentence: string) => sentence.replace(/(\d) (?=%|ms\b|points?\b)/g, '$1\u00a0');

/** Without the last bits' noise, as a number of at most nine places must be. */
export const tidy = (x: number) => Number(x.toFixed(9));

export const count = (n: number) => whole.format(n);

/** A rate in percent: `4.27 %`; `–` where there is none. */
export const percent = (rate: number | null) => (rate === null || Number.isNaN(rate) ? '–' : measured(rate * 100, '%'));

/** A share given in percent: `25 %`. */
export const share = (pct: number) => measured(pct, '%');

/** A latency: `312 ms`; `–` where there is none. */
export const milliseconds = (ms: number | null) => (ms === null || Number.isNaN(ms) ? '–' : measured(ms, 'ms'));

/** A count with its noun: `1 request`, `1,204 requests`. */
export const counted = (n: number, noun: string) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

/** A measured number with its noun, on one line: `1 minute`, `15.5 minutes`. */
export const measuredIn = (n: number, noun: string) => `${significant(n)}\u00a0${noun}${n === 1 ? '' : 's'}`;

/** How much of a text that others wrote is quoted, and how many faults are listed. */
const MOST_QUOTED = 80;
export const MOST_LISTED = 20;
/** How long a message may be in a list of them: it has words beside what it quotes. */
export const MOST_OF_MESSAGE = 400;

/** A text as it is quoted: not all of it where it is long. */
export const cut = (text: string, most: number = MOST_QUOTED) =>
  text.length > most ? `${text.slice(0, most)}…` : text;

/** What a tick is called where it is as long as something with a name. */
const UNITS = {
  1: { name: 'second', short: 's' },
  60: { name: 'minute', short: 'min' },
  3600: { name: 'hour', short: 'h' },
  86400: { name: 'day', short: 'd' },
} as Record<number, { name: string; short: string }>;

/** The name of a tick of so many seconds. */
export const tickUnit = (tickSeconds: number): { name: string; short: string } =>
  UNITS[tickSeconds] ?? { name: 'tick', short: 'ticks' };

/** The states, each with its name in words. */
export const stateWords = () => Object.fromEntries(catalogue().states.map(({ state, label }) => [state, label]));

/** Who makes a decision. */
export const DECIDERS = { policy: 'the plan', rule: 'a rule', person: 'a person' } as const;

export const OUTCOMES: Record<Outcome, { word: string; kind: 'good' | 'harm' | 'open' }> = {
  promoted_rightly: { word: 'promoted rightly', kind: 'good' },
  caught: { word: 'caught', kind: 'good' },
  false_rollback: { word: 'false rollback', kind: 'harm' },
  missed_regression: { word: 'missed regression', kind: 'harm' },
  undecided: { word: 'undecided', kind: 'open' },
  unknown: { word: 'rightly or not, nobody knows', kind: 'open' },
};

/** A rule's name in words: `error rate delta`. */
export const ruleWords = (name: string) => name.replace(/_ms$/, '').replaceAll('_', ' ');

/** What was observed, or a limit, in the unit of the rule. */
export function inUnitOf(rule: string, value: number | null) {
  if (value === null || Number.isNaN(value)) return '–';
  switch (ruleNamed(rule)?.quantity) {
    case 'rate':
      return percent(value);
    case 'difference':
      return measured(value * 100, Math.abs(value) === 0.01 ? 'point' : 'points');
    case 'ratio':
      return measured(value, '×');
    case 'milliseconds':
      return milliseconds(value);
    case 'probability':
      return percent(value);
    case 'p_value':
      return `p\u00a0=\u00a0${significant(value)}`;
    default:
      return significant(value);
  }
}

/** The number of the stage a rollout that has not ended is in. */
export const presentStage = (report: Report) => Math.min(report.stages_completed + 1, report.total_stages);
