/**
 * Fields over the configuration, as templates. A field shows what is configured or, where
 * nothing is, what the engine takes; and what is wrong with it, in the engine's words.
 */

import { ifDefined } from 'lit/directives/if-defined.js';
import { live } from 'lit/directives/live.js';
import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import { counted, cut, MOST_OF_MESSAGE } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get, isObject, listAt } from '../base/json-path.ts';
import { unlessTyped } from '../base/unless-typed.ts';
import type { Problem } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { Store } from '../store/store.ts';
import type { FieldSpec } from '../words/fields.ts';
import { fieldOf, specOf } from '../words/fields.ts';

/** So many faults stand under a field; all are listed beside the text. */
const MOST_FAULTS = 3;

export class Form {
  #store;
  #problems = new Map<string, Problem[]>();
  #resolved: Json;
  /** Fields whose hints already stand in the form, for one explains all of its kind. */
  #explained = new Set<string>();
  draft: Json;

  /** @param isExplained whether the hints stand under the fields */
  constructor(
    store: Store,
    readonly isExplained: boolean,
  ) {
    this.#store = store;
    this.draft = store.draft;
    const config = planOf(store.session.report);
    const isResolved = store.problems.length === 0 && !store.isWaiting;
    // What a list's entries resolve to says nothing about another list's.
    const stages = isResolved ? config.stages.map(({ duration_ticks }) => ({ duration_ticks })) : [];
    this.#resolved = { ...config, rules: [], stages, decides: null } as object as Json;
    for (const problem of store.problems) {
      const path = fieldOf(problem.path, this.draft) ?? '';
      this.#problems.set(path, [...(this.#problems.get(path) ?? []), problem]);
    }
  }

