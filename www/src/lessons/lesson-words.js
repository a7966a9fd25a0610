/** What a lesson shows beside its checks: what is wrong with it, and what became of a prediction. */

import { h } from '../base/dom.js';
import { MOST_LISTED, MOST_OF_MESSAGE, cut } from '../base/format.js';

/** @import { Problem } from '../base/engine.js' */
/** @import { Judgement } from './checks/check.js' */

/**
 * What is wrong with a lesson, each with its place.
 * @param {Problem[]} problems
 */
export function problemList(problems) {
  const faults = problems.slice(0, MOST_LISTED).map(({ path, message, line }) =>
    h('li', {}, path && h('code', {}, cut(path)), `${path ? ': ' : ''}${cut(message, MOST_OF_MESSAGE)}`, line && h('span', { class: 'quiet' }, ` line ${line}`)),
  );
  return h('ul', { class: 'faults' }, ...faults);
}

/**
 * A prediction beside what it met.
 * @param {Judgement} judgement
 * @param {boolean} right
 */
export function predictionBeside({ told, fact }, right) {
  const row = (/** @type {string} */ name, /** @type {string | undefined} */ text) => h('div', {}, h('dt', {}, name), h('dd', {}, text));
  return h('dl', { class: 'beside' }, row('You said', told), row(right ? 'You were right' : 'It is', fact));
}
