/**
 * The limit of a rule in a chart: where it looked, and in which words it
 * is said.
 */

import { line } from 'd3-shape';
import { svg } from 'lit/html.js';
import { inUnitOf } from '../base/format.ts';
import { ruleNamed } from '../engine/catalogue.ts';
import type { Band, Limit, Point } from '../rollout/series.ts';
import { bandAt, thinned } from '../rollout/series.ts';
import type { Scale } from './chart.ts';
import { endOf } from './chart.ts';

/** A step line where a rule looks at every tick, a gate at a stage's end where it looks there. */
export const limitMarks = (limit: Limit, bands: Band[], x: Scale, y: Scale) =>
  svg`<g class="limit${limit.deciding ? ' deciding' : ''}" data-rule=${limit.rule}>${
    limit.everyTick ? steps(limit, x, y) : gates(limit, bands, x, y)
  }</g>`;

/** Each level as long as its tick. */
function steps({ points }: Limit, x: Scale, y: Scale) {
  const pixels = Math.ceil(endOf(x) - x.range()[0]);
  if (points.length > pixels) {
    const path = line<Point>(
      (p) => x(p.tick - 0.5),
      (p) => y(p.value),
    );
    return svg`<path d=${path(thinned(points, pixels))}></path>`;
  }
  let d = '';
  points.forEach(({ tick, value }, i) => {
    const joined = i > 0 && points[i - 1].tick === tick - 1;
    d += `${joined ? 'V' : `M${x(tick - 1)} `}${y(value)}H${x(tick)}`;
  });
  return svg`<path d=${d}></path>`;
}

/** A bar where the rule looked, and a dotted line to it. */
const gates = ({ points }: Limit, bands: Band[], x: Scale, y: Scale) =>
  points.map(({ tick, value }) => {
    const from = bandAt(bands, tick)?.from ?? tick - 1;
    const at = y(value);
    return svg`<path class="approach" d="M${x(from)} ${at}H${x(tick)}"></path>
      <path class="gate" d="M${x(tick - 1)} ${at}H${x(tick)}M${x(tick)} ${at - 4}v8"></path>`;
  });

/** A limit in words: `baseline + 2 points`. */
export function limitWords(rule: string, max: number) {
  const value = inUnitOf(rule, max);
  switch (ruleNamed(rule)?.quantity) {
    case 'difference':
      return `baseline + ${value}`;
    case 'ratio':
      return `${value} baseline`;
    default:
      return value;
  }
}
