import { h } from '../../base/dom.js';
import { tell, unitOf } from '../figures.js';
import { configWith } from '../start.js';

/** @import { Estimate } from '../lesson.js' */
/** @import { Asking, Bearings } from './check.js' */

/**
 * A number, compared with the engine's.
 * @param {Estimate} check
 * @param {Bearings} bearings
 * @returns {Asking}
 */
export function estimate(check, { measure, start, bench, tick }) {
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
      if (check.config) bench.load({ ...work, tick: null });
    },
  };
}
