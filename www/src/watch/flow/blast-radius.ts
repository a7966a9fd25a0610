/** The blast radius so far in numbers, and what would have been without a canary. */

import { h, replace } from '../../base/dom.ts';
import { count, counted, percent, significant } from '../../base/format.ts';
import type { Report, Series } from '../../engine/engine.ts';
import { expectedAtOnce } from './tick.ts';

export class BlastRadius {
  #exposed = h('dd', { 'data-figure': 'exposed' });
  #failed = h('dd', { 'data-figure': 'failed' });
  #runToEnd = h('dd', { 'data-figure': 'at-once' });
  element = h(
    'dl',
    { class: 'blast' },
    h('dt', {}, 'Exposed to the canary'),
    this.#exposed,
    h('dt', {}, 'Failed there'),
    this.#failed,
    h('dt', {}, 'Had all requests gone to it'),
    this.#runToEnd,
  );

  /** @param here the rollout up to the playhead */
  show({ metrics }: Report, series: Series) {
    const { canary, baseline, excess_errors } = metrics;
    const all = canary.requests + baseline.requests;
    const figure = (text: string) => h('b', {}, text);
    const say = (to: HTMLElement, ...words: (string | HTMLElement)[]) => replace(to, ...(all > 0 ? words : ['–']));
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
      this.#runToEnd,
      expected > 0 ? 'about ' : '',
      figure(expected > 0 ? significant(expected) : 'no'),
      ' excess errors expected, by the true rates, which no operator sees',
    );
  }
}
