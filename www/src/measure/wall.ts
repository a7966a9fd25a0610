/**
 * A wall of rollouts, a square each: what the policy did to a hundred releases
 * of a kind. One square is in the order of focus, arrows lead to the others.
 */

import { h, replace } from '../base/dom.ts';
import { count } from '../base/format.ts';
import type { FirstRuns } from '../engine/engine.ts';
import { WALL } from '../study/study-request.ts';
export type End = 'completed' | 'rolled_back' | 'waiting';

/** By the number of an end in a study. */
const ENDS: End[] = ['completed', 'rolled_back', 'waiting'];
const WORDS = {
  completed: 'promoted at',
  rolled_back: 'rolled back at',
  waiting: 'waits for a person since',
} as Record<End, string>;
/** Squares in a row. */
const ROW = 20;

export class Wall {
  harm: End;
  #caption = h('p', { class: 'wall-caption' });
  #squares;
  #grid;
  #first = 0;
  element;

  /** @param harm the end that does harm to a release of this kind */
  constructor(label: string, harm: End, onopen: (seed: number) => void) {
    this.harm = harm;
    this.#squares = Array.from({ length: WALL }, (_, i) =>
      h('button', {
        type: 'button',
        class: 'square unknown',
        'aria-label': 'Not run yet',
        tabindex: i === 0 ? 0 : -1,
        onclick: () => onopen(this.#first + i),
      }),
    );
    this.#grid = h('div', { class: 'squares', role: 'group', 'aria-label': label }, ...this.#squares);
    this.#grid.addEventListener('keydown', (event) => this.#walk(event));
    this.element = h('div', { class: 'wall' }, this.#grid, this.#caption);
  }

  /**
   * @param first the seed of the first
   * @param unit what a tick is called
   * @param caption what the squares that stand out are
   */
  show(runs: FirstRuns, first: number, unit: string, caption: string) {
    this.#first = first;
    let [harmed, waiting] = [0, 0];
    for (const [i, square] of this.#squares.entries()) {
      const end = runs.end[i] === undefined ? null : ENDS[runs.end[i]];
      if (end === this.harm) harmed += 1;
      if (end === 'waiting') waiting += 1;
      square.className = `square ${end ?? 'unknown'}${end === this.harm ? ' harm' : ''}`;
      const came = end ? `${WORDS[end]} ${unit} ${count(runs.ticks[i])}` : 'not run yet';
      square.setAttribute('aria-label', `Seed ${first + i}: ${came}`);
      square.title = `Seed ${first + i}: ${came}`;
    }
    replace(
      this.#caption,
      h('b', {}, count(harmed)),
      ` ${caption}`,
      waiting > 0 &&
        h(
          'span',
          { class: 'wall-key' },
          h('span', { class: 'square waiting' }),
          ` ${count(waiting)} wait for a person`,
        ),
    );
  }

  /** Marks the rollout on screen, if it is one of these. */
  mark(seed: number | null) {
    for (const [i, square] of this.#squares.entries()) {
      if (this.#first + i === seed) square.setAttribute('aria-current', 'true');
      else square.removeAttribute('aria-current');
    }
  }

  #walk(event: KeyboardEvent) {
    const from = this.#squares.indexOf(event.target as HTMLButtonElement);
    const steps = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -ROW,
      ArrowDown: ROW,
      Home: -from,
      End: WALL - 1 - from,
    } as Record<string, number>;
    const to = from + steps[event.key];
    if (from < 0 || !this.#squares[to]) return;
    event.preventDefault();
    this.#squares[from].tabIndex = -1;
    this.#squares[to].tabIndex = 0;
    this.#squares[to].focus();
  }
}
