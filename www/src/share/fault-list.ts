/** What of a link, or of what a host set, could not be used; shown until it is read. */

import { html, nothing, render } from 'lit/html.js';
import { count } from '../base/format.ts';

/** Faults shown; of further ones, their number. */
const MOST_SHOWN = 5;

export class FaultList {
  #title;
  element = document.createElement('div');

  constructor(title: string, part: string) {
    this.#title = title;
    this.element.className = 'fault-list';
    this.element.setAttribute('part', part);
    this.element.role = 'status';
  }

  show(faults: string[]) {
    const more = faults.length - MOST_SHOWN;
    const list = html`
      <p>${this.#title}</p>
      <button type="button" @click=${() => this.show([])}>Dismiss</button>
      <ul>
        ${faults.slice(0, MOST_SHOWN).map((fault) => html`<li>${fault}</li>`)}
        ${more > 0 ? html`<li>… and ${count(more)} more</li>` : nothing}
      </ul>
    `;
    render(faults.length > 0 ? list : nothing, this.element);
  }
}
