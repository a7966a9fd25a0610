import { h } from '../../base/dom.ts';

import type { Reflect } from '../lesson.ts';
import type { Asking } from './check.ts';

/** Different words of an answer, at least. */
const FEWEST_WORDS = 5;

/** How many different words a text has. */
const wordsIn = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu)).size;

/** A question to answer in one's own words, judged by oneself beside a model answer. */
export function reflect({ question, answer }: Reflect): Asking {
  const words = h('textarea', { rows: 4, maxlength: 4000 });
  const marks = ['I had this', 'I missed this'].map((text) => ({
    text,
    radio: h('input', { type: 'radio', name: 'mark' }),
  }));
  const model = h(
    'fieldset',
    { hidden: true },
    h('legend', {}, 'A model answer. You judge this one.'),
    h('p', {}, answer),
    ...marks.map(({ text, radio }) => h('label', { class: 'option' }, radio, text)),
  );
  return {
    element: h('div', {}, h('label', { class: 'reflection' }, question, words), model),
    label: 'Compare',
    judge: async () => {
      if (wordsIn(words.value) < FEWEST_WORDS)
        return { right: null, says: 'Write an answer first, in a sentence or two.' };
      const marked = marks.findIndex(({ radio }) => radio.checked);
      model.hidden = false;
      if (marked < 0) return { right: null, says: 'Compare your answer with the model, and mark it.' };
      marks[marked].radio.checked = false;
      const right = marked === 0;
      return {
        right,
        says: right
          ? 'By your own judgement, you had it.'
          : 'Put in what you missed, in your own words; then compare again.',
      };
    },
  };
}
