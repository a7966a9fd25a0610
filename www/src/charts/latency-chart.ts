/** Latency quantiles of both arms, tick by tick, on a logarithmic axis. */

import { s } from '../base/dom.ts';
import { milliseconds, significant } from '../base/format.ts';
import type { Rule } from '../engine/engine.ts';
import { ARMS } from '../rollout/arms.ts';
import type { Limit, Point } from '../rollout/series.ts';
import { limitAt, limits, points, thinned } from '../rollout/series.ts';
import { Plot, stageBands, yAxis } from './chart.ts';
import { limitMarks } from './limit-marks.ts';
import { line } from './path.ts';
import { extent, scaleLog } from './scale.ts';
import type { Scene } from './timeline.ts';

const QUANTILES = ['p50', 'p95', 'p99'] as const;

export class LatencyChart {
  name = 'latency';
  plot = new Plot(150);
  title = 'Latency, p50 to p99';
  columns = [...ARMS.flatMap((arm) => QUANTILES.map((q) => `${arm} ${q}`)), 'limit for the canary'];
  #limits: Limit[] = [];

  draw({ report, series, bands, x, width }: Scene) {
    this.#limits = limits(report, series, true);
    const lines = ARMS.flatMap((arm) => QUANTILES.map((q) => ({ arm, q, all: points(series[`${arm}_${q}_ms`]) })));
    const values = [...lines.map(({ all }) => all), ...this.#limits.map((limit) => limit.points)].flat();
    const [low = 50, high = 200] = extent(values);
    const y = scaleLog()
      .domain([low / 1.15, high * 1.15])
      .range(this.plot.range);
    const path = line(
      (p: Point) => x(p.tick - 0.5),
      (p: Point) => y(p.value),
    );
    this.plot.draw(x, width, {
      behind: [stageBands(bands, x, this.plot.height), yAxis(y, x, roundSteps(y.domain(), this.plot.height), shortly)],
      marks: s(
        'g',
        {},
        ...lines.map(({ arm, q, all }) => s('path', { class: `${arm} line ${q}`, d: path(thinned(all, width)) })),
        ...this.#limits.map((limit) => limitMarks(limit, bands, x, y)),
      ),
    });
  }

  figures({ series }: Scene, tick: number) {
    const quantiles = ARMS.flatMap((arm) =>
      QUANTILES.map((q) => milliseconds(series[`${arm}_${q}_ms`][tick - 1] ?? NaN)),
    );
    return [...quantiles, milliseconds(limitAt(this.#limits, series, tick))];
  }

  key({ report }: Scene) {
    return [
      { mark: 'baseline p99', name: 'baseline p99', column: 2 },
      { mark: 'canary p99', name: 'canary p99', column: 5 },
      { mark: 'p95', name: 'p95', column: null },
      { mark: 'p50', name: 'p50', column: null },
      ...this.#limits
        .slice(0, 1)
        .map(({ rule }) => ({ mark: 'limit', name: limitName(report.config.rules[rule]), column: 6 })),
    ];
  }
}

/** What a rule limits: `p95 limit`. */
const limitName = ({ quantile }: Rule) => (quantile === undefined ? 'limit' : `p${significant(quantile * 100)} limit`);

/** A latency where there is little room: `312 ms`, `1.5 s`. */
const shortly = (ms: number) => (ms < 1000 ? milliseconds(ms) : `${significant(ms / 1000)}\u00a0s`);

/** Round values on a logarithmic axis, as many as its height has room for. */
function roundSteps([low, high]: number[], height: number) {
  const candidates = [[1, 1.5, 2, 3, 4, 5, 6, 8], [1, 2, 3, 5], [1, 2, 5], [1]];
  const most = height / 30;
  for (const steps of candidates) {
    const values = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      values.push(...steps.map((step) => step * 10 ** power).filter((value) => value >= low && value <= high));
    }
    if (values.length <= most) return values;
  }
  return [low, high];
}
