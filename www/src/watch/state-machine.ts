/**
 * The state machine with every way from a state into another; the present state and the
 * way into it are lit. Laid out by hand at the measured width: the two states that act at
 * the top, what they lead to between them, so that no arrow crosses another.
 */

import { html, nothing, render, svg } from 'lit/html.js';
import { highlight } from '../base/highlight.ts';
import type { Report, State } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import { looksInPause } from '../rollout/series.ts';
import type { Change, Store, View } from '../store/store.ts';

/** A way between two states: what leads along it, in two lines at its arrow and in a sentence. */
export type Edge = { from: State; to: State; label: [string, string]; by: string };
export type Box = { x: number; y: number; width: number };

/** Every way from a state into another. A test compares it with the engine. */
export const EDGES: Edge[] = [
  { from: 'PROGRESSING', to: 'PAUSED', label: ['pause', ''], by: 'a person, a rule or the plan pauses it' },
  {
    from: 'PAUSED',
    to: 'PROGRESSING',
    label: ['resume, promote', ''],
    by: 'resume, promote before the last stage, or the end of a timed pause',
  },
  {
    from: 'PROGRESSING',
    to: 'COMPLETED',
    label: ['last stage', 'passed'],
    by: 'the last stage is passed, or promote in it',
  },
  { from: 'PAUSED', to: 'COMPLETED', label: ['promote in', 'last stage'], by: 'promote in the last stage' },
  {
    from: 'PROGRESSING',
    to: 'ROLLING_BACK',
    label: ['rule or abort', 'takes time'],
    by: 'a rule fails, or abort, where a rollback takes time',
  },
  {
    from: 'PAUSED',
    to: 'ROLLING_BACK',
    label: ['abort', 'takes time'],
    by: 'abort, or a rule that looks in pauses, where a rollback takes time',
  },
  {
    from: 'PROGRESSING',
    to: 'ROLLED_BACK',
    label: ['rule or abort', 'at once'],
    by: 'a rule fails, or abort, where a rollback is made at once',
  },
  {
    from: 'PAUSED',
    to: 'ROLLED_BACK',
    label: ['abort', 'at once'],
    by: 'abort, or a rule that looks in pauses, where a rollback is made at once',
  },
  { from: 'ROLLING_BACK', to: 'ROLLED_BACK', label: ['all traffic', 'is back'], by: 'all traffic is back' },
];

const HEIGHT = 262;
const NODE = 28;
/** How far the shared trunk of a state's arrows stands from its outer side. */
const TRUNK = 16;

export class StateMachine implements View {
  element = document.createElement('div');
  #store;
  #width = 300;
  /** The state and the way into it as they are drawn. */
  #drawn = '';

  constructor(store: Store) {
    this.#store = store;
    this.element.className = 'state-machine';
  }

