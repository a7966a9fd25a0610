/**
 * The policy that is looked at: in one sentence, its figures beside those of the present policy,
 * and what can be done with it.
 */

import { createRef, ref } from 'lit/directives/ref.js';
import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import { copyText } from '../base/copy-text.ts';
import { count, counted, tickUnit } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { textOf } from '../base/json-path.ts';
import type { FreshFigures, SearchReport } from '../engine/engine.ts';
import { resolved } from '../engine/engine.ts';
import { gateCommand, searchCommand } from '../search/commands.ts';
import type { Order } from '../search/settings.ts';
import type { Store } from '../store/store.ts';
import { CopyAs } from '../words/copy-as.ts';
import { policySentence } from '../words/sentences.ts';
import { boundOf, boundWords, errorsWords, FULFILLED, figure, probability, timeWords } from './words.ts';

/** Figures of a policy, from the search or from fresh rollouts. */
type Figures = Pick<FreshFigures, 'runs' | 'holds' | 'figures'>;
/** A column of the table. */
type Column = { name: string; figures: Figures | null };

export class Found {
  #store;
  #redraw;
  #copyAs;
  #commands = createRef<HTMLTextAreaElement>();
  /** What came of copying the commands. */
  #copied = '';
  /** What was taken over last: a configuration. */
  #taken = '';
  /** A policy, in the sentence that was made of it last. */
  #said: { of: Json | null; words: string } = { of: null, words: '' };
  /** The policy that is shown, as a configuration. */
  #config: Json | null = null;
  #of: { report: SearchReport; id: number } | null = null;

  constructor(store: Store, redraw: () => void) {
    this.#store = store;
    this.#redraw = redraw;
    this.#copyAs = new CopyAs('This policy as a file of your controller', () => textOf(this.#config ?? {}), redraw);
  }

  template(report: SearchReport, order: Order): TemplateResult {
    const { search } = this.#store;
    const id = search.looked;
    if (id === null || !report.candidates[id]) return this.#present(report, order);
    const one = report.candidates[id];
    if (this.#of?.id !== id || this.#of.report !== report) {
      this.#config = search.configOf(one);
      this.#of = { report, id };
    }
    const measured = report.chosen?.id === id ? report.chosen : report.nearest?.id === id ? report.nearest : null;
    const isPresent = report.present_id === id;
    const columns: Column[] = [
      { name: 'in the search', figures: one },
      ...(measured ? [{ name: 'measured again', figures: measured.fresh }] : []),
      { name: 'present policy', figures: measured?.fresh_present ?? report.present },
    ];
    return html`<section class="card found" role="group" aria-label="The policy that is looked at">
      <p class="kicker">${kicker(report, id)}</p>
      <h3 class="found-policy">${this.#sentence()}</h3>
      ${this.#table(report, order, columns)}
      ${remarks(report, order, id)}
      <div class="row">
        <button type="button" class="strong" aria-disabled=${String(isPresent || this.#isTaken)} @click=${() => this.#take(isPresent)}>
          ${isPresent ? 'It is the present policy' : this.#isTaken ? 'Taken over' : 'Take it over'}
        </button>
        ${search.looked !== search.found ? html`<button type="button" @click=${() => search.look(null)}>Back to the chosen one</button>` : nothing}
      </div>
      <p class="message" role="status">${this.#isTaken ? 'It is the policy of every place now. Undo brings the other one back.' : nothing}</p>
      <details class="exports">
        <summary>As a file of your controller</summary>
        ${this.#copyAs.template()}
      </details>
      <details class="exports">
        <summary>As commands for a pipeline</summary>
        <p class="quiet">With the configuration in policy.json, the first command fails a pipeline whose policy does not keep the bounds. The second one is this search${order.options.policies ? ', without the policies by evidence' : ''}.</p>
        <textarea class="json" rows="12" readonly spellcheck="false" aria-label="Commands" ${ref(this.#commands)}
          .value=${`${gateCommand(order)}\n\n${searchCommand(order)}\n`}></textarea>
        <div class="row">
          <button type="button" @click=${() => this.#copy(gateCommand(order))}>Copy the gate’s command</button>
          <button type="button" @click=${() => this.#copy(searchCommand(order))}>Copy the search’s command</button>
        </div>
        <p class="message" role="status">${this.#copied}</p>
      </details>
    </section>`;
  }

