/** The stage ladder: each stage with its share, its clock, its counts and checks. */

import { h, replace } from '../base/dom.js';
import { count, inUnitOf, percent, ruleWords, share, tickUnit } from '../base/format.js';
import { clock, pausedTicks } from './model.js';
import { icon } from '../base/icons.js';

/** @import { Check, Report, StageReport } from '../base/engine.js' */

const VERDICTS = /** @type {const} */ ({
  not_reached: 'not reached',
  in_progress: 'in progress',
  promoted: 'promoted',
  rolled_back: 'rolled back',
  paused: 'paused',
});

export class Ladder {
  element = h('ol', { class: 'ladder' });

  /** @param {Report} report the rollout so far */
  show(report) {
    const unit = tickUnit(report.config.tick_seconds).short;
    replace(this.element, ...report.stages.map((stage) => rung(stage, report, unit)));
  }
}

/**
 * @param {StageReport} stage
 * @param {Report} report
 * @param {string} unit
 */
function rung(stage, report, unit) {
  const ran = clock(report, stage.number);
  const paused = pausedTicks(report, stage.number);
  return h(
    'li',
    { class: `rung ${stage.verdict}`, 'data-stage': stage.number, 'data-verdict': stage.verdict },
    h(
      'div',
      { class: 'rung-head' },
      h('b', { class: 'rung-share' }, share(stage.traffic_pct)),
      h('span', { class: 'rung-name' }, isOwnName(stage) && stage.name),
      h(
        'span',
        { class: 'rung-clock' },
        `${count(ran)} of ${count(stage.duration_ticks)} ${unit}${paused > 0 ? `, ${count(paused)} paused` : ''}`,
      ),
      h('span', { class: 'rung-verdict' }, VERDICTS[stage.verdict]),
    ),
    h(
      'div',
      { class: 'rung-bar', 'aria-hidden': 'true' },
      h('span', { style: `width:${stage.traffic_pct}%` }),
    ),
    h('p', { class: 'rung-counts' }, ...counts(stage)),
    h('ul', { class: 'checks' }, ...stage.checks.map((check) => checkLine(check, report))),
  );
}

/**
 * Whether a stage has a name of its own: the engine calls it by its share else.
 * @param {StageReport} stage
 */
const isOwnName = ({ name, traffic_pct }) => name.replace(/\s/g, '') !== `${traffic_pct}%`;

/** @param {StageReport} stage */
function counts({ metrics }) {
  if (!metrics) return ['No requests yet.'];
  const { canary, baseline } = metrics;
  return [
    `Failed: canary ${count(canary.errors)} of ${count(canary.requests)}, ${percent(canary.error_rate)}; `,
    `baseline ${count(baseline.errors)} of ${count(baseline.requests)}, ${percent(baseline.error_rate)}`,
  ];
}

/**
 * @param {Check} check
 * @param {Report} report
 */
function checkLine(check, report) {
  const rule = report.config.rules[check.rule];
  const verdict = check.verdict ?? 'waiting';
  const words = { pass: 'passed', fail: 'failed', inconclusive: 'inconclusive', waiting: 'not looked yet' }[
    verdict
  ];
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
