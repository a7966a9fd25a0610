/** The configuration as JSON, with every problem at its place in the text. */

import { h, replace } from '../base/dom.ts';
import { count, cut, MOST_LISTED, MOST_OF_MESSAGE } from '../base/format.ts';
import { locate, offsetOf, placeOf, tokenAt } from '../base/json-path.ts';
import type { Problem, Warning } from '../engine/engine.ts';
import { ConfigFile } from './config-file.ts';

export class JsonEditor {
  #text = h('textarea', {
    class: 'json',
    rows: 16,
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-label': 'Configuration as JSON',
  });
  #problems = h('div', { class: 'problems', role: 'status' });
  element;
  #shown = '';

  constructor(onapply: (text: string) => void) {
    const apply = h('button', { type: 'button', class: 'strong', onclick: () => onapply(this.#text.value) }, 'Apply');
    const undo = h('button', { type: 'button', onclick: () => (this.#text.value = this.#shown) }, 'Discard changes');
    const open = (text: string) => {
      this.#text.value = text;
      onapply(text);
    };
    const file = new ConfigFile(this.#text, open, () => this.#shown);
    this.element = h(
      'section',
      { class: 'card panel json-panel' },
      h('h3', {}, 'The same as JSON'),
      this.#text,
      h('div', { class: 'json-buttons' }, h('div', { class: 'row' }, apply, undo), file.element),
      this.#problems,
    );
  }

  /**
   * Shows a configuration and what is wrong with it. A text that somebody has
   * changed and not applied stays.
   *
   * @param more how many further problems there are
   */
  show(text: string, problems: Problem[], more: number, warnings: Warning[]) {
    const untouched = this.#text.value === this.#shown || this.#text.value === text;
    if (untouched) this.#text.value = text;
    this.#shown = text;
    this.#tell(text, problems, more, warnings);
  }

  /** @param more how many further problems there are */
  #tell(text: string, problems: Problem[], more: number, warnings: Warning[]) {
    const told =
      problems.length === 0
        ? null
        : `${problems.length === 1 ? 'One problem' : `${count(problems.length + more)} problems`}; what is drawn is the last valid configuration.`;
    replace(
      this.#problems,
      told && h('p', { class: 'fault' }, told),
      problems.length > 0 &&
        h('ul', { class: 'problem-list' }, ...problems.map((problem) => this.#problem(text, problem))),
      more > 0 && h('p', {}, `and ${count(more)} more`),
      warnings.length > 0 &&
        h(
          'ul',
          { class: 'warning-list' },
          ...warnings
            .slice(0, MOST_LISTED)
            .map(({ path, message }) => h('li', {}, `Note, ${cut(path)}: ${cut(message, MOST_OF_MESSAGE)}`)),
        ),
    );
  }

  #problem(text: string, problem: Problem) {
    const { path, message, line, column } = problem;
    const from = line === null ? locate(text, path) : tokenAt(text, offsetOf(text, line, column ?? 1));
    const place = placeOf(text, from.from);
    return h(
      'li',
      {},
      h(
        'button',
        { type: 'button', class: 'place', title: 'Show in the text', onclick: () => this.#select(from) },
        `Line ${place.line}, column ${place.column}`,
      ),
      h(
        'span',
        { class: 'problem-text' },
        path ? `${cut(path)}: ${cut(message, MOST_OF_MESSAGE)}` : cut(message, MOST_OF_MESSAGE),
      ),
    );
  }

  /** Leads the reader to the problems. */
  reveal() {
    this.#problems.scrollIntoView({ block: 'center' });
    this.#problems.querySelector('button')?.focus({ preventScroll: true });
  }

  #select({ from, to }: { from: number; to: number }) {
    this.#text.focus();
    this.#text.setSelectionRange(from, to);
    const line = placeOf(this.#text.value, from).line;
    const height = parseFloat(getComputedStyle(this.#text).lineHeight);
    this.#text.scrollTop = Math.max(0, (line - 4) * height);
  }
}
