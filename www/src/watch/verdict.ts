/** What was decided, why, and whether it was right. */

import { h } from '../base/dom.ts';
import { counted, DECIDERS, headline, OUTCOMES, share, tickUnit, unbroken } from '../base/format.ts';

import type { Report } from '../engine/engine.ts';

/**
 * Two layers in one place: what stands at the playhead, and, unseen, what will
 * stand at the end, whose text is the longest. So playing moves nothing.
 */
export class Verdict {
  #now = h('div', { class: 'verdict-now' });
  #room = h('div', { class: 'verdict-room', 'aria-hidden': 'true' });
  #live = h('p', { class: 'unseen', 'aria-live': 'polite' });
  element = h(
    'section',
    { class: 'verdict', part: 'verdict', role: 'group', 'aria-label': 'Verdict' },
    this.#now,
    this.#room,
    this.#live,
  );

  /** Whether it is of the configuration in the forms. */
  #own = true;
  #shown: [here: Report, whole: Report] | null = null;

  /**
   * Says whose verdict it is.
   *
   * @param own whether of the configuration in the forms, else of the last valid one
   */
  mark(own: boolean) {
    if (own === this.#own) return;
    this.#own = own;
    if (this.#shown) this.show(...this.#shown);
  }

  /** @param here the rollout up to the playhead */
  show(here: Report, whole: Report) {
    this.#shown = [here, whole];
    this.#now.replaceChildren(...content(here, 'h3', this.#own));
    this.#room.replaceChildren(...content(whole, 'p', this.#own));
    const spoken = `${headline(here)}. ${reason(here)}`;
    if (this.#live.textContent !== spoken) this.#live.textContent = spoken;
  }
}

/** @param own whether it is of the configuration in the forms */
function content(report: Report, headlineTag: 'h3' | 'p', own: boolean) {
  const outcome = OUTCOMES[report.outcome];
  // That all traffic is back follows from what was decided before.
  const by = report.decisions.findLast(({ action }) => action !== 'rolled_back')?.by;
  const kicker = [report.config.name, `seed ${report.seed}`, by && `decided by ${DECIDERS[by]}`];
  return [
    h(
      'div',
      { class: 'verdict-words' },
      h('p', { class: 'kicker' }, `${own ? '' : 'Last valid: '}${kicker.filter(Boolean).join(', ')}`),
      h(headlineTag, { class: 'headline' }, headline(report)),
      h('p', { class: 'reason' }, reason(report)),
    ),
    h(
      'div',
      { class: 'truth' },
      h('span', { class: `tag ${outcome.kind}`, 'data-outcome': report.outcome }, outcome.word),
      h('span', {}, unbroken(report.truth.sentence)),
    ),
  ];
}

/** Why the rollout stands where it stands. */
function reason(report: Report) {
  const told = report.rollback_reason ?? report.decisions.at(-1)?.sentence;
  if (told) return unbroken(told);
  const { duration_ticks, traffic_pct } = report.config.stages[0];
  const unit = tickUnit(report.config.tick_seconds).name;
  return `The first stage sends ${share(traffic_pct)} of requests to the canary for ${counted(duration_ticks, unit)}.`;
}
