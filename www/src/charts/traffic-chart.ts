/** The canary's share of traffic, as it went and as it was planned. */

import { scaleLinear } from 'd3-scale';
import { area, curveStepAfter, line } from 'd3-shape';
import { svg } from 'lit/html.js';
import { share } from '../base/format.ts';
import type { Report, Series } from '../engine/engine.ts';
import type { Band, Point } from '../rollout/series.ts';
import type { Chart, Scale, Scene } from './chart.ts';
import { Plot, stageBands, yAxis } from './chart.ts';

export class TrafficChart implements Chart {
  name = 'traffic';
  plot = new Plot(76);
  title = 'Traffic to the canary (new version); the rest goes to the baseline';
  columns = ['canary’s share'];
  active = true;
  #y: Scale = scaleLinear();

  draw({ report, series, bands, x, width }: Scene) {
    const y = scaleLinear([0, 100], this.plot.range);
    this.#y = y;
    const went = course(report, series);
    const at = (p: Point) => x(p.tick);
    const up = (p: Point) => y(p.value);
    const along = line(at, up).curve(curveStepAfter);
    const filled = area<Point>(at, () => y(0), up).curve(curveStepAfter);
    this.plot.draw(x, width, {
      behind: svg`${stageBands(bands, x, this.plot.height)}${yAxis(y, x, [0, 50, 100], share)}
        <path class="planned" d=${along(plan(bands)) ?? ''}></path>`,
      marks: svg`<path class="canary-area" d=${filled(went)}></path>
        <path class="canary line" d=${along(went)}></path>`,
    });
  }

  figures({ series, report }: Scene, tick: number, atEnd: boolean = false) {
    const pct = this.#shareAt(report, series, tick, atEnd);
    return [pct === undefined ? '–' : share(pct)];
  }

  labels({ series, report }: Scene, tick: number, atEnd: boolean) {
    const pct = this.#shareAt(report, series, tick, atEnd);
    return pct === undefined ? [] : [{ mark: 'canary', text: `canary ${share(pct)}`, y: this.#y(pct) }];
  }

  key() {
    return [];
  }

  /** The share in a tick; at the end, what came of it. */
  #shareAt(report: Report, { traffic_pct }: Series, tick: number, atEnd: boolean): number | undefined {
    return (atEnd ? shareAfter(report) : undefined) ?? traffic_pct[tick - 1];
  }
}

/** The share when all is decided, in percent; `undefined` until then. */
const shareAfter = ({ final_state }: Report): number | undefined =>
  ({ COMPLETED: 100, ROLLED_BACK: 0 })[final_state as 'COMPLETED' | 'ROLLED_BACK'];

/** The share over time, each value until the next one's tick, with what came of it at the end. */
function course(report: Report, { traffic_pct: shares }: Series): Point[] {
  const { length } = shares;
  const went: Point[] = [];
  for (let tick = 0; tick < length; tick += 1)
    if (tick === 0 || shares[tick] !== shares[tick - 1]) went.push({ tick, value: shares[tick] });
  const after = shareAfter(report);
  if (length > 0) went.push({ tick: length, value: after ?? shares[length - 1] });
  return went;
}

/** What was still to come when the rollout ended or stopped. */
function plan(bands: Band[]): Point[] {
  const rest = bands.filter(({ ran }) => !ran);
  const points = rest.map(({ from, pct }) => ({ tick: from, value: pct }));
  const last = rest.at(-1);
  if (last) points.push({ tick: last.to, value: last.pct });
  return points;
}
