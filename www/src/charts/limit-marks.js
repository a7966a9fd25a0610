/** The limit of a rule where it looked: a step line, or a gate at a stage's end. */

import { line } from './path.js';
import { s } from '../base/dom.js';
import { thinned } from '../rollout/model.js';

/** @import { Scale } from './scale.js' */
/** @import { Band, Limit, Point } from '../rollout/model.js' */

/**
 * @param {Limit} limit
 * @param {Band[]} bands
 * @param {Scale} x
 * @param {Scale} y
 * @returns {SVGElement}
 */
export function limitMarks(limit, bands, x, y) {
  const group = s('g', { class: `limit${limit.deciding ? ' deciding' : ''}`, 'data-rule': limit.rule });
  group.append(...(limit.everyTick ? [steps(limit, x, y)] : gates(limit, bands, x, y)));
  return group;
}

/**
 * A limit looked at every tick, each level as long as its tick.
 * @param {Limit} limit
 * @param {Scale} x
 * @param {Scale} y
 */
function steps({ points }, x, y) {
  const pixels = Math.ceil(x.range()[1] - x.range()[0]);
  if (points.length > pixels) {
    const path = line(
      (/** @type {Point} */ p) => x(p.tick - 0.5),
      (/** @type {Point} */ p) => y(p.value),
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

/**
 * A limit looked at once: a bar where it stands, and a dotted line to it.
 * @param {Limit} limit
 * @param {Band[]} bands
 * @param {Scale} x
 * @param {Scale} y
 */
function gates({ points }, bands, x, y) {
  return points.flatMap(({ tick, value }) => {
    const from = bands.find((band) => band.from < tick && tick <= band.to)?.from ?? tick - 1;
    return [
      s('path', { class: 'approach', d: `M${x(from)} ${y(value)}H${x(tick)}` }),
      s('path', { class: 'gate', d: `M${x(tick - 1)} ${y(value)}H${x(tick)}M${x(tick)} ${y(value) - 4}v8` }),
    ];
  });
}
