/**
 * The policies of a search as a cloud of points that thins out while it runs, and the front as a
 * curve to walk along: by a slider, by its arrow keys, by a click.
 */

import { extent } from 'd3-array';
import { scaleLinear, scaleLog, scalePow } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import { html, nothing, svg } from 'lit/html.js';
import { chance } from '../base/chance.ts';
import { count, percent, significant } from '../base/format.ts';
import { saveButton } from '../charts/save-svg.ts';
import type { SearchCandidate, SearchReport } from '../engine/engine.ts';
import type { SearchState } from '../search/search-state.ts';
import type { BoundName, Order } from '../search/settings.ts';
import {
  boundOf,
  boundWords,
  breakWords,
  countsOf,
  errorsWords,
  FULFILLED,
  inShort,
  timeWords,
  verdict,
} from './words.ts';

/** What stands along the axis. */
type Along = 'time' | BoundName;
type Scale = ((value: number) => number) & { ticks: (count?: number) => number[]; domain: () => number[] };
/** A policy where it is drawn. */
type Spot = { id: number; one: SearchCandidate; x: number; y: number };

const [LEFT, RIGHT, TOP, BOTTOM] = [54, 20, 26, 46];
/** Under so many pixels the drawing is lower. */
const CROWDED = 420;
const heightOf = (width: number) => (width < CROWDED ? 260 : 410);
/** About what a letter of a label takes, in CSS pixels. */
const LETTER = 6.4;
/** How far from a point a click may be, in CSS pixels. */
const NEAR = 22;
/** From this ratio on, harm is drawn on a logarithmic axis. */
const WIDE = 20;
/** Where an axis of probabilities may have ticks. */
const SHARES = [0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1];
/** Policies of which the table tells. */
const MOST_ROWS = 60;

export class Cloud {
  #state;
  #redraw;
  #save = saveButton('policies');
  #along: Along = 'time';
  #width = 0;
  /** The figure, once it is drawn, whose width the drawing has. */
  #figure: Element | null = null;
  #resizes;
  #isOpen = false;
  /** Where the policies are drawn. */
  #spots: Spot[] = [];

  /** @param redraw called when it is to be rendered anew */
  constructor(state: SearchState, redraw: () => void) {
    this.#state = state;
    this.#redraw = redraw;
    // In a frame of its own: what is drawn anew may be as high as to change the width again.
    this.#resizes = new ResizeObserver((entries) =>
      requestAnimationFrame(() => {
        const { width } = entries[entries.length - 1].contentRect;
        if (width === this.#width || width <= 0) return;
        this.#width = width;
        redraw();
      }),
    );
  }

