import { h } from '../../base/dom.ts';
import { tell, unitOf } from '../figures.ts';
import type { Estimate } from '../lesson.ts';
import { configWith } from '../start.ts';
import type { Asking, Bearings } from './check.ts';

/** A number, compared with the engine's. */
export function estimate(check: Estimate, { measure, start, store, tick }: Bearings): Asking {
  const { question, figure, tolerance } = check;
  const work = { ...start, config: configWith(start.config, check.config) };
  const input = h('input', { type: 'number', step: 'any', min: 0, inputmode: 'decimal' });
  const element = h('label', { class: 'estimate' }, question, h('span', {}, input, unitOf(figure, tick)));
  return {
    element,
    judge: async () => {
      const given = input.valueAsNumber;
      if (Number.isNaN(given)) return { right: null, says: 'Type a number first.' };
      const found = (await measure([figure], work, check))[figure];
      const told = tell(figure, given, tick);
      const fact = tell(figure, found, tick);
      if (typeof found !== 'number') return { right: false, says: 'There is no such figure here.', given, told, fact };
      const right = Math.abs(given - found) <= tolerance;
      const says = right ? `The engine finds ${fact}.` : `That is too ${given < found ? 'low' : 'high'}.`;
      return { right, says, given, told, fact };
    },
    after: () => {
      if (check.config) store.load({ ...work, tick: null });
    },
  };
}
