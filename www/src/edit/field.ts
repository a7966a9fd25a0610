/**
 * A form field bound to a path of the configuration. It shows what is
 * configured or, where nothing is, what the engine takes; and it shows the
 * engine's complaints about its path.
 */

import { h, set } from '../base/dom.ts';
import { count, cut, MOST_OF_MESSAGE } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get } from '../base/json-path.ts';
import type { Problem } from '../engine/engine.ts';
import { wordOf } from './choice.ts';
/**
 * `scale` is what the number shown is multiplied from: 100 shows 0.01 as 1 %.
 * `otherwise` is shown where neither the configuration nor its resolved form
 * has the key. An emptied number removes its key. Options with a `word` are
 * for settings that may carry parameters, see choice.js.
 */
export type FieldSpec = {
  path: string;
  label: string;
  unit?: string;
  scale?: number;
  step?: number;
  range?: [number, number];
  kind?: 'number' | 'text' | 'numbers';
  options?: [value: string, name: string][];
  otherwise?: Json;
  hidden?: boolean;
  placeholder?: string;
  word?: string;
};
export type OnEdit = (path: string, value: Json | undefined) => void;

/** Faults told under a field. */
const MOST_TOLD = 3;

let fields = 0;

export class Field {
  element;
  path;
  #spec;
  #input: HTMLInputElement | HTMLSelectElement;
  #range: HTMLInputElement | null = null;
  #fault;

  constructor(spec: FieldSpec, onedit: OnEdit) {
    fields += 1;
    const id = `field-${fields}`;
    this.path = spec.path;
    this.#spec = spec;
    this.#fault = h('p', { class: 'fault', id: `${id}-fault`, hidden: true });
    const edit = () => onedit(spec.path, this.#read());
    if (spec.options) {
      this.#input = h(
        'select',
        { id, onchange: edit },
        ...spec.options.map(([value, name]) => h('option', { value }, name)),
      );
    } else if (spec.kind === 'text' || spec.kind === 'numbers') {
      this.#input = h('input', {
        id,
        type: 'text',
        placeholder: spec.placeholder,
        autocomplete: 'off',
        oninput: edit,
      });
    } else {
      this.#input = h('input', {
        id,
        type: 'number',
        step: 'any',
        placeholder: spec.placeholder,
        inputmode: 'decimal',
        oninput: edit,
      });
    }
    set(this.#input, { 'data-path': spec.path, 'aria-describedby': `${id}-fault` });
    if (spec.range) this.#range = this.#slider(spec.range, spec.step ?? 1);
    this.element = h(
      'div',
      { class: `field${spec.range ? ' ranged' : ''}` },
      h('label', { for: id, class: spec.hidden ? 'unseen' : null }, spec.label),
      h('span', { class: 'value' }, this.#input, spec.unit && h('span', { class: 'unit' }, spec.unit)),
      this.#range,
      this.#fault,
    );
  }

  /** @param problems those about this field */
  show(draft: Json, resolved: Json | null, problems: Problem[]) {
    const own = get(draft, this.path);
    const value = own ?? get(resolved, this.path) ?? this.#spec.otherwise;
    if (!this.#isBeingEdited()) this.#write(value);
    if (this.#range && typeof value === 'number') this.#range.value = String(value);
    this.#fault.hidden = problems.length === 0;
    // All of them are told beside the JSON.
    const told = problems.slice(0, MOST_TOLD).map(({ message }) => cut(message, MOST_OF_MESSAGE));
    const more = problems.length - told.length;
    this.#fault.textContent = [...told, ...(more > 0 ? [`… and ${count(more)} more`] : [])].join('\n');
    this.#input.toggleAttribute('aria-invalid', false);
    if (problems.length > 0) this.#input.setAttribute('aria-invalid', 'true');
  }

  #slider([min, max]: [number, number], step: number) {
    const slider = h('input', {
      type: 'range',
      min,
      max,
      step,
      'aria-label': this.#spec.label,
      oninput: () => {
        this.#input.value = slider.value;
        this.#input.dispatchEvent(new Event('input', { bubbles: true }));
      },
    });
    return slider;
  }

  #isBeingEdited() {
    const root = this.#input.getRootNode() as ShadowRoot | Document;
    return root.activeElement === this.#input && this.#input instanceof HTMLInputElement;
  }

  #write(value: Json | undefined) {
    const { scale = 1, word } = this.#spec;
    if (word !== undefined) this.#input.value = wordOf(value, word);
    else if (value === undefined || value === null) this.#input.value = '';
    else if (typeof value === 'number') this.#input.value = String(Number((value * scale).toPrecision(12)));
    else if (Array.isArray(value)) this.#input.value = value.join(', ');
    else this.#input.value = typeof value === 'string' ? value : '';
  }

  #read(): Json | undefined {
    const { kind = 'number', options, scale = 1 } = this.#spec;
    const text = this.#input.value;
    if (options) return text;
    if (kind === 'text') return text === '' ? undefined : text;
    if (kind === 'numbers') {
      const parts = text.split(/[\s,]+/).filter(Boolean);
      return parts.length === 0 ? undefined : parts.map((part) => (Number.isNaN(Number(part)) ? part : Number(part)));
    }
    // What is not a number is for the engine to refuse, in its words.
    if (this.#input.validity.badInput) return '';
    return text === '' ? undefined : Number((Number(text) / scale).toPrecision(12));
  }
}
