/**
 * Probabilities over a quantity that is swept, a line each, with the
 * simulation's intervals and a table behind. What is swept, and what the lines
 * are, others say.
 */

import { scaleLinear, scaleLog } from 'd3-scale';
import { render } from 'lit/html.js';
import { between, chance } from '../base/chance.ts';
import { h, replace, s } from '../base/dom.ts';
import { share } from '../base/format.ts';
import { yAxis } from '../charts/chart.ts';
import { swatch } from '../charts/figure.ts';
import { saveButton } from '../charts/save-svg.ts';
import type { Point } from '../study/findings.ts';
import { curveLabels, lineMarks, placeMark } from './curve-marks.ts';
/**
 * `mark` is the line's class, `square` the form of its points; `name` stands in
 * the table, and at the line itself if it is `labelled`.
 */
export type CurveLine = { mark: string; square: boolean; name: string; labelled: boolean; points: Point[] };
/** A place on the axis, marked over the whole height. */
export type Place = { mark: string; at: number; label: string };
/** A place on the axis with its name, `important` where there is room for few. */
export type CurveTick = { at: number; label: string; important: boolean };
/** What to draw; `word` tells a value of what is swept. */
export type CurveSpec = {
  title: string;
  axis: string;
  column: string;
  word: (at: number) => string;
  ticks: CurveTick[];
  key: { mark: string | null; name: string }[];
  lines: CurveLine[];
  places: Place[];
};

const HEIGHT = 340;
const BOTTOM = 44;
/** Under so many pixels only the important ticks are named. */
const CROWDED = 420;

export class Curve {
  #svg = s('svg', { role: 'img', height: HEIGHT, 'aria-label': 'Not drawn yet' });
  #key = h('p', { class: 'key' });
  #table = h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Figures: the curve' });
  #details = h(
    'details',
    { class: 'figures', ontoggle: () => this.#write() },
    h('summary', {}, 'Figures'),
    this.#table,
    drawn(saveButton('curve'), h('span')),
  );
  element = h('div', { class: 'curve' }, this.#key, this.#svg, this.#details);
  #width = 0;
  #spec: CurveSpec | null = null;

  show(spec: CurveSpec) {
    this.#spec = spec;
    replace(
      this.#key,
      ...spec.key.map(({ mark, name }) =>
        h('span', { class: 'key-entry' }, mark && drawn(swatch(mark), h('span')), name),
      ),
    );
    this.#draw();
    this.#write();
  }

  /** @param width in CSS pixels */
  resize(width: number) {
    if (width === this.#width || width <= 0) return;
    this.#width = width;
    this.#draw();
  }

  #draw() {
    if (this.#width === 0 || !this.#spec) return;
    const { title, axis, ticks, lines, places, word } = this.#spec;
    const x = scaleLog()
      .domain([ticks[0].at, ticks[ticks.length - 1].at])
      .range([58, this.#width - 18]);
    const y = scaleLinear()
      .domain([0, 1])
      .range([HEIGHT - BOTTOM, 10]);
    const middle = (x.range()[0] + x.range()[1]) / 2;
    this.#svg.setAttribute('width', String(this.#width));
    replace(
      this.#svg,
      drawn(
        yAxis(y, x, [0, 0.25, 0.5, 0.75, 1], (p) => share(p * 100)),
        s('g'),
      ),
      ...ticks
        .filter(({ important }) => important || this.#width >= CROWDED)
        .map(({ at, label }) => s('text', { x: x(at), y: HEIGHT - BOTTOM + 18, 'text-anchor': 'middle' }, label)),
      s('text', { x: middle, y: HEIGHT - 6, 'text-anchor': 'middle' }, axis),
      ...places.map((place) => placeMark(place, x, y)),
      ...lines.map((line) => lineMarks(line, x, y)).reverse(),
      ...curveLabels(lines, places, x, y),
    );
    const told = lines.map(
      ({ name, points }) =>
        `${name}: ${points.map(({ at, p }) => `${chance(p)} at ${word(at)}`).join(', ') || 'not known yet'}.`,
    );
    const marked = places.map(({ label }) => `${label}.`);
    this.#svg.setAttribute('aria-label', [`${title}.`, ...told, ...marked].join(' '));
  }

  #write() {
    if (!this.#details.open || !this.#spec) return;
    const { column, lines, word } = this.#spec;
    const row = (at: number) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, word(at)),
        ...lines.flatMap(({ points }) => {
          const point = points.find((one) => one.at === at);
          return [h('td', {}, point ? chance(point.p) : '–'), h('td', {}, point ? between(point.p) : '–')];
        }),
      );
    const heads = [column, ...lines.flatMap(({ name }) => [name, 'simulated within'])];
    replace(
      this.#table,
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...heads.map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', {}, ...(lines[0]?.points ?? []).map(({ at }) => row(at))),
      ),
    );
  }
}

function drawn<E extends Element>(template: unknown, into: E): E {
  render(template, into as unknown as HTMLElement);
  return into;
}
