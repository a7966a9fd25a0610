/** Failed requests of both arms by the window that is judged, with the limits. */

import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { Plot, stageBands, yAxis } from './chart.js';
import { s } from './dom.js';
import { percent, tickUnit } from './format.js';
import { limitMarks } from './limit-marks.js';
import {
  deciding,
  errorRates,
  errorWindow,
  isLatencyRule,
  limitAt,
  limits,
  points,
  thinned,
} from './model.js';

/** @import { Scene } from './timeline.js' */
/** @import { Limit, Point } from './model.js' */

/** Above this many ticks the ticks' own points would only be a smear. */
const MOST_POINTS = 400;

const ARMS = /** @type {const} */ (['baseline', 'canary']);

export class ErrorChart {
  plot = new Plot(196);
  title = 'Failed requests';
  columns = [
    'baseline',
    'canary',
    'baseline, the tick alone',
    'canary, the tick alone',
    'limit for the canary',
  ];
  /** @type {Limit[]} */
  #limits = [];
  /** Rates by the window judged, then by the tick alone. @type {Float64Array[]} */
  #rates = [];

  /** @param {Scene} scene */
  draw({ report, series, bands, x, width }) {
    const window = errorWindow(report);
    const unit = tickUnit(report.config.tick_seconds).name;
    this.title = `Failed requests, ${{ tick: `each ${unit} by itself`, stage: 'the stage so far', rollout: 'the rollout so far' }[window]}`;
    const judged = ARMS.map((arm) => errorRates(series, arm, window));
    const alone = ARMS.map((arm) => errorRates(series, arm, 'tick'));
    this.#rates = [...judged, ...alone];
    this.#limits = limits(report, series, false);

    const shown = [...judged, ...(window === 'tick' ? [] : alone)].map(points);
    const top = max([...shown, ...this.#limits.map((limit) => limit.points)].flat(), ({ value }) => value);
    const y = scaleLinear()
      .domain([0, top ? top * 1.12 : 0.02])
      .nice(4)
      .range(this.plot.range);
    const path = line(
      (/** @type {Point} */ p) => x(p.tick - 0.5),
      (/** @type {Point} */ p) => y(p.value),
    );
    const marks = s('g', {});
    ARMS.forEach((arm, i) => {
      if (window !== 'tick') marks.append(dots(points(alone[i]), arm, 'light', x, y));
      for (const part of window === 'stage' ? byBand(points(judged[i]), bands) : [points(judged[i])]) {
        marks.append(s('path', { class: `${arm} line`, d: path(thinned(part, width)) }));
      }
      if (arm === 'canary' || window === 'tick') marks.append(dots(points(judged[i]), arm, '', x, y));
    });
    marks.append(...this.#limits.map((limit) => limitMarks(limit, bands, x, y)));
    const decision = deciding(report);
    if (decision && decision.action === 'rollback' && decision.name && !isLatencyRule(decision.name)) {
      const rate = judged[1][decision.tick - 1];
      if (!Number.isNaN(rate)) marks.append(failedPoint(x(decision.tick - 0.5), y(rate)));
    }
    this.plot.draw(x, width, {
      behind: [stageBands(bands, x, this.plot.height), yAxis(y, x, y.ticks(4), percent)],
      marks,
    });
  }

  /**
   * @param {Scene} scene
   * @param {number} tick
   */
  figures({ series }, tick) {
    return [
      ...this.#rates.map((rates) => percent(rates[tick - 1] ?? NaN)),
      percent(limitAt(this.#limits, series, tick)),
    ];
  }

  key() {
    return [
      { mark: 'baseline', name: 'baseline', column: 0 },
      { mark: 'canary', name: 'canary', column: 1 },
      ...this.#limits.slice(0, 1).map(() => ({ mark: 'limit', name: 'limit', column: 4 })),
    ];
  }
}

/**
 * Points cut where a new stage begins, for its window begins anew.
 * @param {Point[]} all
 * @param {import("./model.js").Band[]} bands
 */
const byBand = (all, bands) =>
  bands.filter(({ ran }) => ran).map(({ from, to }) => all.filter(({ tick }) => tick > from && tick <= to));

/**
 * Round points for the canary, square ones for the baseline: the arms differ
 * without their colours.
 * @param {Point[]} all
 * @param {"baseline" | "canary"} arm
 * @param {string} kind
 * @param {import("./chart.js").Scale} x
 * @param {import("./chart.js").Scale} y
 */
function dots(all, arm, kind, x, y) {
  const group = s('g', { class: `${arm} dots ${kind}` });
  if (all.length > MOST_POINTS) return group;
  for (const { tick, value } of all) {
    const [cx, cy] = [x(tick - 0.5), y(value)];
    group.append(
      arm === 'canary'
        ? s('circle', { cx, cy, r: kind ? 2.4 : 3.2 })
        : s('rect', { x: cx - 2.2, y: cy - 2.2, width: 4.4, height: 4.4 }),
    );
  }
  return group;
}

/**
 * The point that decided: a cross in a disc.
 * @param {number} x
 * @param {number} y
 */
export const failedPoint = (x, y) =>
  s(
    'g',
    { class: 'failed-point', transform: `translate(${x} ${y})` },
    s('circle', { r: 7 }),
    s('path', { d: 'M-2.8-2.8 2.8 2.8M2.8-2.8-2.8 2.8' }),
    s('text', { x: 6, y: -12 }, 'rolled back'),
  );
