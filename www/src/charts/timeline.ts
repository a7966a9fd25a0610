/**
 * The charts on their one time axis, with the playhead's slider and the
 * decisions above them.
 */

import { h, replace, s } from '../base/dom.ts';
import { count, share, tickUnit } from '../base/format.ts';
import { icon } from '../base/icons.ts';
import type { Json } from '../base/json-path.ts';
import type { Decision, Report, Series } from '../engine/engine.ts';
import type { Band } from '../rollout/series.ts';
import { axisEnd, bands } from '../rollout/series.ts';
import type { Session } from '../rollout/session.ts';
import { MARGIN, timeScale } from './chart.ts';
import { ErrorChart } from './error-chart.ts';
import { EvidenceChart } from './evidence-chart.ts';
import { Figure } from './figure.ts';
import { LatencyChart } from './latency-chart.ts';
import type { OnSet } from './limit-handle.ts';
import type { Scale } from './scale.ts';
import { TrafficChart } from './traffic-chart.ts';
/** All that a chart draws from. */
export type Scene = {
  report: Report;
  series: Series;
  draft: Json;
  bands: Band[];
  end: number;
  x: Scale;
  width: number;
};

/** Of a chart's height, what is left of it where little room is. */
const COMPACT = 0.64;

/** So many markers stand beside one another; of more, one each of these widths, in px. */
const MOST_MARKERS = 100;
const MARKER_WIDTH = 22;

export class Timeline {
  onmarker: (tick: number) => void;
  element;
  #figures;
  #slider;
  #stages = h('div', { class: 'stage-labels', 'aria-hidden': 'true' });
  #markers = h('div', { class: 'markers' });
  #axis = s('svg', { class: 'time-axis', height: 20, 'aria-hidden': 'true' });
  #stack;
  #compact = false;
  #width = 0;
  #session: Session | null = null;
  #scene: Scene | null = null;

  /** @param on what is edited in the charts themselves */
  constructor(onseek: (tick: number) => void, { onset }: { onset: OnSet }) {
    this.#slider = h('input', {
      type: 'range',
      class: 'playhead-slider',
      min: 0,
      step: 1,
      'aria-label': 'Playhead',
      oninput: () => onseek(this.#slider.valueAsNumber),
    });
    const charts = [new TrafficChart(), new ErrorChart(onset), new EvidenceChart(), new LatencyChart()];
    this.#figures = charts.map((chart) => new Figure(chart, () => this.#scene));
    this.#stack = h('div', { class: 'stack' }, ...this.#figures.map(({ element }) => element));
    this.#stack.addEventListener('pointerdown', (event) => this.#grab(event, onseek));
    this.element = h('div', { class: 'timeline' }, this.#stages, this.#markers, this.#slider, this.#stack, this.#axis);
    this.onmarker = onseek;
  }

  /** Shows a session, drawn anew. */
  show(session: Session) {
    this.#session = session;
    this.#draw();
  }

