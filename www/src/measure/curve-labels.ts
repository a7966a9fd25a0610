/** Where the labels of a curve stand: each where it has the most room, away from lines and other labels. */

import type { CurveLine, Place, Scale } from './curve.ts';

type Spot = [x: number, y: number];
/** A label with its middle, in CSS pixels. */
type Label = { text: string; spot: Spot };

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

/** The labels of places, each beside its mark, and of lines, each along it. */
export function placeLabels(lines: CurveLine[], places: Place[], x: Scale, y: Scale, [from, to]: number[]): Label[] {
  const traces = lines.map(({ points }) => trace(points.map(({ at, p }) => [x(at), y(p.estimate)])));
  /** Where labels stand. */
  const taken: Spot[] = [];
  /** @param own the number of the line that it may be near, −1 for none */
  const put = (text: string, candidates: (half: number) => Spot[], own: number): Label => {
    const half = (text.length * LETTER) / 2;
    const others = [...traces.filter((_, i) => i !== own).flat(), ...taken];
    const spots = candidates(half)
      .map(([a, b]) => [Math.min(Math.max(a, from + half - 8), to - half + 14), b] as Spot)
      .filter(([, b]) => b > y(1) + 6 && b < y(0) - 6);
    const clear = spots.filter((spot) => room(spot, half, traces[own] ?? []) > CLEAR);
    const free = (spot: Spot) => Math.min(ENOUGH, room(spot, half, others));
    const [cx, cy] = (clear.length > 0 ? clear : spots).reduce((a, b) => (free(b) > free(a) ? b : a));
    for (let a = cx - half; a <= cx + half; a += LETTER) taken.push([a, cy]);
    return { text, spot: [cx, cy] };
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
      return [put(name, along, i)];
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
