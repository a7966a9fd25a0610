/**
 * Where the parts of the figure of requests stand, and what one mark stands
 * for: pure functions of the width and of the rollout's busiest ticks, so that
 * from tick to tick nothing but the counts changes.
 */

import type { Series } from '../../engine/engine.ts';
import { ARMS } from '../../rollout/arms.ts';
/** A field of marks in rows: `per` is how many requests one mark stands for. */
export type Field = { x: number; y: number; width: number; height: number; cell: number; per: number };
/**
 * A version's panel. `lines` are the baselines of its texts in order: name,
 * share and requests, served, failed, excess errors.
 */
export type Panel = { y: number; height: number; lines: [x: number, y: number][]; served: Field; failed: Field };
export type Layout = {
  width: number;
  height: number;
  trunk: number;
  router: number;
  x: number;
  middle: number;
  baseline: Panel;
  canary: Panel;
};

/** So many dots of served requests at most in a version, and their distance. */
const MOST_DOTS = 120;
const PITCH = 7;

/** Distances of failure marks, with the height they may fill: small only where there are many. */
const CELLS = [
  [9, 36],
  [7, 42],
  [7, 63],
  [5, 65],
  [4, 64],
  [3, 66],
  [3, 120],
  [2.5, 150],
];

/**
 * @param width in CSS pixels
 * @param series of the whole rollout
 */
export function layout(width: number, series: Series): Layout {
  const narrow = width < 480;
  const x = narrow ? 100 : Math.min(230, width * 0.3);
  const inner = { x: x + 14, width: width - x - 26 };
  const label = narrow ? 0 : 134;
  const marks = { x: inner.x + label, width: inner.width - label };

  const busiest = Math.max(1, ...ARMS.map((arm) => most(series[`${arm}_requests`])));
  const dots = Math.max(1, Math.floor(marks.width / PITCH));
  const servedHeight = Math.ceil(MOST_DOTS / dots) * PITCH;
  const worst = Math.max(...ARMS.map((arm) => most(series[`${arm}_errors`])));

  /** @param more what the line of excess errors takes where it has no place beside the marks */
  const panel = (y: number, more: number) => {
    const top = y + (narrow ? 58 : 28);
    const served = { ...marks, y: top, height: servedHeight, cell: PITCH, per: dotUnit(busiest) };
    const below = top + servedHeight + (narrow ? 23 + more : 8);
    const failed = { ...marks, y: below, ...failureCells(worst, marks.width) };
    const lines: [number, number][] = narrow
      ? [
          [0, y + 18],
          [0, y + 33],
          [0, y + 51],
          [0, below - 7 - more],
          [0, below - 7],
        ]
      : [
          [0, y + 18],
          [62, y + 18],
          [0, top + 10],
          [0, below + 10],
          [0, below + 25],
        ];
    return {
      y,
      height: below + failed.height + 8 - y,
      lines: lines.map(([dx, at]) => [inner.x + dx, at] as [number, number]),
      served,
      failed,
    };
  };
  const baseline = panel(1, 0);
  const canary = panel(baseline.height + 11, 15);
  const height = canary.y + canary.height + 1;
  return {
    width,
    height,
    trunk: narrow ? 24 : 46,
    router: narrow ? 38 : x * 0.45,
    x,
    middle: height / 2,
    baseline,
    canary,
  };
}

/**
 * How many served requests a dot stands for: the least 1, 2 or 5 times a power
 * of ten with few enough dots.
 *
 * @param busiest requests of a version in a tick
 */
function dotUnit(busiest: number) {
  let power = 1;
  while (power * 5 * MOST_DOTS < busiest) power *= 10;
  return power * ([1, 2, 5].find((step) => step * power * MOST_DOTS >= busiest) ?? 5);
}

/**
 * How failures are drawn: each by itself, the smaller the more there are; of
 * more than the field can hold, ten or a hundred to a mark.
 *
 * @param worst failures of a version in a tick
 */
function failureCells(worst: number, width: number) {
  for (let per = 1; ; per *= 10) {
    const all = Math.ceil(worst / per);
    const fit = CELLS.find(([cell, height]) => Math.floor(width / cell) * Math.floor(height / cell) > all);
    if (fit) return { cell: fit[0], height: fit[1], per };
  }
}

/**
 * The middles of a field's marks from one to another, row by row.
 *
 * @param to exclusive
 */
export function places({ x, y, width, cell }: Field, from: number, to: number): [x: number, y: number][] {
  const row = Math.floor(width / cell);
  return Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    return [x + ((n % row) + 0.5) * cell, y + (Math.floor(n / row) + 0.5) * cell];
  });
}

const most = (counts: Float64Array) => counts.reduce((a, b) => Math.max(a, b), 0);
