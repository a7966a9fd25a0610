/**
 * The evidence of a rule against its limit, on the time axis: a stake on a
 * logarithmic scale, or for planned looks Z and its boundaries.
 */

import { extent } from 'd3-array';
import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { svg } from 'lit/html.js';
import { raised, significant, unbroken } from '../base/format.ts';
import { ruleNamed } from '../engine/catalogue.ts';
import type { Report } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { Point } from '../rollout/series.ts';
import { deciding, evidenceRule, points, thinned } from '../rollout/series.ts';
import type { Chart, Label, Scale, Scene } from './chart.ts';
import { Plot, stageBands, yAxis } from './chart.ts';
import { limitMarks } from './limits.ts';

/** Below this a stake is as good as lost. */
const LEAST = 0.001;
/** More points than this are a line without marks. */
const MOST_MARKS = 60;

export class EvidenceChart implements Chart {
  name = 'evidence';
  plot = new Plot(150);
  title = 'Evidence';
  columns = ['evidence', 'limit'];
  active = false;
  #rule = -1;
  #y: Scale = scaleLinear();
  #lowest = -Infinity;

  draw({ report, series, bands, x, width }: Scene) {
    this.#rule = evidenceRule(report);
    this.active = this.#rule >= 0;
    if (!this.active) return;
    const { rule: name, look } = planOf(report).rules[this.#rule];
    const planned = ruleNamed(name)?.quantity === 'score';
    this.#lowest = planned ? -Infinity : LEAST;
    const when = look === 'stage_end' ? ' at a stage’s end' : '';
    this.title = planned ? `Evidence: Z${when}, and its boundary` : stakeTitle(name);
    const { observed, limit } = series.rules[this.#rule];
    const seen = points(observed).map(({ tick, value }) => ({ tick, value: Math.max(this.#lowest, value) }));
    const limits = points(limit);
    const y = (planned ? linear : logarithmic)([...seen, ...limits], this.plot.range);
    this.#y = y;
    const marks = {
      rule: this.#rule,
      name,
      subject: 'errors' as const,
      everyTick: look === 'every_tick',
      deciding: this.#rule === deciding(report)?.rule,
      points: limits,
    };
    const at = (p: Point) => x(look === 'every_tick' ? p.tick - 0.5 : p.tick);
    const path = line<Point>(at, (p) => y(p.value));
    const marked = seen.length > MOST_MARKS ? [] : seen;
    this.plot.draw(x, width, {
      behind: svg`${stageBands(bands, x, this.plot.height)}
        ${yAxis(y, x, planned ? y.ticks(4) : powers(y.domain()), planned ? significant : power)}`,
      marks: svg`${limitMarks(marks, bands, x, y)}
        <path class="evidence line" d=${path(thinned(seen, width)) ?? ''}></path>
        ${marked.map(
          (p) => svg`<path class="evidence-point" d="M${at(p) - 3.4} ${y(p.value)}l3.4 -3.4 3.4 3.4 -3.4 3.4z"></path>`,
        )}`,
    });
  }

  figures({ series }: Scene, tick: number) {
    const rule = series.rules[this.#rule];
    return [words(rule?.observed[tick - 1]), words(rule?.limit[tick - 1])];
  }

  labels({ series }: Scene, tick: number): Label[] {
    const { observed, limit } = series.rules[this.#rule];
    // The latest look: rules do not look at every tick.
    const last = observed.subarray(0, tick).findLastIndex((value) => !Number.isNaN(value));
    const [seen, most] = [observed[last] ?? NaN, limit[last] ?? NaN];
    return [
      { mark: 'evidence', text: `evidence ${words(seen)}`, y: this.#y(Math.max(this.#lowest, seen)) },
      { mark: 'limit', text: `limit ${words(most)}`, y: this.#y(most) },
    ];
  }

  key() {
    return [];
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

const words = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? '–' : significant(value));

/** What a stake is bet on, by what a rule judges. */
const WORSE = new Map([
  ['errors', 'fails more'],
  ['latency', 'is slow more often'],
  ['traffic', 'does not get its share'],
]);

const stakeTitle = (rule: string) =>
  `Evidence that the canary ${WORSE.get(ruleNamed(rule)?.subject ?? 'errors')}: a stake of 1, bet on it`;

function logarithmic(all: Point[], range: [number, number]): Scale {
  const [low = 1, high = 1] = extent(all, ({ value }) => value);
  return scaleLog([Math.min(0.1, low) / 1.5, Math.max(20, high) * 2], range);
}

function linear(all: Point[], range: [number, number]): Scale {
  const [low = 0, high = 3] = extent(all, ({ value }) => value);
  return scaleLinear([Math.min(0, low), high * 1.12], range).nice(4);
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
  for (let exponent = from; exponent <= to; exponent += step) values.push(10 ** exponent);
  return values;
}
