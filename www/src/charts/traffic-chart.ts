/** The canary's share of traffic, as it went and as it was planned. */

import { s } from '../base/dom.ts';
import { share } from '../base/format.ts';
import type { Report, Series } from '../engine/engine.ts';
import type { Band, Point } from '../rollout/series.ts';
import { Plot, stageBands, yAxis } from './chart.ts';
import { area, line } from './path.ts';
import { scaleLinear } from './scale.ts';
import type { Scene } from './timeline.ts';

export class TrafficChart {
  name = 'traffic';
  plot = new Plot(96);
  title = 'Traffic share of the new version';
  columns = ['canary’s share'];

  draw({ report, series, bands, x, width, end }: Scene) {
    const y = scaleLinear().domain([0, 100]).range(this.plot.range);
    const went = stepped(course(report, series, end));
    const at = (p: Point) => x(p.tick);
    const up = (p: Point) => y(p.value);
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
  }

  /** The figures of a tick for table and key, which tells what came of it at the end. */
  figures({ series, report }: Scene, tick: number, atEnd: boolean = false) {
    const after = atEnd ? shareAfter(report) : undefined;
    if (after !== undefined) return [share(after)];
    return [tick > 0 ? share(series.traffic_pct[tick - 1]) : '–'];
  }

  key(scene: Scene) {
    return [
      { mark: 'canary', name: 'canary', column: 0 },
      ...(scene.bands.some(({ ran }) => !ran) ? [{ mark: 'planned', name: 'as planned', column: null }] : []),
    ];
  }
}

/** The share when all is decided, in percent; `undefined` until then. */
const shareAfter = ({ final_state }: Report): number | undefined =>
  ({ COMPLETED: 100, ROLLED_BACK: 0 })[final_state as 'COMPLETED' | 'ROLLED_BACK'];

/** The share over time, with what came of it after the end. */
function course(report: Report, series: Series, end: number): Point[] {
  const { traffic_pct: shares } = series;
  const { length } = shares;
  const went: Point[] = [];
  for (let tick = 0; tick < length; tick += 1)
    if (tick === 0 || shares[tick] !== shares[tick - 1]) went.push({ tick, value: shares[tick] });
  const after = shareAfter(report);
  if (after !== undefined) went.push({ tick: length, value: after }, { tick: end, value: after });
  else if (length > 0) went.push({ tick: length, value: series.traffic_pct[length - 1] });
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

/** With its corners: each value lasts until the next one's tick. */
const stepped = (points: Point[]) =>
  points.flatMap((point, i) => (i ? [{ ...point, value: points[i - 1].value }, point] : [point]));
