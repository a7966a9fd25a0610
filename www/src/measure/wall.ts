/**
 * A wall of rollouts, a square each: what the policy did to a hundred releases of a kind. One
 * square is in the order of focus, arrow keys lead to the others; a click opens the rollout.
 */

import { html, nothing } from 'lit/html.js';
import { count, tickUnit } from '../base/format.ts';
import type { FirstRuns } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import { firstSeed, isHealthy, WALL } from '../study/study-request.ts';
import type { Found } from '../study/study-state.ts';

type End = 'completed' | 'rolled_back' | 'waiting';

/** By the number of an end in a study. */
const ENDS: End[] = ['completed', 'rolled_back', 'waiting'];
const END_WORDS: Record<End, string> = {
  completed: 'promoted at',
  rolled_back: 'rolled back at',
  waiting: 'waits for a person since',
};
/** What each kind of release is called, the end that does it harm, and what that is called. */
const KINDS = {
  healthy: { label: 'Healthy releases', harm: 'rolled_back', word: 'thrown away' },
  bad: { label: 'Bad releases', harm: 'completed', word: 'missed' },
} as const;
/** Squares in a row. */
const ROW = 20;

export class Wall {
  #store;
  #kind: keyof typeof KINDS;
  /** The square in the order of focus. */
  #at = 0;

  constructor(store: Store, kind: keyof typeof KINDS) {
    this.#store = store;
    this.#kind = kind;
  }

  /** @param found `null` before anything is known */
  template(found: Found | null) {
    const { label, harm } = KINDS[this.#kind];
    const { session } = this.#store;
    const runs = this.#runs(found);
    const first = firstSeed((found?.report ?? session.report).seed);
    const { name: unit } = tickUnit((found?.report ?? session.report).config.tick_seconds);
    const isOver = session.recorded !== null;
    const onScreen = !isOver && isHealthy(session.report) === (this.#kind === 'healthy') ? session.seed - first : -1;
    const square = (i: number) => {
      const end = runs?.end[i] === undefined ? null : ENDS[runs.end[i]];
      const came = `${isOver ? 'Days of seed' : 'Seed'} ${first + i}: ${end && runs ? `${END_WORDS[end]} ${unit} ${count(runs.ticks[i])}` : 'not run yet'}`;
      return html`<button
        type="button"
        class="square ${end ?? 'unknown'} ${end === harm ? 'harm' : ''}"
        aria-label=${came}
        title=${came}
        aria-current=${i === onScreen || nothing}
        tabindex=${i === this.#at ? 0 : -1}
      ></button>`;
    };
    return html`<div
      class="squares"
      role="group"
      aria-label=${label}
      @click=${(event: Event) => this.#open(event, first)}
      @keydown=${(event: KeyboardEvent) => this.#walk(event)}
    >
      ${Array.from({ length: WALL }, (_, i) => square(i))}
    </div>`;
  }

  /** What the squares that stand out are, and how many. */
  key(found: Found | null) {
    const { harmed, waiting } = this.counts(found);
    return html`<p class="wall-key">
      <span><span class="square harm"></span> ${harmed} of these ${WALL} ${KINDS[this.#kind].word}</span>
      ${
        waiting > 0
          ? html`<span><span class="square waiting"></span> ${waiting} wait for a person to decide</span>`
          : nothing
      }
    </p>`;
  }

  /** Of the hundred. */
  counts(found: Found | null) {
    const ends = Array.from(this.#runs(found)?.end.slice(0, WALL) ?? [], (end) => ENDS[end]);
    const of = (wanted: End) => ends.filter((end) => end === wanted).length;
    return { harmed: of(KINDS[this.#kind].harm), waiting: of('waiting') };
  }

  #runs(found: Found | null): FirstRuns | null {
    if (!found) return null;
    const { healthy, release, report } = found.result;
    if (this.#kind === 'healthy') return healthy;
    return report.missed_regression ? release : null;
  }

  #open({ target }: Event, first: number) {
    const i = squaresOf(target).indexOf(target as HTMLElement);
    if (i < 0) return;
    if (this.#store.recorded) return;
    this.#store.openRun(first + i, this.#kind === 'healthy');
    this.#store.go('watch');
  }

  #walk(event: KeyboardEvent) {
    const squares = squaresOf(event.target);
    const from = squares.indexOf(event.target as HTMLElement);
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -ROW,
      ArrowDown: ROW,
      Home: -from,
      End: WALL - 1 - from,
    };
    const to = from + steps[event.key];
    if (from < 0 || !squares[to]) return;
    event.preventDefault();
    this.#at = to;
    for (const [i, square] of squares.entries()) square.tabIndex = i === to ? 0 : -1;
    squares[to].focus();
  }
}

const squaresOf = (target: EventTarget | null) => [
  ...((target as Element).closest('.squares')?.querySelectorAll<HTMLElement>('.square') ?? []),
];
