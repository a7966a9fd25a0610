/**
 * The charts on their one axis of time, with the playhead's slider and the
 * decisions above them.
 */

import { live } from 'lit/directives/live.js';
import { html, nothing, render, svg } from 'lit/html.js';
import { count, share, significant, tickUnit } from '../base/format.ts';
import { icon } from '../base/icons.ts';
import { markOf, momentOf } from '../base/moment.ts';
import type { Decision, Report } from '../engine/engine.ts';
import type { Band } from '../rollout/series.ts';
import { axisEnd, bands } from '../rollout/series.ts';
import type { Change, Store, View } from '../store/store.ts';
import type { Scale, Scene } from './chart.ts';
import { endOf, LETTER_WIDTH, timeScale } from './chart.ts';
import { ErrorChart } from './error-chart.ts';
import { EvidenceChart } from './evidence-chart.ts';
import { Figure } from './figure.ts';
import { LatencyChart } from './latency-chart.ts';
import { TrafficChart } from './traffic-chart.ts';

/** Of a chart's height, what is left of it where little room is. */
const COMPACT = 0.64;

/** So many markers stand beside one another; of more, one each of these widths, in px. */
const MOST_MARKERS = 100;
const MARKER_WIDTH = 22;

export class Timeline implements View {
  element = document.createElement('div');
  #store;
  #figures;
  #compact = false;
  #width = 0;
  #scene: Scene | null = null;

  constructor(store: Store) {
    this.#store = store;
    const charts = [
      new ErrorChart((paths, value, dragging) => store.set(paths, value, dragging)),
      new TrafficChart(),
      new EvidenceChart(),
      new LatencyChart(),
    ];
    this.#figures = charts.map((chart) => new Figure(chart));
    this.element.className = 'timeline';
  }

