/** Scales from values to pixels: linear ones, with round ticks, and logarithmic ones. */

import type { Point } from '../rollout/series.ts';
/** A value to pixels; the setters give the scale back. */
export type Scale = {
  (value: number): number;
  invert: (pixels: number) => number;
  domain: { (): number[]; (values: number[]): Scale };
  range: { (): number[]; (pixels: number[]): Scale };
  ticks: (count: number) => number[];
  nice: (count: number) => Scale;
};

const same = (x: number) => x;

/** A linear scale, of 0 to 1 at first. */
export const scaleLinear = () => scale(same, same);

/** A logarithmic scale, whose values are all above 0. Its ticks are a linear scale's. */
export const scaleLog = () => scale(Math.log, Math.exp);

/** @param warp what makes equal distances of values */
function scale(warp: (value: number) => number, unwarp: (warped: number) => number): Scale {
  let domain = [0, 1];
  let range = [0, 1];
  const warped = () => domain.map(warp);
  const self: Scale = Object.assign((value: number) => between(warp(value), warped(), range), {
    invert: (pixels: number) => unwarp(between(pixels, range, warped())),
    domain: (values: any = null) => (values ? ((domain = values), self) : domain) as any,
    range: (pixels: any = null) => (pixels ? ((range = pixels), self) : range) as any,
    ticks: (count: number) => ticks(domain, count),
    /** Widens the domain to whole steps of so many ticks. */
    nice: (count: number) => {
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

/** What stands between `to`'s ends as `x` does between those of `from`. */
function between(x: number, [low, high]: number[], [start, end]: number[]) {
  const part = high === low ? 0.5 : (x - low) / (high - low);
  return start * (1 - part) + end * part;
}

/** Round values within a domain, about so many. */
function ticks(domain: number[], count: number) {
  const at = ladder(domain, count);
  const first = at.above(domain[0]);
  return Array.from({ length: at.below(domain[1]) - first + 1 }, (_, i) => at.value(first + i));
}

/**
 * The multiples of a round step, 1, 2 or 5 times a power of ten, of which about
 * so many lie in a domain.
 */
function ladder([low, high]: number[], count: number) {
  const step = (high - low) / count;
  const power = Math.floor(Math.log10(step));
  const rest = step / 10 ** power;
  const factor = rest >= Math.sqrt(50) ? 10 : rest >= Math.sqrt(10) ? 5 : rest >= Math.sqrt(2) ? 2 : 1;
  // Two whole numbers, for 0.1 is none and its multiples would not be round.
  const times = factor * 10 ** Math.max(0, power);
  const per = 10 ** Math.max(0, -power);
  const value = (i: number) => (i * times) / per;
  const nearest = (x: number) => Math.round((x * per) / times);
  return {
    value,
    /** The last at or below `x`. */
    below: (x: number) => nearest(x) - (value(nearest(x)) > x ? 1 : 0),
    /** The first at or above `x`. */
    above: (x: number) => nearest(x) + (value(nearest(x)) < x ? 1 : 0),
  };
}

/** The lowest and the highest value; neither if there is no point. */
export function extent(points: Point[]): [low?: number, high?: number] {
  if (points.length === 0) return [];
  let [low, high] = [Infinity, -Infinity];
  for (const { value } of points) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}
