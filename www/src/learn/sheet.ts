/** The teacher's sheet: every item with its answer and what to look for, to be printed. */

import { html, nothing } from 'lit/html.js';
import { tickUnit } from '../base/format.ts';
import { messageOf, resolved } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import type { Check, Start } from './lesson.ts';
import { LESSONS, PARTS } from './library.ts';
import { ask } from './questions/kinds.ts';
import { Measures, startOf } from './start.ts';

export class Sheet {
  /** The right answers, by item and question, as far as the engine has found them. */
  readonly #answers = new Map<string, string[]>();
  #begun = false;

  constructor(
    private readonly store: Store,
    private readonly onchange: () => void,
  ) {}

  /** Has the engine find the answers, one after the other. */
  async write() {
    if (this.#begun) return;
    this.#begun = true;
    const measures = new Measures();
    for (const [name, { start, predict, task, transfer }] of Object.entries(LESSONS)) {
      if (predict) await this.#find(`${name} predict`, predict, start, measures);
      await this.#find(`${name} task`, task, start, measures);
      if (transfer) await this.#find(`${name} transfer`, transfer.predict, transfer.start, measures);
    }
    measures.close();
  }

  async #find(key: string, check: Check, start: Start, measures: Measures) {
    const work = startOf(start);
    const context = {
      start: work,
      store: this.store,
      tick: start.faulty ? 'tick' : tickUnit(resolved(work.config).tick_seconds).name,
      measure: (names: string[], other = work as typeof work | object, study = {}) =>
        measures.of(names, other as typeof work, study),
      redraw: () => {},
    };
    this.#answers.set(
      key,
      await ask(check, context)
        .answer()
        .catch((error) => [messageOf(error)]),
    );
    this.onchange();
  }

  template() {
    const asked = (key: string, words: string, { question }: Check, text = '') => html`<dt>${words}</dt>
      <dd>${text} ${question}
        <ul>${(this.#answers.get(key) ?? ['…']).map((line) => html`<li>${line}</li>`)}</ul></dd>`;
    return html`<p>All tasks and lessons with their answers, from the same data as the path. The figures are the engine’s.</p>
      <div class="lesson-ways"><button type="button" class="strong" @click=${() => print()}>Print</button></div>
      <div class="sheet">
        ${PARTS.map(
          ({ part, items }) => html`<h3>${part}</h3>
            ${items.map(({ name, asks, look_for }) => {
              const { title, predict, task, transfer } = LESSONS[name];
              return html`<section>
                <h4>${title}</h4>
                <dl>
                  <dt>The course asks</dt><dd>${asks}</dd>
                  ${predict ? asked(`${name} predict`, 'Prediction', predict) : nothing}
                  ${asked(`${name} task`, 'Task', task)}
                  ${transfer ? asked(`${name} transfer`, 'Another policy', transfer.predict, transfer.text) : nothing}
                  <dt>Look for</dt><dd>${look_for}</dd>
                </dl>
              </section>`;
            })}`,
        )}
      </div>`;
  }
}
