/** The marks of error rates: lines, dots and intervals of both arms, and the point that decided. */

import { area, line } from 'd3-shape';
import { svg } from 'lit/html.js';
import type { Series } from '../engine/engine.ts';
import { error_rate_intervals } from '../engine/engine.ts';
import type { Arm } from '../rollout/arms.ts';
import type { Band, Point, Window } from '../rollout/series.ts';
import { thinned, until, windowCounts } from '../rollout/series.ts';
import type { Scale } from './chart.ts';
import { endOf, LETTER_WIDTH } from './chart.ts';

/** An interval at a tick. */
export type Range = { tick: number; low: number; high: number };

/** Above this many ticks the ticks' own points would only be a smear. */
const MOST_POINTS = 400;

/**
 * Wilson's intervals of an arm's error rate over the window that is judged.
 *
 * @param most how many can be told apart
 */
export function intervals(series: Series, arm: Arm, window: Window, most: number): Range[] {
  const { errors, requests } = windowCounts(series, arm, window);
  const step = Math.ceil(errors.length / most);
  const sampled = (all: Float64Array) => (step > 1 ? all.filter((_, i) => i % step === 0) : all);
  const { low, high } = error_rate_intervals(sampled(errors), sampled(requests));
  return Array.from(low, (value, i) => ({ tick: i * step + 1, low: value, high: high[i] })).filter(
    (range) => !Number.isNaN(range.low),
  );
}

/** The band of the intervals, cut as the line is; what reaches beyond the chart's top fades there. */
export function intervalBand(arm: Arm, all: Range[], cuts: Band[], x: Scale, y: Scale) {
  const [, top] = y.domain();
  const at = ({ tick }: Range) => x(tick - 0.5);
  const high = (range: Range) => y(Math.min(top, range.high));
  const path = area<Range>(at, (range) => y(range.low), high);
  const fades = all.some((range) => range.high > top) ? ' fades' : '';
  return parts(all, cuts).map((part) =>
    part.length === 1
      ? svg`<path class="${arm} interval one" d="M${at(part[0])} ${y(part[0].low)}V${high(part[0])}"></path>`
      : svg`<path class="${arm} interval${fades}" d=${path(part)}></path>`,
  );
}

/** How high a band fades that reaches beyond the chart's top, in px. */
const FADE = 28;

/** What bands fade by. */
export const fades = (top: number) =>
  svg`<defs>${['canary', 'baseline'].map(
    (arm) =>
      svg`<linearGradient id="fade-${arm}" class="fade ${arm}" gradientUnits="userSpaceOnUse"
        x1="0" x2="0" y1=${top} y2=${top + FADE}><stop class="gone" offset="0"></stop><stop offset="1"></stop>
      </linearGradient>`,
  )}</defs>`;

export function rateLine(arm: Arm, all: Point[], cuts: Band[], x: Scale, y: Scale) {
  const path = line<Point>(
    (p) => x(p.tick - 0.5),
    (p) => y(p.value),
  );
  const pixels = Math.ceil(endOf(x));
  return parts(all, cuts).map((part) => svg`<path class="${arm} line" d=${path(thinned(part, pixels)) ?? ''}></path>`);
}

/** What has a tick, cut where a new stage begins and its window with it. */
const parts = <T extends { tick: number }>(all: T[], cuts: Band[]) =>
  cuts.length === 0
    ? [all]
    : cuts.filter(({ ran }) => ran).map(({ from, to }) => all.slice(until(all, from), until(all, to)));

/**
 * Round points for the canary, square ones for the baseline: the arms differ
 * without their colours.
 */
export function dots(all: Point[], arm: Arm, kind: string, x: Scale, y: Scale) {
  const shown = all.length > MOST_POINTS ? [] : all;
  return svg`<g class="${arm} dots ${kind}">${shown.map(({ tick, value }) => {
    const [cx, cy] = [x(tick - 0.5), y(value)];
    return arm === 'canary'
      ? svg`<circle cx=${cx} cy=${cy} r=${kind ? 2.4 : 3.2}></circle>`
      : svg`<rect x=${cx - 2.2} y=${cy - 2.2} width="4.4" height="4.4"></rect>`;
  })}</g>`;
}

/**
 * The point that decided: a cross in a disc.
 *
 * @param words what was decided, and by what, on a line or, where there is no room, on two
 * @param room from where to where words may stand, in px
 */
export function failedPoint(x: number, y: number, words: string[], [left, right]: [number, number]) {
  const lines = words.join(' ').length * LETTER_WIDTH > right - left ? words : [words.join(' ')];
  const longest = Math.max(...lines.map((line) => line.length));
  // Left of the point, away from the labels at the playhead, as far as there is room.
  const end = Math.max(left + longest * LETTER_WIDTH - x, -10);
  const top = y > 20 + 14 * lines.length ? 2 - 14 * lines.length : 22;
  return svg`<g class="failed-point" transform="translate(${x} ${y})">
    <circle r="7"></circle>
    <path d="M-2.8-2.8 2.8 2.8M2.8-2.8-2.8 2.8"></path>
    ${lines.map((line, i) => svg`<text x=${end} y=${top + 14 * i} text-anchor="end">${line}</text>`)}
  </g>`;
}
