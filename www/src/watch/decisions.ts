/** The decision log: when, what, by whom and why. */

import { html, nothing, render } from 'lit/html.js';
import { count, DECIDERS, tickUnit, unbroken } from '../base/format.ts';
import { icon } from '../base/icons.ts';
import type { Change, Store, View } from '../store/store.ts';

const ACTIONS = {
  promote: 'promote',
  complete: 'complete',
  extend: 'extend the stage',
  pause: 'pause',
  resume: 'resume',
  rollback: 'roll back',
  rolled_back: 'rolled back',
  note: '',
} as const;

/** Decisions shown; a log of thousands helps nobody. */
const MOST_SHOWN = 100;

export class DecisionLog implements View {
  element = document.createElement('div');
  #store;

  constructor(store: Store) {
    this.#store = store;
    this.element.className = 'log';
  }

  update(change: Change) {
    if ((change !== 'rollout' && change !== 'playhead') || this.#store.isWaiting) return;
    const { decisions, config } = this.#store.session.reportHere;
    const unit = tickUnit(config.tick_seconds).name;
    const isCut = decisions.length > MOST_SHOWN;
    render(
      decisions.length === 0
        ? html`<p class="quiet">Nothing has been decided yet.</p>`
        : html`${isCut ? html`<p class="quiet">The last ${MOST_SHOWN} of ${count(decisions.length)}.</p>` : nothing}
            <ol>${decisions.slice(-MOST_SHOWN).map(
              ({ action, tick, by, sentence }) =>
                html`<li class="decision ${action}">
                  <span class="decision-icon">${icon(action)}</span>
                  <div>
                    <b>${unit} ${count(tick)}${action === 'note' ? nothing : `: ${ACTIONS[action]}`}</b>${action === 'note' ? nothing : html`<span class="quiet"> by ${DECIDERS[by]}</span>`}
                    <p>${unbroken(sentence)}</p>
                  </div>
                </li>`,
            )}</ol>`,
      this.element,
    );
  }
}
