import { h } from '../../base/dom.ts';
import { figuresIn, isMet, withFigures } from '../figures.ts';

import type { Choose } from '../lesson.ts';
import type { Asking, Bearings } from './check.ts';

/** One of some options; which is right may follow from the engine's figures. */
export function choose(check: Choose, { measure, tick }: Bearings): Asking {
  const { question, options } = check;
  const radios = options.map(() => h('input', { type: 'radio', name: 'option' }));
  const element = h(
    'fieldset',
    {},
    h('legend', {}, question),
    ...options.map(({ text }, i) => h('label', { class: 'option' }, radios[i], h('span', {}, text))),
  );
  return {
    element,
    judge: async () => {
      const chosen = options[radios.findIndex(({ checked }) => checked)];
      if (!chosen) return { right: null, says: 'Choose one of them first.' };
      const goals = options.flatMap(({ right }) => (typeof right === 'object' ? [right.figure] : []));
      const values = await measure([...goals, ...figuresIn(chosen.says)], undefined, check);
      const isRight = ({ right = false }: Choose['options'][number]) =>
        typeof right === 'object' ? isMet(right, values[right.figure]) : right;
      const right = isRight(chosen);
      const says = chosen.says ? withFigures(chosen.says, values, tick) : '';
      const fact = options
        .filter(isRight)
        .map(({ text }) => text)
        .join(', or: ');
      return { right, says, given: chosen.text, told: chosen.text, fact };
    },
  };
}
