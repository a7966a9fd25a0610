/** The marks of error rates: lines, dots and intervals of both arms, and the point that decided. */

import { area, line } from './path.js';
import { error_rate_intervals } from '../base/engine.js';
import { s } from '../base/dom.js';
import { thinned, windowCounts } from '../rollout/model.js';

/** @import { Series } from '../base/engine.js' */
/** @import { Scale } from './scale.js' */
/** @import { Band, Point, Window } from '../rollout/model.js' */
/** @import { Arm } from '../rollout/arms.js' */
/** An interval at a tick. @typedef {{ tick: number, low: number, high: number }} Range */

/** Above this many ticks the ticks' own points would only be a smear. */
const MOST_POINTS = 400;
/** Intervals drawn, at most. */
const MOST_RANGES = 2048;

/**
 * Wilson's intervals of an arm's error rate over the window that is judged.
 * @param {Series} series
 * @param {Arm} arm
 * @param {Window} window
 * @returns {Range[]}
 */
export function intervals(series, arm, window) {
  const { errors, requests } = windowCounts(series, arm, window);
  // As many as can be told apart.
  const step = Math.ceil(errors.length / MOST_RANGES);
  const sampled = (/** @type {Float64Array} */ all) => (step > 1 ? all.filter((_, i) => i % step === 0) : all);
  const { low, high } = error_rate_intervals(sampled(errors), sampled(requests));
  return Array.from(low, (value, i) => ({ tick: i * step + 1, low: value, high: high[i] })).filter(
    (range) => !Number.isNaN(range.low),
  );
}

/**
 * The band of the intervals, cut as the line is and at the chart's top.
 * @param {Arm} arm
 * @param {Range[]} all
 * @param {Band[]} cuts
 * @param {Scale} x
 * @param {Scale} y
 */
export function intervalBand(arm, all, cuts, x, y) {
  const [, top] = y.domain();
  const path = area(
    (/** @type {Range} */ range) => x(range.tick - 0.5),
    (/** @type {Range} */ range) => y(range.low),
    (/** @type {Range} */ range) => y(Math.min(top, range.high)),
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

/**
 * @param {Arm} arm
 * @param {Point[]} all
 * @param {Band[]} cuts
 * @param {Scale} x
 * @param {Scale} y
 */
export function rateLine(arm, all, cuts, x, y) {
  const path = line(
    (/** @type {Point} */ p) => x(p.tick - 0.5),
    (/** @type {Point} */ p) => y(p.value),
  );
  const pixels = Math.ceil(x.range()[1]);
  return parts(all, cuts).map((part) => s('path', { class: `${arm} line`, d: path(thinned(part, pixels)) }));
}

/**
 * What has a tick, cut where a new stage begins and its window with it.
 * @template {{ tick: number }} T
 * @param {T[]} all
 * @param {Band[]} cuts
 */
const parts = (all, cuts) =>
  cuts.length === 0
    ? [all]
    : cuts
        .filter(({ ran }) => ran)
        .map(({ from, to }) => all.filter(({ tick }) => tick > from && tick <= to));

/**
 * Round points for the canary, square ones for the baseline: the arms differ
 * without their colours.
 * @param {Point[]} all
 * @param {"baseline" | "canary"} arm
 * @param {string} kind
 * @param {Scale} x
 * @param {Scale} y
 */
export function dots(all, arm, kind, x, y) {
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
 * @param {number} x
 * @param {number} y
 * @param {number} end where the plot ends, for its words to stay inside
 */
export const failedPoint = (x, y, end) =>
  s(
    'g',
    { class: 'failed-point', transform: `translate(${x} ${y})` },
    s('circle', { r: 7 }),
    s('path', { d: 'M-2.8-2.8 2.8 2.8M2.8-2.8-2.8 2.8' }),
    s('text', x + 80 > end ? { x: -12, y: -10, 'text-anchor': 'end' } : { x: 6, y: -12 }, 'rolled back'),
  );
