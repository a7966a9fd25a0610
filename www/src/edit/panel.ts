/**
 * A group of fields over the configuration. Its fields are built anew only
 * when the structure of the configuration changes, so that typing keeps its
 * place.
 */

import { h, replace } from '../base/dom.ts';
import type { Json } from '../base/json-path.ts';
import type { Problem } from '../engine/engine.ts';
import type { Choice } from './choice.ts';
import { choiceFields, startValue } from './choice.ts';
import type { FieldSpec, OnEdit } from './field.ts';
import { Field } from './field.ts';
/** What a panel is built with. */
export type Kit = {
  field: (spec: FieldSpec, edit?: OnEdit) => HTMLElement;
  choice: (label: string, path: string, choices: Choice[]) => HTMLElement[];
  edit: OnEdit;
  draft: () => Json;
};

export class Panel {
  build: (draft: Json, kit: Kit) => (Node | null)[];
  structure: (draft: Json) => string;
  onedit: OnEdit;
  element;
  #content = h('div', { class: 'panel-content' });
  #fields: Field[] = [];
  #structure = '';
  #draft: Json = {};

  /** @param structure changes when `build` gives other fields */
  constructor(
    title: string,
    build: (draft: Json, kit: Kit) => (Node | null)[],
    structure: (draft: Json) => string,
    onedit: OnEdit,
  ) {
    this.element = h('section', { class: 'card panel' }, h('h3', {}, title), this.#content);
    this.build = build;
    this.structure = structure;
    this.onedit = onedit;
  }

  show(draft: Json, resolved: Json | null, problems: Problem[]) {
    this.#draft = draft;
    const structure = this.structure(draft);
    if (structure !== this.#structure || this.#fields.length === 0) this.#rebuild(draft, structure);
    const byField = assign(problems, this.#fields);
    for (const field of this.#fields) field.show(draft, resolved, byField.get(field) ?? []);
  }

  #rebuild(draft: Json, structure: string) {
    const root = this.element.getRootNode() as ShadowRoot | Document;
    const focused = this.#content.contains(root.activeElement) ? root.activeElement : null;
    const open = new Set(
      Array.from(this.#content.querySelectorAll('details[open] > summary'), (summary) => summary.textContent),
    );
    this.#structure = structure;
    this.#fields = [];
    replace(this.#content, ...this.build(draft, this.#kit(draft)));
    for (const details of this.#content.querySelectorAll('details')) {
      details.open = open.has(details.querySelector('summary')?.textContent ?? '');
    }
    const path = focused?.getAttribute('data-path');
    const again = focused?.isConnected
      ? focused
      : path && this.#content.querySelector(`[data-path="${CSS.escape(path)}"]`);
    ((again || null) as HTMLElement | null)?.focus();
  }

  #kit(draft: Json): Kit {
    const add = (spec: FieldSpec, edit = this.onedit) => {
      const field = new Field(spec, edit);
      this.#fields.push(field);
      return field.element;
    };
    return {
      edit: this.onedit,
      // Fields outlive the configuration they were built for.
      draft: () => this.#draft,
      field: add,
      choice: (label, path, choices) => {
        const options = choices.map(({ word, name }) => [word, name] as [string, string]);
        const choose = add({ label, path, options, word: choices[0].word }, (where, word) =>
          this.onedit(where, startValue(choices, String(word))),
        );
        return [choose, ...choiceFields(choices, draft, path).map((spec) => add(spec))];
      },
    };
  }
}

/** Each problem to the field with the longest path that leads to it. */
function assign(problems: Problem[], fields: Field[]): Map<Field, Problem[]> {
  const result: Map<Field, Problem[]> = new Map();
  for (const problem of problems) {
    const leads = fields.filter(
      ({ path }) => problem.path === path || problem.path.startsWith(`${path}.`) || problem.path.startsWith(`${path}[`),
    );
    if (leads.length === 0) continue;
    const nearest = leads.reduce((a, b) => (b.path.length > a.path.length ? b : a));
    result.set(nearest, [...(result.get(nearest) ?? []), problem]);
  }
  return result;
}
