/**
 * The dialog "Embed": makes the code for another page. A preview beside it is the element
 * itself, with the attributes of the code.
 */

import { live } from 'lit/directives/live.js';
import { html, nothing, render } from 'lit/html.js';
import { copyText } from '../base/copy-text.ts';
import { icon } from '../base/icons.ts';
import { presetOf } from '../engine/engine.ts';
import { VIEW_WORDS } from '../link/views.ts';
import type { Session } from '../rollout/session.ts';
import type { Store } from '../store/store.ts';
import type { Choice, Present } from './embed-code.ts';
import { embedCode, rolloutAttributes, shownAttributes } from './embed-code.ts';
import { scriptUrl } from './script-url.ts';

/** What can be shown, by its value: a place of the whole page, or a part alone. */
const SHOWN: Record<string, string> = {
  '': 'the whole page, open at Watch',
  'place:measure': 'the whole page, open at Measure',
  'place:find': 'the whole page, open at Find',
  'place:yours': 'the whole page, open at Yours',
  'place:learn': 'the whole page, open at Learn',
  ...Object.fromEntries(Object.entries(VIEW_WORDS).map(([view, words]) => [`view:${view}`, words])),
};
const FORMS = { tag: 'a tag and a script', iframe: 'an iframe' };
const THEMES = { '': 'as the page around', light: 'light', dark: 'dark' };
const LEVELS = Object.fromEntries([1, 2, 3, 4, 5, 6].map((level) => [level, `level ${level}`]));

export class EmbedDialog {
  #store;
  #shown = '';
  #choice: Choice = { form: 'tag', view: '', place: '', theme: '', level: 2, height: 900 };
  #copied = '';
  /** Opens the dialog. */
  button = document.createElement('button');
  element = document.createElement('dialog');

  constructor(store: Store) {
    this.#store = store;
    Object.assign(this.button, {
      type: 'button',
      className: 'embed',
      title: 'Share or embed',
      onclick: () => this.#open(),
    });
    this.button.setAttribute('part', 'embed-button');
    render(html`${icon('embed')}<span>Embed</span>`, this.button);
    Object.assign(this.element, { className: 'embed-dialog', dir: 'ltr', lang: 'en', ariaLabel: 'Embed this rollout' });
    this.element.setAttribute('part', 'embed-dialog');
    // The preview ends with the dialog: it is a simulator of its own.
    this.element.addEventListener('close', () => render(nothing, this.element));
  }

  #open() {
    this.#render();
    this.element.showModal();
  }

  #choose(change: Partial<Choice>) {
    this.#choice = { ...this.#choice, ...change };
    this.#copied = '';
    this.#render();
  }

  #show(shown: string) {
    this.#shown = shown;
    const [kind, name] = shown.split(':');
    // A part alone is made for this height.
    const height = kind === 'view' ? 450 : 900;
    this.#choose({ view: kind === 'view' ? name : '', place: kind === 'place' ? name : '', height });
  }

  /** What is on screen; of an invalid configuration, the last valid one. */
  get #present(): Present {
    const { config, seed } = this.#store.session;
    const { host } = this.element.getRootNode() as ShadowRoot;
    return { config, preset: presetOf(config)?.name, seed, link: (host as Element & { link: string }).link };
  }

  async #copy() {
    const code = this.element.querySelector('textarea') as HTMLTextAreaElement;
    this.#copied = await copyText(code.value, code, 'code');
    this.#render();
  }

  #render() {
    const choice = this.#choice;
    const { form, theme, height } = choice;
    // A tag grows with what it shows, and a frame has headings of its own.
    const level = form === 'iframe' ? 2 : choice.level;
    const present = this.#present;
    render(
      html`
        <div class="embed-head">
          <h3>Embed this rollout</h3>
          <button type="button" title="Close" aria-label="Close" @click=${() => this.element.close()}>${icon('remove')}</button>
        </div>
        <div class="embed-choices">
          ${select('Show', SHOWN, this.#shown, (shown) => this.#show(shown))}
          ${select('As', FORMS, form, (value) => this.#choose({ form: value as Choice['form'] }))}
          ${
            form === 'iframe'
              ? html`<label><span>Height in px</span>
                  <input type="number" min="200" max="4000" step="10" inputmode="numeric" .value=${live(String(height))}
                    @input=${(event: Event) =>
                      this.#choose({ height: (event.target as HTMLInputElement).valueAsNumber || 450 })} /></label>`
              : select('Topmost heading', LEVELS, String(choice.level), (value) =>
                  this.#choose({ level: Number(value) }),
                )
          }
          ${select('Theme', THEMES, theme, (value) => this.#choose({ theme: value }))}
        </div>
        <textarea class="json" rows="5" readonly spellcheck="false" aria-label="Code to paste"
          .value=${embedCode(present, { ...choice, level })}></textarea>
        <div class="row">
          <button type="button" class="strong" @click=${() => this.#copy()}>Copy</button>
          <span role="status">${this.#copied}</span>
        </div>
        <p class="quiet">${notes(form, this.#store.session)}</p>
        <h4>Preview</h4>
        <div class="embed-preview" tabindex="0" role="group" aria-label="Preview"
          .style=${form === 'iframe' ? `height:${height}px` : ''}></div>
      `,
      this.element,
    );
    this.#preview({
      ...rolloutAttributes(present),
      ...shownAttributes({ ...choice, level }),
      embed: form === 'iframe',
    });
  }

  /** Gives the preview the attributes of the code. */
  #preview(attributes: Record<string, string | number | boolean>) {
    const frame = this.element.querySelector('.embed-preview') as HTMLElement;
    const preview = frame.firstElementChild ?? document.createElement('canary-rollout');
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false) preview.removeAttribute(name);
      else preview.setAttribute(name, value === true ? '' : String(value));
    }
    if (!preview.isConnected) frame.append(preview);
  }
}

const select = (label: string, options: Record<string, string>, chosen: string, onchoose: (value: string) => void) =>
  html`<label><span>${label}</span>
    <select @change=${(event: Event) => onchoose((event.target as HTMLSelectElement).value)}>
      ${Object.entries(options).map(
        ([value, words]) => html`<option value=${value} ?selected=${value === chosen}>${words}</option>`,
      )}
    </select></label>`;

/**
 * What the code needs and cannot say.
 *
 * @param session the rollout on screen
 */
function notes(form: Choice['form'], { commands, recorded }: Session) {
  const notes = [];
  if (recorded) notes.push('It has the policy and the simulated world, not the counts that are replayed.');
  const file = form === 'tag' ? 'script' : 'page';
  if (!scriptUrl) notes.push(`Replace the address by that of your copy of the ${file}.`);
  else if (scriptUrl.startsWith('file:'))
    notes.push(`The ${file}’s address is one on this computer: replace it by that on your server.`);
  if (form === 'tag' && commands.length > 0)
    notes.push('The commands you gave are not in the tag; an iframe keeps them.');
  return notes.join(' ');
}
