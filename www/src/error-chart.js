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
/** @import { Scale } from './chart.js' */
/** @import { Report } from './engine.js' */
/** @import { Band, Limit, Point, Window } from './model.js' */

/** Above this many ticks the ticks' own points would only be a smear. */
const MOST_POINTS = 400;

const ARMS = /** @type {const} */ (['baseline', 'canary']);

export class ErrorChart {
  plot = new Plot(196);
  title = 'Failed requests';
  /** @type {string[]} */
  columns = [];
  /** @type {Limit[]} */
  #limits = [];
  /**
   * Rates of both arms over the window that is judged, then, if that is not the
   * tick, of the tick alone.
   * @type {Float64Array[]}
   */
  #rates = [];

  /** @param {Scene} scene */
  draw({ report, series, bands, x, width }) {
    const window = errorWindow(report);
    const unit = tickUnit(report.config.tick_seconds).name;
    const words = {
      tick: `each ${unit} by itself`,
      stage: 'the stage so far',
      rollout: 'the rollout so far',
    };
    this.title = `Failed requests, ${words[window]}`;
    /** @type {Window[]} */
    const windows = window === 'tick' ? ['tick'] : [window, 'tick'];
    this.#rates = windows.flatMap((w) => ARMS.map((arm) => errorRates(series, arm, w)));
    const alone = windows.slice(1).flatMap(() => ARMS.map((arm) => `${arm}, the ${unit} alone`));
    this.columns = [...ARMS, ...alone, 'limit for the canary'];
    this.#limits = limits(report, series, false);

    const values = [...this.#rates.map(points), ...this.#limits.map((limit) => limit.points)].flat();
    const top = max(values, ({ value }) => value) || 0.02;
    const y = scaleLinear()
      .domain([0, top * 1.12])
      .nice(4)
      .range(this.plot.range);
    this.plot.draw(x, width, {
      behind: [stageBands(bands, x, this.plot.height), yAxis(y, x, y.ticks(4), percent)],
      marks: s(
        'g',
        {},
        ...this.#dots(x, y),
        ...this.#lines(window === 'stage' ? bands : [], x, y),
        ...this.#limits.map((limit) => limitMarks(limit, bands, x, y)),
        this.#failure(report, x, y),
      ),
    });
  }

  /**
   * @param {Scale} x
   * @param {Scale} y
   */
  #dots(x, y) {
    const kinds = this.#rates.length > ARMS.length ? ['', 'light'] : [''];
    return kinds.flatMap((kind, k) =>
      ARMS.map((arm, i) => dots(points(this.#rates[k * ARMS.length + i]), arm, kind, x, y)),
    );
  }

  /**
   * A line an arm, cut where a new stage begins if its window begins anew there.
   * @param {Band[]} cuts
   * @param {Scale} x
   * @param {Scale} y
   */
  #lines(cuts, x, y) {
    const path = line(
      (/** @type {Point} */ p) => x(p.tick - 0.5),
      (/** @type {Point} */ p) => y(p.value),
    );
    const pixels = Math.ceil(x.range()[1]);
    return ARMS.flatMap((arm, i) => {
      const all = points(this.#rates[i]);
      const parts = cuts.length === 0 ? [all] : byBand(all, cuts);
      return parts.map((part) => s('path', { class: `${arm} line`, d: path(thinned(part, pixels)) }));
    });
  }

  /**
   * The point that decided, if a rule on errors did.
   * @param {Report} report
   * @param {Scale} x
   * @param {Scale} y
   */
  #failure(report, x, y) {
    const decision = deciding(report);
    if (!decision?.name || decision.action !== 'rollback' || isLatencyRule(decision.name)) return null;
    const rate = this.#rates[1][decision.tick - 1];
    return Number.isNaN(rate) ? null : failedPoint(x(decision.tick - 0.5), y(rate));
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
      ...this.#limits
        .slice(0, 1)
        .map(() => ({ mark: 'limit', name: 'limit', column: this.columns.length - 1 })),
    ];
  }
}

/**
 * Points cut where a new stage begins, for its window begins anew.
 * @param {Point[]} all
 * @param {Band[]} bands
 */
const byBand = (all, bands) =>
  bands.filter(({ ran }) => ran).map(({ from, to }) => all.filter(({ tick }) => tick > from && tick <= to));

/**
 * Round points for the canary, square ones for the baseline: the arms differ
 * without their colours.
 * @param {Point[]} all
 * @param {"baseline" | "canary"} arm
 * @param {string} kind
 * @param {Scale} x
 * @param {Scale} y
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
const failedPoint = (x, y) =>
  s(
    'g',
    { class: 'failed-point', transform: `translate(${x} ${y})` },
    s('circle', { r: 7 }),
    s('path', { d: 'M-2.8-2.8 2.8 2.8M2.8-2.8-2.8 2.8' }),
    s('text', { x: 6, y: -12 }, 'rolled back'),
  );
