import { h, replace, s } from '../base/dom.js';
import { saveButton } from './save-svg.js';
import { figuresTable } from './figures-table.js';
import { count, tickUnit } from '../base/format.js';

/** @import { Report } from '../base/engine.js' */
/** @import { ErrorChart } from './error-chart.js' */
/** @import { EvidenceChart } from './evidence-chart.js' */
/** @import { LatencyChart } from './latency-chart.js' */
/** @import { Scene } from './timeline.js' */
/** @import { TrafficChart } from './traffic-chart.js' */
/**
 * `active` where a chart is not always there; `overlay` lies over the plot,
 * `control` and `words` stand under it.
 * @typedef {(TrafficChart | ErrorChart | EvidenceChart | LatencyChart) & {
 *   active?: boolean, overlay?: HTMLElement, control?: HTMLElement, words?: (here: Report) => string,
 * }} Chart
 */

/**
 * A chart with its title, its key, which tells the figures at the playhead, and its
 * table.
 */
export class Figure {
  element;
  #title = h('span', { class: 'figure-title' });
  #key = h('span', { class: 'key' });
  #words;
  #table;

  /**
   * @param {Chart} chart
   * @param {() => Scene | null} scene
   */
  constructor(chart, scene) {
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

  /** @param {Scene} scene */
  draw(scene) {
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

  /**
   * @param {number} tick
   * @param {boolean} atEnd
   * @param {Report} here the rollout up to the playhead
   */
  seek(tick, atEnd, here) {
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
 * @param {string} mark the line's class
 */
export const swatch = (mark) =>
  s(
    'svg',
    { class: `swatch ${mark}`, width: 22, height: 10, 'aria-hidden': 'true' },
    s('path', { d: 'M0 5H22' }),
  );
