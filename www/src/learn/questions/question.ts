/**
 * A question of a lesson: what all kinds have in common, and the form around one. Each
 * kind is a function in a file of this folder.
 */

import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import { cut, MOST_LISTED, MOST_OF_MESSAGE } from '../../base/format.ts';
import type { Problem } from '../../engine/engine.ts';
import { messageOf } from '../../engine/engine.ts';
import type { RolloutInput } from '../../engine/replay.ts';
import type { Store } from '../../store/store.ts';
import type { Value } from '../figures.ts';
import type { StudyChoices } from '../lesson.ts';

/**
 * What a question is answered with: the rollout it is about, the page's state, the name of
 * a tick, the engine's figures, and a way to have a changed answer drawn.
 */
export type Context = {
  start: RolloutInput & { config: string };
  store: Store;
  tick: string;
  measure: (names: string[], work?: RolloutInput, study?: StudyChoices) => Promise<Record<string, Value>>;
  redraw: () => void;
};

/**
 * `given` is the answer and `answered` the same in words, `fact` the right one in words; `right`
 * is `null` while there is no answer to judge. `says` is what is missing, or why.
 */
export type Judgement = {
  right: boolean | null;
  says: string;
  given?: string | number;
  answered?: string;
  fact?: string;
};

export interface Question {
  /** The question with its controls, as far as it is answered. */
  template(): TemplateResult;
  /** Rejects with the engine's message. */
  judge(): Promise<Judgement>;
  /** The right answer in words, each of a line, for the teacher's sheet. */
  answer(): Promise<string[]>;
  /** A prediction beside what was found. */
  result?(judgement: Judgement): TemplateResult;
  /** The name of the button, where the usual one does not fit. */
  readonly label?: string;
  /** Done when the answer was right. */
  after?(): void;
  /** Drops what was judged if the page has changed since; whether it did. */
  outdated?(): boolean;
}

/** A question with its button, and what was said of the last answer. */
export class Form {
  says = '';
  judgement: Judgement | null = null;
  #busy = false;

  /** @param onjudged called when there was an answer to judge */
  constructor(
    readonly question: Question,
    private readonly label: string,
    private readonly redraw: () => void,
    private readonly onjudged: (judgement: Judgement) => void,
  ) {}

  template() {
    const judge = (event: Event) => {
      event.preventDefault();
      this.#judge();
    };
    return html`<form novalidate @submit=${judge}>
      ${this.question.template()}
      <div class="judge">
        <button type="submit" class="strong" aria-disabled=${this.#busy}>${this.question.label ?? this.label}</button>
      </div>
      <p class="says" role="status">${this.says}</p>
    </form>`;
  }

  /** Follows the page: a judgement of what is there no more is taken back. */
  follow() {
    if (this.#busy || !this.question.outdated?.()) return;
    this.says = 'Something has changed since. Check it again.';
    this.redraw();
  }

  async #judge() {
    if (this.#busy) return;
    this.#busy = true;
    this.says = 'Running …';
    this.redraw();
    try {
      const judgement = await this.question.judge();
      this.says = judgement.says;
      this.#busy = false;
      if (judgement.right !== null) {
        this.judgement = judgement;
        this.onjudged(judgement);
      }
    } catch (error) {
      this.says = messageOf(error);
    }
    this.#busy = false;
    this.redraw();
  }
}

/** Right or wrong, as a mark with its word. */
export const mark = (right: boolean) =>
  html`<span class="mark ${right ? 'met' : 'unmet'}"><span aria-hidden="true">${right ? '✓' : '✗'}</span><span class="unseen">${right ? 'right' : 'wrong'}</span></span>`;

/** What is wrong with a configuration or a lesson, each with its place. */
export const faults = (problems: Problem[]) =>
  problems.length === 0
    ? nothing
    : html`<ul class="faults">
        ${problems.slice(0, MOST_LISTED).map(
          ({ path, message, line }) => html`<li>
            ${path ? html`<code>${cut(path)}</code>: ` : nothing}${cut(message, MOST_OF_MESSAGE)}${line ? html` <span class="quiet">line ${line}</span>` : nothing}
          </li>`,
        )}
      </ul>`;
