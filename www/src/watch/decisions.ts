/** The decision log: when, what, by whom and why. */

import { h, replace } from '../base/dom.ts';
import { count, DECIDERS, tickUnit, unbroken } from '../base/format.ts';
import { icon } from '../base/icons.ts';

import type { Report } from '../engine/engine.ts';

const ACTIONS = {
  promote: 'promote',
  complete: 'complete',
  extend: 'extend the stage',
  pause: 'pause',
  resume: 'resume',
  rollback: 'roll back',
  rolled_back: 'rolled back',
} as const;

/** Decisions shown; a log of thousands helps nobody. */
const MOST_SHOWN = 100;

export class DecisionLog {
  element = h('div', { class: 'log' });

  show(report: Report) {
    const unit = tickUnit(report.config.tick_seconds).name;
    if (report.decisions.length === 0) {
      replace(this.element, h('p', { class: 'quiet' }, 'Nothing has been decided yet.'));
      return;
    }
    const earlier = report.decisions.length - MOST_SHOWN;
    const entries = report.decisions
      .slice(-MOST_SHOWN)
      .map((decision) =>
        h(
          'li',
          { class: `decision ${decision.action}` },
          h('span', { class: 'decision-icon' }, icon(decision.action)),
          h(
            'div',
            {},
            h('b', {}, `${unit} ${count(decision.tick)}: ${ACTIONS[decision.action]}`),
            h('span', { class: 'quiet' }, ` by ${DECIDERS[decision.by]}`),
            h('p', {}, unbroken(decision.sentence)),
          ),
        ),
      );
    replace(
      this.element,
      earlier > 0 && h('p', { class: 'quiet' }, `The last ${count(MOST_SHOWN)} of ${count(report.decisions.length)}.`),
      h('ol', {}, ...entries),
    );
  }
}
