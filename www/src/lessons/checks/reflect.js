import { h } from '../../base/dom.js';

/** @import { Reflect } from '../lesson.js' */
/** @import { Asking } from './check.js' */

/**
 * A question to answer in one's own words, judged by oneself beside a model answer.
 * @param {Reflect} check
 * @returns {Asking}
 */
export function reflect({ question, answer }) {
  const words = h('textarea', { rows: 4, maxlength: 4000 });
  const marks = ['I had this', 'I missed this'].map((text) => ({ text, radio: h('input', { type: 'radio', name: 'mark' }) }));
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
      if (!words.value.trim()) return { right: null, says: 'Write an answer first: a few words will do.' };
      const marked = marks.findIndex(({ radio }) => radio.checked);
      model.hidden = false;
      if (marked < 0) return { right: null, says: 'Compare your answer with the model, and mark it.' };
      marks[marked].radio.checked = false;
      const right = marked === 0;
      return { right, says: right ? 'You had it.' : 'Put in what you missed, in your own words; then compare again.' };
    },
  };
}
