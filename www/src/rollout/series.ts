/**
 * From a report and its series to what is drawn: pure functions, no document.
 */

import { bisector } from 'd3-array';
import { ruleNamed } from '../engine/catalogue.ts';

import type { Decision, Report, Series } from '../engine/engine.ts';
import type { PlannedRule } from '../engine/plan.ts';
import { planOf, subjectOf } from '../engine/plan.ts';
import type { Arm } from './arms.ts';

/**
 * A stretch of the time axis that belongs to a stage; ticks from, exclusive,
 * to, inclusive. `ran` tells it from the rest of a plan that was cut short.
 */
export type Band = { stage: number; pct: number; from: number; to: number; ran: boolean };
/** The tick alone, the stage or the rollout so far, or so many last ticks. */
export type Window = 'tick' | 'stage' | 'rollout' | number;
export type Point = { tick: number; value: number };
/** A rule's limit in terms of the canary's own figure, where the rule looked. */
export type Limit = {
  rule: number;
  name: string;
  subject: ReturnType<typeof subjectOf>;
  everyTick: boolean;
  deciding: boolean;
  points: Point[];
};

/** The stages that ran, then what remains of the plan. */
export function bands(report: Report, series: Series): Band[] {
  const result: Band[] = [];
  for (let tick = 1; tick <= series.stage.length; tick += 1) {
    const stage = series.stage[tick - 1];
    const last = result.at(-1);
    if (last?.stage === stage) last.to = tick;
    else
      result.push({
        stage,
        pct: planOf(report).stages[stage - 1].traffic_pct,
        from: tick - 1,
        to: tick,
        ran: true,
      });
  }
  if (report.final_state !== 'COMPLETED') result.push(...remaining(report));
  return result;
}

function remaining(report: Report): Band[] {
  const result: Band[] = [];
  let from = report.metrics.ticks;
  planOf(report)
    .stages.slice(report.stages_completed)
    .forEach((stage, i) => {
      const number = report.stages_completed + i + 1;
      const to = from + Math.max(0, stage.duration_ticks - clock(report, number));
      if (to > from) result.push({ stage: number, pct: stage.traffic_pct, from, to, ran: false });
      from = to;
    });
  return result;
}

/**
 * Ticks for which a rollout was paused in a stage, while the stage's clock
 * stood still: from a pause to the decision that ended it.
 */
export function pausedTicks(report: Report, stage: number) {
  let ticks = 0;
  let since = null;
  for (const decision of report.decisions.filter((d) => d.stage === stage)) {
    if (since !== null) ticks += decision.tick - since;
    since = decision.action === 'pause' ? decision.tick : null;
  }
  return since === null ? ticks : ticks + report.metrics.ticks - since;
}

/** Which rules look while a rollout is paused, in words. */
export function looksInPause(report: Report) {
  const { rules, decides } = planOf(report);
  if (decides) return decides.looks_in_pauses ? 'a background analysis goes on' : 'no check looks';
  return rules.some((rule) => rule.look_while_paused)
    ? 'only those rules look that are set to look in a pause'
    : 'no rule looks';
}

/** How far a stage's clock has run, in ticks. */
export const clock = (report: Report, stage: number) =>
  (report.stages[stage - 1].metrics?.ticks ?? 0) - pausedTicks(report, stage);

/** Where the time axis ends: the plan's end or the rollout's, in ticks. */
export const axisEnd = (all: Band[]) => Math.max(1, all.at(-1)?.to ?? 1);

/** Requests and errors of one arm, each over the window that ends with its tick. */
export function windowCounts(series: Series, arm: Arm, window: Window) {
  const requests = Float64Array.from(series[`${arm}_requests`]);
  const errors = Float64Array.from(series[`${arm}_errors`]);
  if (typeof window === 'number') return { requests: lastSums(requests, window), errors: lastSums(errors, window) };
  for (let i = 1; i < requests.length; i += 1) {
    const anew = window === 'tick' || (window === 'stage' && series.stage[i] !== series.stage[i - 1]);
    requests[i] += anew ? 0 : requests[i - 1];
    errors[i] += anew ? 0 : errors[i - 1];
  }
  return { requests, errors };
}

/** Of each place, the sum of so many last values. */
function lastSums(values: Float64Array, length: number) {
  let sum = 0;
  return values.map((value, i) => {
    sum += value - (values[i - length] ?? 0);
    return sum;
  });
}

/** Requests and errors of one arm in the ticks of the rollout that a look saw. */
export function seenCounts(series: Series, arm: Arm, { first_tick, last_tick }: Seen) {
  const sum = (values: ArrayLike<number>) => {
    let total = 0;
    for (let tick = Math.max(1, first_tick); tick <= last_tick; tick += 1) total += values[tick - 1];
    return total;
  };
  return { requests: sum(series[`${arm}_requests`]), errors: sum(series[`${arm}_errors`]) };
}

/**
 * Error rates of one arm, each over the window that ends with its tick.
 *
 * @returns NaN where the arm had no requests
 */
export function errorRates(series: Series, arm: Arm, window: Window): Float64Array {
  const { requests, errors } = windowCounts(series, arm, window);
  return errors.map((failed, i) => (requests[i] > 0 ? failed / requests[i] : NaN));
}

/**
 * The index of the rule whose evidence is drawn: the one that decided, or the
 * first; -1 without one.
 */
export function evidenceRule(report: Report) {
  const gathers = (i: number) => ruleNamed(planOf(report).rules[i].rule)?.gathers ?? false;
  const decided = deciding(report)?.rule ?? null;
  return decided !== null && gathers(decided) ? decided : planOf(report).rules.findIndex((_, i) => gathers(i));
}

