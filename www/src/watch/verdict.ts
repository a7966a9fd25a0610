/** What was decided, why, and whether it was right. */

import { keyed } from 'lit/directives/keyed.js';
import { html, render } from 'lit/html.js';
import { count, counted, DECIDERS, OUTCOMES, presentStage, share, tickUnit, unbroken } from '../base/format.ts';
import type { Report } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { Change, Store, View } from '../store/store.ts';

/**
 * Two layers in one place: what stands at the playhead, and, unseen, what will
 * stand at the end, whose text is the longest. So playing moves nothing.
 */
export class Verdict implements View {
  element = document.createElement('section');
  #store;

  constructor(store: Store) {
    this.#store = store;
    this.element.className = 'verdict';
    this.element.setAttribute('part', 'verdict');
    this.element.setAttribute('role', 'group');
    this.element.ariaLabel = 'Verdict';
  }

  update(change: Change) {
    const { session, problems, dragging, isWaiting } = this.#store;
    if (change !== 'rollout' && change !== 'playhead') return;
    if (isWaiting && dragging) return;
    // An invalid configuration has no rollout: what is drawn is the last valid one's.
    const own = problems.length === 0;
    const here = session.reportHere;
    render(
      html`<div class="verdict-now">
          ${keyed(headline(here) + own, content(here, html`<h3 class="headline">${headline(here)}</h3>`, own))}
        </div>
        <div class="verdict-room" aria-hidden="true">${content(
          session.report,
          html`<p class="headline">${headline(session.report)}</p>`,
          own,
        )}</div>
        <p class="unseen" aria-live="polite">${headline(here)}. ${reason(here)}</p>`,
      this.element,
    );
  }
}

/** @param own whether it is of the configuration in the forms */
function content(report: Report, title: unknown, own: boolean) {
  const { word, kind } = OUTCOMES[report.outcome];
  // What a controller notes, and that all traffic is back, follows from what was decided before.
  const by = report.decisions.findLast(({ action }) => !['rolled_back', 'note'].includes(action))?.by;
  const isChance = report.outcome === 'false_rollback' && report.truth.release === 'healthy' && by === 'rule';
  const kicker = [report.config.name, `seed ${report.seed}`, by && `decided by ${DECIDERS[by]}`];
  return html`<div class="verdict-words">
      <p class="kicker">${own ? '' : 'Last valid: '}${kicker.filter(Boolean).join(', ')}</p>
      ${title}
      <p class="reason">${reason(report)}</p>
    </div>
    <div class="truth">
      <span class="tag ${kind}" data-outcome=${report.outcome}>${word}</span>
      <span>${unbroken(report.truth.sentence)}${isChance ? ' No rule can see that: this one took chance for a fault.' : ''}</span>
    </div>`;
}

/** Why the rollout stands where it stands. */
function reason(report: Report) {
  const sentence = report.rollback_reason ?? report.decisions.at(-1)?.sentence;
  if (sentence) return unbroken(sentence);
  const { duration_ticks, traffic_pct } = planOf(report).stages[0];
  const unit = tickUnit(report.config.tick_seconds).name;
  return `The first stage sends ${share(traffic_pct)} of requests to the canary for ${counted(duration_ticks, unit)}.`;
}

/** The verdict as a headline. */
function headline(report: Report) {
  const unit = tickUnit(report.config.tick_seconds).name;
  const ticks = report.metrics.ticks;
  const last = (action: string) => report.decisions.findLast((d) => d.action === action);
  const at = (tick: number, stage: number) =>
    `at ${unit} ${count(tick)}, at ${share(planOf(report).stages[stage - 1].traffic_pct)} of traffic`;
  const rollback = last('rollback');
  switch (report.final_state) {
    case 'ROLLED_BACK':
      if (!rollback) return 'Rolled back';
      return `Rolled back ${at(rollback.tick, rollback.stage)}${ticks > rollback.tick ? `; all traffic is back at ${unit} ${count(ticks)}` : ''}`;
    case 'ROLLING_BACK':
      return rollback ? `Rolling back since ${unit} ${count(rollback.tick)}` : 'Rolling back';
    case 'COMPLETED':
      return `Promoted to all traffic at ${unit} ${count(ticks)}`;
    case 'PAUSED': {
      const pause = last('pause');
      return pause ? `Paused ${at(pause.tick, pause.stage)}` : 'Paused';
    }
    case 'PROGRESSING': {
      const stage = presentStage(report);
      if (report.recorded?.ended)
        return `The record ends at ${unit} ${count(ticks)}, in stage ${stage} of ${report.total_stages}`;
      return `Stage ${stage} of ${report.total_stages}: ${share(planOf(report).stages[stage - 1].traffic_pct)} on the canary`;
    }
  }
}
