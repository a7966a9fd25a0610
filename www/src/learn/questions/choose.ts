/** `choose`: one of some options; which is right may follow from the engine's figures. */

import { html } from 'lit/html.js';
import { figuresIn, isMet, withFigures } from '../figures.ts';
import type { Choose } from '../lesson.ts';
import type { Context, Question } from './question.ts';

export function choose(check: Choose, { measure, tick }: Context): Question {
  const { question, options } = check;
  let chosen: Choose['options'][number] | null = null;
  /** The figures, and which options are right by them. */
  const find = async (says = '') => {
    const goals = options.flatMap(({ right }) => (typeof right === 'object' ? [right.figure] : []));
    const names = [...goals, ...figuresIn(says)];
    const values = names.length > 0 ? await measure(names, undefined, check) : {};
    const right = options.filter(({ right = false }) =>
      typeof right === 'object' ? isMet(right, values[right.figure]) : right,
    );
    return { values, right };
  };
  return {
    template: () => html`<fieldset>
      <legend>${question}</legend>
      ${options.map(
        (option) => html`<label class="option">
          <input type="radio" name="option" @change=${() => {
            chosen = option;
          }}><span>${option.text}</span>
        </label>`,
      )}
    </fieldset>`,
    judge: async () => {
      if (!chosen) return { right: null, says: 'Choose one of them first.' };
      const { text, says = '' } = chosen;
      const { values, right } = await find(says);
      const fact = right.map((option) => option.text).join(', or: ');
      return {
        right: right.includes(chosen),
        says: withFigures(says, values, tick),
        given: text,
        answered: text,
        fact,
      };
    },
    answer: async () => (await find()).right.map(({ text }) => text),
  };
}
