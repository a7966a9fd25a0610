/** The editor beside the charts: one form of the configuration, or all of it as text. */

import { html, nothing, render } from 'lit/html.js';
import { icon } from '../base/icons.ts';
import { get } from '../base/json-path.ts';
import type { Problem } from '../engine/engine.ts';
import type { Change, Editor, Store, View } from '../store/store.ts';
import { editorOf, fieldOf } from '../words/fields.ts';
import { ControllerPanel } from './controller-panel.ts';
import { Form } from './form.ts';
import { policyPanel, trafficPanel } from './panels.ts';
import { PlanEditor } from './plan-editor.ts';
import { releasePanel } from './release-panel.ts';
import { TextEditor } from './text-editor.ts';

const TITLES: Record<Editor, string> = {
  release: 'The release',
  traffic: 'The traffic and the baseline',
  policy: 'The policy',
  text: 'The configuration as text',
};

export class EditorView implements View {
  #store;
  #plan;
  #controller;
  #text;
  /** The editor that is shown. */
  #shown: Editor | null = null;
  /** Whether the hints stand under the fields. */
  #isExplained = false;
  /** What had the focus before the editor was opened. */
  #from: HTMLElement | null = null;
  element = document.createElement('section');

  constructor(store: Store) {
    this.#store = store;
    this.#plan = new PlanEditor(store);
    this.#controller = new ControllerPanel(store);
    this.#text = new TextEditor(store);
    this.element.className = 'card editor';
    this.element.setAttribute('part', 'edit');
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      this.#close();
    });
  }

  update(change: Change) {
    const { editor, seed } = this.#store;
    const opens = editor !== this.#shown;
    if (seed === null || (!opens && (editor === null || change !== 'rollout'))) return;
    const before = focused(this.element);
    const isInside = this.element.contains(before);
    if (opens && !isInside) this.#from = before;
    this.#shown = editor;
    this.#render();
    // Who opens it goes on there, and so does who removes what had the focus; a page that
    // opens with it leaves the focus alone.
    if (isInside ? !before?.isConnected : opens && before) this.#focusHead();
  }

  /** Opens the editor that has the field of a path, and puts the focus there. */
  reveal(path: string) {
    this.#from = focused(this.element);
    this.#store.openEditor(editorOf(path));
    const field = this.element.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`);
    for (let at = field?.closest('details'); at; at = at.parentElement?.closest('details')) at.open = true;
    field?.focus();
    field?.scrollIntoView({ block: 'nearest' });
    return Boolean(field);
  }

  /** Leads to a problem: to its field or, where none has it, to its place in the text. */
  show(problem: Problem) {
    const path = fieldOf(problem.path, this.#store.draft);
    if (path && this.reveal(path)) return;
    this.#store.openEditor('text');
    this.#text.select(problem);
  }

  #focusHead() {
    this.element.querySelector<HTMLElement>('h3')?.focus({ preventScroll: true });
  }

  #close() {
    this.#store.closeEditor();
    if (this.#from?.isConnected) this.#from.focus();
    this.#from = null;
  }

  #render() {
    const store = this.#store;
    const editor = store.editor;
    if (editor === null) {
      render(nothing, this.element);
      return;
    }
    const explain = () => {
      this.#isExplained = !this.#isExplained;
      this.#render();
    };
    render(
      html`
        <div class="editor-head">
          <h3 tabindex="-1">${TITLES[editor]}</h3>
          <span class="fault" role="status">${store.problems.length ? 'Not valid: the last valid one is drawn.' : nothing}</span>
          ${
            editor === 'text'
              ? nothing
              : html`<button type="button" title="What each field means" aria-pressed=${String(this.#isExplained)} @click=${explain}>Explain</button>
                  <button type="button" @click=${() => store.openEditor('text')}>As text</button>`
          }
          <button type="button" class="remove" title="Close (Escape)" aria-label="Close the editor" @click=${() => this.#close()}>
            ${icon('remove')}
          </button>
        </div>
        ${this.#panel(editor)}
      `,
      this.element,
    );
    if (editor === 'policy' && this.#plan.element.isConnected) this.#plan.update();
    if (editor === 'text') this.#text.update();
  }

  #panel(editor: Editor) {
    if (editor === 'text') return this.#text.element;
    const form = new Form(this.#store, this.#isExplained);
    if (editor === 'release') return releasePanel(this.#store, form);
    if (editor === 'policy' && get(this.#store.draft, 'controller') !== undefined)
      return this.#controller.template(form);
    return editor === 'traffic' ? trafficPanel(this.#store, form) : policyPanel(this.#store, form, this.#plan.element);
  }
}

/** What has the focus around an element. */
function focused(element: HTMLElement) {
  const root = element.getRootNode();
  return root instanceof ShadowRoot || root instanceof Document ? (root.activeElement as HTMLElement | null) : null;
}
