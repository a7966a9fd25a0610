/**
 * The configuration as JSON text, with every problem at its place; opened from a file, saved
 * to one, or copied where a frame forbids files.
 */

import type { Ref } from 'lit/directives/ref.js';
import { createRef, ref } from 'lit/directives/ref.js';
import { html, nothing, render } from 'lit/html.js';
import { copyText } from '../base/copy-text.ts';
import { count, cut, MOST_OF_MESSAGE } from '../base/format.ts';
import { icon } from '../base/icons.ts';
import { get, locate, offsetOf, parsed, placeOf, tokenAt } from '../base/json-path.ts';
import { readText } from '../base/read-text.ts';
import { isFramed, saveFile } from '../base/save-file.ts';
import { limits } from '../engine/catalogue.ts';
import type { Problem } from '../engine/engine.ts';
import { messageOf } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import { notes } from './panels.ts';

export class TextEditor {
  #store;
  #box: Ref<HTMLTextAreaElement> = createRef();
  /** The text that was shown last: what differs from it, somebody has typed. */
  #shown = '';
  /** What became of a file. */
  #said: { text: string; kind: 'info' | 'error' } = { text: '', kind: 'info' };
  element = Object.assign(document.createElement('div'), { className: 'text-editor' });

  constructor(store: Store) {
    this.#store = store;
  }

  update() {
    this.#render();
    const { text } = this.#store;
    const box = this.#box.value;
    // A text that somebody has changed and not applied stays.
    if (box && (box.value === this.#shown || this.#shown === '')) box.value = text;
    this.#shown = text;
  }

  /** Selects the place of a problem, and puts the focus there. */
  select(problem: Problem) {
    const box = this.#box.value;
    if (!box) return;
    const { from, to } = placeIn(this.#store.text, problem);
    box.focus();
    box.setSelectionRange(from, to);
    const height = Number.parseFloat(getComputedStyle(box).lineHeight);
    box.scrollTop = Math.max(0, (placeOf(box.value, from).line - 4) * height);
  }

  #render() {
    const { text, problems, more } = this.#store;
    const apply = () => this.#store.rewrite(this.#box.value?.value ?? '');
    const discard = () => {
      if (this.#box.value) this.#box.value.value = this.#shown;
    };
    const open = (files: FileList | null | undefined) => this.#open(files?.[0]);
    render(
      html`
        <textarea class="json" rows="18" spellcheck="false" autocomplete="off" aria-label="Configuration as JSON" ${ref(this.#box)}
          @dragover=${(event: DragEvent) => event.preventDefault()}
          @drop=${(event: DragEvent) => {
            if (!event.dataTransfer?.files.length) return;
            event.preventDefault();
            open(event.dataTransfer.files);
          }}></textarea>
        <div class="row">
          <button type="button" class="strong" @click=${apply}>Apply</button>
          <button type="button" @click=${discard}>Discard changes</button>
        </div>
        <div class="row" role="group" aria-label="The configuration as a file">
          <button type="button" @click=${() => this.element.querySelector<HTMLElement>('[type=file]')?.click()}>${icon('open')}Open…</button>
          <button type="button" @click=${() => this.#save()}>${icon('save')}Save</button>
          <button type="button" @click=${() => this.#copy()}>Copy</button>
          <input type="file" hidden aria-label="A configuration’s file" @change=${({ currentTarget }: Event) => open((currentTarget as HTMLInputElement).files)} />
        </div>
        <p class="message ${this.#said.kind}" role="status">${this.#said.text}</p>
        <div class="problems" role="status">
          ${
            problems.length === 0
              ? nothing
              : html`
                  <p class="fault">
                    ${problems.length === 1 ? 'One problem' : `${count(problems.length + more)} problems`}; what is drawn is
                    the last valid configuration.
                  </p>
                  <ul class="problem-list">
                    ${problems.map((problem) => {
                      const place = placeOf(text, placeIn(text, problem).from);
                      const message = cut(problem.message, MOST_OF_MESSAGE);
                      return html`<li>
                        <button type="button" class="problem-place" title="Show in the text" @click=${() => this.select(problem)}>Line ${place.line}, column ${place.column}</button>
                        <span class="problem-text">${problem.path ? `${cut(problem.path)}: ${message}` : message}</span>
                      </li>`;
                    })}
                  </ul>
                  ${more > 0 ? html`<p>and ${count(more)} more</p>` : nothing}
                `
          }
        </div>
        ${notes(this.#store)}
      `,
      this.element,
    );
  }

  #say(text: string, kind: 'info' | 'error' = 'info') {
    this.#said = { text, kind };
    this.#render();
  }

  #save() {
    const { text } = this.#store;
    const name = `${fileName(text)}.json`;
    saveFile(name, text, 'application/json');
    const framed = 'If no file appears, the page around this one forbids it: copy the text instead.';
    this.#say(`Saved as ${name}. ${isFramed() ? framed : ''}`);
  }

  async #copy() {
    if (this.#box.value) this.#say(await copyText(this.#store.text, this.#box.value, 'text'));
  }

  async #open(file: File | undefined) {
    if (!file) return;
    try {
      // The engine reads no longer text.
      const text = await readText(file, 'a configuration', limits().config_bytes);
      this.#said = { text: `Opened ${file.name}.`, kind: 'info' };
      if (this.#box.value) this.#box.value.value = text;
      this.#store.rewrite(text);
      this.#render();
    } catch (error) {
      this.#say(`${file.name} was not opened: ${messageOf(error)}`, 'error');
    }
    // The same file, corrected, can be opened again.
    const input = this.element.querySelector<HTMLInputElement>('[type=file]');
    if (input) input.value = '';
  }
}

/** Where a problem is in a text. */
const placeIn = (text: string, { path, line, column }: Problem) =>
  line === null ? locate(text, path) : tokenAt(text, offsetOf(text, line, column ?? 1));

/**
 * A file's name after the configuration's, of letters and digits.
 *
 * @param text of the configuration
 */
function fileName(text: string) {
  const name = String(get(parsed(text), 'name') ?? '').replace(/[^\p{L}\p{N}]+/gu, '-');
  return name.replace(/^-|-$/g, '').slice(0, 60) || 'rollout';
}
