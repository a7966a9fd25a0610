/** The stage ladder: each stage with its share, its clock, its counts and checks. */

import { h, replace, s, set } from '../base/dom.ts';
import { count, inUnitOf, percent, ruleWords, share, tickUnit } from '../base/format.ts';
import { highlight } from '../base/highlight.ts';
import { icon } from '../base/icons.ts';
import type { Check, Report, StageReport } from '../engine/engine.ts';
import { clock, pausedTicks } from '../rollout/series.ts';

const VERDICTS = {
  not_reached: 'not reached',
  in_progress: 'in progress',
  promoted: 'promoted',
  rolled_back: 'rolled back',
  paused: 'paused',
} as const;

export class Ladder {
  element = h('ol', { class: 'ladder' });
  #rungs: Rung[] = [];

  /** @param report the rollout so far */
  show(report: Report) {
    const { stages } = report;
    if (this.#rungs.length !== stages.length) {
      this.#rungs = stages.map(() => new Rung());
      replace(this.element, ...this.#rungs.map(({ element }) => element));
    }
    stages.forEach((stage, i) => this.#rungs[i].show(stage, report));
  }
}

/** A stage. Its parts stay while their figures change, so that what grows is seen to grow. */
class Rung {
  #share = h('b', { class: 'rung-share' });
  #name = h('span', { class: 'rung-name' });
  #pie = s('circle', { class: 'ran', cx: 7, cy: 7, r: 3, pathLength: 1 });
  #clock = h('span');
  #verdict = h('span', { class: 'rung-verdict' });
  #bar = h('span');
  #counts = h('p', { class: 'rung-counts' });
  #checks = h('ul', { class: 'checks' });
  element = h(
    'li',
    {},
    h(
      'div',
      { class: 'rung-head' },
      this.#share,
      this.#name,
      h('span', { class: 'rung-clock' }, pie(this.#pie), this.#clock),
      this.#verdict,
    ),
    h('div', { class: 'rung-bar', 'aria-hidden': 'true' }, this.#bar),
    this.#counts,
    this.#checks,
  );

  show(stage: StageReport, report: Report) {
    const unit = tickUnit(report.config.tick_seconds).short;
    const ran = clock(report, stage.number);
    const paused = pausedTicks(report, stage.number);
    const { verdict, duration_ticks, traffic_pct } = stage;
    if (this.#verdict.textContent && this.#verdict.textContent !== VERDICTS[verdict]) highlight(this.#verdict);
    set(this.element, { class: `rung ${verdict}`, 'data-stage': stage.number, 'data-verdict': verdict });
    this.#share.textContent = share(traffic_pct);
    this.#name.textContent = isOwnName(stage) ? stage.name : '';
    this.#pie.style.strokeDasharray = `${Math.min(1, ran / Math.max(1, duration_ticks))} 1`;
    this.#clock.textContent = `${count(ran)} of ${count(duration_ticks)} ${unit}${paused > 0 ? `, ${count(paused)} paused` : ''}`;
    this.#verdict.textContent = VERDICTS[verdict];
    this.#bar.style.width = `${traffic_pct}%`;
    this.#counts.textContent = counts(stage);
    replace(this.#checks, ...stage.checks.map((check) => checkLine(check, report)));
  }
}

/** How much of a stage's time has run, as a pie. */
const pie = (ran: SVGElement) =>
  s('svg', { class: 'pie', width: 14, height: 14, 'aria-hidden': 'true' }, s('circle', { cx: 7, cy: 7, r: 6 }), ran);

/** Whether a stage has a name of its own: the engine calls it by its share else. */
const isOwnName = ({ name, traffic_pct }: StageReport) => name.replace(/\s/g, '') !== `${traffic_pct}%`;

function counts({ metrics }: StageReport) {
  if (!metrics) return 'No requests yet.';
  const arm = (name: 'canary' | 'baseline') => {
    const { errors, requests, error_rate } = metrics[name];
    return `${name} ${count(errors)} of ${count(requests)}, ${percent(error_rate)}`;
  };
  return `Failed: ${arm('canary')}; ${arm('baseline')}`;
}

function checkLine(check: Check, report: Report) {
  const rule = report.config.rules[check.rule];
  const verdict = check.verdict ?? 'waiting';
  const words = { pass: 'passed', fail: 'failed', inconclusive: 'inconclusive', waiting: 'not looked yet' }[verdict];
  const figures =
    check.verdict === null
      ? rule.max !== undefined && `limit ${inUnitOf(check.name, rule.max)}`
      : `${inUnitOf(check.name, check.observed)}, limit ${inUnitOf(check.name, check.limit)}`;
  return h(
    'li',
    { class: `check ${verdict}`, title: check.sentence, 'data-verdict': verdict },
    icon(verdict),
    h('span', {}, `${ruleWords(check.name)} ${words}`),
    h('span', { class: 'check-figures' }, figures),
  );
}