/** The decision of a rule that ended or stopped the rollout. */
export const deciding = (report: Report): Decision | undefined =>
  report.decisions.findLast(({ action, by }) => by === 'rule' && (action === 'rollback' || action === 'pause'));

/** The index of the rule on errors that decided, or of the first one; -1 without one. */
export function errorRule(report: Report) {
  const { rules } = planOf(report);
  const decided = deciding(report)?.rule ?? null;
  const isOnErrors = (rule: PlannedRule) => subjectOf(rule) === 'errors';
  return decided !== null && isOnErrors(rules[decided]) ? decided : rules.findIndex(isOnErrors);
}

/** The window to draw error rates over: that of the rule on errors, so that line and limit can be compared. */
export function errorWindow(report: Report, rule: number): Window {
  const { config } = report;
  const window = planOf(report).rules[rule]?.window ?? 'stage';
  return typeof window === 'object' ? Math.max(1, Math.round(window.last_seconds / config.tick_seconds)) : window;
}

/**
 * What the last look of a rule saw, up to where the rollout stands: the ticks of its window,
 * and when it looked.
 */
export type Seen = { first_tick: number; last_tick: number; tick: number };

/** @param report of the rollout up to there */
export function lastSeen(report: Report, rule: number): Seen | null {
  const looks = report.stages.flatMap(({ checks }) => checks.filter((check) => check.rule === rule));
  const last = looks.findLast(({ window, tick }) => window && tick !== null);
  return last?.window && last.tick !== null ? { ...last.window, tick: last.tick } : null;
}

/** The limits of the rules on errors or on latency, where they looked. */
export function limits(report: Report, series: Series, latency: boolean): Limit[] {
  const decided = deciding(report)?.rule;
  return planOf(report)
    .rules.map((rule, index) => ({
      rule: index,
      name: rule.rule,
      subject: subjectOf(rule),
      everyTick: rule.look !== 'stage_end',
      deciding: index === decided,
      points: points(series.rules[index].canary_limit),
    }))
    .filter(({ subject, points }) => (subject === 'latency') === latency && points.length > 0);
}

/** The limit in force at a tick: of the rule that decided, or of the first that has looked in that stage. */
export const limitOf = (all: Limit[], series: Series, tick: number): Limit | undefined =>
  all.find(({ deciding }) => deciding) ?? all.find((one) => !Number.isNaN(valueAt(one, series, tick)));

/** Its value; NaN before the rule's first look in that stage. */
export function limitAt(all: Limit[], series: Series, tick: number) {
  const limit = limitOf(all, series, tick);
  return limit ? valueAt(limit, series, tick) : NaN;
}

const valueAt = ({ rule }: Limit, series: Series, tick: number) =>
  lastUntil(series.rules[rule].canary_limit, series, tick);

/** The last value until a tick, if it is of the tick's stage; else NaN. */
function lastUntil(values: ArrayLike<number>, series: Series, tick: number) {
  const stage = series.stage[tick - 1];
  for (let i = tick - 1; i >= 0 && series.stage[i] === stage; i -= 1) {
    if (!Number.isNaN(values[i])) return values[i];
  }
  return NaN;
}

const byTick = bisector(({ tick }: { tick: number }) => tick);

/** How many of what has a tick, in order, stand at or before one. */
export const until = (all: { tick: number }[], tick: number) => byTick.right(all, tick);

/** What stands at a tick. */
export function at<T extends { tick: number }>(all: T[], tick: number): T | undefined {
  const found = all[byTick.left(all, tick)];
  return found?.tick === tick ? found : undefined;
}

const byEnd = bisector(({ to }: Band) => to);

/** The band that a tick is in. */
export const bandAt = (bands: Band[], tick: number): Band | undefined => bands[byEnd.left(bands, tick)];

/** Points that a chart is drawn of, at most: more than the pixels that it is wide. */
const MOST_POINTS = 8192;

/**
 * The ticks that have a value; of a long series, of equal stretches of it, the lowest and
 * the highest.
 */
export function points(values: ArrayLike<number>): Point[] {
  const result: Point[] = [];
  const take = (i: number) => i >= 0 && result.push({ tick: i + 1, value: values[i] });
  const stretch = Math.ceil(values.length / (MOST_POINTS / 2));
  for (let from = 0; from < values.length; from += stretch) {
    let [low, high] = [-1, -1];
    for (let i = from; i < from + stretch && i < values.length; i += 1) {
      if (Number.isNaN(values[i])) continue;
      if (low < 0 || values[i] < values[low]) low = i;
      if (high < 0 || values[i] > values[high]) high = i;
    }
    take(Math.min(low, high));
    if (low !== high) take(Math.max(low, high));
  }
  return result;
}

/**
 * Of more points than a line of so many pixels can show, the lowest and the highest in
 * every two pixels.
 */
export function thinned(all: Point[], pixels: number): Point[] {
  if (all.length <= pixels) return all;
  const result: Point[] = [];
  const parts = Math.ceil(pixels / 2);
  for (let part = 0, i = 0; part < parts; part += 1) {
    let [low, high] = [i, i];
    for (const end = Math.floor(((part + 1) * all.length) / parts); i < end; i += 1) {
      if (all[i].value < all[low].value) low = i;
      if (all[i].value > all[high].value) high = i;
    }
    result.push(all[Math.min(low, high)]);
    if (low !== high) result.push(all[Math.max(low, high)]);
  }
  return result;
}
