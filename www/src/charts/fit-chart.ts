/**
 * Recorded counts beside the world that was fitted to them, over real time: what is recorded as
 * a line, before it the fitted mean and the band that 95 % of the steps meet.
 */

import { max } from 'd3-array';
import { scaleLinear, scaleUtc } from 'd3-scale';
import { area, line } from 'd3-shape';
import { html, nothing, svg } from 'lit/html.js';
import { count } from '../base/format.ts';
import { dayOf, markOf, momentOf } from '../base/moment.ts';
import type { Compared, Fit } from '../engine/engine.ts';
import { MARGIN } from './chart.ts';
import { swatch } from './figure.ts';
import { saveButton } from './save-svg.ts';

/** What is compared: its name in files and words, and how a value is written. */
export type Quantity = {
  name: string;
  title: string;
  of: (bucket: Bucket) => Compared | undefined;
  write: (value: number) => string;
};
type Bucket = Fit['picture'][number];
type Point = Compared & { start: number; seconds: number; incident: boolean };

const [HEIGHT, FOOT] = [176, 22];
/** How much higher than what is recorded the band may make the chart. */
const MOST_HEADROOM = 2.5;
/** Room for a label of time, in px. */
const LABEL_WIDTH = 74;

/**
 * @param width in CSS pixels; 0 before it is known
 * @param table whether its figures are written, and what hears of it
 */
export function fitChart(
  { picture }: Fit,
  { name, title, of, write }: Quantity,
  width: number,
  table: { isOpen: boolean; ontoggle: (isOpen: boolean) => void },
) {
  const points = picture.flatMap((bucket): Point[] => {
    const compared = of(bucket);
    return compared ? [{ ...compared, start: bucket.start, seconds: bucket.seconds, incident: bucket.incident }] : [];
  });
  const [first, last] = [points[0], points[points.length - 1]];
  if (!first) return nothing;
  const known = points.filter(({ recorded }) => recorded !== null);
  const within = known.filter(({ recorded, low, high }) => (recorded ?? 0) >= low && (recorded ?? 0) <= high);
  const words = `${count(within.length)} of ${count(known.length)} points lie in the band of the fitted world`;
  return html`<figure class="fit-chart" data-chart="fit-${name}">
    <figcaption>
      <span class="figure-title">${title}</span>
      <span class="key">
        <span class="key-entry">${swatch('recorded')}recorded</span>
        <span class="key-entry">${swatch('fitted')}fitted mean</span>
        <span class="key-entry">${swatch('fitted-band')}95 in 100 points of the fitted world</span>
        ${points.some(({ incident }) => incident) ? html`<span class="key-entry">${swatch('seen')}incident</span>` : nothing}
      </span>
    </figcaption>
    <div class="plot">
      <svg role="img" width=${Math.max(1, width)} height=${HEIGHT + FOOT}
        aria-label="${title}, ${momentOf(first.start)} to ${momentOf(last.start + last.seconds)}. ${words}.">
        ${width > 0 ? drawing(points, width, write) : nothing}
      </svg>
    </div>
    <details class="figures" @toggle=${(event: Event) => table.ontoggle((event.target as HTMLDetailsElement).open)}>
      <summary>Figures</summary>
      <div class="scroll" tabindex="0" role="group" aria-label="Figures: ${title}">${table.isOpen ? figures(points, write) : nothing}</div>
      ${saveButton(`fit-${name}`)}
    </details>
  </figure>`;
}

function drawing(points: Point[], width: number, write: (value: number) => string) {
  const last = points[points.length - 1];
  const x = scaleUtc(
    [points[0].start * 1000, (last.start + last.seconds) * 1000],
    [MARGIN.left, Math.max(MARGIN.left + 1, width - MARGIN.right)],
  );
  const [from, to] = x.range();
  const top = max(points, ({ recorded, fitted }) => Math.max(recorded ?? 0, fitted)) ?? 0;
  const band = max(points, ({ high }) => high) ?? 0;
  const highest = Math.max(top * 1.08, Math.min(band, top * MOST_HEADROOM)) || 1;
  const y = scaleLinear([0, highest], [HEIGHT, MARGIN.top]).nice(4);
  const [, ceiling] = y.domain();
  const at = (seconds: number) => x(seconds * 1000);
  const middle = ({ start, seconds }: Point) => at(start + seconds / 2);
  const up = (value: number) => y(Math.min(ceiling, value));
  const bandPath = area<Point>(
    middle,
    ({ low }) => up(low),
    ({ high }) => up(high),
  );
  const fittedPath = line<Point>(middle, ({ fitted }) => up(fitted));
  const recordedPath = line<Point>(middle, ({ recorded }) => up(recorded ?? 0)).defined(
    ({ recorded }) => recorded !== null,
  );
  const alone = points.filter(
    ({ recorded }, i) =>
      recorded !== null && (points[i - 1]?.recorded ?? null) === null && (points[i + 1]?.recorded ?? null) === null,
  );
  const times = x.ticks(Math.max(2, Math.floor((to - from) / LABEL_WIDTH)));
  return svg`<g class="axis">${y.ticks(4).map(
    (value) => svg`<line x1=${from} x2=${to} y1=${y(value)} y2=${y(value)}></line>
      <text x=${MARGIN.left - 6} y=${y(value)} dy="0.35em" text-anchor="end">${write(value)}</text>`,
  )}</g>
  <g class="look">${incidents(points).map(
    ([start, end]) =>
      svg`<rect class="seen" x=${at(start)} width=${Math.max(2, at(end) - at(start))} y=${MARGIN.top} height=${HEIGHT - MARGIN.top}></rect>`,
  )}</g>
  <path class="fitted-band" d=${bandPath(points) ?? ''}></path>
  <path class="fitted line" d=${fittedPath(points) ?? ''}></path>
  <path class="recorded line" d=${recordedPath(points) ?? ''}></path>
  ${alone.map((point) => svg`<circle class="recorded-point" cx=${middle(point)} cy=${up(point.recorded ?? 0)} r="2"></circle>`)}
  <g class="times">${times
    .filter((time) => x(time) > from + 66 && x(time) < to - 46)
    .map(
      (time) => svg`<line class="time-tick" x1=${x(time)} x2=${x(time)} y1=${HEIGHT} y2=${HEIGHT + 4}></line>
      <text x=${x(time)} y=${HEIGHT + 17} text-anchor="middle">${markOf(time.getTime() / 1000)}</text>`,
    )}
    <text x=${from} y=${HEIGHT + 17}>${dayOf(points[0].start)}</text>
    <text x=${to} y=${HEIGHT + 17} text-anchor="end">UTC</text></g>`;
}

/** Stretches of points with an incident. */
function incidents(points: Point[]): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (const { incident, start, seconds } of points) {
    if (!incident) continue;
    const before = found[found.length - 1];
    if (before?.[1] === start) before[1] = start + seconds;
    else found.push([start, start + seconds]);
  }
  return found;
}

const figures = (points: Point[], write: (value: number) => string) => html`<table>
  <thead><tr>${['From', 'recorded', 'fitted mean', '95 % band', 'incident'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
  <tbody>${points.map(
    ({ start, recorded, fitted, low, high, incident }) => html`<tr>
      <th scope="row">${momentOf(start)}</th>
      <td>${recorded === null ? 'no data' : write(recorded)}</td>
      <td>${write(fitted)}</td>
      <td>${write(low)} to ${write(high)}</td>
      <td>${incident ? 'yes' : nothing}</td>
    </tr>`,
  )}</tbody>
</table>`;
