/** The blast radius so far in numbers, and what would have been without a canary. */

import { h, replace } from '../base/dom.js';
import { count, counted, percent, significant } from '../base/format.js';
import { expectedAtOnce } from './tick.js';

/** @import { Report, Series } from '../base/engine.js' */

export class BlastRadius {
  #exposed = h('dd', { 'data-figure': 'exposed' });
  #failed = h('dd', { 'data-figure': 'failed' });
  #atOnce = h('dd', { 'data-figure': 'at-once' });
  element = h(
    'dl',
    { class: 'blast' },
    h('dt', {}, 'Exposed to the canary'),
    this.#exposed,
    h('dt', {}, 'Failed there'),
    this.#failed,
    h('dt', {}, 'Had all requests gone to it'),
    this.#atOnce,
  );

  /**
   * @param {Report} here the rollout up to the playhead
   * @param {Series} series
   */
  show({ metrics }, series) {
    const { canary, baseline, excess_errors } = metrics;
    const all = canary.requests + baseline.requests;
    const figure = (/** @type {string} */ text) => h('b', {}, text);
    const say = (/** @type {HTMLElement} */ to, /** @type {(string | HTMLElement)[]} */ ...words) =>
      replace(to, ...(all > 0 ? words : ['–']));
    say(
      this.#exposed,
      figure(count(canary.requests)),
      ` of ${counted(all, 'request')} (${percent(canary.requests / all)})`,
    );
    say(
      this.#failed,
      figure(count(canary.errors)),
      '; ',
      figure(count(excess_errors)),
      ' of them the baseline would have served (excess errors)',
    );
    const expected = expectedAtOnce(series, metrics.ticks);
    say(
      this.#atOnce,
      expected > 0 ? 'about ' : '',
      figure(expected > 0 ? significant(expected) : 'no'),
      ' excess errors expected, by the true rates, which no operator sees',
    );
  }
}
