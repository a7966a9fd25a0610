/** Which rollout: the preset it starts from and its seed. */

import { h } from '../base/dom.ts';
import { icon } from '../base/icons.ts';
import type { Preset } from '../engine/engine.ts';
import { presetNamed, presetOf, presets } from '../engine/engine.ts';

export class Scenario {
  #preset;
  #seed;
  #fault = h('p', { class: 'fault', id: 'seed-fault', role: 'status' });
  element;

  constructor({
    onpreset,
    onseed,
    onnewseed,
  }: { onpreset: (preset: Preset) => void; onseed: (seed: string) => void; onnewseed: () => void }) {
    this.#preset = h(
      'select',
      {
        id: 'preset',
        onchange: () => {
          const preset = presetNamed(this.#preset.value);
          if (preset) onpreset(preset);
        },
      },
      h('option', { value: '', hidden: true }, 'edited'),
      ...presets().map(({ name, description }) => h('option', { value: name, title: description }, name)),
    );
    this.#seed = h('input', {
      id: 'seed',
      type: 'text',
      inputmode: 'numeric',
      autocomplete: 'off',
      'aria-describedby': 'seed-fault',
      onchange: () => onseed(this.#seed.value.trim()),
    });
    this.element = h(
      'div',
      { class: 'scenario' },
      h('label', { for: 'preset' }, h('span', {}, 'Preset'), this.#preset),
      h('label', { for: 'seed' }, h('span', {}, 'Seed'), this.#seed),
      h(
        'button',
        { type: 'button', class: 'new-seed', title: 'New seed', onclick: onnewseed },
        icon('anew'),
        h('span', {}, 'New seed'),
      ),
      this.#fault,
    );
  }

  /** @param config JSON text */
  show(config: string, seed: number) {
    const preset = presetOf(config);
    this.#preset.value = preset?.name ?? '';
    this.#preset.title = preset?.description ?? 'A configuration of your own';
    this.#seed.value = String(seed);
    this.complain('');
  }

  complain(message: string) {
    this.#fault.textContent = message;
    if (message) this.#seed.setAttribute('aria-invalid', 'true');
    else this.#seed.removeAttribute('aria-invalid');
  }
}