  update(change: Change) {
    if (change === 'rollout' && !this.#store.isWaiting) this.#draw();
    if (change === 'playhead') this.#seek();
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

  /** Draws what is the same at every tick. */
  #draw() {
    if (this.#width === 0) return;
    const { session, drawn: draft } = this.#store;
    const { report, series, length } = session;
    const all = bands(report, series);
    const end = axisEnd(all);
    const lived = session.waits ? roomy(length) : length;
    // What is planned begins where the waiting may end.
    const shifted = lived > 0 ? lived - length : 0;
    const shown = shifted === 0 ? all : all.map((band) => (band.ran ? band : shift(band, shifted)));
    const x = timeScale(this.#width, lived, end + shifted);
    this.#scene = { report, series, draft, bands: shown, x, width: this.#width };
    for (const figure of this.#figures) figure.draw(this.#scene);
    this.#seek();
  }

  /** Draws what belongs to the tick at the playhead. */
  #seek() {
    const { session, playing } = this.#store;
    if (!this.#scene) return;
    const { playhead, atEnd, reportHere } = session;
    for (const figure of this.#figures) figure.seek(playhead, atEnd, reportHere, playing);
    this.#render(this.#scene);
  }

  #render({ report, bands, x, width }: Scene) {
    const { playhead, length } = this.#store.session;
    const unit = tickUnit(report.config.tick_seconds);
    const from = x(0);
    const recorded = this.#recordedTime(report);
    const slider = `--from:${from}px;--length:${x(length) - from}px`;
    render(
      html`<div class="stage-labels" aria-hidden="true">${stageLabels(bands, x)}</div>
        <div class="markers">${this.#markers(report.decisions, x)}</div>
        <input type="range" class="playhead-slider" min="0" step="1" aria-label="Playhead" .style=${slider}
          .max=${String(length)} .value=${live(String(playhead))}
          aria-valuetext="${unit.name} ${count(playhead)} of ${count(length)}${recorded ? `, ${momentOf(recorded(playhead))}` : ''}"
          @input=${(event: Event) => this.#store.seek((event.target as HTMLInputElement).valueAsNumber)}>
        <div class="stack" @pointerdown=${this.#grab}>${this.#figures.map(({ element }) => element)}</div>
        <svg class="time-axis" width=${width} height=${recorded ? 36 : 20} aria-hidden="true">${timeLabels(x, unit.short, width, recorded)}</svg>`,
      this.element,
    );
  }

  /** When a tick ends in recorded time; `null` where its counts are drawn. */
  #recordedTime({ recorded, config }: Report): ((tick: number) => number) | null {
    const start = recorded?.start ?? null;
    return start === null ? null : (tick) => start + tick * config.tick_seconds;
  }

  /** One marker for the decisions of a tick, a button that leads there. */
  #markers(decisions: Decision[], x: Scale) {
    const { session, playing } = this.#store;
    const byTick: Map<number, Decision[]> = new Map();
    for (const decision of decisions) byTick.set(decision.tick, [...(byTick.get(decision.tick) ?? []), decision]);
    // Where there are more than can be told apart, the last of each place; and the last of all.
    const places = new Map(
      Array.from(byTick, ([tick]) => [byTick.size > MOST_MARKERS ? Math.floor(x(tick) / MARKER_WIDTH) : tick, tick]),
    );
    const unit = tickUnit(session.report.config.tick_seconds).name;
    return [...places.values()].map((tick) => {
      const all = byTick.get(tick) ?? [];
      const { action } = all.findLast(({ action }) => action !== 'note') ?? all[all.length - 1];
      const text = `${unit} ${count(tick)}: ${all.map(({ sentence }) => sentence).join(' ')}`;
      const isFuture = tick > session.playhead;
      if (isFuture && playing) return nothing;
      return html`<button type="button" class="marker ${action}${isFuture ? ' future' : ''}" title=${text}
        aria-label=${text} data-tick=${tick} .style=${`left:${x(tick)}px`} @click=${() => this.#store.seek(tick)}
        >${icon(action)}</button>`;
    });
  }

  /** Drags the playhead along the charts themselves. */
  #grab = (down: PointerEvent) => {
    const stack = down.currentTarget as HTMLElement;
    if (down.button !== 0 || !(down.target as Element).closest('svg') || !this.#scene) return;
    const { x } = this.#scene;
    const seek = (event: PointerEvent) =>
      this.#store.seek(Math.round(x.invert(event.clientX - stack.getBoundingClientRect().left)));
    const stop = new AbortController();
    seek(down);
    stack.addEventListener('pointermove', seek, { signal: stop.signal });
    for (const end of ['pointerup', 'pointercancel', 'pointerleave']) {
      stack.addEventListener(end, () => stop.abort(), { signal: stop.signal });
    }
  };
}

/** Ticks with room for more, so that a rollout that goes on waiting does not move the axis at each tick. */
function roomy(ticks: number) {
  const step = Math.max(1, 2 ** Math.floor(Math.log2(Math.max(1, ticks)) - 2));
  return ticks === 0 ? 0 : (Math.floor(ticks / step) + 1) * step;
}

const shift = (band: Band, ticks: number): Band => ({ ...band, from: band.from + ticks, to: band.to + ticks });

/** A label needs so much room, in px. */
const LABEL_WIDTH = 26;
/** The share of each stage that ran above it, and above the rest what was planned. */
function stageLabels(all: Band[], x: Scale) {
  const label = (from: number, to: number, kind: string, text: string) => {
    const width = x(to) - x(from);
    return html`<span class=${kind} .style=${`left:${x(from)}px;width:${width}px`}
      >${width > LABEL_WIDTH ? text : nothing}</span>`;
  };
  const stages = all.filter(({ ran }, i) => ran && all[i - 1]?.stage !== all[i].stage);
  const ran = stages.map(({ stage, pct, from }) => {
    const to = all.findLast((band) => band.ran && band.stage === stage)?.to ?? from;
    const of = x(to) - x(from) > 110 ? ' of traffic' : '';
    return label(from, to, stage % 2 ? 'odd' : 'even', `${share(pct)}${of}`);
  });
  const rest = all.filter(({ ran }) => !ran);
  if (rest.length === 0) return ran;
  const [from, to] = [rest[0].from, rest[rest.length - 1].to];
  // Nothing has run yet: the plan is all there is, each stage in its place.
  if (ran.length === 0)
    return rest.map(({ stage, pct, ...at }) => label(at.from, at.to, stage % 2 ? 'odd' : 'even', share(pct)));
  const shares = rest.map(({ pct }) => significant(pct)).join(', ');
  const width = x(to) - x(from);
  const words = [`${shares}\u00a0%: planned, not reached`, 'planned, not reached', 'planned'];
  const fitting = words.find(({ length }) => length * LETTER_WIDTH < width + 10) ?? '';
  return [...ran, label(from, to, 'plan', fitting)];
}

/**
 * Round times, no more than there is room for, and none in what is compressed.
 *
 * @param recorded the recorded time of a tick, to stand under it
 */
function timeLabels(x: Scale, unit: string, width: number, recorded: ((tick: number) => number) | null) {
  const lived = x.domain()[1];
  const to = x.range()[1];
  const most = Math.max(2, Math.floor((to - x.range()[0]) / 80));
  const values = x.copy().domain([0, lived]).ticks(Math.min(most, lived)).filter(Number.isInteger);
  const last = Math.min(width - 22, endOf(x) + 10);
  return values.map(
    (tick) => svg`<text x=${Math.min(x(tick), last)} y="14" text-anchor="middle">${count(tick)} ${unit}</text>
      ${recorded ? svg`<text class="recorded-time" x=${Math.min(x(tick), last)} y="30" text-anchor="middle">${markOf(recorded(tick))}</text>` : nothing}`,
  );
}
