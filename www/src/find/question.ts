/** What is asked of a search: the bounds as sentences, what is to be least, and what may change. */

import { live } from 'lit/directives/live.js';
import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import { count, cut, MOST_OF_MESSAGE } from '../base/format.ts';
import { unlessTyped } from '../base/unless-typed.ts';
import { planOf } from '../engine/plan.ts';
import type { Least, NumberName } from '../search/settings.ts';
import { canBeByEvidence, RUNS } from '../search/settings.ts';
import type { Store } from '../store/store.ts';
import { unitWords } from './words.ts';

/** So many fields stand in the list at first, beside those that are varied. */
const MOST_FIELDS = 5;

export class Question {
  #store;
  /** Whether the fields that are usually not varied are shown. */
  #isOpen = false;
  #redraw;

  constructor(store: Store, redraw: () => void) {
    this.#store = store;
    this.#redraw = redraw;
  }

  template() {
    const { search, session, draft, problems } = this.#store;
    const { settings, faults, refusal, running, progress } = search;
    const plan = planOf(session.report);
    const unit = unitWords(plan.tick_seconds);
    const isFaulty = problems.length > 0;
    // The second click of a double one is not meant for the button that stops.
    const press = ({ detail }: MouseEvent) => {
      if (detail > 1 || isFaulty || this.#store.isWaiting) return;
      if (running) search.stop();
      else search.begin(draft, session.report, session.recorded);
    };
    return html`<section class="card question" role="group" aria-label="What is searched">
      <div class="question-part">
        <h3>What must hold</h3>
        <p class="bound-line">
          Throw away at most ${this.#number('falsely', 'Healthy releases thrown away, at most, in percent')}&nbsp;% of healthy releases.
        </p>
        ${this.#fault('falsely')}
        <p class="bound-line">
          Miss at most ${this.#number('missed', 'Bad releases missed, at most, in percent')}&nbsp;% of releases that fail
          ${this.#number('ratio', 'How often a release that must be caught fails, times the baseline')} times as often.
        </p>
        ${this.#fault('missed')} ${this.#fault('ratio')}
        <label class="check-label">
          <input type="checkbox" .checked=${live(settings.isWaitBound)}
            @change=${() => search.set({ isWaitBound: !settings.isWaitBound })} />
          Bound the wait for a person, too
        </label>
        ${
          !settings.isWaitBound
            ? nothing
            : html`<p class="bound-line">Wait for a person in at most
                ${this.#number('waits', 'Rollouts that wait for a person, at most, in percent')}&nbsp;% of those.</p>`
        }
        ${this.#fault('waits')}
      </div>
      <fieldset class="question-part">
        <legend>What is to be least</legend>
        ${this.#least('errors', html`requests that fail because of a release that fails ${this.#number('worst', 'How often a release fails whose failures count, times the baseline')} times as often`)}
        ${this.#fault('worst')}
        ${this.#least('time', html`${unit} until a healthy release has all traffic`)}
        <p class="quiet">Where policies do not differ in it, the other one decides.</p>
        <label class="compare">
          At most
          <select @change=${({ target }: Event) => search.set({ runs: Number((target as HTMLSelectElement).value) })}>
            ${RUNS.map((runs) => html`<option value=${runs} .selected=${runs === settings.runs}>${count(runs)}</option>`)}
          </select>
          rollouts
        </label>
      </fieldset>
      <div class="question-part may-change">
        <h3>What may change of the policy</h3>
        ${this.#fields()}
        ${this.#fault('varied')}
      </div>
      <div class="question-foot">
        <button type="button" class="strong" aria-disabled=${String(isFaulty)} @click=${press}>${running ? 'Stop' : 'Search'}</button>
        ${
          running
            ? html`<progress aria-label="Rollouts finished" max=${progress.runs} .value=${progress.done}></progress>
                <span class="quiet">${count(progress.done)} of at most ${count(progress.runs)} rollouts</span>`
            : nothing
        }
        <p class="message" role="status">${isFaulty ? 'The policy is not valid: correct it first.' : search.message}</p>
        ${
          refusal.length > 0
            ? html`<div class="refusal" role="alert"><ul class="problem-list">${refusal.map((text) => html`<li><span class="problem-text">${cut(text, MOST_OF_MESSAGE)}</span></li>`)}</ul></div>`
            : faults.size > 0
              ? html`<p class="fault" role="status">Something above is not as expected.</p>`
              : nothing
        }
      </div>
    </section>`;
  }

  #fields() {
    const { search, session, draft } = this.#store;
    const plan = planOf(session.report);
    const all = search.fields(draft, plan);
    const first = all.filter(({ isUsual, isOn }, i) => isUsual || isOn || i < MOST_FIELDS);
    const others = all.filter((one) => !first.includes(one));
    const row = (one: (typeof all)[number], _i: number): TemplateResult => {
      const fault = search.faults.get(one.path);
      const id = `vary-${one.path}`;
      return html`<li data-vary=${one.path}>
        <label class="check-label">
          <input type="checkbox" .checked=${live(one.isOn)}
            @change=${() => search.setField(one.path, { on: !one.isOn })} />
          ${one.label}
        </label>
        <span class="value">
          <input type="text" autocomplete="off" spellcheck="false" aria-label="Values of ${one.label}" ?disabled=${!one.isOn}
            aria-invalid=${fault ? 'true' : nothing} aria-describedby=${fault ? `${id}-fault` : nothing} .value=${unlessTyped(one.values)}
            @input=${({ currentTarget }: Event) => search.setField(one.path, { values: (currentTarget as HTMLInputElement).value })} />
          <span class="unit">${one.unit}</span>
        </span>
        ${fault ? html`<p class="fault" id="${id}-fault">${cut(fault, MOST_OF_MESSAGE)}</p>` : nothing}
      </li>`;
    };
    return html`<ul class="vary-list">
        ${first.map(row)}
        ${
          canBeByEvidence(plan)
            ? html`<li><label class="check-label">
                <input type="checkbox" .checked=${live(search.settings.evidence)}
                  @change=${() => search.set({ evidence: !search.settings.evidence })} />
                also these stages with the rule “let the evidence decide”
              </label></li>`
            : nothing
        }
      </ul>
      ${
        others.length > 0
          ? html`<details ?open=${this.#isOpen} @toggle=${({ target }: Event) => {
              this.#isOpen = (target as HTMLDetailsElement).open;
              this.#redraw();
            }}>
              <summary>More that may change (${count(others.length)})</summary>
              ${this.#isOpen ? html`<ul class="vary-list">${others.map(row)}</ul>` : nothing}
            </details>`
          : nothing
      }
      <p class="quiet">Values with commas, or a range: 1..5 has eight values, 1..5/4 four.</p>`;
  }

  #least(name: Least, words: TemplateResult) {
    const { search } = this.#store;
    return html`<label class="least-line">
      <input type="radio" name="least" value=${name} .checked=${live(search.settings.least === name)}
        @change=${() => search.set({ least: name })} />
      <span>${words}</span>
    </label>`;
  }

  #number(name: NumberName, label: string) {
    const { search } = this.#store;
    return html`<input type="text" inputmode="decimal" autocomplete="off" class="bound-number" data-bound=${name} aria-label=${label}
      aria-invalid=${search.faults.has(name) ? 'true' : nothing} aria-describedby="fault-${name}"
      .value=${unlessTyped(search.settings[name])}
      @input=${({ currentTarget }: Event) => search.set({ [name]: (currentTarget as HTMLInputElement).value })} />`;
  }

  #fault(name: string) {
    const fault = this.#store.search.faults.get(name);
    return html`<p class="fault" id="fault-${name}" ?hidden=${!fault}>${fault ?? ''}</p>`;
  }
}