  /** @param width in CSS pixels */
  resize(width: number) {
    const fitted = Math.max(236, Math.min(440, width));
    if (fitted === this.#width) return;
    this.#width = fitted;
    this.update('rollout');
  }

  update(change: Change) {
    if ((change !== 'rollout' && change !== 'playhead') || this.#store.isWaiting) return;
    const report = this.#store.session.reportHere;
    const state = report.final_state;
    const way = lastTransition(report);
    const boxes = layout(this.#width);
    const isLit = (edge: Edge) => edge.from === way?.from && edge.to === way.to;
    // Lit last, to lie on top where arrows share their trunk.
    const edges = EDGES.toSorted((a, b) => Number(isLit(a)) - Number(isLit(b)));
    const { decides } = planOf(report);
    const phases = decides?.phases ?? [];
    const came = way ? `, from ${way.from}` : '';
    render(
      html`${phases.length === 0 ? nothing : phaseList(phases, decides?.phase ?? null, decides?.name ?? '')}
        <svg role="img" width=${this.#width} height=${HEIGHT} data-present=${state} aria-describedby="ways"
          aria-label="State machine. The rollout is ${state}${came}.">
          <defs>${arrow('arrow', '')}${arrow('arrow-lit', 'lit')}</defs>
          ${edges.map((edge) => drawEdge(edge, boxes, isLit(edge)))}
          ${(Object.keys(boxes) as State[]).map((name) => drawNode(name, boxes[name], name === state))}
        </svg>
        <p class="quiet">While the rollout is paused, traffic stays at its share and ${looksInPause(report)}.</p>
        <ul class="unseen" id="ways">${EDGES.map(
          ({ from, to, by }) => html`<li>From ${from} to ${to}: ${by}. </li>`,
        )}</ul>`,
      this.element,
    );
    const now = `${way?.from} ${state} ${decides?.phase}`;
    if (this.#drawn && now !== this.#drawn) {
      highlight(this.element.querySelector('.phase.lit'));
      highlight(this.element.querySelector('.node.lit'));
      highlight(this.element.querySelector('.edge.lit path'), [{ strokeDasharray: '0 1' }, { strokeDasharray: '1 0' }]);
    }
    this.#drawn = now;
  }
}

/** The phases of a controller in its own words, with the present one marked. */
const phaseList = (phases: string[], present: string | null, name: string) =>
  html`<p class="quiet" id="phases">The phases of ${name}:</p>
    <ul class="phases" aria-labelledby="phases">${phases.map(
      (phase) =>
        html`<li class="phase${phase === present ? ' lit' : ''}" aria-current=${phase === present ? 'step' : nothing}>${phase}</li>`,
    )}</ul>
    <p class="quiet">For the simulator the rollout is in one of these states:</p>`;

/** Whether all traffic goes back in the tick in which a rollback is decided. */
function rollsBackAtOnce(report: Report) {
  const { decides, rollback_ticks } = planOf(report);
  if (!decides) return rollback_ticks === 0;
  return report.final_state === 'ROLLED_BACK' && report.decisions.every(({ action }) => action !== 'rolled_back');
}

/** The last change of state and where it came from. */
function lastTransition(report: Report): { from: State; to: State } | null {
  const rollback: State = rollsBackAtOnce(report) ? 'ROLLED_BACK' : 'ROLLING_BACK';
  let state: State = 'PROGRESSING';
  let way = null;
  for (const { action } of report.decisions) {
    const leads: Record<typeof action, State> = {
      promote: 'PROGRESSING',
      extend: state,
      note: state,
      resume: 'PROGRESSING',
      pause: 'PAUSED',
      complete: 'COMPLETED',
      rollback,
      rolled_back: 'ROLLED_BACK',
    };
    const next = leads[action];
    if (next !== state) way = { from: state, to: next };
    state = next;
  }
  return way;
}

function layout(width: number): Record<State, Box> {
  const middle = { x: width / 2 - 40, width: 92 };
  return {
    PROGRESSING: { x: 1, y: 14, width: 102 },
    PAUSED: { x: width - 71, y: 14, width: 70 },
    COMPLETED: { ...middle, y: 82 },
    ROLLING_BACK: { ...middle, y: 144 },
    ROLLED_BACK: { ...middle, y: 222 },
  };
}

const arrow = (id: string, kind: string) =>
  svg`<marker id=${id} class=${kind} viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8"
    markerUnits="userSpaceOnUse" orient="auto"><path d="M0 .8 8 4 0 7.2z"></path></marker>`;

const drawNode = (name: State, { x, y, width }: Box, present: boolean) =>
  svg`<g class="node${present ? ' lit' : ''}" data-state=${name}>
    <rect x=${x} y=${y} width=${width} height=${NODE} rx=${NODE / 2}></rect>
    <text x=${x + width / 2} y=${y + NODE / 2} dy="0.36em" text-anchor="middle">${name.replace('_', ' ')}</text>
  </g>`;

function drawEdge({ from, to, label, by }: Edge, boxes: Record<State, Box>, lit: boolean) {
  const { d, x, lines, anchor } = route(from, to, boxes);
  return svg`<g class="edge${lit ? ' lit' : ''}" data-edge="${from}>${to}">
    <title>From ${from} to ${to}: ${by}</title>
    <path d=${d} pathLength="1" marker-end="url(#${lit ? 'arrow-lit' : 'arrow'})"></path>
    ${label.map((text, i) => svg`<text x=${x} y=${lines[i]} text-anchor=${anchor}>${text}</text>`)}
  </g>`;
}

/** The path of an arrow and where the lines of its label stand: one above it, one under it. */
function route(from: State, to: State, boxes: Record<State, Box>) {
  const [a, b] = [boxes[from], boxes[to]];
  if (to === 'PAUSED') {
    const y = a.y + 9;
    const x = (a.x + a.width + b.x) / 2;
    return { d: `M${a.x + a.width} ${y}H${b.x}`, x, lines: [y - 6, y], anchor: 'middle' };
  }
  if (to === 'PROGRESSING') {
    const y = a.y + NODE - 9;
    const x = (b.x + b.width + a.x) / 2;
    return { d: `M${a.x} ${y}H${b.x + b.width}`, x, lines: [y + 15, y], anchor: 'middle' };
  }
  if (from === 'ROLLING_BACK') {
    const x = a.x + a.width / 2;
    const middle = (a.y + NODE + b.y) / 2;
    return { d: `M${x} ${a.y + NODE}V${b.y}`, x: x + 8, lines: [middle - 3, middle + 10], anchor: 'start' };
  }
  const y = b.y + NODE / 2;
  const top = a.y + NODE;
  const lines = [y - 6, y + 14];
  if (from === 'PROGRESSING') {
    const x = a.x + TRUNK;
    return { d: `M${x} ${top}V${y - 8}q0 8 8 8H${b.x}`, x: x + 5, lines, anchor: 'start' };
  }
  const x = a.x + a.width - TRUNK;
  return { d: `M${x} ${top}V${y - 8}q0 8 -8 8H${b.x + b.width}`, x: x - 5, lines, anchor: 'end' };
}
