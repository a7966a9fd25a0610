/** `estimate` and `squares`: a figure, typed or drawn as a number of a hundred squares. */

import { html, nothing } from 'lit/html.js';
import { significant } from '../../base/format.ts';
import { FIGURES, tell, unitOf } from '../figures.ts';
import type { Estimate } from '../lesson.ts';
import { configWith } from '../start.ts';
import type { Context, Judgement, Question } from './question.ts';

const SQUARES = 100;
/** Squares in a row. */
const ROW = 20;

/** Figures whose squares mean harm. */
const HARMFUL = ['false_rollback', 'missed_regression'];

export function estimate(check: Estimate, { measure, start, store, tick, redraw }: Context): Question {
  const { question, figure, tolerance } = check;
  const drawn = check.kind === 'squares';
  const work = { ...start, config: configWith(start.config, check.config) };
  let given: number | null = null;
  let found: number | null = null;
  const find = async () => {
    const value = (await measure([figure], work, check))[figure];
    return typeof value === 'number' ? value : null;
  };
  const set = (value: number) => {
    given = Math.max(0, Math.min(SQUARES, value));
    redraw();
  };

  const typed = () => html`<label class="estimate">${question}<span>
      <input type="number" step="any" min="0" inputmode="decimal"
        @input=${({ target }: Event) => {
          const value = (target as HTMLInputElement).valueAsNumber;
          given = Number.isNaN(value) ? null : value;
        }}>${unitOf(figure, tick)}</span></label>`;

  /** The hundred squares: those of the guess, and when it is known those of the truth. */
  const squares = () =>
    Array.from({ length: SQUARES }, (_, i) => {
      const filled = i < Math.round(found ?? given ?? 0);
      const edge = found !== null && given !== null && i === Math.max(0, given - 1);
      return html`<i class="${filled ? (HARMFUL.includes(figure) ? 'harm' : 'full') : ''}${edge ? ' edge' : ''}"></i>`;
    });
  const drawing = () => html`<div class="draw">
      <p>${question} Drag over the squares, or use the arrow keys.</p>
      <div class="guess" role="slider" tabindex="0" aria-label=${question} aria-valuemin="0" aria-valuemax=${SQUARES}
        aria-valuenow=${given ?? 0} aria-valuetext=${given === null ? 'not drawn yet' : `${given} of ${SQUARES}`}
        @pointerdown=${(event: PointerEvent) => {
          (event.currentTarget as Element).setPointerCapture(event.pointerId);
          set(squareAt(event));
        }}
        @pointermove=${(event: PointerEvent) => event.buttons > 0 && set(squareAt(event))}
        @keydown=${(event: KeyboardEvent) => {
          const to = afterKey(event.key, given ?? 0);
          if (to === null) return;
          event.preventDefault();
          set(to);
        }}>${squares()}</div>
      <p class="guessed">${given === null ? 'No square yet' : html`<b>${given}</b> of ${SQUARES}`}</p>
    </div>`;

  return {
    template: () => (drawn ? drawing() : typed()),
    judge: async () => {
      if (given === null) return { right: null, says: drawn ? 'Draw your guess first.' : 'Type a number first.' };
      const fact = await find();
      const answered = tell(figure, given, tick);
      if (fact === null) return { right: false, says: 'There is no such figure here.', given, answered, fact: 'none' };
      if (drawn) found = fact;
      const right = Math.abs(given - fact) <= tolerance;
      const says = right
        ? `The engine finds ${tell(figure, fact, tick)}.`
        : `That is too ${given < fact ? 'low' : 'high'}.`;
      return { right, says, given, answered, fact: tell(figure, fact, tick) };
    },
    result: drawn
      ? (judgement: Judgement) => html`<div class="draw">
          <p>${question}</p>
          <div class="guess" role="img" aria-label="${Math.round(found ?? 0)} of 100 squares are marked; your guess was ${given}">${squares()}</div>
          ${gap(given, found, judgement.right)}
        </div>`
      : undefined,
    after: () => {
      if (check.config) store.load({ ...work, tick: null });
    },
    answer: async () => {
      const fact = await find();
      const unit = FIGURES[figure].noun === '%' ? 'points' : unitOf(figure, tick);
      return [`${tell(figure, fact, tick)}; right within ${significant(tolerance)} ${unit}`];
    },
  };
}

/** How far a guess was off. */
const gap = (given: number | null, found: number | null, right: boolean | null) =>
  given === null || found === null
    ? nothing
    : html`<p class="gap">Your guess <b>${significant(given)}</b> · truly <b>${significant(found)}</b> ·
        off by <b>${significant(Math.abs(given - found))}</b>${right ? ': close' : ''}</p>`;

/** How many squares a pointer leaves marked: up to the one that it is over. */
function squareAt(event: PointerEvent) {
  const box = (event.currentTarget as Element).getBoundingClientRect();
  const row = Math.floor(((event.clientY - box.top) / box.height) * (SQUARES / ROW));
  const column = Math.ceil(((event.clientX - box.left) / box.width) * ROW);
  const rows = Math.max(0, Math.min(SQUARES / ROW - 1, row));
  return rows * ROW + Math.max(0, Math.min(ROW, column));
}

/** Where a key of a slider leads; `null` for other keys. */
export function afterKey(key: string, value: number, most: number = SQUARES): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowDown: -1,
    ArrowRight: 1,
    ArrowUp: 1,
    PageDown: -10,
    PageUp: 10,
    Home: -value,
    End: most - value,
  };
  return key in steps ? value + steps[key] : null;
}
