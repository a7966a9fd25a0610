/**
 * The state machine with every edge, the present state and the way into it
 * lit. Laid out by hand at the measured width: the two states that act at the
 * top, what they lead to between them, so that no edge crosses another.
 */

import { h, s } from '../base/dom.ts';
import { highlight } from '../base/highlight.ts';

import type { Report, State } from '../engine/engine.ts';
export type Edge = { from: State; to: State; label: string };
export type Box = { x: number; y: number; width: number };

/** Every way from a state into another. A test holds it against the engine. */
export const EDGES: Edge[] = [
  { from: 'PROGRESSING', to: 'PAUSED', label: 'pause' },
  { from: 'PAUSED', to: 'PROGRESSING', label: 'resume, promote' },
  { from: 'PROGRESSING', to: 'COMPLETED', label: 'last stage' },
  { from: 'PAUSED', to: 'COMPLETED', label: 'promote, last stage' },
  { from: 'PROGRESSING', to: 'ROLLING_BACK', label: 'rule, abort' },
  { from: 'PAUSED', to: 'ROLLING_BACK', label: 'abort' },
  { from: 'PROGRESSING', to: 'ROLLED_BACK', label: 'rule, abort' },
  { from: 'PAUSED', to: 'ROLLED_BACK', label: 'abort' },
  { from: 'ROLLING_BACK', to: 'ROLLED_BACK', label: '' },
];

/** Every way in words, for who does not see where the lines lead. */
const waysInWords = () =>
  h(
    'ul',
    { class: 'unseen', 'aria-label': 'Ways between the states' },
    ...EDGES.map(({ from, to, label }) => h('li', {}, `From ${from} to ${to}: ${label || 'when all traffic is back'}`)),
  );

const HEIGHT = 214;
const NODE = 28;
/** How far the shared trunk of a state's edges stands from its outer side. */
const TRUNK = 16;

export class StateMachine {
  element = h('div', { class: 'state-machine' });
  #width = 300;
  #report: Report | null = null;
  /** The state and the way into it as they are drawn. */
  #drawn = '';

  /** @param width in CSS pixels */
  resize(width: number) {
    const fitted = Math.max(236, Math.min(440, width));
    if (fitted === this.#width) return;
    this.#width = fitted;
    this.#drawn = '';
    if (this.#report) this.show(this.#report);
  }

  show(report: Report) {
    this.#report = report;
    const state = report.final_state;
    const way = lastTransition(report);
    const now = `${way?.from} ${state}`;
    const before = this.#drawn;
    if (now === before) return;
    this.#drawn = now;
    const boxes = layout(this.#width);
    const isLit = (edge: Edge) => way !== null && edge.from === way.from && edge.to === way.to;
    // Lit last, to lie on top where edges share their trunk.
    const edges = EDGES.toSorted((a, b) => Number(isLit(a)) - Number(isLit(b)));
    const came = way ? `, from ${way.from}` : '';
    this.element.replaceChildren(
      s(
        'svg',
        {
          role: 'img',
          width: this.#width,
          height: HEIGHT,
          'aria-label': `State machine. The rollout is ${state}${came}.`,
          'data-present': state,
        },
        s('defs', {}, arrow('arrow', ''), arrow('arrow-lit', 'lit')),
        ...edges.map((edge) => drawEdge(edge, boxes, isLit(edge))),
        ...(Object.keys(boxes) as State[]).map((name) => drawNode(name, boxes[name], name === state)),
      ),
      waysInWords(),
    );
    if (before) {
      highlight(this.element.querySelector('.node.lit'));
      highlight(this.element.querySelector('.edge.lit path'), [{ strokeDasharray: '0 1' }, { strokeDasharray: '1 0' }]);
    }
  }
}

/** The last change of state and where it came from. */
function lastTransition(report: Report): { from: State; to: State } | null {
  const backAtOnce = report.config.rollback_ticks === 0;
  let state: State = 'PROGRESSING';
  let way = null;
  for (const { action } of report.decisions) {
    const next: State = {
      promote: 'PROGRESSING' as State,
      extend: state,
      resume: 'PROGRESSING' as State,
      pause: 'PAUSED' as State,
      complete: 'COMPLETED' as State,
      rollback: (backAtOnce ? 'ROLLED_BACK' : 'ROLLING_BACK') as State,
      rolled_back: 'ROLLED_BACK' as State,
    }[action];
    if (next !== state) way = { from: state, to: next };
    state = next;
  }
  return way;
}

function layout(width: number): Record<State, Box> {
  const middle = { x: width / 2 - 46, width: 100 };
  return {
    PROGRESSING: { x: 1, y: 12, width: 102 },
    PAUSED: { x: width - 71, y: 12, width: 70 },
    COMPLETED: { ...middle, y: 76 },
    ROLLING_BACK: { ...middle, y: 128 },
    ROLLED_BACK: { ...middle, y: 184 },
  };
}

const arrow = (id: string, kind: string) =>
  s(
    'marker',
    {
      id,
      class: kind,
      viewBox: '0 0 8 8',
      refX: 7.5,
      refY: 4,
      markerWidth: 8,
      markerHeight: 8,
      markerUnits: 'userSpaceOnUse',
      orient: 'auto',
    },
    s('path', { d: 'M0 .8 8 4 0 7.2z' }),
  );

const drawNode = (name: State, { x, y, width }: Box, present: boolean) =>
  s(
    'g',
    { class: `node${present ? ' lit' : ''}`, 'data-state': name },
    s('rect', { x, y, width, height: NODE, rx: NODE / 2 }),
    s('text', { x: x + width / 2, y: y + NODE / 2, dy: '0.36em', 'text-anchor': 'middle' }, name.replace('_', ' ')),
  );

function drawEdge({ from, to, label }: Edge, boxes: Record<State, Box>, lit: boolean) {
  const { d, x, y, anchor } = route(from, to, boxes);
  return s(
    'g',
    { class: `edge${lit ? ' lit' : ''}`, 'data-edge': `${from}>${to}` },
    s('path', { d, pathLength: 1, 'marker-end': `url(#${lit ? 'arrow-lit' : 'arrow'})` }),
    s('text', { x, y, 'text-anchor': anchor }, label),
  );
}

/** The path of an edge and the place of its label. */
function route(from: State, to: State, boxes: Record<State, Box>) {
  const [a, b] = [boxes[from], boxes[to]];
  if (to === 'PAUSED') {
    const y = a.y + 9;
    return { d: `M${a.x + a.width} ${y}H${b.x}`, x: (a.x + a.width + b.x) / 2, y: y - 6, anchor: 'middle' };
  }
  if (to === 'PROGRESSING') {
    const y = a.y + NODE - 9;
    return { d: `M${a.x} ${y}H${b.x + b.width}`, x: (b.x + b.width + a.x) / 2, y: y + 17, anchor: 'middle' };
  }
  if (from === 'ROLLING_BACK') {
    const x = a.x + a.width / 2;
    return { d: `M${x} ${a.y + NODE}V${b.y}`, x, y: b.y, anchor: 'middle' };
  }
  const y = b.y + NODE / 2;
  const top = a.y + NODE;
  if (from === 'PROGRESSING') {
    const x = a.x + TRUNK;
    return { d: `M${x} ${top}V${y - 8}q0 8 8 8H${b.x}`, x: x + 5, y: y - 6, anchor: 'start' };
  }
  const x = a.x + a.width - TRUNK;
  return { d: `M${x} ${top}V${y - 8}q0 8 -8 8H${b.x + b.width}`, x: x - 5, y: y - 6, anchor: 'end' };
}
