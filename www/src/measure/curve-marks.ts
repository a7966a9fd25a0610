/** The marks of a curve: its lines with their points and labels, and places on its axis. */

import { line } from 'd3-shape';
import { s } from '../base/dom.ts';
import type { Scale } from '../charts/chart.ts';
import type { Point } from '../study/findings.ts';
import type { CurveLine, Place } from './curve.ts';
export type Spot = [x: number, y: number];

/** About what a letter of a label takes, in CSS pixels. */
const LETTER = 6.3;
/** How far a label's middle stands from its line, how near the line may come, and what is far, in CSS pixels. */
const OFFSET = 14;
const CLEAR = 12;
const ENOUGH = 24;
/** Where between bottom and top the label of a place may stand, the best first. */
const HEIGHTS = [0.05, 0.12, 0.19, 0.6, 0.68, 0.85, 0.93];
/** Where between two points of a line others are looked at. */
const PARTS = [0, 0.2, 0.4, 0.6, 0.8];

/**
 * A line with a mark and a whisker at each point; lines differ in weight, dash
 * and mark.
 */
export function lineMarks({ mark, square, points }: CurveLine, x: Scale, y: Scale) {
  const path = line<Point>(
    ({ at }) => x(at),
    ({ p }) => y(p.estimate),
  );
  return s(
    'g',
    { class: mark },
    s('path', { d: path(points) ?? '' }),
    ...points.flatMap(({ at, p }) => {
      const [cx, cy] = [x(at), y(p.estimate)];
      return [
        s('path', {
          class: 'whisker',
          d: `M${cx} ${y(p.low)}V${y(p.high)}M${cx - 3} ${y(p.low)}h6M${cx - 3} ${y(p.high)}h6`,
        }),
        square ? s('rect', { x: cx - 3, y: cy - 3, width: 6, height: 6 }) : s('circle', { cx, cy, r: 3.4 }),
      ];
    }),
  );
}

export const placeMark = ({ mark, at }: Place, x: Scale, y: Scale) =>
  s('g', { class: `curve-place ${mark}` }, s('path', { d: `M${x(at)} ${y(0)}V${y(1)}` }));

/**
 * The labels of places and lines. Each is put where it has the most room: that
 * of a place beside its mark, that of a line along it, away from the others.
 */
export function curveLabels(lines: CurveLine[], places: Place[], x: Scale, y: Scale) {
  const [from, to] = x.range();
  const traces = lines.map(({ points }) => trace(points.map(({ at, p }) => [x(at), y(p.estimate)])));
  /** Where labels stand. */
  const taken: Spot[] = [];
  /** @param own the number of the line that it may be near, −1 for none */
  const put = (label: string, candidates: (half: number) => Spot[], own: number) => {
    const half = (label.length * LETTER) / 2;
    const others = [...traces.filter((_, i) => i !== own).flat(), ...taken];
    const spots = candidates(half)
      .map(([a, b]) => [Math.min(Math.max(a, from + half - 8), to - half + 14), b] as Spot)
      .filter(([, b]) => b > y(1) + 6 && b < y(0) - 6);
    const clear = spots.filter((spot) => room(spot, half, traces[own] ?? []) > CLEAR);
    const free = (spot: Spot) => Math.min(ENOUGH, room(spot, half, others));
    const [cx, cy] = (clear.length > 0 ? clear : spots).reduce((a, b) => (free(b) > free(a) ? b : a));
    for (let a = cx - half; a <= cx + half; a += LETTER) taken.push([a, cy]);
    return s('text', { x: cx, y: cy, dy: '0.35em', 'text-anchor': 'middle', class: 'label' }, label);
  };
  return [
    ...places.map(({ at, label }) => {
      const beside = (half: number) =>
        HEIGHTS.flatMap((p) => [half + 5, -half - 5].map((dx) => [x(at) + dx, y(p)] as Spot));
      return put(label, beside, -1);
    }),
    ...lines.flatMap(({ name, labelled, points }, i) => {
      if (!labelled || points.length === 0) return [];
      const along = () => traces[i].flatMap(([a, b]) => [-OFFSET, OFFSET].map((dy) => [a, b + dy] as Spot));
      return put(name, along, i);
    }),
  ];
}

/**
 * How far a label is from the nearest of some points, in CSS pixels.
 *
 * @param label its middle
 * @param half half its width
 */
const room = ([cx, cy]: Spot, half: number, points: Spot[]) =>
  Math.min(...points.map(([a, b]) => Math.hypot(Math.max(0, Math.abs(a - cx) - half), b - cy)));

/** The points of a line and some between them. */
const trace = (points: Spot[]): Spot[] =>
  points.flatMap(([a, b], i) => {
    const [c, d] = points[i + 1] ?? [a, b];
    return PARTS.map((part) => [a + (c - a) * part, b + (d - b) * part] as Spot);
  });
