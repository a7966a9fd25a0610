import { h, replace, s } from '../base/dom.ts';
import { count, tickUnit } from '../base/format.ts';
import type { Report } from '../engine/engine.ts';
import type { ErrorChart } from './error-chart.ts';
import type { EvidenceChart } from './evidence-chart.ts';
import { figuresTable } from './figures-table.ts';
import type { LatencyChart } from './latency-chart.ts';
import { saveButton } from './save-svg.ts';
import type { Scene } from './timeline.ts';
import type { TrafficChart } from './traffic-chart.ts';
/**
 * `active` where a chart is not always there; `overlay` lies over the plot,
 * `control` and `words` stand under it.
 */
export type Chart = (TrafficChart | ErrorChart | EvidenceChart | LatencyChart) & {
  active?: boolean;
  overlay?: HTMLElement;
  control?: HTMLElement;
  words?: (here: Report) => string;
};

/**
 * A chart with its title, its key, which tells the figures at the playhead, and its
 * table.
 */
export class Figure {
  chart: Chart;
  scene: () => Scene | null;
  element;
  #title = h('span', { class: 'figure-title' });
  #key = h('span', { class: 'key' });
  #words;
  #table;

  constructor(chart: Chart, scene: () => Scene | null) {
    this.chart = chart;
    this.scene = scene;
    this.#words = chart.words ? h('p', { class: 'figure-words' }) : null;
    this.#table = figuresTable(chart.title, () => {
      const now = scene();
      return (
        now && {
          columns: chart.columns,
          ticks: now.series.stage.length,
          unit: tickUnit(now.report.config.tick_seconds).name,
          row: (tick) => chart.figures(now, tick),
        }
      );
    });
    this.element = h(
      'figure',
      { 'data-chart': chart.name },
      h('figcaption', {}, this.#title, this.#key),
      h('div', { class: 'plot' }, chart.plot.svg, chart.overlay),
      chart.control,
      this.#words,
      this.#table.element,
    );
    this.#table.element.append(saveButton(chart.name));
  }

  draw(scene: Scene) {
    this.chart.draw(scene);
    this.element.hidden = this.chart.active === false;
    if (this.element.hidden) return;
    this.#title.textContent = this.chart.title;
    replace(
      this.#key,
      ...this.chart
        .key(scene)
        .map(({ mark, name, column }) =>
          h(
            'span',
            { class: 'key-entry' },
            swatch(mark),
            name,
            column === null ? null : h('b', { 'data-column': column }),
          ),
        ),
    );
    this.#table.refresh();
  }

  /** @param here the rollout up to the playhead */
  seek(tick: number, atEnd: boolean, here: Report) {
    const scene = this.scene();
    if (!scene || this.element.hidden) return;
    this.chart.plot.seek(tick, atEnd);
    if (this.#words) this.#words.textContent = this.chart.words?.(here) ?? '';
    const figures = this.chart.figures(scene, tick, atEnd);
    const told = [];
    for (const value of this.#key.querySelectorAll('b')) {
      value.textContent = figures[Number(value.getAttribute('data-column'))];
      told.push(`${value.previousSibling?.textContent} ${value.textContent}`);
    }
    const unit = tickUnit(scene.report.config.tick_seconds).name;
    this.chart.plot.svg.setAttribute(
      'aria-label',
      `${this.chart.title}. At ${unit} ${count(tick)}: ${told.join(', ')}.`,
    );
  }
}

/**
 * A piece of a line, as a key shows it.
 *
 * @param mark the line's class
 */
export const swatch = (mark: string) =>
  s('svg', { class: `swatch ${mark}`, width: 22, height: 10, 'aria-hidden': 'true' }, s('path', { d: 'M0 5H22' }));
