/**
 * Changes of the plan, the list of stages: what a stage may become beside its
 * neighbours, and a stage more or less. What is valid stays valid.
 */

import { tidy } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get, listAt, put } from '../base/json-path.ts';
import { limits } from '../engine/catalogue.ts';
export type PlannedStage = { traffic_pct: number; duration_ticks: number };

/** The most ticks that a stage is dragged to; who wants more types it. */
const MOST_TICKS = 1000;

/**
 * From what a share is counted in halves of a percent, and from what in whole ones;
 * below, in tenths.
 */
const [HALVES, WHOLES] = [1, 5];

/** What a share in percent is moved by, upwards. */
export const shareStep = (pct: number) => (pct < HALVES ? 0.1 : pct < WHOLES ? 0.5 : 1);

/**
 * Between what shares a stage can be moved, in percent: above the stage before it
 * and below the one after it.
 */
export function shareRange(stages: PlannedStage[], i: number): [least: number, most: number] {
  const before = stages[i - 1]?.traffic_pct ?? 0;
  const after = stages[i + 1]?.traffic_pct;
  const up = shareStep(before);
  const down = after === undefined ? 1 : after <= HALVES ? 0.1 : after <= WHOLES ? 0.5 : 1;
  const least = tidy((Math.floor(tidy(before / up)) + 1) * up);
  const most = after === undefined ? 100 : tidy((Math.ceil(tidy(after / down)) - 1) * down);
  const now = stages[i].traffic_pct;
  return [Math.min(least, now), Math.max(most, now)];
}

/** The nearest share that a stage can be moved to. */
export function shareNear(stages: PlannedStage[], i: number, pct: number) {
  const [least, most] = shareRange(stages, i);
  const step = shareStep(pct);
  return Math.min(most, Math.max(least, tidy(Math.round(pct / step) * step)));
}

/** The nearest length that a stage can be moved to, in ticks. */
export const lengthNear = (stage: PlannedStage, ticks: number) =>
  Math.min(mostTicks(stage), Math.max(1, Math.round(ticks)));

/** The most ticks that a stage can be moved to. */
export const mostTicks = ({ duration_ticks }: PlannedStage) => Math.max(MOST_TICKS, duration_ticks);

/** Whether there is a share left for a stage after another. */
export const hasRoomAfter = (stages: Json[], i: number) =>
  stages.length < limits().stages && Number(get(stages[i], 'traffic_pct')) < 100;

/**
 * With a stage more, half the way to the next one or to all traffic. It is held to
 * what the stage before it is held to.
 *
 * @param i of the stage before it; -1 in a plan of none
 */
export function withStageAfter(draft: Json, i: number): Json {
  const stages = listAt(draft, 'stages');
  const before = get(stages[i], 'traffic_pct');
  const after = get(stages[i + 1], 'traffic_pct') ?? 100;
  const [from, to] = [before, after].map((pct) => (typeof pct === 'number' ? pct : 0));
  const middle = Math.round((from + to) / 2);
  const traffic_pct = middle > from && middle < to ? middle : tidy((from + to) / 2);
  const like = put(put(stages[i] ?? { duration_ticks: 5 }, 'name', undefined), 'pause', undefined);
  return renumbered(draft, stages.toSpliced(i + 1, 0, put(like, 'traffic_pct', traffic_pct)), (numbers) =>
    numbers.flatMap((n) => (n === i + 1 ? [n, n + 1] : n > i + 1 ? [n + 1] : [n])),
  );
}

/** Without a stage, and without the rules that held for it alone. */
export const withoutStage = (draft: Json, i: number): Json =>
  renumbered(draft, listAt(draft, 'stages').toSpliced(i, 1), (numbers) =>
    numbers.filter((n) => n !== i + 1).map((n) => (n > i + 1 ? n - 1 : n)),
  );

/**
 * With other stages, and the numbers of the stages that rules hold for as those are
 * now counted. Rules that hold for none any more, or say what others say, go.
 */
function renumbered(draft: Json, stages: Json[], count: (numbers: number[]) => number[]): Json {
  const changed = put(draft, 'stages', stages);
  if (get(draft, 'rules') === undefined) return changed;
  const rules = listAt(draft, 'rules')
    .map((rule) => {
      const numbers = get(rule, 'stages');
      return Array.isArray(numbers) ? put(rule, 'stages', count(numbers.map(Number))) : rule;
    })
    .filter((rule) => listAt(rule, 'stages').length > 0 || (get(rule, 'stages') ?? null) === null);
  const texts = rules.map((rule) => JSON.stringify(rule));
  return put(
    changed,
    'rules',
    rules.filter((_, k) => texts.indexOf(texts[k]) === k),
  );
}