  /** Follows the width of the figure that the template was rendered to. */
  follow(figure: Element | null) {
    if (!figure || figure === this.#figure) return;
    this.#figure = figure;
    this.#resizes.observe(figure);
  }

  template(report: SearchReport, order: Order) {
    const along = order.bounds.includes(this.#along as BoundName) ? this.#along : 'time';
    const names: Along[] = ['time', ...order.bounds];
    const words = (name: Along) => (name === 'time' ? timeWords(report.config.tick_seconds) : boundWords(name, order));
    return html`<figure class="cloud">
      <h3>${title(report)}</h3>
      <p class="cloud-verdict" role="status">${verdict(report, order, this.#state.running)}</p>
      <label class="compare">
        Along
        <select @change=${({ target }: Event) => {
          this.#along = (target as HTMLSelectElement).value as Along;
          this.#redraw();
        }}>
          ${names.map((name) => html`<option value=${name} .selected=${name === along}>${words(name)}</option>`)}
        </select>
      </label>
      ${this.#key(report, order)}
      <svg role="img" class="cloud-plot" width=${Math.max(1, this.#width)} height=${heightOf(this.#width)}
        aria-label=${this.#inWords(report, order)} @click=${(event: MouseEvent) => this.#pick(event)}>
        ${this.#width > 0 ? this.#drawing(report, order, along, words(along)) : nothing}
      </svg>
      ${this.#walk(report, order)}
      <details class="figures" @toggle=${({ target }: Event) => {
        this.#isOpen = (target as HTMLDetailsElement).open;
        this.#redraw();
      }}>
        <summary>The policies as a table</summary>
        ${this.#isOpen ? this.#table(report, order) : nothing} ${this.#save}
      </details>
    </figure>`;
  }

  #key(report: SearchReport, order: Order) {
    const { alive, failed, dominated, leftOut } = countsOf(report, order);
    const front = report.front.length;
    const entry = (mark: string, words: string) =>
      html`<span class="key-entry"><svg class="dot-key ${mark}" width="14" height="14" aria-hidden="true">${markOf(mark, 7, 7)}</svg>${words}</span>`;
    return html`<p class="key">
      ${front > 0 ? entry('front', `${count(front)} on the front`) : nothing}
      ${alive > front ? entry('alive', `${count(alive - front)} ${front > 0 ? 'more ' : ''}still in`) : nothing}
      ${failed.map(({ name, n }, i) => (n > 0 ? entry(`failed broken-${i}`, `${count(n)} ${breakWords(name, order)}`) : nothing))}
      ${dominated > 0 ? entry('dominated', `${count(dominated)} to which another one is better`) : nothing}
      ${leftOut > 0 ? entry('left_out', `${count(leftOut)} left out: others look better`) : nothing}
      ${entry('present', 'the present policy')}
    </p>`;
  }

  #drawing(report: SearchReport, order: Order, along: Along, name: string) {
    const [width, height] = [this.#width, heightOf(this.#width)];
    const all = [...report.candidates.map((one, id) => ({ id, one })), { id: -1, one: report.present }];
    const acrossOf = (one: SearchCandidate) =>
      along === 'time'
        ? one.figures[order.time].estimate
        : (one.holds[order.bounds.indexOf(along)]?.found.estimate ?? null);
    const known = all.flatMap(({ id, one }) => {
      const [across, up] = [acrossOf(one), one.figures[order.errors].estimate];
      return one.runs > 0 && across !== null && up !== null ? [{ id, one, across, up }] : [];
    });
    const x = acrossScale(
      along,
      known.map(({ across }) => across),
      [LEFT, width - RIGHT],
    );
    const y = upScale(
      known.map(({ up }) => up),
      [height - BOTTOM, TOP],
    );
    this.#spots = known.map(({ id, one, across, up }) => ({ id, one, x: x(across), y: y(up) }));
    const spotOf = (id: number | null) => this.#spots.find((spot) => spot.id === id);
    const bound = along === 'time' ? null : Number(order.settings[along]) / 100;
    const front = report.front.flatMap((id) => spotOf(id) ?? []).sort((a, b) => a.x - b.x);
    const path = line<Spot>(
      (spot) => spot.x,
      (spot) => spot.y,
    ).curve(curveStepAfter);
    const [chosen, looked, present] = [
      spotOf(report.chosen?.id ?? report.nearest?.id ?? null),
      spotOf(this.#state.looked),
      spotOf(-1),
    ];
    const tick = (value: number) => (along === 'time' ? significant(value) : percent(value));
    return svg`
      <g class="axis">
        ${apart(y.ticks(6), y).map(
          (value) => svg`<line x1=${LEFT} x2=${width - RIGHT} y1=${y(value)} y2=${y(value)} />
            <text x=${LEFT - 6} y=${y(value)} dy="0.35em" text-anchor="end">${significant(value)}</text>`,
        )}
        ${ticksOf(along, x, width).map(
          (value) => svg`<text x=${x(value)} y=${height - BOTTOM + 18} text-anchor="middle">${tick(value)}</text>`,
        )}
        <text x=${LEFT - 46} y="12">${width < CROWDED ? 'failed requests' : errorsWords(order)}</text>
        <text x=${(LEFT + width - RIGHT) / 2} y=${height - 6} text-anchor="middle">${name}</text>
      </g>
      ${
        bound !== null && bound <= x.domain()[1]
          ? svg`<rect class="beyond" x=${x(bound)} y=${TOP} width=${Math.max(0, width - RIGHT - x(bound))} height=${height - BOTTOM - TOP} />
              <path class="bound" d="M${x(bound)} ${TOP}V${height - BOTTOM}" />
              <text class="label" x=${Math.min(x(bound) + 6, width - RIGHT - 90)} y=${TOP + 12}>${boundOf(along as BoundName, order)}</text>`
          : nothing
      }
      <g class="candidates">
        ${this.#spots
          .filter(({ id }) => id >= 0)
          .map(({ id, one, x: cx, y: cy }) => {
            const kind = report.front.includes(id) ? 'front' : kindOf(one);
            return svg`<g class="candidate ${kind}">${markOf(kind, cx, cy)}</g>`;
          })}
      </g>
      ${along === 'time' && front.length > 1 ? svg`<path class="front-line" d=${path(front) ?? ''} />` : nothing}
      ${present ? svg`<g class="present">${markOf('present', present.x, present.y)}</g>` : nothing}
      ${looked ? svg`<circle class="looked" cx=${looked.x} cy=${looked.y} r="9" />` : nothing}
      ${chosen ? svg`<circle class="chosen-point" cx=${chosen.x} cy=${chosen.y} r="6" />` : nothing}
      ${labels(
        [
          ...(chosen ? [{ spot: chosen, text: report.chosen ? 'chosen' : 'nearest' }] : []),
          ...(present
            ? [{ spot: present, text: width < CROWDED ? 'present' : `present policy: ${presentWords(report, order)}` }]
            : []),
        ],
        width,
        height,
      )}`;
  }

  /** Selects what is near a click. */
  #pick(event: MouseEvent) {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    // What stands in front is meant first.
    const far = (spot: Spot) => Math.hypot(spot.x - x, spot.y - y) - (isFront(spot) ? 8 : 0);
    const front = this.#state.result?.report.front ?? [];
    const isFront = ({ id }: Spot) => front.includes(id);
    const near = this.#spots.filter(({ id }) => id >= 0).sort((a, b) => far(a) - far(b))[0];
    if (near && far(near) <= NEAR) this.#state.look(near.id);
  }

  #walk(report: SearchReport, order: Order) {
    const front = walkOf(report, order);
    if (front.length < 2) return nothing;
    const at = front.indexOf(this.#state.looked ?? -1);
    const now = at < 0 ? Math.max(0, front.indexOf(this.#state.found ?? -1)) : at;
    const words = (i: number) => `${i + 1} of ${front.length}: ${inShort(report.candidates[front[i]], order, report)}`;
    return html`<div class="walk">
      <label for="walk">Along the front</label>
      <input id="walk" type="range" min="0" max=${front.length - 1} step="1" .value=${String(now)} aria-valuetext=${words(now)}
        @input=${({ target }: Event) => this.#state.look(front[(target as HTMLInputElement).valueAsNumber])} />
      <output for="walk">${at < 0 ? 'a policy beside the front' : words(now)}</output>
    </div>`;
  }

  #inWords(report: SearchReport, order: Order) {
    const { alive, failed, dominated, all } = countsOf(report, order);
    const parts = [
      `${count(all)} policies by ${timeWords(report.config.tick_seconds)} and ${errorsWords(order)}`,
      `${count(alive)} still in`,
      ...failed.map(({ name, n }) => `${count(n)} ${breakWords(name, order)}`),
      `another one is better than ${count(dominated)}`,
    ];
    const front = walkOf(report, order)
      .slice(0, 12)
      .map((id) => inShort(report.candidates[id], order, report));
    return `${parts.join('; ')}. ${front.length > 0 ? `The front: ${front.join('; ')}.` : ''}`;
  }

  #table(report: SearchReport, order: Order) {
    const { candidates, front } = report;
    const rank = (id: number) =>
      front.includes(id) ? 0 : ['alive', 'left_out', 'dominated', 'failed'].indexOf(candidates[id].state) + 1;
    const first = (id: number) => candidates[id].figures[0].estimate ?? Infinity;
    const ids = candidates.map((_, id) => id).sort((a, b) => rank(a) - rank(b) || first(a) - first(b));
    const state = (id: number, { state, hold }: SearchCandidate) =>
      front.includes(id)
        ? 'on the front'
        : state === 'failed' && hold !== null
          ? `broken: ${boundWords(order.bounds[hold], order)}`
          : {
              alive: 'still in',
              left_out: 'left out',
              dominated: 'another one is better',
              failed: 'not to be decided',
            }[state];
    return html`<div class="scroll" tabindex="0" role="group" aria-label="The policies as a table">
        <table>
          <thead>
            <tr>
              <th scope="col">Policy</th>
              <th scope="col">${timeWords(report.config.tick_seconds)}</th>
              <th scope="col">failed requests</th>
              ${order.bounds.map((name) => html`<th scope="col">${boundWords(name, order)}</th>`)}
              <th scope="col">state</th>
              <th scope="col">rollouts</th>
            </tr>
          </thead>
          <tbody>
            ${ids.slice(0, MOST_ROWS).map((id) => {
              const one = candidates[id];
              return html`<tr>
                <th scope="row"><button type="button" class="link" aria-pressed=${String(id === this.#state.looked)}
                  @click=${() => this.#state.look(id)}>${valuesOf(one)}</button></th>
                <td>${significant(one.figures[order.time].estimate ?? NaN)}</td>
                <td>${significant(one.figures[order.errors].estimate ?? NaN)}</td>
                ${one.holds.map(({ found, fulfilment }) => html`<td>${chance(found)} <small>${FULFILLED[fulfilment]}</small></td>`)}
                <td>${state(id, one)}</td>
                <td>${count(one.runs)}</td>
              </tr>`;
            })}
          </tbody>
        </table>
      </div>
      ${ids.length > MOST_ROWS ? html`<p class="quiet">The first ${count(MOST_ROWS)} of ${count(ids.length)} policies.</p>` : nothing}`;
  }
}

/** The values of a policy, as they were varied. */
const valuesOf = ({ values, policy }: SearchCandidate) =>
  policy ?? values.map((value) => (Array.isArray(value) ? value.join(', ') : String(value))).join('; ');

function title({ candidates, front }: SearchReport) {
  const tried = `${count(candidates.length)} policies tried`;
  return front.length > 0 ? `${tried}, ${count(front.length)} on the front` : tried;
}

/** The front in the order in which one walks along it: the fastest first. */
function walkOf({ front, candidates }: SearchReport, { time, errors }: Order) {
  const value = (id: number, i: number) => candidates[id].figures[i].estimate ?? Infinity;
  return [...front].sort((a, b) => value(a, time) - value(b, time) || value(a, errors) - value(b, errors));
}

/** Which bounds the present policy breaks. */
function presentWords({ present }: SearchReport, order: Order) {
  const of = (fulfilment: string) => order.bounds.filter((_, i) => present.holds[i]?.fulfilment === fulfilment).length;
  const broken = of('failed');
  const n = order.bounds.length;
  if (broken > 0)
    return broken === n && n > 1
      ? `breaks ${n === 2 ? 'both' : 'all'} bounds`
      : `breaks ${broken === 1 ? 'a bound' : `${broken} bounds`}`;
  return of('met') === n ? 'holds' : 'not certain';
}

/** What became of a policy, as its mark's class; of a broken bound, of which. */
const kindOf = ({ state, hold }: SearchCandidate) =>
  state === 'failed' ? `failed broken-${Math.min(2, hold ?? 2)}` : state;

/** A mark: states differ in form, not in colour alone. */
function markOf(kind: string, x: number, y: number) {
  switch (kind) {
    case 'failed broken-0':
      return svg`<path d="M${x - 2.6} ${y - 2.6}l5.2 5.2m0 -5.2l-5.2 5.2" />`;
    case 'failed broken-1':
      return svg`<path d="M${x - 3.4} ${y}h6.8m-3.4 -3.4v6.8" />`;
    case 'failed broken-2':
      return svg`<path d="M${x - 3.4} ${y}h6.8" />`;
    case 'dominated':
    case 'left_out':
      return svg`<circle cx=${x} cy=${y} r="2.2" />`;
    case 'present':
      return svg`<path d="M${x} ${y - 6.5}l6.5 6.5l-6.5 6.5l-6.5 -6.5z" />`;
    case 'front':
      return svg`<circle cx=${x} cy=${y} r="4.4" />`;
    default:
      return svg`<circle cx=${x} cy=${y} r="3.4" />`;
  }
}

function acrossScale(along: Along, values: number[], range: [number, number]): Scale {
  const [least = 0, most = 1] = extent(values);
  if (along !== 'time') return scalePow([0, Math.max(0.02, most)], range).exponent(0.5) as Scale;
  const room = Math.max(1, (most - least) * 0.06);
  return scaleLinear([Math.max(0, least - room), most + room], range) as Scale;
}

/** Harm on a logarithmic axis where it spans much. */
function upScale(values: number[], range: [number, number]): Scale {
  const positive = values.filter((value) => value > 0);
  const [least = 1, most = 10] = extent(positive);
  if (most / least < WIDE) return scaleLinear([0, Math.max(1, Math.max(...values, 1) * 1.06)], range) as Scale;
  // What is none stands at the foot.
  return scaleLog([least * 0.8, most * 1.15], range).clamp(true) as Scale;
}

function ticksOf(along: Along, x: Scale, width: number) {
  const most = x.domain()[1];
  const ticks = along === 'time' ? x.ticks(width < CROWDED ? 4 : 8) : SHARES.filter((share) => share <= most);
  // Of those that stand close together the first is enough.
  return ticks.filter((value, i) => i === 0 || x(value) - x(ticks[i - 1]) > 34 || value === 0.01);
}

/** Of ticks that stand close together, the lower one. */
function apart(ticks: number[], y: Scale) {
  const kept: number[] = [];
  for (const value of ticks) if (kept.length === 0 || y(kept[kept.length - 1]) - y(value) > 26) kept.push(value);
  return kept;
}

/** Labels over their points, within the drawing; where two would stand on each other, the second stands under its point. */
function labels(all: { spot: Spot; text: string }[], width: number, height: number) {
  const isClose = all.length > 1 && Math.abs(all[0].spot.y - all[1].spot.y) < 24;
  return all.map(({ spot, text }, i) => {
    const half = (text.length * LETTER) / 2;
    const x = Math.min(Math.max(spot.x, LEFT + half), width - half - 4);
    const under = (i === 1 && isClose && spot.y < height - BOTTOM - 24) || spot.y < TOP + 20;
    return svg`<text class="label" x=${x} y=${spot.y + (under ? 20 : -18)} dy="0.35em" text-anchor="middle">${text}</text>`;
  });
}
