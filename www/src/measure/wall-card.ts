/** For the place Watch: the policy on a hundred releases like the one on screen; it leads to Measure. */

import { html, nothing, render } from 'lit/html.js';
import { inLongRun, ofMany } from '../base/chance.ts';
import type { Change, Store, View } from '../store/store.ts';
import { isHealthy } from '../study/study-request.ts';
import { Wall } from './wall.ts';

export class WallCard implements View {
  readonly element = Object.assign(document.createElement('section'), { className: 'card wall-card effects' });
  #store;
  #walls;

  constructor(store: Store) {
    this.#store = store;
    this.#walls = { healthy: new Wall(store, 'healthy'), bad: new Wall(store, 'bad') };
    this.element.part.add('figures');
  }

  update(change: Change) {
    if (change !== 'study' && change !== 'rollout' && change !== 'page') return;
    const { study, session, veiled, isWaiting } = this.#store;
    this.element.hidden = veiled || study.unavailable !== '';
    // What is shown stays until another rollout is there.
    if (veiled || isWaiting) return;
    const { found, busy } = study;
    const healthy = isHealthy(session.report);
    const wall = this.#walls[healthy ? 'healthy' : 'bad'];
    const cases = found?.result.report;
    const p = healthy ? cases?.healthy.p_rollback : cases?.missed_regression;
    const { harmed, waiting } = wall.counts(found);
    this.element.dataset.runs = String(busy || !cases ? 0 : cases.runs);
    this.element.dataset.partial = String(cases?.partial ?? true);
    this.element.ariaBusy = String(busy);
    render(
      html`<h3>The same policy on 100 ${healthy ? 'healthy releases' : 'such releases'}</h3>
        ${wall.template(found)}
        <p
          class="wall-words"
          data-figure=${healthy ? 'false_rollback' : 'missed_regression'}
          data-estimate=${p?.estimate ?? ''}
        >
          ${
            p && cases
              ? html`<b class="big">${harmed} of 100</b> ${healthy ? 'thrown away' : 'missed'} here;
                  ${ofMany(p, cases.runs)}${p.estimate % 1 ? '' : ','} ${inLongRun(p, cases.runs)}.`
              : 'Not simulated yet.'
          }
        </p>
        ${
          waiting > 0
            ? html`<p class="wall-key">
                <span><span class="square waiting"></span> ${waiting} wait for a person to decide</span>
              </p>`
            : nothing
        }
        <button type="button" class="link" @click=${() => this.#store.go('measure')}>Measure this policy</button>`,
      this.element,
    );
  }
}
