/** The ladder of stages: each with its share, its clock, its counts and checks. */

import { html, nothing, render } from 'lit/html.js';
import { count, inUnitOf, percent, share, tickUnit } from '../base/format.ts';
import { highlight } from '../base/highlight.ts';
import { icon } from '../base/icons.ts';
import type { Check, Report, StageReport } from '../engine/engine.ts';
import { planOf, titleOf } from '../engine/plan.ts';
import { clock, pausedTicks } from '../rollout/series.ts';
import type { Change, Store, View } from '../store/store.ts';

const VERDICTS = {
  not_reached: 'not reached',
  in_progress: 'in progress',
  promoted: 'promoted',
  rolled_back: 'rolled back',
  paused: 'paused',
} as const;

const CHECKED = { pass: 'passed', fail: 'failed', inconclusive: 'inconclusive', waiting: 'not looked yet' } as const;

export class Ladder implements View {
  element = document.createElement('ol');
  #store;
  /** The verdicts that are shown, of all stages. */
  #shown: string[] = [];

  constructor(store: Store) {
    this.#store = store;
    this.element.className = 'ladder';
  }

  update(change: Change) {
    if ((change !== 'rollout' && change !== 'playhead') || this.#store.isWaiting) return;
    const report = this.#store.session.reportHere;
    render(
      report.stages.map((stage) => rung(stage, report)),
      this.element,
    );
    const now = report.stages.map(({ verdict }) => verdict);
    if (now.length === this.#shown.length)
      this.element.querySelectorAll('.rung-verdict').forEach((tag, i) => {
        if (now[i] !== this.#shown[i]) highlight(tag);
      });
    this.#shown = now;
  }
}

function rung(stage: StageReport, report: Report) {
  const { verdict, duration_ticks, traffic_pct, number } = stage;
  const unit = tickUnit(report.config.tick_seconds).short;
  const ran = clock(report, number);
  const paused = pausedTicks(report, number);
  const dash = `stroke-dasharray:${Math.min(1, ran / Math.max(1, duration_ticks))} 1`;
  return html`<li class="rung ${verdict}" data-stage=${number} data-verdict=${verdict}>
    <div class="rung-head">
      <b class="rung-share">${share(traffic_pct)}</b>
      <span class="rung-name">${hasOwnName(stage) ? stage.name : nothing}</span>
      <span class="rung-clock"><svg class="pie" width="14" height="14" aria-hidden="true">
          <circle cx="7" cy="7" r="6"></circle>
          <circle class="ran" cx="7" cy="7" r="3" pathLength="1" .style=${dash}></circle>
        </svg><span>${count(ran)} of ${count(duration_ticks)} ${unit}${paused > 0 ? `, ${count(paused)} paused` : ''}</span></span>
      <span class="rung-verdict">${VERDICTS[verdict]}</span>
    </div>
    <div class="rung-bar" aria-hidden="true"><span .style=${`width:${traffic_pct}%`}></span></div>
    <p class="rung-counts">${counts(stage)}</p>
    <ul class="checks">${stage.checks.map((check) => checkLine(check, report))}</ul>
  </li>`;
}

/** Whether a stage has a name of its own: the engine calls it by its share else. */
const hasOwnName = ({ name, traffic_pct }: StageReport) => name.replace(/\s/g, '') !== `${traffic_pct}%`;

function counts({ metrics }: StageReport) {
  if (!metrics) return 'No requests yet.';
  const arm = (name: 'canary' | 'baseline') => {
    const { errors, requests, error_rate } = metrics[name];
    return `${name} ${count(errors)} of ${count(requests)}, ${percent(error_rate)}`;
  };
  return `Failed: ${arm('canary')}; ${arm('baseline')}`;
}

function checkLine(check: Check, report: Report) {
  const rule = planOf(report).rules[check.rule];
  const { max } = rule;
  const verdict = check.verdict ?? 'waiting';
  const observed = `${inUnitOf(check.name, check.observed)}, limit ${inUnitOf(check.name, check.limit)}`;
  const planned = max === undefined ? '' : `limit ${inUnitOf(check.name, max)}`;
  return html`<li class="check ${verdict}" title=${check.sentence ?? ''} data-verdict=${verdict}>
    ${icon(verdict)}
    <span>${titleOf(rule)} ${CHECKED[verdict]}</span>
    <span class="check-figures">${check.verdict === null ? planned : observed}</span>
  </li>`;
}
