/**
 * The drawing: users' requests through a router to the two versions, with a
 * mark for every failure.
 */

import { nothing, svg } from 'lit/html.js';
import { count, counted, percent } from '../../base/format.ts';
import type { Arm } from '../../rollout/arms.ts';
import { ARMS } from '../../rollout/arms.ts';
import type { Layout } from './flow-layout.ts';
import { places } from './flow-layout.ts';
import type { ArmCounts, TickCounts } from './tick.ts';

/** A share with all its digits: 99.95 % is not 100 %. */
const exactShare = (pct: number) => `${pct}\u00a0%`;

/** What a version did in a tick, line by line. */
const lines = (arm: Arm, { pct, requests, failed, excess }: ArmCounts) => [
  arm,
  `${exactShare(pct)}, ${counted(requests, 'request')}`,
  `${count(requests - failed)} served`,
  `${count(failed)} failed (${percent(requests > 0 ? failed / requests : null)})`,
  arm === 'canary' && excess !== null ? counted(excess, 'excess error') : '',
];

/**
 * @param counts of the tick; null before the first
 * @param pct the canary's share, in percent
 * @param winner where all requests go now
 */
export function flowPlot(layout: Layout, counts: TickCounts | null, pct: number, winner: Arm | null) {
  const { router, trunk, middle } = layout;
  const users = counts ? count(counts.baseline.requests + counts.canary.requests) : 'no';
  const arms = ARMS.map((arm) => {
    const share = arm === 'canary' ? pct : 100 - pct;
    return { arm, share, shut: (winner === null ? share > 0 : winner === arm) ? '' : ' shut' };
  });
  return svg`<rect class="trunk" x="-2" y=${middle - trunk / 2} width=${router + 2} height=${trunk}></rect>
    ${arms.map(({ arm, share, shut }) => stream(layout, arm, share, shut))}
    <circle class="router" cx=${router} cy=${middle} r="14"></circle>
    ${arms.map(
      ({ arm, shut }) =>
        svg`<path class="way ${arm}${shut}" d="M-7 0H-2L5 -6M.5-6H5V-1.5"
          transform="translate(${router} ${middle})${arm === 'canary' ? ' scale(1 -1)' : ''}"></path>`,
    )}
    <text x=${router - 38} y=${middle - trunk / 2 - 8}>router</text>
    <text class="users" y=${middle + trunk / 2 + 16}><tspan x="0">users’</tspan><tspan x="0" dy="14"
      class="strong">${users}</tspan><tspan x="0" dy="14">requests</tspan></text>
    ${arms.map(({ arm, shut }) => panel(layout, arm, counts?.[arm] ?? null, shut))}`;
}

/** A version's stream, as wide as its share of the trunk. */
function stream(layout: Layout, arm: Arm, share: number, shut: string) {
  const [start, ...rest] = streamCurve(layout, arm);
  const d = `M${start}C${rest.join(' ')}`;
  // True to the share, but a hair at least.
  const width = share > 0 ? Math.max(1.5, (share / 100) * layout.trunk) : 0;
  return svg`<g class="stream ${arm}${shut}"><path class="edge" d=${d} stroke-width=${width}></path><path
    class="fill" d=${d} stroke-width=${Math.max(0, width - 2.4)}></path></g>`;
}

/** A version's panel, with texts and marks. */
function panel(layout: Layout, arm: Arm, counts: ArmCounts | null, shut: string) {
  const { x, width } = layout;
  const { y, height, served, failed, lines: at } = layout[arm];
  const words = counts ? lines(arm, counts) : [arm];
  const marks = (n: number, per: number) => Math.ceil(n / per);
  const well = counts ? marks(counts.requests - counts.failed, served.per) : 0;
  const worse = counts ? marks(counts.excess ?? 0, failed.per) : 0;
  const all = worse + (counts ? marks(counts.failed - (counts.excess ?? 0), failed.per) : 0);
  // Between two marks of failures there is room, however small they are.
  const r = failed.cell * 0.34;
  return svg`<g class="version ${arm}${shut}">
    <rect rx="6" x=${x + 0.5} y=${y} width=${width - x - 1} height=${height}></rect>
    <rect class="side" width="4" rx="2" x=${x} y=${y} height=${height}></rect>
    ${at.map(([tx, ty], i) => svg`<text class=${i === 0 ? 'strong' : nothing} x=${tx} y=${ty}>${words[i] ?? ''}</text>`)}
    <path class="served" d=${spots(places(served, 0, well))}></path>
    <path class="failed" stroke-width=${Math.max(0.7, r * 0.45)} d=${rings(places(failed, worse, all), r)}></path>
    <path class="excess" stroke-width=${2 * r + 0.6} d=${spots(places(failed, 0, worse))}></path>
  </g>`;
}

/** Filled spots: points of a line whose caps are their shape. */
const spots = (all: [x: number, y: number][]) => all.map(([x, y]) => `M${x} ${y}h0`).join('');

const rings = (all: [x: number, y: number][], r: number) =>
  all.map(([x, y]) => `M${x - r} ${y}a${r} ${r} 0 1 1 0 .01z`).join('');

/**
 * The way from the router to a version: a curve that leaves and arrives level.
 *
 * @returns start, two controls, end
 */
export function streamCurve({ router, middle, x, ...panels }: Layout, arm: Arm): [x: number, y: number][] {
  const { y, height } = panels[arm];
  const end = y + height / 2;
  const half = (router + x) / 2;
  return [
    [router, middle],
    [half, middle],
    [half, end],
    [x, end],
  ];
}
