/**
 * What a chart on the axis of time is, and what every one is made of: the axis itself, stage bands, a y axis,
 * labels beside the lines, and past and future around the playhead. Charts are drawn in
 * CSS pixels at the measured width, so text keeps its size.
 */

import type { ScaleContinuousNumeric } from 'd3-scale';
import { scaleLinear } from 'd3-scale';
import type { SVGTemplateResult } from 'lit/html.js';
import { nothing, render, svg } from 'lit/html.js';
import type { Json } from '../base/json-path.ts';
import type { Report, Series } from '../engine/engine.ts';
import type { Band } from '../rollout/series.ts';

/** A value to pixels. */
export type Scale = ScaleContinuousNumeric<number, number, never>;

/** Room for the labels of the y axis, and for the last label of time. */
export const MARGIN = { left: 50, right: 16, top: 8, bottom: 6 };
/** From this width on the labels of the lines have a column of their own beside the plot. */
const WIDE = 480;
const LABELS_WIDTH = 112;
/** How much of the width the time takes at most that was planned and not reached. */
const PLANNED_SHARE = 0.28;

/**
 * Time in ticks to pixels. The time that was lived fills the width; what was planned beyond
 * it and not reached is compressed at the right.
 *
 * @param lived ticks of the rollout, with room for more where it waits
 * @param end of the plan, in ticks
 */
export function timeScale(width: number, lived: number, end: number): Scale {
  const isWhole = lived >= end || lived === 0;
  const free = isWhole && width >= WIDE ? LABELS_WIDTH : MARGIN.right;
  const right = Math.max(MARGIN.left + 1, width - free);
  const length = right - MARGIN.left;
  if (isWhole) return scaleLinear([0, Math.max(lived, end)], [MARGIN.left, right]);
  const planned = length * Math.min(PLANNED_SHARE, (end - lived) / end);
  return scaleLinear([0, lived, end], [MARGIN.left, right - planned, right]);
}

/** Where the axis of time ends, in pixels. */
export const endOf = (x: Scale) => x.range()[x.range().length - 1];

/** A text beside a line, at the playhead; one without a text keeps its place free. */
export type Label = { mark: string; text: string; y: number };

/** `draft` is the configuration as written, `report` and `series` are of the whole rollout. */
export type Scene = { report: Report; series: Series; draft: Json; bands: Band[]; x: Scale; width: number };

/**
 * A chart on the axis of time. Its figures of a tick stand in its table, a column each;
 * `labels` are drawn beside the lines at the playhead, `key` names what no label does.
 */
export interface Chart {
  name: string;
  title: string;
  plot: Plot;
  columns: string[];
  /** Whether there is anything to draw. */
  active: boolean;
  /** What lies over the plot, and what stands under it. */
  overlay?: HTMLElement;
  control?: HTMLElement;
  /** Draws all; what belongs to a tick is drawn by the plot's `seek`. */
  draw(scene: Scene): void;
  figures(scene: Scene, tick: number, atEnd?: boolean): string[];
  labels(scene: Scene, tick: number, atEnd: boolean): Label[];
  key(scene: Scene): { mark: string; name: string; title?: string }[];
  /** A sentence on the rollout up to the playhead; empty where there is nothing to say. */
  words?(here: Report): string;
  /** What stands behind the marks, of the rollout up to the playhead. */
  backdrop?(scene: Scene, here: Report): SVGTemplateResult;
}

/** What stands behind the marks, the marks themselves, and what stands before them. */
export type Layers = { behind: SVGTemplateResult; marks: SVGTemplateResult; before?: SVGTemplateResult };

/** An SVG of one chart: its future faint, its past in full up to the playhead. */
export class Plot {
  svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  height: number;
  width = 0;
  #whole;
  #x: Scale = scaleLinear();
  #layers: Layers = { behind: svg``, marks: svg`` };

  /** @param height in CSS pixels */
  constructor(height: number) {
    this.#whole = this.height = height;
    this.svg.setAttribute('role', 'img');
  }

