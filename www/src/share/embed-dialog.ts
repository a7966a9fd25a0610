/**
 * The dialog that makes the code for another page: what to show, and how, beside
 * a preview that is the element itself with the attributes of the code.
 */

import { copyText } from '../base/copy-text.ts';
import { h, set } from '../base/dom.ts';
import { icon } from '../base/icons.ts';
import { presetOf } from '../engine/engine.ts';
import { VIEW_WORDS } from '../link/views.ts';
import type { Store } from '../store/store.ts';
import type { Choice, Present } from './embed-code.ts';
import { embedCode, rolloutAttributes, shownAttributes } from './embed-code.ts';
import { scriptUrl } from './script-url.ts';

/** What to show, by the value of `view`. */
const SHOWN = [['', 'the whole page'], ...Object.entries(VIEW_WORDS)];

export class EmbedDialog {
  #store;
  #view = select(SHOWN);
  #form = select([
    ['tag', 'a tag and a script'],
    ['iframe', 'an iframe'],
  ]);
  #theme = select([
    ['', 'as the reader’s system'],
    ['light', 'light'],
    ['dark', 'dark'],
  ]);
  #level = select([1, 2, 3, 4, 5, 6].map((level) => [String(level), `level ${level}`]));
  #levelField = field('Topmost heading', this.#level);
  #height = h('input', { type: 'number', min: 200, max: 4000, step: 10, inputmode: 'numeric' });
  #heightField = field('Height in px', this.#height);
  #code = h('textarea', { class: 'json', rows: 5, readonly: true, spellcheck: 'false', 'aria-label': 'Code to paste' });
  #note = h('p', { class: 'quiet' });
  #said = h('span', { role: 'status' });
  #frame = h('div', { class: 'embed-preview', tabindex: '0', role: 'group', 'aria-label': 'Preview' });
  /** Opens the dialog. */
  button = h(
    'button',
    { type: 'button', class: 'embed', part: 'embed-button', title: 'Embed', onclick: () => this.#open() },
    icon('embed'),
    h('span', {}, 'Embed'),
  );
  element;

  constructor(store: Store) {
    this.#store = store;
    this.#view.addEventListener('change', () => this.#suggestHeight());
    this.element = h(
      'dialog',
      {
        class: 'embed-dialog',
        dir: 'ltr',
        lang: 'en',
        part: 'embed-dialog',
        'aria-label': 'Embed this rollout',
        onclose: () => this.#frame.replaceChildren(),
      },
      h(
        'div',
        { class: 'embed-head' },
        h('h3', {}, 'Embed this rollout'),
        h(
          'button',
          { type: 'button', title: 'Close', 'aria-label': 'Close', onclick: () => this.element.close() },
          icon('remove'),
        ),
      ),
      h(
        'div',
        { class: 'embed-choices', oninput: () => this.#update() },
        field('Show', this.#view),
        field('As', this.#form),
        this.#heightField,
        field('Theme', this.#theme),
        this.#levelField,
      ),
      this.#code,
      h(
        'div',
        { class: 'row' },
        h('button', { type: 'button', class: 'strong', onclick: () => this.#copy() }, 'Copy'),
        this.#said,
      ),
      this.#note,
      h('h4', {}, 'Preview'),
      this.#frame,
    );
    this.#level.value = '2';
    this.#suggestHeight();
  }

  #open() {
    const preview = set(document.createElement('canary-rollout'), rolloutAttributes(this.#present));
    this.#frame.replaceChildren(preview);
    this.#update();
    this.element.showModal();
  }

  /** What is on screen; of an invalid configuration, the last valid one. */
  get #present(): Present {
    const { config, seed } = this.#store.session;
    const preset = presetOf(config)?.name;
    const { host } = this.element.getRootNode() as ShadowRoot;
    return { config, preset, seed, link: (host as Element & { link: string }).link };
  }

  get #choice(): Choice {
    return {
      form: this.#form.value === 'iframe' ? 'iframe' : 'tag',
      view: this.#view.value,
      theme: this.#theme.value,
      level: this.#form.value === 'iframe' ? 2 : Number(this.#level.value),
      height: this.#height.valueAsNumber || 450,
    };
  }

  /** A part alone is made for this height. */
  #suggestHeight() {
    this.#height.value = this.#view.value ? '450' : '900';
    this.#update();
  }

  #update() {
    const [preview] = this.#frame.children;
    if (!preview) return;
    const choice = this.#choice;
    set(preview, { ...shownAttributes(choice), embed: choice.form === 'iframe' });
    // A tag grows with what it shows, and a frame has headings of its own.
    this.#heightField.hidden = choice.form === 'tag';
    this.#levelField.hidden = choice.form === 'iframe';
    this.#frame.style.height = choice.form === 'tag' ? '' : `${choice.height}px`;
    this.#code.value = embedCode(this.#present, choice);
    this.#note.textContent = noteOn(choice, this.#store.session.commands.length > 0);
    this.#said.textContent = '';
  }

  async #copy() {
    this.#said.textContent = await copyText(this.#code.value, this.#code, 'code');
  }
}

/**
 * What the code needs that it cannot say.
 *
 * @param told whether somebody told the rollout something
 */
function noteOn({ form }: Choice, told: boolean) {
  const notes = [];
  const file = form === 'tag' ? 'script' : 'page';
  if (!scriptUrl) notes.push(`Put in where your copy of the ${file} lies.`);
  else if (scriptUrl.startsWith('file:'))
    notes.push(`The ${file}’s address is one on this computer: put in where your server has it.`);
  if (form === 'tag' && told) notes.push('What you told the rollout is not in the tag; an iframe keeps it.');
  return notes.join(' ');
}

const field = (label: string, control: HTMLElement) => h('label', {}, h('span', {}, label), control);

/** @param options each a value and its words */
const select = (options: string[][]) =>
  h('select', {}, ...options.map(([value, words]) => h('option', { value }, words)));
