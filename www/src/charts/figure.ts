/** A chart with its title, its key, and the table of its figures. */

import { html, nothing, render, svg } from 'lit/html.js';
import { count, tickUnit } from '../base/format.ts';
import type { Report } from '../engine/engine.ts';
import type { Chart, Label, Scene } from './chart.ts';
import { saveButton } from './save-svg.ts';

/** Under this width labels stand above the chart, in px. */
const NARROW = 440;

export class Figure {
  chart: Chart;
  element = document.createElement('figure');
  #scene: Scene | null = null;
  #isOpen = false;

  constructor(chart: Chart) {
    this.chart = chart;
    this.element.dataset.chart = chart.name;
  }

  draw(scene: Scene) {
    this.#scene = scene;
    this.chart.draw(scene);
    this.element.hidden = !this.chart.active;
  }

  /**
   * Draws what belongs to a tick.
   *
   * @param here the rollout up to there
   * @param hidesFuture whether the future is not to be seen
   */
  seek(tick: number, atEnd: boolean, here: Report, hidesFuture: boolean) {
    const { chart } = this;
    const scene = this.#scene;
    if (!scene || !chart.active) return;
    const labels = chart.labels(scene, tick, atEnd);
    const backdrop = chart.backdrop?.(scene, here);
    const words = chart.words?.(here);
    // On a narrow chart labels would hide the lines: they stand above it then.
    const isNarrow = scene.width < NARROW;
    const above = isNarrow ? labels.filter(({ text }) => text) : [];
    chart.plot.seek(tick, atEnd, hidesFuture, isNarrow ? [] : labels, backdrop);
    const unit = tickUnit(scene.report.config.tick_seconds).name;
    const figures = labels.filter(({ y, text }) => text && Number.isFinite(y)).map(({ text }) => text);
    chart.plot.svg.setAttribute(
      'aria-label',
      `${chart.title}. At ${unit} ${count(tick)}: ${figures.join(', ') || 'nothing yet'}.${words ? ` ${words}` : ''}`,
    );
    this.#render(scene, above, words);
  }

  #render(scene: Scene, above: Label[], words: string | undefined) {
    const { chart } = this;
    render(
      html`<figcaption>
          <span class="figure-title">${chart.title}</span>
          <span class="key">
            ${above.map(({ mark, text }) => keyEntry(mark, text))}
            ${chart.key(scene).map(({ mark, name, title }) => keyEntry(mark, title ? html`<dfn title=${title}>${name}</dfn>` : name))}
          </span>
        </figcaption>
        <div class="plot">${chart.plot.svg}${chart.overlay}</div>
        ${chart.control}
        ${!words ? nothing : html`<p class="figure-words">${words}</p>`}
        ${figuresTable(
          chart.title,
          this.#isOpen ? figuresOf(chart, scene) : null,
          (isOpen) => {
            this.#isOpen = isOpen;
            this.#render(scene, above, words);
          },
          saveButton(chart.name),
        )}`,
      this.element,
    );
  }
}

const keyEntry = (mark: string, words: unknown) => html`<span class="key-entry">${swatch(mark)}${words}</span>`;

const figuresOf = (chart: Chart, scene: Scene): Figures => ({
  columns: chart.columns,
  ticks: scene.series.stage.length,
  unit: tickUnit(scene.report.config.tick_seconds).name,
  row: (tick) => chart.figures(scene, tick),
});

/** What a table tells, a row a tick. */
export type Figures = { columns: string[]; ticks: number; unit: string; row: (tick: number) => string[] };

/** So many rows at most: a table of a hundred thousand helps nobody. */
const MOST_ROWS = 500;

/**
 * The table behind a chart.
 *
 * @param name what the figures are of
 * @param figures to be written; `null` until somebody opens the table
 */
export const figuresTable = (
  name: string,
  figures: Figures | null,
  ontoggle: (isOpen: boolean) => void,
  beside: unknown = nothing,
) =>
  html`<details class="figures" @toggle=${(event: Event) => ontoggle((event.target as HTMLDetailsElement).open)}>
    <summary>Figures</summary>
    <div class="scroll" tabindex="0" role="group" aria-label="Figures: ${name}">${figures && table(figures)}</div>
    ${beside}
  </details>`;

function table({ columns, ticks, unit, row }: Figures) {
  const rows = Array.from({ length: Math.min(ticks, MOST_ROWS) }, (_, i) => i + 1);
  return html`<table>
      <thead><tr>${[unit, ...columns].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${rows.map(
        (tick) =>
          html`<tr><th scope="row">${count(tick)}</th>${row(tick).map((value) => html`<td>${value}</td>`)}</tr>`,
      )}</tbody>
    </table>
    ${
      ticks > MOST_ROWS
        ? html`<p class="quiet">The first ${count(MOST_ROWS)} of ${count(ticks)} ${unit}s.</p>`
        : nothing
    }`;
}

/**
 * A piece of a line, as a key shows it.
 *
 * @param mark the line's class
 */
export const swatch = (mark: string) =>
  svg`<svg class="swatch ${mark}" width="22" height="10" aria-hidden="true"><path d="M0 5H22"></path></svg>`;
