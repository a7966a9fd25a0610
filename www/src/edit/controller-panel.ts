/** The form of a policy that a controller decides: its numbers, and all of it as text. */

import { createRef, ref } from 'lit/directives/ref.js';
import { html, noChange, nothing } from 'lit/html.js';
import { cut, MOST_OF_MESSAGE } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get, isObject, parsed, put, textOf } from '../base/json-path.ts';
import { messageOf, resolved } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { Store } from '../store/store.ts';
import { controllerPlace, numbersOf } from '../words/controller.ts';
import type { Form } from './form.ts';
import { notes } from './panels.ts';

/** Parts whose numbers stand in the form; those of more are changed in the text. */
const MOST_GROUPS = 40;

export class ControllerPanel {
  #store;
  #box = createRef<HTMLTextAreaElement>();
  /** What was wrong with the text that was applied last. */
  #fault = '';

  constructor(store: Store) {
    this.#store = store;
  }

  template(form: Form) {
    const { draft, session, problems, isWaiting } = this.#store;
    const { decides, ...config } = planOf(session.report);
    const isDrawn = problems.length === 0 && !isWaiting && decides !== null;
    const groups = new Map<string, string[]>();
    for (const { path, group } of numbersOf(isDrawn ? (config as object as Json) : draft))
      groups.set(group, [...(groups.get(group) ?? []), path]);
    const wrong = problems.filter(({ path }) => path.startsWith('controller'));
    return html`
      <p class="quiet">Decided as ${isDrawn ? decides.name : 'the controller'} decides. The names are its own.</p>
      ${[...groups].slice(0, MOST_GROUPS).map(
        ([name, paths]) => html`<div class="rule-group" role="group" aria-label=${name || 'the whole rollout'}>
          <span class="quiet">${name || 'the whole rollout'}</span>
          <div class="fields">${paths.map((path) => form.field(path))}</div>
        </div>`,
      )}
      ${
        wrong.length === 0
          ? nothing
          : html`<ul class="problem-list">${wrong.map(
              ({ path, message }) =>
                html`<li class="fault">${cut(controllerPlace(path, draft))}: ${cut(message, MOST_OF_MESSAGE)}</li>`,
            )}</ul>`
      }
      <details class="more" ?open=${this.#fault !== '' || noChange}>
        <summary>The controller as text</summary>
        <textarea class="json" rows="14" spellcheck="false" autocomplete="off"
          aria-label="The controller as JSON or YAML" ${ref(this.#box)}
          .value=${textOf(get(draft, 'controller') ?? {})}></textarea>
        <div class="row"><button type="button" class="strong" @click=${() => this.#apply()}>Apply</button></div>
        <p class="fault" role="status">${this.#fault}</p>
      </details>
      ${notes(this.#store, 'policy')}
    `;
  }

  #apply() {
    const { draft } = this.#store;
    try {
      const controller = controllerFrom(this.#box.value?.value ?? '', draft);
      this.#fault = '';
      this.#store.configure(put(draft, 'controller', controller));
    } catch (error) {
      this.#fault = messageOf(error);
      this.#store.emit('rollout');
    }
  }
}

/** What a text says, JSON or YAML; YAML is completed by the engine. Throws its message. */
function controllerFrom(text: string, draft: Json): Json {
  const json = parsed(text);
  if (json !== undefined) return json;
  const tick = get(draft, 'tick_seconds') ?? 60;
  const indented = text.replace(/^(?=.)/gm, '  ');
  const { controller } = resolved(`tick_seconds: ${tick}\ncontroller:\n${indented}\n`);
  if (!isObject(controller as object as Json)) throw new Error('found no controller, expected one such as “argo: …”');
  return controller as object as Json;
}
