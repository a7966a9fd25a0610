/**
 * What every chart on the time axis shares: margins, the scale of time, stage
 * bands, a y axis, and past and future around the playhead. Charts are drawn
 * in CSS pixels at the measured width, so text keeps its size.
 */

import { s } from '../base/dom.ts';
import type { Band } from '../rollout/series.ts';
import type { Scale } from './scale.ts';
import { scaleLinear } from './scale.ts';

/** Room for the labels of the y axis, and for the last label of time. */
export const MARGIN = { left: 50, right: 16, top: 8, bottom: 6 };

/** Time in ticks to pixels. */
export const timeScale = (width: number, end: number): Scale =>
  scaleLinear()
    .domain([0, end])
    .range([MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)]);

/**
 * An SVG of one chart, with its future drawn faintly and its past in full up
 * to the playhead.
 */
export class Plot {
  svg: SVGSVGElement;
  height: number;
  #whole;
  #past = s('svg', { class: 'past', x: 0, y: 0 });
  #playhead = s('line', { class: 'playhead' });
  #x: Scale = scaleLinear();

  /** @param height in CSS pixels */
  constructor(height: number) {
    this.#whole = this.height = height;
    this.svg = s('svg', { role: 'img', height });
  }

  /**
   * How much of its usual height it takes; it has to be drawn anew then.
   *
   * @param share in 0..1
   */
  set compactness(share: number) {
    this.height = Math.round(this.#whole * share);
    this.svg.setAttribute('height', String(this.height));
  }

  /** Top and bottom of the plotting area, for a scale's range. */
  get range() {
    return [this.height - MARGIN.bottom, MARGIN.top];
  }

  /**
   * Draws anew.
   *
   * @param layers what stands behind the marks, the marks, and labels before them
   */
  draw(
    x: Scale,
    width: number,
    { behind, marks, before = [] }: { behind: SVGElement[]; marks: SVGElement; before?: SVGElement[] },
  ) {
    this.#x = x;
    this.svg.setAttribute('width', String(width));
    const ghost = s('g', { class: 'ghost' }, marks.cloneNode(true));
    this.#past.setAttribute('height', String(this.height));
    this.#past.replaceChildren(marks);
    this.#playhead.setAttribute('y1', '0');
    this.#playhead.setAttribute('y2', String(this.height));
    this.svg.replaceChildren(...behind, ghost, this.#past, ...before, this.#playhead);
  }

  /**
   * Moves the playhead.
   *
   * @param atEnd whether nothing lies in the future
   */
  seek(tick: number, atEnd: boolean) {
    const at = this.#x(tick);
    // At the end the last mark shows whole, its half beyond the playhead too.
    this.#past.setAttribute('width', String(atEnd ? this.#x.range()[1] + MARGIN.right : at));
    this.#playhead.setAttribute('x1', String(at));
    this.#playhead.setAttribute('x2', String(at));
  }
}

/** Alternating bands behind the stages. */
export const stageBands = (all: Band[], x: Scale, height: number) =>
  s(
    'g',
    { class: 'bands' },
    ...all.map(({ stage, from, to, ran }) =>
      s('rect', {
        x: x(from),
        width: x(to) - x(from),
        y: 0,
        height,
        class: `${stage % 2 ? 'odd' : 'even'}${ran ? '' : ' plan'}`,
      }),
    ),
  );

/** Characters that a label has room for as they are: a long one is drawn closer. */
const FITTING = 6;

const fitted = (label: string) =>
  label.length > FITTING ? { textLength: MARGIN.left - 8, lengthAdjust: 'spacingAndGlyphs' } : {};

/** Grid lines with their labels. */
export const yAxis = (y: Scale, x: Scale, ticks: number[], label: (value: number) => string) =>
  s(
    'g',
    { class: 'axis' },
    ...ticks.flatMap((value) => [
      s('line', { x1: x.range()[0], x2: x.range()[1], y1: y(value), y2: y(value) }),
      s(
        'text',
        { x: MARGIN.left - 6, y: y(value), dy: '0.35em', 'text-anchor': 'end', ...fitted(label(value)) },
        label(value),
      ),
    ]),
  );
