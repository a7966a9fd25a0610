/**
 * The place Measure: what this policy does over many releases. Its parts are templates that read
 * the store's study (`study/study-state.ts`).
 */

import { html, render } from 'lit/html.js';
import type { Change, Store, View } from '../store/store.ts';
import { Comparison } from './comparison.ts';
import { Curve } from './curve.ts';
import { PolicyFigures } from './policy-figures.ts';
import { Strategies } from './strategies.ts';

export class MeasureView implements View {
  readonly element = Object.assign(document.createElement('div'), { className: 'measure' });
  #store;
  #figures;
  #curve;
  #comparison;
  #strategies;
  /** Watches whether the strategies are well in view: who scrolls past sets nothing going. */
  #sight;

  constructor(store: Store) {
    this.#store = store;
    this.#figures = new PolicyFigures(store);
    this.#curve = new Curve(store, () => this.#render());
    this.#comparison = new Comparison(store, () => this.#render());
    this.#strategies = new Strategies(store);
    this.#sight = new IntersectionObserver(
      (entries) => store.study.strategies.look(entries[entries.length - 1].isIntersecting),
      { rootMargin: '-25% 0px' },
    );
  }

  update(change: Change) {
    if (change === 'study' || change === 'rollout' || change === 'page') this.#render();
  }

  #render() {
    const { veiled, isWaiting, study } = this.#store;
    // What is shown stays until another rollout is there.
    if (veiled || isWaiting) return;
    if (study.unavailable) {
      render(
        html`<h2 class="unseen">This policy over many releases</h2>
          <section class="card no-study" role="group" aria-label="Why nothing is measured">
            <h3>Nothing to measure over these counts</h3>
            <p>${study.unavailable}</p>
          </section>`,
        this.element,
      );
      return;
    }
    render(
      html`<h2 class="unseen">This policy over many releases</h2>
        ${this.#figures.template()}
        <section class="card study" part="study" role="group" aria-label="The policy over many rollouts">
          ${this.#curve.template()} ${this.#comparison.template()}
        </section>
        ${this.#strategies.template()}`,
      this.element,
    );
    this.#curve.follow(this.element.querySelector('.curve'));
    const list = this.element.querySelector('.strategy-list');
    if (list) this.#sight.observe(list);
  }
}
