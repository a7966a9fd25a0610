/** Scales from values to pixels: linear ones, with round ticks, and logarithmic ones. */

/** @import { Point } from '../rollout/model.js' */
/**
 * A value to pixels; the setters give the scale back.
 * @typedef {{
 *   (value: number): number,
 *   invert: (pixels: number) => number,
 *   domain: { (): number[], (values: number[]): Scale },
 *   range: { (): number[], (pixels: number[]): Scale },
 *   ticks: (count: number) => number[],
 *   nice: (count: number) => Scale,
 * }} Scale
 */

const same = (/** @type {number} */ x) => x;

/** A linear scale, of 0 to 1 at first. */
export const scaleLinear = () => scale(same, same);

/** A logarithmic scale, whose values are all above 0. Its ticks are a linear scale's. */
export const scaleLog = () => scale(Math.log, Math.exp);

/**
 * @param {(value: number) => number} warp what makes equal distances of values
 * @param {(warped: number) => number} unwarp
 * @returns {Scale}
 */
function scale(warp, unwarp) {
  let domain = [0, 1];
  let range = [0, 1];
  const warped = () => domain.map(warp);
  /** @type {Scale} */
  const self = Object.assign((/** @type {number} */ value) => between(warp(value), warped(), range), {
    invert: (/** @type {number} */ pixels) => unwarp(between(pixels, range, warped())),
    domain: (/** @type {any} */ values = null) => /** @type {any} */ (values ? ((domain = values), self) : domain),
    range: (/** @type {any} */ pixels = null) => /** @type {any} */ (pixels ? ((range = pixels), self) : range),
    ticks: (/** @type {number} */ count) => ticks(domain, count),
    /** Widens the domain to whole steps of so many ticks. */
    nice: (/** @type {number} */ count) => {
      // A wider domain may have a wider step.
      for (let i = 0; i < 3; i += 1) {
        const at = ladder(domain, count);
        domain = [at.value(at.below(domain[0])), at.value(at.above(domain[1]))];
      }
      return self;
    },
  });
  return self;
}

/**
 * What stands between `to`'s ends as `x` does between those of `from`.
 * @param {number} x
 * @param {number[]} from
 * @param {number[]} to
 */
function between(x, [low, high], [start, end]) {
  const part = high === low ? 0.5 : (x - low) / (high - low);
  return start * (1 - part) + end * part;
}

/**
 * Round values within a domain, about so many.
 * @param {number[]} domain
 * @param {number} count
 */
function ticks(domain, count) {
  const at = ladder(domain, count);
  const first = at.above(domain[0]);
  return Array.from({ length: at.below(domain[1]) - first + 1 }, (_, i) => at.value(first + i));
}

/**
 * The multiples of a round step, 1, 2 or 5 times a power of ten, of which about
 * so many lie in a domain.
 * @param {number[]} domain
 * @param {number} count
 */
function ladder([low, high], count) {
  const step = (high - low) / count;
  const power = Math.floor(Math.log10(step));
  const rest = step / 10 ** power;
  const factor = rest >= Math.sqrt(50) ? 10 : rest >= Math.sqrt(10) ? 5 : rest >= Math.sqrt(2) ? 2 : 1;
  // Two whole numbers, for 0.1 is none and its multiples would not be round.
  const times = factor * 10 ** Math.max(0, power);
  const per = 10 ** Math.max(0, -power);
  const value = (/** @type {number} */ i) => (i * times) / per;
  const nearest = (/** @type {number} */ x) => Math.round((x * per) / times);
  return {
    value,
    /** The last at or below `x`. @param {number} x */
    below: (x) => nearest(x) - (value(nearest(x)) > x ? 1 : 0),
    /** The first at or above `x`. @param {number} x */
    above: (x) => nearest(x) + (value(nearest(x)) < x ? 1 : 0),
  };
}

/**
 * The lowest and the highest value; neither if there is no point.
 * @param {Point[]} points
 * @returns {[low?: number, high?: number]}
 */
export function extent(points) {
  if (points.length === 0) return [];
  let [low, high] = [Infinity, -Infinity];
  for (const { value } of points) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}
