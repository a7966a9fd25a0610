/**
 * A group of fields over the configuration. Its fields are built anew only
 * when the structure of the configuration changes, so that typing keeps its
 * place.
 */

import { choiceFields, startValue } from './choice.js';
import { h, replace } from '../base/dom.js';
import { Field } from './field.js';

/** @import { Problem } from '../base/engine.js' */
/** @import { Choice } from './choice.js' */
/** @import { FieldSpec, OnEdit } from './field.js' */
/** @import { Json } from '../base/json-path.js' */
/**
 * What a panel is built with.
 * @typedef {{
 *   field: (spec: FieldSpec, edit?: OnEdit) => HTMLElement,
 *   choice: (label: string, path: string, choices: Choice[]) => HTMLElement[],
 *   edit: OnEdit, draft: () => Json,
 * }} Kit
 */

export class Panel {
  element;
  #content = h('div', { class: 'panel-content' });
  /** @type {Field[]} */
  #fields = [];
  #structure = '';
  /** @type {Json} */
  #draft = {};

  /**
   * @param {string} title
   * @param {(draft: Json, kit: Kit) => (Node | null)[]} build
   * @param {(draft: Json) => string} structure changes when `build` gives other fields
   * @param {OnEdit} onedit
   */
  constructor(title, build, structure, onedit) {
    this.element = h('section', { class: 'card panel' }, h('h3', {}, title), this.#content);
    this.build = build;
    this.structure = structure;
    this.onedit = onedit;
  }

  /**
   * @param {Json} draft
   * @param {Json | null} resolved
   * @param {Problem[]} problems
   */
  show(draft, resolved, problems) {
    this.#draft = draft;
    const structure = this.structure(draft);
    if (structure !== this.#structure || this.#fields.length === 0) this.#rebuild(draft, structure);
    const byField = assign(problems, this.#fields);
    for (const field of this.#fields) field.show(draft, resolved, byField.get(field) ?? []);
  }

  /**
   * @param {Json} draft
   * @param {string} structure
   */
  #rebuild(draft, structure) {
    const root = /** @type {ShadowRoot | Document} */ (this.element.getRootNode());
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
    /** @type {HTMLElement | null} */ (again || null)?.focus();
  }

  /**
   * @param {Json} draft
   * @returns {Kit}
   */
  #kit(draft) {
    const add = (/** @type {FieldSpec} */ spec, edit = this.onedit) => {
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
        const options = choices.map(({ word, name }) => /** @type {[string, string]} */ ([word, name]));
        const choose = add({ label, path, options, word: choices[0].word }, (where, word) =>
          this.onedit(where, startValue(choices, String(word))),
        );
        return [choose, ...choiceFields(choices, draft, path).map((spec) => add(spec))];
      },
    };
  }
}

/**
 * Each problem to the field with the longest path that leads to it.
 * @param {Problem[]} problems
 * @param {Field[]} fields
 * @returns {Map<Field, Problem[]>}
 */
function assign(problems, fields) {
  /** @type {Map<Field, Problem[]>} */
  const result = new Map();
  for (const problem of problems) {
    const leads = fields.filter(
      ({ path }) =>
        problem.path === path || problem.path.startsWith(`${path}.`) || problem.path.startsWith(`${path}[`),
    );
    if (leads.length === 0) continue;
    const nearest = leads.reduce((a, b) => (b.path.length > a.path.length ? b : a));
    result.set(nearest, [...(result.get(nearest) ?? []), problem]);
  }
  return result;
}
