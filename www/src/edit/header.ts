/** What chooses the rollout, in the header: the preset, the seed, undo and redo. */

import { html, nothing, render } from 'lit/html.js';
import { icon } from '../base/icons.ts';
import { unlessTyped } from '../base/unless-typed.ts';
import { presetNamed, presetOf, presets } from '../engine/engine.ts';
import type { Change, Store, View } from '../store/store.ts';
import { options } from './form.ts';

export class PresetSelect implements View {
  #store;
  element = Object.assign(document.createElement('label'), { className: 'preset' });

  constructor(store: Store) {
    this.#store = store;
  }

  update(change: Change) {
    if (change !== 'rollout') return;
    const present = presetOf(this.#store.text);
    const choose = ({ currentTarget }: Event) => {
      const preset = presetNamed((currentTarget as HTMLSelectElement).value);
      if (preset) this.#store.rewrite(preset.json);
    };
    const names = presets().map(({ name }): [string, string] => [name, name]);
    // What is no preset is none that can be chosen.
    render(
      html`<span>Preset</span>
        <select id="preset" title=${present?.description ?? 'A configuration of your own'} @change=${choose}>
          ${options(names, present?.name ?? 'edited')}
        </select>`,
      this.element,
    );
  }
}

export class SeedField implements View {
  #store;
  element = Object.assign(document.createElement('div'), { className: 'seed' });

  constructor(store: Store) {
    this.#store = store;
  }

  update(change: Change) {
    if (change !== 'rollout' && change !== 'message') return;
    const { seedFault, seed } = this.#store;
    const typed = this.element.querySelector('input')?.value ?? '';
    render(
      html`
        <label for="seed" title="All chance comes from this number: the same seed is the same rollout.">Seed</label>
        <input id="seed" type="text" inputmode="numeric" autocomplete="off" aria-describedby="seed-fault"
          aria-invalid=${seedFault ? 'true' : nothing} .value=${unlessTyped(seedFault ? typed : String(seed ?? ''))}
          @change=${({ currentTarget }: Event) => this.#store.reseed((currentTarget as HTMLInputElement).value.trim())} />
        <button type="button" class="new-seed" title="New seed: another rollout of the same scenario" aria-label="New seed"
          @click=${() => this.#store.reseed(null)}>${icon('anew')}</button>
        <p class="fault" id="seed-fault" role="status">${seedFault}</p>
      `,
      this.element,
    );
  }
}

export class HistoryButtons implements View {
  #store;
  element = Object.assign(document.createElement('div'), {
    className: 'history',
    role: 'group',
    ariaLabel: 'Steps taken',
  });

  constructor(store: Store) {
    this.#store = store;
  }

  update(change: Change) {
    if (change !== 'rollout' && change !== 'page') return;
    const { canUndo, canRedo } = this.#store;
    // A button of no use now keeps the focus.
    const button = (does: 'undo' | 'redo', name: string, title: string, can: boolean) =>
      html`<button type="button" class="move" aria-label=${name} title=${title} aria-description=${title}
        aria-disabled=${String(!can)} @click=${() => this.#store[does]()}>${icon(does)}</button>`;
    render(
      html`
        ${button('undo', 'Undo', canUndo ? 'Undo the last change (Ctrl+Z)' : 'Nothing to undo', canUndo)}
        ${button('redo', 'Redo', canRedo ? 'Redo what was undone (Ctrl+Shift+Z)' : 'Nothing to redo', canRedo)}
      `,
      this.element,
    );
  }
}

/** Where a key is the field's own. */
const TEXT_FIELD = 'textarea, input:not([type="range"], [type="checkbox"])';

/** Undoes or redoes by the keys known for it, unless a text is being typed. */
export function onHistoryKey(event: KeyboardEvent, store: { undo: () => void; redo: () => void }) {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !['z', 'y'].includes(key)) return;
  if ((event.target as Element).closest(TEXT_FIELD)) return;
  event.preventDefault();
  if (key === 'z' && !event.shiftKey) store.undo();
  else store.redo();
}