  /** Charts of less height, where little room is. */
  set compact(compact: boolean) {
    if (compact === this.#compact) return;
    this.#compact = compact;
    for (const { chart } of this.#figures) chart.plot.compactness = compact ? COMPACT : 1;
    this.#draw();
  }

  /**
   * Redraws at another width.
   *
   * @param width in CSS pixels
   */
  resize(width: number) {
    if (width === this.#width || width <= 0) return;
    this.#width = width;
    this.#draw();
  }

  /**
   * Moves the playhead to where the session has it.
   *
   * @param here the rollout up to there
   */
  seek(here?: Report) {
    const session = this.#session;
    if (!session || !this.#scene) return;
    const { playhead, atEnd, report } = session;
    const unit = tickUnit(report.config.tick_seconds).name;
    this.#slider.value = String(playhead);
    this.#slider.setAttribute('aria-valuetext', `${unit} ${count(playhead)} of ${count(session.length)}`);
    for (const figure of this.#figures) figure.seek(playhead, atEnd, here ?? report);
    for (const marker of this.#markers.children) {
      marker.classList.toggle('future', Number(marker.getAttribute('data-tick')) > playhead);
    }
  }

  #draw() {
    if (!this.#session || this.#width === 0) return;
    const { report, series } = this.#session;
    const all = bands(report, series);
    const end = axisEnd(all);
    const x = timeScale(this.#width, end);
    const draft = JSON.parse(this.#session.config);
    this.#scene = { report, series, draft, bands: all, end, x, width: this.#width };
    this.#slider.max = String(end);
    const [from, to] = x.range();
    this.#slider.style.setProperty('--from', `${from}px`);
    this.#slider.style.setProperty('--length', `${to - from}px`);
    for (const figure of this.#figures) figure.draw(this.#scene);
    this.#drawStages(all, x);
    this.#drawMarkers(report.decisions, x);
    this.#drawAxis(this.#scene);
    this.seek();
  }

  #drawStages(all: Band[], x: Scale) {
    const whole = all.filter((band, i) => all[i - 1]?.stage !== band.stage);
    replace(
      this.#stages,
      ...whole.map(({ stage, pct, from }) => {
        const to = all.findLast((band) => band.stage === stage)?.to ?? from;
        const width = x(to) - x(from);
        return h(
          'span',
          { style: `left:${x(from)}px;width:${width}px`, class: stage % 2 ? 'odd' : 'even' },
          width > 26 ? share(pct) : '',
        );
      }),
    );
  }

  /** One marker for the decisions of a tick, a button that leads there. */
  #drawMarkers(decisions: Decision[], x: Scale) {
    const byTick: Map<number, Decision[]> = new Map();
    for (const decision of decisions) byTick.set(decision.tick, [...(byTick.get(decision.tick) ?? []), decision]);
    // Where there are more than can be told apart, the last of each place; and the last of all.
    const places = new Map(
      Array.from(byTick, ([tick]) => [byTick.size > MOST_MARKERS ? Math.floor(x(tick) / MARKER_WIDTH) : tick, tick]),
    );
    const unit = tickUnit(this.#scene?.report.config.tick_seconds ?? 0).name;
    replace(
      this.#markers,
      ...[...places.values()].map((tick) => {
        const all = byTick.get(tick) ?? [];
        const last = all[all.length - 1];
        const text = `${unit} ${count(tick)}: ${all.map(({ sentence }) => sentence).join(' ')}`;
        return h(
          'button',
          {
            type: 'button',
            class: `marker ${last.action}`,
            style: `left:${x(tick)}px`,
            title: text,
            'aria-label': text,
            'data-tick': tick,
            onclick: () => this.onmarker(tick),
          },
          icon(last.action),
        );
      }),
    );
  }

  #drawAxis({ report, x, end, width }: Scene) {
    const { short } = tickUnit(report.config.tick_seconds);
    const most = Math.max(2, Math.floor((width - MARGIN.left) / 80));
    const values = x.ticks(Math.min(most, end)).filter(Number.isInteger);
    const last = width - 22;
    this.#axis.setAttribute('width', String(width));
    replace(
      this.#axis,
      ...values.map((tick) =>
        s('text', { x: Math.min(x(tick), last), y: 14, 'text-anchor': 'middle' }, `${count(tick)} ${short}`),
      ),
    );
  }

  /** Drags the playhead along the charts themselves. */
  #grab(down: PointerEvent, onseek: (tick: number) => void) {
    const target = down.target as Element;
    if (down.button !== 0 || !target.closest('svg') || !this.#scene) return;
    const { x } = this.#scene;
    const seek = (event: PointerEvent) =>
      onseek(Math.round(x.invert(event.clientX - this.#stack.getBoundingClientRect().left)));
    const stop = new AbortController();
    seek(down);
    this.#stack.addEventListener('pointermove', seek, { signal: stop.signal });
    for (const end of ['pointerup', 'pointercancel', 'pointerleave']) {
      this.#stack.addEventListener(end, () => stop.abort(), { signal: stop.signal });
    }
  }
}
