/**
 * The evidence of a rule against its limit, on the time axis: a stake on a
 * logarithmic scale, or for planned looks Z and its boundaries.
 */

import { s } from '../base/dom.ts';
import { raised, significant, unbroken } from '../base/format.ts';
import { isLatencyRule, ruleNamed } from '../engine/catalogue.ts';
import type { Report } from '../engine/engine.ts';
import type { Point } from '../rollout/series.ts';
import { deciding, evidenceRule, points, thinned } from '../rollout/series.ts';
import { Plot, stageBands, yAxis } from './chart.ts';
import { limitMarks } from './limit-marks.ts';
import { line } from './path.ts';
import type { Scale } from './scale.ts';
import { extent, scaleLinear, scaleLog } from './scale.ts';
import type { Scene } from './timeline.ts';

/** Below this a stake is as good as lost. */
const LEAST = 0.001;

export class EvidenceChart {
  name = 'evidence';
  plot = new Plot(150);
  title = 'Evidence';
  columns = ['evidence', 'limit'];
  active = false;
  #rule = -1;

  draw({ report, series, bands, x, width }: Scene) {
    this.#rule = evidenceRule(report);
    this.active = this.#rule >= 0;
    if (!this.active) return;
    const { rule: name, look } = report.config.rules[this.#rule];
    const planned = ruleNamed(name)?.quantity === 'score';
    this.title = planned ? 'Evidence: Z at a stage’s end, and its boundary' : stakeTitle(name);
    const { observed, limit } = series.rules[this.#rule];
    const seen = points(observed).map(({ tick, value }) => ({
      tick,
      value: planned ? value : Math.max(LEAST, value),
    }));
    const limits = points(limit);
    const y = planned ? linear(seen, limits, this.plot.range) : logarithmic(seen, limits, this.plot.range);
    const marks = {
      rule: this.#rule,
      name,
      everyTick: look === 'every_tick',
      deciding: this.#rule === deciding(report)?.rule,
      points: limits,
    };
    const path = line(
      (p: Point) => x(look === 'every_tick' ? p.tick - 0.5 : p.tick),
      (p: Point) => y(p.value),
    );
    this.plot.draw(x, width, {
      behind: [
        stageBands(bands, x, this.plot.height),
        yAxis(y, x, planned ? y.ticks(4) : powers(y.domain()), planned ? significant : power),
      ],
      marks: s(
        'g',
        {},
        limitMarks(marks, bands, x, y),
        s('path', { class: 'evidence line', d: path(thinned(seen, width)) }),
        ...(seen.length > 60
          ? []
          : seen.map((p) => diamond(x(look === 'every_tick' ? p.tick - 0.5 : p.tick), y(p.value)))),
      ),
    });
  }

  figures({ series }: Scene, tick: number) {
    const rule = series.rules[this.#rule];
    const told = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? '–' : significant(value));
    return [told(rule?.observed[tick - 1]), told(rule?.limit[tick - 1])];
  }

  key() {
    return [
      { mark: 'evidence', name: 'evidence', column: 0 },
      { mark: 'limit', name: 'limit', column: 1 },
    ];
  }

  /**
   * The latest look of the rule in words.
   *
   * @param here the rollout up to the playhead
   */
  words(here: Report) {
    const checks = here.stages.flatMap((stage) => stage.checks.filter(({ rule }) => rule === this.#rule));
    const latest = checks.findLast(({ sentence }) => sentence !== null);
    return latest?.sentence ? unbroken(latest.sentence) : 'The rule has not looked yet.';
  }
}

const stakeTitle = (rule: string) =>
  `Evidence that the canary ${isLatencyRule(rule) ? 'is slow more often' : 'fails more'}: a stake of 1, bet on it`;

function logarithmic(seen: Point[], limits: Point[], range: number[]): Scale {
  const [low = 1, high = 1] = extent([...seen, ...limits]);
  return scaleLog()
    .domain([Math.min(0.1, low) / 1.5, Math.max(20, high) * 2])
    .range(range);
}

function linear(seen: Point[], limits: Point[], range: number[]): Scale {
  const [low = 0, high = 3] = extent([...seen, ...limits]);
  return scaleLinear()
    .domain([Math.min(0, low), high * 1.12])
    .nice(4)
    .range(range);
}

/** A power of ten where there is little room: `100`, `10⁶`. */
const power = (value: number) =>
  value >= 0.001 && value <= 1000 ? significant(value) : `10${raised(Math.round(Math.log10(value)))}`;

/** Powers of ten, no more than there is room for. */
function powers([low, high]: number[]) {
  const from = Math.ceil(Math.log10(low));
  const to = Math.floor(Math.log10(high));
  const step = Math.max(1, Math.ceil((to - from) / 4));
  const values = [];
  for (let power = from; power <= to; power += step) values.push(10 ** power);
  return values;
}

const diamond = (x: number, y: number) =>
  s('path', { class: 'evidence-point', d: `M${x - 3.4} ${y}l3.4 -3.4 3.4 3.4 -3.4 3.4z` });