  /** Before a policy is found that holds all bounds: the present one. */
  #present(report: SearchReport, order: Order) {
    const { draft } = order;
    if (this.#config !== draft) this.#config = draft;
    this.#of = null;
    return html`<section class="card found" role="group" aria-label="The present policy">
      <p class="kicker">The present policy</p>
      <h3 class="found-policy">${this.#sentence()}</h3>
      ${this.#table(report, order, [{ name: 'in the search', figures: report.present }])}
      <p class="quiet">${this.#store.search.running ? 'A policy that holds all bounds appears here as soon as one is certain to.' : 'No other policy is certain to hold all bounds yet.'}</p>
    </section>`;
  }

  /** Whether it was taken over, and that was not undone. */
  get #isTaken() {
    return (
      this.#config !== null &&
      this.#taken !== '' &&
      this.#taken === this.#store.text &&
      textOf(this.#config) === this.#taken
    );
  }

  #take(isPresent: boolean) {
    if (isPresent || this.#isTaken || !this.#config) return;
    this.#taken = textOf(this.#config);
    this.#store.search.take(this.#config);
    this.#store.configure(this.#config);
    this.#redraw();
  }

  async #copy(command: string) {
    const field = this.#commands.value;
    if (!field) return;
    this.#copied = await copyText(command, field, 'command');
    this.#redraw();
  }

  #sentence() {
    const config = this.#config;
    if (config !== this.#said.of) this.#said = { of: config, words: config ? sentenceOf(config) : '' };
    return this.#said.words;
  }

  #table(report: SearchReport, order: Order, columns: Column[]) {
    const cell = ([figure, range]: string[], more?: string) =>
      html`<b>${figure}</b>${range ? html`<small>${range}</small>` : nothing}${more ? html`<small>${more}</small>` : nothing}`;
    const of = ({ figures }: Column, content: (figures: Figures) => unknown) =>
      figures && figures.runs > 0 ? content(figures) : '–';
    const row = (name: string, note: string, content: (figures: Figures) => unknown) =>
      html`<tr>
        <th scope="row">${name}${note ? html`<small>${note}</small>` : nothing}</th>
        ${columns.map((column) => html`<td data-name=${column.name}>${of(column, content)}</td>`)}
      </tr>`;
    return html`<table class="found-figures" data-columns=${columns.length}>
      <thead>
        <tr><td></td>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr>
      </thead>
      <tbody>
        ${order.bounds.map((name, i) =>
          row(boundWords(name, order), boundOf(name, order), ({ holds }) => {
            const held = holds[i];
            return html`<span class="held ${held.fulfilment}">${cell(probability(held), FULFILLED[held.fulfilment])}</span>`;
          }),
        )}
        ${row(errorsWords(order), 'on average', ({ figures }) => cell(figure(figures[order.errors])))}
        ${row(timeWords(report.config.tick_seconds), 'until a healthy release has it, or is rolled back', ({ figures }) => cell(figure(figures[order.time])))}
        ${row('rollouts of each release', '', ({ runs }) => count(runs))}
      </tbody>
    </table>`;
  }
}

function sentenceOf(config: Json) {
  try {
    const pieces = policySentence(resolved(JSON.stringify(config)), config);
    return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');
  } catch {
    return '';
  }
}

/** Why this policy is shown. */
function kicker(report: SearchReport, id: number) {
  if (report.chosen?.id === id) return 'Chosen';
  if (report.nearest?.id === id) return 'The nearest: it does not surely hold all bounds';
  if (report.front.includes(id)) return report.phase === 'finished' ? 'On the front' : 'On the front, so far';
  return {
    alive: 'Not certain',
    failed: 'It breaks a bound',
    dominated: 'Another policy is better',
    left_out: 'Left out of the search',
  }[report.candidates[id].state];
}

/** What should be known to read the figures. */
function remarks(report: SearchReport, order: Order, id: number) {
  const { chosen, nearest, notes, horizon_ticks: horizon, config, recorded } = report;
  const measured = chosen?.id === id ? chosen : nearest?.id === id ? nearest : null;
  const others = chosen?.id === id ? chosen.compared.filter(({ same }) => same).length : 0;
  const words = [
    measured?.fresh
      ? 'Rely on the figures measured again, on fresh rollouts. Those of the search are a little too good, for by them this policy was picked among many.'
      : measured
        ? 'It is being measured again, on rollouts by which nothing was picked.'
        : 'These are figures of the search. Only the policy that it chooses is measured again, on fresh rollouts.',
    others > 0
      ? `${counted(others, 'other policy').replace('policys', 'policies')} on the front cannot be told from it.`
      : '',
    `Failures are counted until ${tickUnit(config.tick_seconds).name} ${count(horizon)}.`,
    ...(order.options.candidates ? notes : []),
    ...(recorded?.notes ?? []),
  ];
  return html`<p class="quiet">${words.filter(Boolean).join(' ')}</p>`;
}
