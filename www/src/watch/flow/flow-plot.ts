/**
 * The drawing: users' requests through a router to the two versions, with a
 * mark for every failure. It is built once for a layout; a tick changes
 * texts, widths and the paths of marks.
 */

import { s, set } from '../../base/dom.ts';
import { count, counted, percent } from '../../base/format.ts';
import type { Arm } from '../../rollout/arms.ts';
import { ARMS } from '../../rollout/arms.ts';
import type { Layout, Panel } from './flow-layout.ts';
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
  arm === 'canary' ? counted(excess, 'excess error') : '',
];

export class FlowPlot {
  svg = s('svg', { role: 'img' });
  #users = s('text', { class: 'users' });
  #layout: Layout | null = null;
  #arms: Record<Arm, ArmPlot> = { baseline: new ArmPlot('baseline'), canary: new ArmPlot('canary') };

  draw(layout: Layout) {
    this.#layout = layout;
    const { width, height, router, trunk, middle } = layout;
    set(this.svg, { width, height });
    set(this.#users, { y: middle + trunk / 2 + 16 });
    for (const arm of ARMS) this.#arms[arm].draw(layout);
    this.svg.replaceChildren(
      s('rect', { class: 'trunk', x: -2, y: middle - trunk / 2, width: router + 2, height: trunk }),
      ...ARMS.map((arm) => this.#arms[arm].stream),
      s('circle', { class: 'router', cx: router, cy: middle, r: 14 }),
      ...ARMS.map((arm) => this.#arms[arm].way),
      s('text', { x: router - 38, y: middle - trunk / 2 - 8 }, 'router'),
      this.#users,
      ...ARMS.map((arm) => this.#arms[arm].panel),
    );
  }

  /**
   * @param counts of the tick; null before the first
   * @param pct the canary's share, in percent
   * @param winner where all requests go now
   */
  show(counts: TickCounts | null, pct: number, winner: Arm | null) {
    if (!this.#layout) return;
    const users = counts ? count(counts.baseline.requests + counts.canary.requests) : 'no';
    this.#users.replaceChildren(
      ...['users’', users, 'requests'].map((word, i) =>
        s('tspan', { x: 0, dy: i && 14, class: i === 1 && 'strong' }, word),
      ),
    );
    for (const arm of ARMS) {
      const share = arm === 'canary' ? pct : 100 - pct;
      this.#arms[arm].show(counts?.[arm] ?? null, share, winner === null ? share > 0 : winner === arm);
    }
  }
}

/** A version: its stream, its way out of the router, its panel with texts and marks. */
class ArmPlot {
  arm: Arm;
  #edge = s('path', { class: 'edge' });
  #fill = s('path', { class: 'fill' });
  stream;
  way;
  panel;
  #rect = s('rect', { rx: 6 });
  #side = s('rect', { class: 'side', width: 4, rx: 2 });
  #texts = ['strong', '', '', '', ''].map((kind) => s('text', { class: kind }));
  #served = s('path', { class: 'served' });
  #failed = s('path', { class: 'failed' });
  #excess = s('path', { class: 'excess' });
  #trunk = 0;
  #panel: Panel | null = null;

  constructor(arm: Arm) {
    this.arm = arm;
    this.stream = s('g', { class: `stream ${arm}` }, this.#edge, this.#fill);
    this.way = s('path', { class: `way ${arm}`, d: 'M-7 0H-2L5 -6M.5-6H5V-1.5' });
    this.panel = s(
      'g',
      { class: `version ${arm}` },
      this.#rect,
      this.#side,
      ...this.#texts,
      this.#served,
      this.#failed,
      this.#excess,
    );
  }

  draw(layout: Layout) {
    const { x, width, router, middle, trunk } = layout;
    const panel = layout[this.arm];
    this.#panel = panel;
    this.#trunk = trunk;
    const d = streamPath(layout, this.arm);
    this.#edge.setAttribute('d', d);
    this.#fill.setAttribute('d', d);
    const flip = this.arm === 'canary' ? ' scale(1 -1)' : '';
    this.way.setAttribute('transform', `translate(${router} ${middle})${flip}`);
    set(this.#rect, { x: x + 0.5, y: panel.y, width: width - x - 1, height: panel.height });
    set(this.#side, { x, y: panel.y, height: panel.height });
    this.#texts.forEach((text, i) => set(text, { x: panel.lines[i][0], y: panel.lines[i][1] }));
    const { cell } = panel.failed;
    const r = radius(cell);
    this.#failed.setAttribute('stroke-width', String(Math.max(0.7, r * 0.45)));
    this.#excess.setAttribute('stroke-width', String(2 * r + 0.6));
  }

  /**
   * @param share of the width of the trunk, in percent
   * @param open whether requests go this way now
   */
  show(counts: ArmCounts | null, share: number, open: boolean) {
    if (!this.#panel) return;
    const { served, failed } = this.#panel;
    // True to the share, but a hair at least.
    const width = share > 0 ? Math.max(1.5, (share / 100) * this.#trunk) : 0;
    this.#edge.setAttribute('stroke-width', String(width));
    this.#fill.setAttribute('stroke-width', String(Math.max(0, width - 2.4)));
    this.stream.classList.toggle('shut', !open);
    this.way.classList.toggle('shut', !open);
    this.panel.classList.toggle('shut', !open);
    const words = counts ? lines(this.arm, counts) : [this.arm];
    this.#texts.forEach((text, i) => {
      text.textContent = words[i] ?? '';
    });
    const marks = (n: number, per: number) => Math.ceil(n / per);
    const well = counts ? marks(counts.requests - counts.failed, served.per) : 0;
    const worse = counts ? marks(counts.excess, failed.per) : 0;
    const all = worse + (counts ? marks(counts.failed - counts.excess, failed.per) : 0);
    this.#served.setAttribute('d', spots(places(served, 0, well)));
    // Excess errors first, so that they stand together.
    this.#excess.setAttribute('d', spots(places(failed, 0, worse)));
    this.#failed.setAttribute('d', rings(places(failed, worse, all), radius(failed.cell)));
  }
}

/** Of a mark of failure; between two there is room, however small they are. */
const radius = (cell: number) => cell * 0.34;

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

function streamPath(layout: Layout, arm: Arm) {
  const [start, ...rest] = streamCurve(layout, arm);
  return `M${start}C${rest.join(' ')}`;
}
