/** Failed requests of both arms by the window that is judged, with the limits. */

import { s } from '../base/dom.ts';
import { percent, tickUnit } from '../base/format.ts';
import { isLatencyRule, ruleNamed } from '../engine/catalogue.ts';
import type { Report } from '../engine/engine.ts';
import { ARMS } from '../rollout/arms.ts';
import type { Limit, Window } from '../rollout/series.ts';
import { deciding, errorRates, errorWindow, limitAt, limits, points } from '../rollout/series.ts';
import { Plot, stageBands, yAxis } from './chart.ts';
import type { Holdable, OnSet } from './limit-handle.ts';
import { GRIP_WIDTH, LimitHandle } from './limit-handle.ts';
import { limitMarks } from './limit-marks.ts';
import { limitPaths } from './limit-paths.ts';
import type { Range } from './rate-marks.ts';
import { dots, failedPoint, intervalBand, intervals, rateLine } from './rate-marks.ts';
import type { Scale } from './scale.ts';
import { extent, scaleLinear } from './scale.ts';
import type { Scene } from './timeline.ts';

/** What the intervals are: they hold at a moment chosen beforehand, not however often one looks. */
const ONE_LOOK = '95 % interval of this window, for one look';

export class ErrorChart {
  overlay;
  control;
  name = 'errors';
  plot = new Plot(196);
  title = 'Failed requests';
  columns: string[] = [];
  #limits: Limit[] = [];
  /**
   * Rates of both arms over the window that is judged, then, if that is not the
   * tick, of the tick alone.
   */
  #rates: Float64Array[] = [];

  /** Of both arms over the window that is judged. */
  #intervals: Range[][] = [];
  #limitColumn = 0;

  #handle;
  /** The scale of rates, which stays while a limit is dragged. */
  #y: Scale = scaleLinear();

  constructor(onset: OnSet) {
    this.#handle = new LimitHandle(onset);
    this.overlay = this.#handle.overlay;
    this.control = this.#handle.control;
  }

  draw(scene: Scene) {
    const { report, series, bands, x, width } = scene;
    const window = errorWindow(report);
    const unit = tickUnit(report.config.tick_seconds).name;
    const words = {
      tick: `each ${unit} by itself`,
      stage: 'the stage so far',
      rollout: 'the rollout so far',
    };
    this.title = `Failed requests, ${words[window]}`;
    const windows: Window[] = window === 'tick' ? ['tick'] : [window, 'tick'];
    this.#rates = windows.flatMap((w) => ARMS.map((arm) => errorRates(series, arm, w)));
    const alone = windows.slice(1).flatMap(() => ARMS.map((arm) => `${arm}, the ${unit} alone`));
    this.#intervals = ARMS.map((arm) => intervals(series, arm, window));
    this.columns = [...ARMS, ...alone, 'limit for the canary', ...ARMS.map((arm) => `${arm}, ${ONE_LOOK}`)];
    this.#limitColumn = this.columns.length - 1 - ARMS.length;
    this.#limits = limits(report, series, false);

    const y = this.#scale();
    const cuts = window === 'stage' ? bands : [];
    this.plot.draw(x, width, {
      behind: [stageBands(bands, x, this.plot.height), yAxis(y, x, y.ticks(4), percent)],
      marks: s(
        'g',
        {},
        ...ARMS.flatMap((arm, i) => intervalBand(arm, this.#intervals[i], cuts, x, y)),
        ...this.#dots(x, y),
        ...ARMS.flatMap((arm, i) => rateLine(arm, points(this.#rates[i]), cuts, x, y)),
        ...this.#limits.map((limit) => limitMarks(limit, bands, x, y)),
        this.#failure(report, x, y),
      ),
    });
    this.#handle.show(this.#holdable(scene, y));
  }

  #scale() {
    if (this.#handle.dragging) return this.#y;
    const values = [...this.#rates.map(points), ...this.#limits.map((limit) => limit.points)].flat();
    const top = extent(values)[1] || 0.02;
    this.#y = scaleLinear()
      .domain([0, top * 1.12])
      .nice(4)
      .range(this.plot.range);
    return this.#y;
  }

  /** The limit to hold: the one that is held, that decided, or the first. */
  #holdable({ report, draft, x }: Scene, y: Scale): Holdable | null {
    const held = this.#handle.heldPaths?.join();
    const pathsOf = ({ rule }: Limit) => limitPaths(draft, report.config, rule);
    const limit =
      this.#limits.find((one) => pathsOf(one).join() === held) ??
      this.#limits.find(({ deciding }) => deciding) ??
      this.#limits[0];
    if (!limit) return null;
    const value = report.config.rules[limit.rule].max ?? 0;
    const at = limit.points[limit.points.length - 1];
    // What the canary's own rate is measured from at that tick.
    const quantity = ruleNamed(limit.name)?.quantity;
    const base = quantity === 'ratio' ? at.value / value : at.value - value;
    const valueAt = (pixels: number) => {
      const rate = y.invert(Math.max(y.range()[1], Math.min(y.range()[0], pixels)));
      if (quantity === 'rate') return rate;
      return quantity === 'ratio' ? rate / base : rate - base;
    };
    return {
      rule: limit.name,
      value,
      paths: pathsOf(limit),
      x: gripPlace(x, at.tick),
      y: y(at.value),
      valueAt,
    };
  }

  #dots(x: Scale, y: Scale) {
    const kinds = this.#rates.length > ARMS.length ? ['', 'light'] : [''];
    return kinds.flatMap((kind, k) =>
      ARMS.map((arm, i) => dots(points(this.#rates[k * ARMS.length + i]), arm, kind, x, y)),
    );
  }

  /** The point that decided, if a rule on errors did. */
  #failure(report: Report, x: Scale, y: Scale) {
    const decision = deciding(report);
    if (!decision?.name || decision.action !== 'rollback' || isLatencyRule(decision.name)) return null;
    const rate = this.#rates[1][decision.tick - 1];
    return Number.isNaN(rate) ? null : failedPoint(x(decision.tick - 0.5), y(rate), x.range()[1]);
  }

  figures({ series }: Scene, tick: number) {
    return [
      ...this.#rates.map((rates) => percent(rates[tick - 1] ?? NaN)),
      percent(limitAt(this.#limits, series, tick)),
      ...this.#intervals.map((all) => rangeWords(all.find((range) => range.tick === tick))),
    ];
  }

  key() {
    return [
      { mark: 'baseline', name: 'baseline', column: 0 },
      { mark: 'canary', name: 'canary', column: 1 },
      ...this.#limits.slice(0, 1).map(() => ({ mark: 'limit', name: 'limit', column: this.#limitColumn })),
      { mark: 'interval', name: ONE_LOOK, column: null },
    ];
  }
}

const rangeWords = (range: Range | undefined) => (range ? `${percent(range.low)} to ${percent(range.high)}` : '–');

/**
 * Where a grip stands: beyond the tick, whose own point it must not hide, or
 * before its end where there is no room.
 */
const gripPlace = (x: Scale, tick: number) => {
  const beyond = x(tick) + 5;
  return beyond + GRIP_WIDTH <= x.range()[1] ? beyond : x.range()[1] - GRIP_WIDTH;
};
