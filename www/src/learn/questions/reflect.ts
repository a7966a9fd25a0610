/** `reflect`: a question to answer in one's own words, judged by oneself beside a model answer. */

import { html } from 'lit/html.js';
import type { Reflect as Reflection } from '../lesson.ts';
import type { Context, Question } from './question.ts';

/** Different words of an answer, at least. */
const FEWEST_WORDS = 5;

/** How many different words a text has. */
const wordsIn = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu)).size;

const MARKS = ['I had this', 'I missed this'];

export function reflect({ question, answer }: Reflection, { redraw }: Context): Question {
  let words = '';
  let marked = -1;
  let compared = false;
  return {
    label: 'Compare',
    template: () => html`<label class="reflection">${question}
        <textarea rows="4" maxlength="4000" @input=${({ target }: Event) => {
          words = (target as HTMLTextAreaElement).value;
        }}></textarea>
      </label>
      <fieldset ?hidden=${!compared}>
        <legend>A model answer. The page cannot read yours: you judge it yourself.</legend>
        <p>${answer}</p>
        ${MARKS.map(
          (text, i) => html`<label class="option">
            <input type="radio" name="mark" .checked=${marked === i} @change=${() => {
              marked = i;
            }}>${text}
          </label>`,
        )}
      </fieldset>`,
    judge: async () => {
      if (wordsIn(words) < FEWEST_WORDS) return { right: null, says: 'Write an answer first, in a sentence or two.' };
      compared = true;
      if (marked < 0) return { right: null, says: 'Compare your answer with the model, and mark it.' };
      const right = marked === 0;
      marked = -1;
      redraw();
      return {
        right,
        says: right
          ? 'By your own judgement, you had it.'
          : 'Add what you missed, in your own words; then compare again.',
      };
    },
    answer: async () => [answer],
  };
}
