/** The limit of a rule where it looked: a step line, or a gate at a stage's end. */

import { s } from '../base/dom.ts';
import type { Band, Limit, Point } from '../rollout/series.ts';
import { thinned } from '../rollout/series.ts';
import { line } from './path.ts';
import type { Scale } from './scale.ts';

export function limitMarks(limit: Limit, bands: Band[], x: Scale, y: Scale): SVGElement {
  const group = s('g', { class: `limit${limit.deciding ? ' deciding' : ''}`, 'data-rule': limit.rule });
  group.append(...(limit.everyTick ? [steps(limit, x, y)] : gates(limit, bands, x, y)));
  return group;
}

/** A limit looked at every tick, each level as long as its tick. */
function steps({ points }: Limit, x: Scale, y: Scale) {
  const pixels = Math.ceil(x.range()[1] - x.range()[0]);
  if (points.length > pixels) {
    const path = line(
      (p: Point) => x(p.tick - 0.5),
      (p: Point) => y(p.value),
    )(thinned(points, pixels));
    return s('path', { d: path });
  }
  let d = '';
  points.forEach(({ tick, value }, i) => {
    const joined = i > 0 && points[i - 1].tick === tick - 1;
    d += `${joined ? 'V' : `M${x(tick - 1)} `}${y(value)}H${x(tick)}`;
  });
  return s('path', { d });
}

/** A limit looked at once: a bar where it stands, and a dotted line to it. */
function gates({ points }: Limit, bands: Band[], x: Scale, y: Scale) {
  return points.flatMap(({ tick, value }) => {
    const from = bands.find((band) => band.from < tick && tick <= band.to)?.from ?? tick - 1;
    return [
      s('path', { class: 'approach', d: `M${x(from)} ${y(value)}H${x(tick)}` }),
      s('path', { class: 'gate', d: `M${x(tick - 1)} ${y(value)}H${x(tick)}M${x(tick)} ${y(value) - 4}v8` }),
    ];
  });
}
