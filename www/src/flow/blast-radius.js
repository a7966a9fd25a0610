/** The blast radius so far in numbers, and what would have been without a canary. */

import { h, replace } from '../base/dom.js';
import { count, percent, significant } from '../base/format.js';
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
    replace(
      this.#exposed,
      h('b', {}, count(canary.requests)),
      ` of ${count(all)} requests (${percent(all > 0 ? canary.requests / all : null)})`,
    );
    replace(
      this.#failed,
      h('b', {}, count(canary.errors)),
      '; ',
      h('b', {}, count(excess_errors)),
      ' of them the baseline would have served (excess errors)',
    );
    const expected = expectedAtOnce(series, metrics.ticks);
    replace(
      this.#atOnce,
      ...(expected > 0 ? ['about ', h('b', {}, significant(expected))] : [h('b', {}, 'no')]),
      ' excess errors expected, by the true rates, which no operator sees',
    );
  }
}
