/** Latency quantiles of both arms, tick by tick, on a logarithmic axis. */

import { extent } from 'd3-array';
import { scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { svg } from 'lit/html.js';
import { milliseconds, significant } from '../base/format.ts';
import { planOf } from '../engine/plan.ts';
import { ARMS } from '../rollout/arms.ts';
import type { Limit, Point } from '../rollout/series.ts';
import { limitAt, limitOf, limits, points, thinned } from '../rollout/series.ts';
import type { Chart, Label, Scale, Scene } from './chart.ts';
import { Plot, stageBands, yAxis } from './chart.ts';
import { limitMarks } from './limits.ts';

const QUANTILES = ['p50', 'p95', 'p99'] as const;

export class LatencyChart implements Chart {
  name = 'latency';
  plot = new Plot(150);
  title = 'Latency of requests';
  columns = [...ARMS.flatMap((arm) => QUANTILES.map((q) => `${arm} ${q}`)), 'limit for the canary'];
  active = true;
  #limits: Limit[] = [];
  #y: Scale = scaleLog();

  draw({ report, series, bands, x, width }: Scene) {
    this.#limits = limits(report, series, true);
    const lines = ARMS.flatMap((arm) => QUANTILES.map((q) => ({ arm, q, all: points(series[`${arm}_${q}_ms`]) })));
    const values = [...lines.map(({ all }) => all), ...this.#limits.map((limit) => limit.points)].flat();
    const [low = 50, high = 200] = extent(values, ({ value }) => value);
    const y = scaleLog([low / 1.15, high * 1.15], this.plot.range);
    this.#y = y;
    const path = line<Point>(
      (p) => x(p.tick - 0.5),
      (p) => y(p.value),
    );
    this.plot.draw(x, width, {
      behind: svg`${stageBands(bands, x, this.plot.height)}
        ${yAxis(y, x, roundSteps(y.domain(), this.plot.height), shortly)}`,
      marks: svg`${lines.map(
        ({ arm, q, all }) => svg`<path class="${arm} line ${q}" d=${path(thinned(all, width)) ?? ''}></path>`,
      )}
        ${this.#limits.map((limit) => limitMarks(limit, bands, x, y))}`,
    });
  }

  figures({ series }: Scene, tick: number) {
    const quantiles = ARMS.flatMap((arm) =>
      QUANTILES.map((q) => milliseconds(series[`${arm}_${q}_ms`][tick - 1] ?? NaN)),
    );
    return [...quantiles, milliseconds(limitAt(this.#limits, series, tick))];
  }

  labels({ series, report }: Scene, tick: number): Label[] {
    const arms = ARMS.map((arm) => {
      const value = series[`${arm}_p99_ms`][tick - 1] ?? NaN;
      return { mark: arm, text: `${arm} p99 ${shortly(value)}`, y: this.#y(value) };
    });
    const limit = limitOf(this.#limits, series, tick);
    if (!limit) return arms;
    const { quantile } = planOf(report).rules[limit.rule];
    const of = quantile === undefined ? '' : ` for p${significant(quantile * 100)}`;
    const value = limitAt(this.#limits, series, tick);
    return [...arms, { mark: 'limit', text: `limit${of} ${shortly(value)}`, y: this.#y(value) }];
  }

  key() {
    return [
      { mark: 'p99', name: 'p99', title: '99 of 100 requests are answered within this time' },
      { mark: 'p95', name: 'p95', title: '95 of 100 requests are answered within this time' },
      { mark: 'p50', name: 'p50', title: 'Half of the requests are answered within this time: the median' },
    ];
  }
}

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