  /** Whether something is wrong at one of the fields whose paths match. */
  hasFault(paths: RegExp) {
    return [...this.#problems.keys()].some((path) => paths.test(path));
  }

  /** Changes the value at a path; `undefined` removes the key. */
  edit(path: string, value: Json | undefined) {
    this.#store.edit(path, value);
  }

  /** @param onedit takes what is entered, in place of the configuration */
  field(path: string, onedit?: (value: Json | undefined) => void): TemplateResult {
    const spec = this.#spec(path);
    const enter = onedit ?? ((value: Json | undefined) => this.edit(path, started(value, spec)));
    const value = get(this.draft, path) ?? get(this.#resolved, path) ?? spec.otherwise;
    const faults = this.#problems.get(path) ?? [];
    const hint = this.#hintAt(path, spec);
    const id = `field-${path}`;
    const described = [hint ? `${id}-hint` : '', faults.length ? `${id}-fault` : ''].filter(Boolean).join(' ');
    const change = (event: Event) => enter(read(event.currentTarget as HTMLInputElement, spec));
    const notes = html`
      ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : nothing}
      ${faults.length ? html`<p class="fault" id="${id}-fault">${faultText(faults)}</p>` : nothing}`;
    if (spec.kind === 'flag')
      return html`<div class="field flag" title=${ifDefined(spec.hint)}>
        <label class="check-label" for=${id}>
          <input id=${id} data-path=${path} type="checkbox" aria-description=${ifDefined(spec.hint)}
            aria-describedby=${described || nothing} aria-invalid=${faults.length ? 'true' : nothing}
            .checked=${live(value === true)} @change=${change} />
          ${spec.label}
        </label>
        ${notes}
      </div>`;
    const isText = spec.kind === 'text' || spec.kind === 'numbers';
    const control = spec.options
      ? html`<select id=${id} data-path=${path} aria-description=${ifDefined(spec.hint)}
          aria-describedby=${described || nothing} aria-invalid=${faults.length ? 'true' : nothing} @change=${change}>
          ${options(spec.options, wordOf(value, spec))}
        </select>`
      : html`<input id=${id} data-path=${path} type=${isText ? 'text' : 'number'} step=${isText ? nothing : 'any'}
          inputmode=${isText ? nothing : 'decimal'} autocomplete="off" placeholder=${ifDefined(spec.placeholder)}
          aria-description=${ifDefined(spec.hint)} aria-describedby=${described || nothing}
          aria-invalid=${faults.length ? 'true' : nothing} .value=${unlessTyped(shown(value, spec))} @input=${change} />`;
    return html`
      <div class="field ${spec.range ? 'ranged' : isWide(spec) ? 'wide' : ''}" title=${ifDefined(spec.hint)}>
        <label for=${id}>${spec.label}</label>
        <span class="value">${control}${spec.unit ? html`<span class="unit">${spec.unit}</span>` : nothing}</span>
        ${
          spec.range
            ? html`<input type="range" min=${spec.range[0]} max=${spec.range[1]} step="any" aria-label=${spec.label}
                .value=${live(String(value))}
                @input=${({ currentTarget }: Event) => enter(rounded((currentTarget as HTMLInputElement).valueAsNumber))} />`
            : nothing
        }
        ${notes}
      </div>
    `;
  }

  /** A setting that is a word, or a word with parameters, which have fields of their own. */
  choice(path: string): TemplateResult {
    const spec = this.#spec(path);
    const { starts = {}, options: words = [] } = spec;
    const word = wordOf(get(this.draft, path), spec) ?? words[0][0];
    const start = starts[word];
    const at = `${path}.${word}`;
    const keys = typeof start === 'object' && start !== null ? Object.keys(start).map((key) => `${at}.${key}`) : [at];
    return html`${this.field(path)}${start === undefined ? nothing : keys.map((key) => this.field(key))}`;
  }

  /** A part of the configuration that is there or not, with its fields. */
  optional(path: string, start: Json, paths: string[]): TemplateResult {
    const isThere = (get(this.draft, path) ?? null) !== null;
    const { label, hint } = this.#spec(path);
    return html`
      <label class="check-label" title=${ifDefined(hint)}>
        <input type="checkbox" data-path=${path} .checked=${live(isThere)}
          @change=${() => this.edit(path, isThere ? undefined : start)} />
        ${label}
      </label>
      ${this.#problems.has(path) ? html`<p class="fault">${faultText(this.#problems.get(path) ?? [])}</p>` : nothing}
      ${isThere ? html`<div class="fields">${paths.map((key) => this.field(`${path}.${key}`))}</div>` : nothing}
    `;
  }

  /** What fields mean, over a list of rows that have them. */
  explain(paths: string[]) {
    return paths.map((path) => {
      const spec = this.#spec(path);
      const hint = this.#hintAt(path, spec);
      return hint ? html`<p class="hint"><b>${spec.label}:</b> ${hint}</p>` : nothing;
    });
  }

  /** The hint that is to stand beside a field. */
  #hintAt(path: string, { hint }: FieldSpec) {
    const kind = path.replace(/\[\d+\]/g, '');
    if (!this.isExplained || !hint || this.#explained.has(kind)) return undefined;
    this.#explained.add(kind);
    return hint;
  }

  /** The entries of a list. */
  list(path: string) {
    return listAt(this.draft, path);
  }

  #spec(path: string): FieldSpec {
    return specOf(path, this.draft) ?? { label: path };
  }
}

/** The word of a setting that is a word, or a word with parameters, which are an object's. */
function wordOf(value: Json | undefined, { starts = {} }: FieldSpec): string | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return undefined;
  const words = Object.keys(starts);
  return words.find((word) => word in value) ?? (words.length === 1 ? words[0] : Object.keys(value)[0]);
}

/** Words of more characters have the room of two fields. */
const MOST_OF_WORD = 20;
const isWide = ({ options: words = [], starts }: FieldSpec) =>
  words.length > 0 && starts === undefined && words.some(([, name]) => name.length > MOST_OF_WORD);

/** What a setting becomes by what is entered: a word with parameters starts with some. */
function started(value: Json | undefined, { starts }: FieldSpec): Json | undefined {
  const start = starts?.[String(value)];
  if (start !== undefined) return { [String(value)]: start };
  return starts && value === '' ? undefined : value;
}

/** The options of a select; a word that is none of them is there, too, to be seen. */
export function options(all: [value: string, name: string][], chosen: string | undefined) {
  const others: [string, string][] =
    chosen === undefined || all.some(([value]) => value === chosen) ? [] : [[chosen, cut(chosen)]];
  return [...all, ...others].map(
    ([value, name], i) =>
      html`<option value=${value} ?hidden=${i >= all.length} .selected=${live(value === (chosen ?? all[0][0]))}>${name}</option>`,
  );
}

/** A value as its field shows it. */
function shown(value: Json | undefined, { scale = 1 }: FieldSpec) {
  if (typeof value === 'number') return String(Number((value * scale).toPrecision(12)));
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : '';
}

/** What is entered in a field. An emptied one removes its key. */
function read(input: HTMLInputElement, { kind, options: words, otherwise, scale = 1 }: FieldSpec): Json | undefined {
  if (kind === 'flag') return input.checked === otherwise ? undefined : input.checked;
  const text = input.value;
  if (words) return text;
  // What is no number is for the engine to refuse, in its words.
  if (input.validity.badInput) return '';
  if (text === '') return undefined;
  if (kind === 'text') return text;
  if (kind !== 'numbers') return Number((Number(text) / scale).toPrecision(12));
  const parts = text.split(/[\s,]+/).filter(Boolean);
  return parts.length === 0 ? undefined : parts.map((part) => (Number.isNaN(Number(part)) ? part : Number(part)));
}

/** A slider's value, without more digits than a person means. */
const rounded = (value: number) => Number(value.toFixed(value < 10 ? 2 : 0));

function faultText(faults: Problem[]) {
  const said = faults.slice(0, MOST_FAULTS).map(({ message }) => cut(message, MOST_OF_MESSAGE));
  const more = faults.length - said.length;
  return [...said, ...(more > 0 ? [`and ${counted(more, 'more problem')}`] : [])].join('\n');
}