  /**
   * How much of its usual height it takes; it has to be drawn anew then.
   *
   * @param share in 0..1
   */
  set compactness(share: number) {
    this.height = Math.round(this.#whole * share);
  }

  /** Top and bottom of the plotting area, for a scale's range. */
  get range(): [number, number] {
    return [this.height - MARGIN.bottom, MARGIN.top];
  }

  /** Takes what the next `seek` draws. */
  draw(x: Scale, width: number, layers: Layers) {
    this.#x = x;
    this.width = width;
    this.#layers = layers;
    this.svg.setAttribute('width', String(width));
    this.svg.setAttribute('height', String(this.height));
  }

  /**
   * Moves the playhead.
   *
   * @param atEnd whether nothing lies in the future
   * @param hidesFuture whether the future is not to be seen
   * @param backdrop what stands behind the marks at that tick
   */
  seek(tick: number, atEnd: boolean, hidesFuture: boolean, labels: Label[], backdrop: SVGTemplateResult = svg``) {
    const at = this.#x(tick);
    const { behind, marks, before } = this.#layers;
    // At the end the last mark shows whole, its half beyond the playhead too.
    const past = atEnd ? this.width : at;
    render(
      svg`${behind}${backdrop}
        ${atEnd || hidesFuture ? nothing : svg`<g class="ghost">${marks}</g>`}
        <svg class="past" x="0" y="0" width=${past} height=${this.height}>${marks}</svg>
        ${before}
        <line class="playhead" x1=${at} x2=${at} y1="0" y2=${this.height}></line>
        <g class="labels">${placed(labels, at, this.width, this.range)}</g>`,
      this.svg,
    );
  }
}

/** The least distance of two labels, and how wide a letter is at most. In px. */
const LABEL_HEIGHT = 14;
export const LETTER_WIDTH = 6.9;
/** How far a label stands from the playhead. In px. */
const BESIDE = 9;

/** How far a label stands from a place that is kept free. */
const CLEAR = 15;

/** Labels beside their lines: right of the playhead where there is room, none over another. */
function placed(labels: Label[], at: number, width: number, [bottom, top]: [number, number]) {
  const finite = labels.filter(({ y }) => Number.isFinite(y)).sort((a, b) => a.y - b.y);
  const all = finite.filter(({ text }) => text);
  const free = finite.find(({ text }) => !text)?.y;
  const heights = heightsOf(
    all.map(({ y }) => y),
    free,
    top + 4,
    bottom - 4,
  );
  return all.map(({ mark, text }, i) => {
    const fits = at + BESIDE + text.length * LETTER_WIDTH < width;
    return svg`<text class="label ${mark}" x=${fits ? at + BESIDE : at - BESIDE} y=${heights[i]} dy="0.35em"
      text-anchor=${fits ? 'start' : 'end'}>${text}</text>`;
  });
}

/**
 * Heights near those that are wanted, from the top down, none on another.
 *
 * @param free what is to be kept free, if anything
 */
function heightsOf(wanted: number[], free: number | undefined, from: number, to: number) {
  if (free === undefined) return spread(wanted, from, to);
  const room = (length: number) => Math.max(0, Math.floor(length / LABEL_HEIGHT) + 1);
  const roomAbove = room(free - CLEAR - from);
  const roomBelow = room(to - free - CLEAR);
  const above = wanted.filter((y) => y <= free).length;
  const cut = Math.max(Math.min(above, roomAbove), wanted.length - roomBelow);
  return [...spread(wanted.slice(0, cut), from, free - CLEAR), ...spread(wanted.slice(cut), free + CLEAR, to)];
}

function spread(wanted: number[], from: number, to: number) {
  const heights = wanted.map((y) => Math.max(from, Math.min(to, y)));
  for (let i = 1; i < heights.length; i += 1) heights[i] = Math.max(heights[i], heights[i - 1] + LABEL_HEIGHT);
  let lowest = to;
  for (let i = heights.length - 1; i >= 0; i -= 1) {
    heights[i] = Math.min(heights[i], lowest);
    lowest = heights[i] - LABEL_HEIGHT;
  }
  return heights;
}

/** Alternating bands behind the stages; what was only planned is shaded. */
export const stageBands = (all: Band[], x: Scale, height: number) =>
  svg`<g class="bands">${all.map(
    ({ stage, from, to, ran }) =>
      svg`<rect x=${x(from)} width=${x(to) - x(from)} y="0" height=${height}
        class="${stage % 2 ? 'odd' : 'even'}${ran ? '' : ' plan'}"></rect>`,
  )}</g>`;

/** Characters that a label has room for as they are: a long one is drawn closer. */
const FITTING = 6;

/** Grid lines with their labels. */
export const yAxis = (y: Scale, x: Scale, ticks: number[], label: (value: number) => string) =>
  svg`<g class="axis">${ticks.map((value) => {
    const text = label(value);
    const long = text.length > FITTING;
    return svg`<line x1=${x.range()[0]} x2=${endOf(x)} y1=${y(value)} y2=${y(value)}></line>
      <text x=${MARGIN.left - 6} y=${y(value)} dy="0.35em" text-anchor="end"
        textLength=${long ? MARGIN.left - 8 : nothing} lengthAdjust=${long ? 'spacingAndGlyphs' : nothing}
        >${text}</text>`;
  })}</g>`;
