/** The policy on the page as a controller's file, to copy; or why there are no words for it. */

import { createRef, ref } from 'lit/directives/ref.js';
import { html, nothing } from 'lit/html.js';
import { copyText } from '../base/copy-text.ts';
import type { Export } from '../engine/engine.ts';
import type { Target } from '../engine/foreign.ts';
import { exported } from '../engine/foreign.ts';

const TARGETS: [Target, name: string][] = [
  ['argo', 'Argo Rollouts'],
  ['flagger', 'Flagger'],
  ['codedeploy', 'AWS CodeDeploy'],
];

export class CopyAs {
  #title;
  #config;
  #onchange;
  #box = createRef<HTMLTextAreaElement>();
  /** What was copied last, and of which configuration. */
  #made: { target: Target; of: string; result: Export | string } | null = null;
  #said = '';

  /**
   * @param title over it
   * @param config whose policy it is, as JSON text
   * @param onchange redraws
   */
  constructor(title: string, config: () => string, onchange: () => void) {
    this.#title = title;
    this.#config = config;
    this.#onchange = onchange;
  }

  template() {
    const made = this.#made?.of === this.#config() ? this.#made : null;
    const result = made?.result;
    return html`<section class="card copy-as" role="group" aria-label="The policy as a file">
      <h3>${this.#title}</h3>
      <div class="row" role="group" aria-label="Copy as">
        ${TARGETS.map(
          ([target, name]) =>
            html`<button type="button" aria-pressed=${String(made?.target === target)} @click=${() => this.#copy(target)}>Copy for ${name}</button>`,
        )}
      </div>
      <p class="message ${typeof result === 'string' ? 'error' : ''}" role="status">${
        typeof result === 'string' ? result : made ? this.#said : nothing
      }</p>
      ${
        result && typeof result === 'object'
          ? html`<textarea class="json" rows="10" readonly spellcheck="false" aria-label="The policy’s file" ${ref(this.#box)}
                .value=${textOf(result)}></textarea>
              ${
                result.notes.length > 0
                  ? html`<ul class="warning-list">${result.notes.map((note) => html`<li>${note}</li>`)}</ul>`
                  : nothing
              }`
          : nothing
      }
    </section>`;
  }

  async #copy(target: Target) {
    const of = this.#config();
    const result = exported(of, target);
    this.#made = { target, of, result };
    this.#said = '';
    this.#onchange();
    if (typeof result === 'string' || !this.#box.value) return;
    this.#said = await copyText(textOf(result), this.#box.value, 'file');
    this.#onchange();
  }
}

/** Several files as one stream of documents. */
const textOf = ({ files }: Export) =>
  files.length === 1
    ? files[0].text
    : files.map(({ name, text }) => `# ${name}\n${text.replace(/^---\n/, '').trimEnd()}\n`).join('---\n');
