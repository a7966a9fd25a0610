/** Probabilities as people say them, and how sure a simulation is of them. */

import type { Estimate } from '../engine/engine.ts';
import { count } from './format.ts';

/**
 * `1 in 5`, `9 in 10`, `in all of 2,000 runs`: what was counted, rounded to what one
 * remembers, within a twelfth of the rarer side, or as exactly as so few runs tell.
 */
export function oftenness(p: number, runs: number) {
  if (p === 0 || p === 1) return `in ${p ? 'all' : 'none'} of ${count(runs)} runs`;
  if (p < 0.002) return `${count(Math.max(1, Math.round(p * 10_000)))} in 10,000`;
  if (p > 0.99) return `${Math.min(999, Math.round(p * 1000))} in 1,000`;
  const near = Math.max(Math.min(p, 1 - p) / 12, Math.sqrt((p * (1 - p)) / runs));
  const fits = ([a, b] = [0, 1]) => Math.abs(a / b - p) <= near;
  const simple = SIMPLE.find(([a, b]) => fits([a, b]));
  const [a, b] = simple ?? (p < 0.095 ? [1, Math.round(1 / p)] : [Math.round(p * 100), 100]);
  return `${count(a)} in ${count(b)}`;
}

/** Fractions that people use, simplest first. */
const SIMPLE = [
  [1, 2],
  [1, 3],
  [2, 3],
  [1, 4],
  [3, 4],
  [1, 5],
  [4, 5],
  [2, 5],
  [3, 5],
  [1, 6],
  [1, 8],
  ...[1, 3, 7, 9].map((n) => [n, 10]),
];

/**
 * A probability in percent as a number: to a tenth, but never a small risk as
 * none, nor a large one as certain.
 */
function inPercent(p: number) {
  const rarer = Math.min(p, 1 - p) * 100;
  if (rarer === 0 || rarer >= 0.1) return String(Number((p * 100).toFixed(1)));
  const shown = Number(rarer.toPrecision(1));
  return String(Number((p < 0.5 ? shown : 100 - shown).toFixed(6)));
}

/** A probability in percent: `19.8 %`. */
export const chance = ({ estimate }: Estimate) => `${inPercent(estimate)}\u00a0%`;

/**
 * The end of an interval in percent: as a probability, below one in a hundred in
 * two digits.
 */
function endInPercent(p: number) {
  const rarer = Math.min(p, 1 - p) * 100;
  if (rarer === 0 || rarer >= 1) return inPercent(p);
  const shown = Number(rarer.toPrecision(2));
  return String(Number((p < 0.5 ? shown : 100 - shown).toFixed(6)));
}

/** The interval that the true probability lies in, as far as the runs tell. */
export const between = ({ low, high }: { low: number; high: number }) =>
  `${endInPercent(low)} to ${endInPercent(high)}\u00a0%`;

/** Of how many a probability is said: of 100, or of 10,000 where its rarer side is below one in a thousand. */
const wholeOf = (p: number) => (Math.min(p, 1 - p) < 0.001 ? 10_000 : 100);

/** So many of a whole: without decimals from so many on, with two where one shows none. */
function partOf(p: number, whole: number, wholeFrom: number) {
  const rarer = Math.min(p, 1 - p) * whole;
  const digits = rarer >= wholeFrom ? 0 : rarer > 0 && rarer < 0.095 ? 2 : 1;
  return Number((p * whole).toFixed(digits)).toLocaleString('en');
}

/** `about 20 of 100`; where the runs show none or all, that: `none of 2,000`. */
export function ofMany({ estimate: p }: Estimate, runs: number) {
  if (p === 0 || p === 1) return `${p ? 'all' : 'none'} of ${count(runs)}`;
  const whole = wholeOf(p);
  return `about ${partOf(p, whole, 9.5)} of ${count(whole)}`;
}

/**
 * How far the truth may be from that, at 95 %: `in the long run (between 19.5 and 20.5, from 10,000 rollouts)`;
 * where the runs show none or all, `in the long run at most 0.2 of 100`.
 */
export function inLongRun({ estimate: p, low, high }: Estimate, runs: number) {
  const bound = (word: string, end: number) =>
    `in the long run at ${word} ${partOf(end, wholeOf(end), Infinity)} of ${count(wholeOf(end))}`;
  if (p === 0) return bound('most', high);
  if (p === 1) return bound('least', low);
  const [from, to] = [low, high].map((end) => partOf(end, wholeOf(p), Infinity));
  return `in the long run (between ${from} and ${to}, from ${count(runs)} rollouts)`;
}

/**
 * How many of a hundred a share comes to. None and all are told as far as the
 * runs tell: 0 of 2,000 is not never.
 */
export function of100({ estimate, low, high }: Estimate) {
  const [about, least, most] = [Math.round(estimate * 100), Math.floor(low * 100), Math.ceil(high * 100)];
  if (most === 0) return 'none';
  if (least === 100) return 'all';
  if (about === 0) return most === 1 ? 'fewer than 1' : `at most ${most}`;
  if (about === 100) return least === 99 ? 'more than 99' : `at least ${least}`;
  return `about ${about}`;
}
