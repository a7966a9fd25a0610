/** Failed requests of both arms by the window that is judged, with the limits. */

import { extent, max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { svg } from 'lit/html.js';
import { count, counted, percent, tickUnit } from '../base/format.ts';
import { ruleNamed } from '../engine/catalogue.ts';
import type { Report, Series } from '../engine/engine.ts';
import { planOf, subjectOf } from '../engine/plan.ts';
import { ARMS } from '../rollout/arms.ts';
import type { Limit, Point, Window } from '../rollout/series.ts';
import {
  at,
  deciding,
  errorRates,
  errorRule,
  errorWindow,
  limitAt,
  limitOf,
  limits,
  points,
  seenCounts,
} from '../rollout/series.ts';
import { limitPaths } from '../words/limit-paths.ts';
import type { Chart, Label, Scale, Scene } from './chart.ts';
import { endOf, Plot, stageBands, yAxis } from './chart.ts';
import type { Holdable, OnSet } from './limit-handle.ts';
import { GRIP_HEIGHT, GRIP_WIDTH, LimitHandle } from './limit-handle.ts';
import { limitMarks, limitWords } from './limits.ts';
import { delayOf, isWorthShowing, seenBands, seenWords } from './look-marks.ts';
import type { Range } from './rate-marks.ts';
import { dots, fades, failedPoint, intervalBand, intervals, rateLine } from './rate-marks.ts';

/** What the intervals are: they hold at a moment chosen beforehand, not however often one looks. */
const ONE_LOOK = '95 % interval of this window, for one look: one in 20 misses';
const INTERVAL_MEANS =
  'The range in which the true error rate lies, as far as the requests of this window tell. ' +
  'It misses the true rate in 1 of 20 windows, and more often where one looks again and again.';

/** How much higher than lines and limits the intervals may make the chart: beyond that, lines would lie flat. */
const MOST_HEADROOM = 3;

export class ErrorChart implements Chart {
  name = 'errors';
  plot = new Plot(196);
  title = 'Failed requests';
  columns: string[] = [];
  active = true;
  overlay;
  control;
  /** The rule whose window the rates are of. */
  #rule = -1;
  /** Whether the bands of its last look are drawn. */
  #showsLook = false;
  #limits: Limit[] = [];
  /**
   * Rates of both arms over the window that is judged, then, if that is not the
   * tick, of the tick alone.
   */
  #rates: Float64Array[] = [];
  /** Of both arms over the window that is judged. */
  #intervals: Range[][] = [];
  #handle;
  /** The scale of rates, which stays while a limit is dragged. */
  #y: Scale = scaleLinear();
  /** Up to which tick a label would stand where the handle does. */
  #grip = Infinity;

  constructor(onset: OnSet) {
    this.#handle = new LimitHandle(onset);
    this.overlay = this.#handle.overlay;
    this.control = this.#handle.control;
  }

  draw(scene: Scene) {
    const { report, series, bands, x, width } = scene;
    this.#rule = errorRule(report);
    this.#showsLook = isWorthShowing(report, this.#rule);
    const window = errorWindow(report, this.#rule);
    const unit = tickUnit(report.config.tick_seconds).name;
    const words = {
      tick: `each ${unit} by itself`,
      stage: 'the stage so far',
      rollout: 'the rollout so far',
    };
    this.title = `Failed requests, ${typeof window === 'number' ? `the last ${counted(window, unit)}` : words[window]}`;
    const windows: Window[] = window === 'tick' ? ['tick'] : [window, 'tick'];
    this.#rates = windows.flatMap((w) => ARMS.map((arm) => errorRates(series, arm, w)));
    const alone = windows.slice(1).flatMap(() => ARMS.map((arm) => `${arm}, the ${unit} alone`));
    this.#intervals = ARMS.map((arm) => intervals(series, arm, window, width));
    this.columns = [...ARMS, ...alone, 'limit for the canary', ...ARMS.map((arm) => `${arm}, ${ONE_LOOK}`)];
    this.#limits = limits(report, series, false);

    const shown = this.#rates.map(points);
    const y = this.#scale(shown);
    const cuts = window === 'stage' ? bands : [];
    this.plot.draw(x, width, {
      behind: svg`${fades(y.range()[1])}${stageBands(bands, x, this.plot.height)}${yAxis(y, x, y.ticks(4), percent)}`,
      marks: svg`${ARMS.map((arm, i) => intervalBand(arm, this.#intervals[i], cuts, x, y))}
        ${shown.map((all, i) => dots(all, ARMS[i % ARMS.length], i < ARMS.length ? '' : 'light', x, y))}
        ${ARMS.map((arm, i) => rateLine(arm, shown[i], cuts, x, y))}
        ${this.#limits.map((limit) => limitMarks(limit, bands, x, y))}
        ${this.#failure(report, series, x, y)}`,
    });
    const held = this.#holdable(scene, y);
    this.#grip = held && this.#handle.show(held) ? held.tick : Infinity;
    if (!held) this.#handle.show(null);
  }

  #scale(shown: Point[][]) {
    if (this.#handle.dragging) return this.#y;
    const values = [...shown, ...this.#limits.map((limit) => limit.points)].flat();
    const [, top = 0] = extent(values, ({ value }) => value);
    const widest = max(this.#intervals.flat(), ({ high }) => high) ?? 0;
    const highest = Math.max(top * 1.12, Math.min(widest, top * MOST_HEADROOM)) || 0.02;
    this.#y = scaleLinear([0, highest], this.plot.range).nice(4);
    return this.#y;
  }

  /** The limit to hold: the one that is held, that decided, or the first. */
  #holdable({ report, draft, x }: Scene, y: Scale): (Holdable & { tick: number }) | null {
    const held = this.#handle.heldPaths?.join();
    const pathsOf = ({ rule }: Limit) => limitPaths(draft, planOf(report), rule);
    const limit =
      this.#limits.find((one) => pathsOf(one).join() === held) ??
      this.#limits.find(({ deciding }) => deciding) ??
      this.#limits[0];
    if (!limit || pathsOf(limit).length === 0) return null;
    const value = planOf(report).rules[limit.rule].max ?? 0;
    const last = limit.points[limit.points.length - 1];
    // What the canary's own rate is measured from at that tick.
    const quantity = ruleNamed(limit.name)?.quantity;
    const base = quantity === 'ratio' ? last.value / value : last.value - value;
    const valueAt = (pixels: number) => {
      const rate = y.invert(Math.max(y.range()[1], Math.min(y.range()[0], pixels)));
      if (quantity === 'rate') return rate;
      return quantity === 'ratio' ? rate / base : rate - base;
    };
    return {
      rule: limit.name,
      value,
      paths: pathsOf(limit),
      tick: last.tick,
      x: gripPlace(x, last.tick),
      y: y(last.value),
      valueAt,
    };
  }

  /** The point that decided, if a rule on errors did. */
  #failure(report: Report, series: Series, x: Scale, y: Scale) {
    const decision = deciding(report);
    const rule = planOf(report).rules[decision?.rule ?? -1];
    if (decision?.action !== 'rollback' || !rule || subjectOf(rule) !== 'errors') return null;
    // Of the whole service no line is drawn, and what it saw may lie before the rollout.
    const { window, tick } = decision;
    if (!window || rule.of === 'service') return null;
    const { errors: failed, requests: all } = seenCounts(series, 'canary', { ...window, tick });
    if (!all) return null;
    const { name } = tickUnit(report.config.tick_seconds);
    const late = window.last_tick < tick ? ` at ${name} ${count(tick)}` : '';
    const words = [`rolled back${late}:`, `${count(failed)} of ${count(all)} failed`];
    return failedPoint(x(window.last_tick - 0.5), y(failed / all), words, [x.range()[0], endOf(x)]);
  }

  backdrop({ x }: Scene, here: Report) {
    return this.#showsLook ? seenBands(here, this.#rule, x, this.plot.height, this.words(here)) : svg``;
  }

  words(here: Report) {
    return this.#showsLook ? seenWords(here, this.#rule) : '';
  }

  figures({ series }: Scene, tick: number) {
    return [
      ...this.#rates.map((rates) => percent(rates[tick - 1] ?? NaN)),
      percent(limitAt(this.#limits, series, tick)),
      ...this.#intervals.map((all) => rangeWords(at(all, tick))),
    ];
  }

  labels({ report, series }: Scene, tick: number): Label[] {
    const arms = ARMS.map((arm, i) => {
      const rate = this.#rates[i][tick - 1] ?? NaN;
      return { mark: arm, text: `${arm} ${percent(rate)}`, y: this.#y(rate) };
    });
    const limit = limitOf(this.#limits, series, tick);
    if (!limit) return arms;
    const { rule, max: most } = planOf(report).rules[limit.rule];
    const value = limitAt(this.#limits, series, tick);
    const words = most === undefined ? percent(value) : limitWords(rule, most);
    const y = this.#y(value);
    const isHeld = tick === this.#grip;
    // The handle stands at the last look: the words stand above it, and those of the lines beside it.
    const label = { mark: 'limit', text: `limit: ${words}`, y: y - (isHeld ? GRIP_HEIGHT : 0) };
    return [...arms, label, ...(isHeld ? [{ mark: 'limit', text: '', y }] : [])];
  }

  key({ report }: Scene) {
    const interval = { mark: 'interval', name: ONE_LOOK, title: INTERVAL_MEANS };
    if (!this.#showsLook) return [interval];
    const seen = { mark: 'seen', name: 'seen by the last look' };
    return [interval, seen, ...(delayOf(report) > 0 ? [{ mark: 'not-seen', name: 'not seen yet' }] : [])];
  }
}

const rangeWords = (range: Range | undefined) => (range ? `${percent(range.low)} to ${percent(range.high)}` : '–');

/**
 * Where a grip stands: beyond the tick, whose own point it must not hide, or
 * before its end where there is no room.
 */
const gripPlace = (x: Scale, tick: number) => Math.min(x(tick) + 5, endOf(x) + 12 - GRIP_WIDTH);
