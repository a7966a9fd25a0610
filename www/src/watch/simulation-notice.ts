/** Says that a rollout is being simulated beside the page, and how far it is. */

import { html, nothing, render } from 'lit/html.js';
import { count } from '../base/format.ts';
import type { Change, Store, View } from '../store/store.ts';

export class SimulationNotice implements View {
  element = document.createElement('div');
  #store;

  constructor(store: Store) {
    this.#store = store;
    this.element.className = 'simulation';
    this.element.setAttribute('part', 'simulation');
    this.element.setAttribute('role', 'status');
  }

  update(change: Change) {
    if (change === 'progress' || change === 'rollout' || change === 'playhead') render(this.#content, this.element);
  }

  get #content() {
    const { runner, hasRunFault, runFault, notRun, playing } = this.#store;
    const now = runner.underWay;
    // While it plays, what is looked at follows as fast as it can.
    if (now && runner.isSlow && !(now.looks && playing)) {
      // A pause makes it longer than planned.
      const of = Math.max(now.of, now.ticks);
      return html`Simulating… <span aria-hidden="true">${count(now.ticks)} of ${count(of)} ticks</span>
        <progress aria-label="Ticks simulated" .max=${of} .value=${now.ticks}></progress>
        <button type="button" @click=${() => this.#store.stop()}>Stop</button>`;
    }
    if (now || !hasRunFault) return nothing;
    return html`${runFault} What is drawn is the rollout before, not that of the configuration in the forms.
      <button type="button" @click=${() => notRun && this.#store.load(notRun)}>Simulate</button>`;
  }
}
