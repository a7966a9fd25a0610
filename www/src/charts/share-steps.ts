/** How a strategy moves traffic to a release that passes: the share over time, in steps. */

import { s } from '../base/dom.ts';
import { share } from '../base/format.ts';
import type { Strategy } from '../study/strategy-request.ts';
import { HORIZON_TICKS } from '../study/strategy-request.ts';

const WIDTH = 168;
const HEIGHT = 76;
/** The plot within, in CSS pixels. */
const [LEFT, RIGHT, TOP, BOTTOM] = [42, WIDTH - 2, 8, HEIGHT - 20];

/**
 * The shares from first to last, each with the tick it begins after; the last
 * is all traffic, and stays.
 */
function steps({ stages }: Strategy) {
  let from = 0;
  const shares = stages.map(({ traffic_pct, duration_ticks }) => {
    const step = { from, pct: traffic_pct };
    from += duration_ticks;
    return step;
  });
  return shares.at(-1)?.pct === 100 ? shares : [...shares, { from, pct: 100 }];
}

/** When everybody has the release, in ticks. */
export const everybodyFrom = (strategy: Strategy) => steps(strategy).at(-1)?.from ?? 0;

/** @param unit of a tick */
export function shareSteps(strategy: Strategy, unit: { name: string; short: string }) {
  const x = (tick: number) => LEFT + ((RIGHT - LEFT) * tick) / HORIZON_TICKS;
  const y = (pct: number) => BOTTOM - ((BOTTOM - TOP) * pct) / 100;
  const all = steps(strategy);
  const line = `${all.map(({ from, pct }) => `H${x(from)}V${y(pct)}`).join('')}H${RIGHT}`;
  const told = all.map(({ from, pct }) => `${share(pct)} from ${unit.name} ${from}`).join(', ');
  return s(
    'svg',
    { role: 'img', width: WIDTH, height: HEIGHT, 'aria-label': `Share of traffic: ${told}.` },
    s(
      'g',
      { class: 'axis' },
      ...[0, 100].flatMap((pct) => [
        s('line', { x1: LEFT, x2: RIGHT, y1: y(pct), y2: y(pct) }),
        s('text', { x: LEFT - 5, y: y(pct), dy: '0.35em', 'text-anchor': 'end' }, share(pct)),
      ]),
      s('text', { x: LEFT, y: HEIGHT - 4 }, '0'),
      s('text', { x: RIGHT, y: HEIGHT - 4, 'text-anchor': 'end' }, `${HORIZON_TICKS}\u00a0${unit.short}`),
    ),
    s('path', { class: 'canary-area', d: `M${LEFT} ${BOTTOM}${line}V${BOTTOM}Z` }),
    s('path', { class: 'canary line', d: `M${LEFT} ${y(all[0].pct)}${line}` }),
  );
}
