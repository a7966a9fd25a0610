/**
 * The place Find: policies that keep stated bounds and do least harm. A person says what must
 * hold and what may change; the search (`search/search-state.ts`) shows what it finds as it goes.
 */

import { html, nothing, render } from 'lit/html.js';
import { studyFault } from '../engine/counts.ts';
import type { Change, Store, View } from '../store/store.ts';
import { Cloud } from './cloud.ts';
import { Found } from './found.ts';
import { Question } from './question.ts';

export class FindView implements View {
  readonly element = Object.assign(document.createElement('div'), { className: 'find' });
  #store;
  #question;
  #cloud;
  #found;

  constructor(store: Store) {
    this.#store = store;
    const redraw = () => this.#render();
    this.#question = new Question(store, redraw);
    this.#cloud = new Cloud(store.search, redraw);
    this.#found = new Found(store, redraw);
  }

  update(change: Change) {
    if (change === 'search' || change === 'rollout' || change === 'page') this.#render();
  }

  #render() {
    const { veiled, isWaiting, search, recorded, draft, session } = this.#store;
    // What is shown stays until another rollout is there.
    if (veiled || isWaiting) return;
    const { result } = search;
    const unavailable = recorded ? studyFault(session.config, session.report.config.tick_seconds, recorded) : '';
    render(
      html`<h2 class="unseen">A better policy</h2>
        ${unavailable ? html`<p class="card">${unavailable}</p>` : nothing}
        ${this.#question.template()}
        ${
          result
            ? html`${search.isAbout(draft, recorded) ? nothing : html`<p class="card stale" role="status">${STALE}</p>`}
                <div class="find-columns">
                  <section class="card" role="group" aria-label="The policies of the search">
                    ${this.#cloud.template(result.report, result.order)}
                  </section>
                  ${this.#found.template(result.report, result.order)}
                </div>`
            : html`<section class="card" role="group" aria-label="What a search does">
                <h3>What a search does</h3>
                <p class="about-search">${ABOUT}</p>
              </section>`
        }`,
      this.element,
    );
    this.#cloud.follow(this.element.querySelector('.cloud'));
  }
}

const STALE = 'The scenario or the policy has changed since this search. Search again to see what holds now.';
const ABOUT =
  'It tries up to 200 policies with the present one’s stages and rules, changed as you allow, on the same simulated releases. ' +
  'A policy that surely breaks a bound is dropped, and one that is surely worse than another. Those that are left get twice as many rollouts, and so on. ' +
  'The best one is measured again on fresh rollouts, beside the present policy. Nothing is changed until you take it over.';
