/** The marks of error rates: lines, dots and intervals of both arms, and the point that decided. */

import { s } from '../base/dom.ts';
import type { Series } from '../engine/engine.ts';
import { error_rate_intervals } from '../engine/engine.ts';
import type { Arm } from '../rollout/arms.ts';
import type { Band, Point, Window } from '../rollout/series.ts';
import { thinned, windowCounts } from '../rollout/series.ts';
import { area, line } from './path.ts';
import type { Scale } from './scale.ts';
/** An interval at a tick. */
export type Range = { tick: number; low: number; high: number };

/** Above this many ticks the ticks' own points would only be a smear. */
const MOST_POINTS = 400;
/** Intervals drawn, at most. */
const MOST_RANGES = 2048;

/** Wilson's intervals of an arm's error rate over the window that is judged. */
export function intervals(series: Series, arm: Arm, window: Window): Range[] {
  const { errors, requests } = windowCounts(series, arm, window);
  // As many as can be told apart.
  const step = Math.ceil(errors.length / MOST_RANGES);
  const sampled = (all: Float64Array) => (step > 1 ? all.filter((_, i) => i % step === 0) : all);
  const { low, high } = error_rate_intervals(sampled(errors), sampled(requests));
  return Array.from(low, (value, i) => ({ tick: i * step + 1, low: value, high: high[i] })).filter(
    (range) => !Number.isNaN(range.low),
  );
}

/** The band of the intervals, cut as the line is and at the chart's top. */
export function intervalBand(arm: Arm, all: Range[], cuts: Band[], x: Scale, y: Scale) {
  const [, top] = y.domain();
  const path = area(
    (range: Range) => x(range.tick - 0.5),
    (range: Range) => y(range.low),
    (range: Range) => y(Math.min(top, range.high)),
  );
  return parts(all, cuts).map((part) =>
    part.length === 1
      ? s('path', {
          class: `${arm} interval one`,
          d: `M${x(part[0].tick - 0.5)} ${y(part[0].low)}V${y(Math.min(top, part[0].high))}`,
        })
      : s('path', { class: `${arm} interval`, d: path(part) }),
  );
}

export function rateLine(arm: Arm, all: Point[], cuts: Band[], x: Scale, y: Scale) {
  const path = line(
    (p: Point) => x(p.tick - 0.5),
    (p: Point) => y(p.value),
  );
  const pixels = Math.ceil(x.range()[1]);
  return parts(all, cuts).map((part) => s('path', { class: `${arm} line`, d: path(thinned(part, pixels)) }));
}

/** What has a tick, cut where a new stage begins and its window with it. */
const parts = <T extends { tick: number }>(all: T[], cuts: Band[]) =>
  cuts.length === 0
    ? [all]
    : cuts.filter(({ ran }) => ran).map(({ from, to }) => all.filter(({ tick }) => tick > from && tick <= to));

/**
 * Round points for the canary, square ones for the baseline: the arms differ
 * without their colours.
 */
export function dots(all: Point[], arm: 'baseline' | 'canary', kind: string, x: Scale, y: Scale) {
  const group = s('g', { class: `${arm} dots ${kind}` });
  if (all.length > MOST_POINTS) return group;
  for (const { tick, value } of all) {
    const [cx, cy] = [x(tick - 0.5), y(value)];
    group.append(
      arm === 'canary'
        ? s('circle', { cx, cy, r: kind ? 2.4 : 3.2 })
        : s('rect', { x: cx - 2.2, y: cy - 2.2, width: 4.4, height: 4.4 }),
    );
  }
  return group;
}

/**
 * The point that decided: a cross in a disc.
 *
 * @param end where the plot ends, for its words to stay inside
 */
export const failedPoint = (x: number, y: number, end: number) =>
  s(
    'g',
    { class: 'failed-point', transform: `translate(${x} ${y})` },
    s('circle', { r: 7 }),
    s('path', { d: 'M-2.8-2.8 2.8 2.8M2.8-2.8-2.8 2.8' }),
    s('text', x + 80 > end ? { x: -12, y: -10, 'text-anchor': 'end' } : { x: 6, y: -12 }, 'rolled back'),
  );
