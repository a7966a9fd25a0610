/** The canary's share of traffic, as it went and as it was planned. */

import { scaleLinear } from './scale.js';
import { area, line } from './path.js';
import { Plot, stageBands, yAxis } from './chart.js';
import { PlanEditor } from '../edit/plan-editor.js';
import { s } from '../base/dom.js';
import { share } from '../base/format.js';

/** @import { Report, Series } from '../base/engine.js' */
/** @import { Scene } from './timeline.js' */
/** @import { OnChange } from '../edit/plan-edit.js' */
/** @import { OnSet } from './limit-handle.js' */
/** @import { Band, Point } from '../rollout/model.js' */

export class TrafficChart {
  name = 'traffic';
  plot = new Plot(96);
  title = 'Traffic share of the new version';
  columns = ['canary’s share'];
  #editor;

  /**
   * @param {OnSet} onset
   * @param {OnChange} onstages
   */
  constructor(onset, onstages) {
    this.#editor = new PlanEditor(onset, onstages);
  }

  /** The plan, to be edited, under the chart. */
  get control() {
    return this.#editor.element;
  }

  /** @param {Scene} scene */
  draw({ report, series, bands, x, width, end }) {
    const y = scaleLinear().domain([0, 100]).range(this.plot.range);
    const went = stepped(course(report, series, end));
    const at = (/** @type {Point} */ p) => x(p.tick);
    const up = (/** @type {Point} */ p) => y(p.value);
    const marks = s(
      'g',
      {},
      s('path', { class: 'canary-area', d: area(at, () => y(0), up)(went) }),
      s('path', { class: 'canary line', d: line(at, up)(went) }),
    );
    const planned = stepped(plan(bands));
    this.plot.draw(x, width, {
      behind: [
        stageBands(bands, x, this.plot.height),
        yAxis(y, x, [0, 50, 100], share),
        s('path', { class: 'planned', d: line(at, up)(planned) }),
      ],
      marks,
    });
    this.#editor.show(report.config);
  }

  /**
   * The figures of a tick for table and key, which tells what came of it at the end.
   * @param {Scene} scene
   * @param {number} tick
   * @param {boolean} [atEnd]
   */
  figures({ series, report }, tick, atEnd = false) {
    const after = atEnd ? shareAfter(report) : undefined;
    if (after !== undefined) return [share(after)];
    return [tick > 0 ? share(series.traffic_pct[tick - 1]) : '–'];
  }

  /** @param {Scene} scene */
  key(scene) {
    return [
      { mark: 'canary', name: 'canary', column: 0 },
      ...(scene.bands.some(({ ran }) => !ran) ? [{ mark: 'planned', name: 'as planned', column: null }] : []),
    ];
  }
}

/**
 * The share when all is decided, in percent; `undefined` until then.
 * @param {Report} report
 * @returns {number | undefined}
 */
const shareAfter = ({ final_state }) =>
  ({ COMPLETED: 100, ROLLED_BACK: 0 })[/** @type {"COMPLETED" | "ROLLED_BACK"} */ (final_state)];

/**
 * The share over time, with what came of it after the end.
 * @param {Report} report
 * @param {Series} series
 * @param {number} end
 * @returns {Point[]}
 */
function course(report, series, end) {
  const { traffic_pct: shares } = series;
  const { length } = shares;
  /** @type {Point[]} */
  const went = [];
  for (let tick = 0; tick < length; tick += 1) if (tick === 0 || shares[tick] !== shares[tick - 1]) went.push({ tick, value: shares[tick] });
  const after = shareAfter(report);
  if (after !== undefined) went.push({ tick: length, value: after }, { tick: end, value: after });
  else if (length > 0) went.push({ tick: length, value: series.traffic_pct[length - 1] });
  return went;
}

/**
 * What was still to come when the rollout ended or stopped.
 * @param {Band[]} bands
 * @returns {Point[]}
 */
function plan(bands) {
  const rest = bands.filter(({ ran }) => !ran);
  const points = rest.map(({ from, pct }) => ({ tick: from, value: pct }));
  const last = rest.at(-1);
  if (last) points.push({ tick: last.to, value: last.pct });
  return points;
}

/**
 * With its corners: each value lasts until the next one's tick.
 * @param {Point[]} points
 */
const stepped = (points) =>
  points.flatMap((point, i) => (i ? [{ ...point, value: points[i - 1].value }, point] : [point]));
