/**
 * Probabilities over how bad the release is, over how much traffic there is, or over how late
 * monitoring sees: a line a policy, with the simulation's intervals, and a table on demand.
 */

import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { html, nothing, svg } from 'lit/html.js';
import { between, chance } from '../base/chance.ts';
import { counted, share, significant, tickUnit } from '../base/format.ts';
import { saveButton } from '../charts/save-svg.ts';
import type { Report } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import type { Findings, MeanPoint, Point } from '../study/findings.ts';
import { bracket, caughtFrom } from '../study/findings.ts';
import type { Along } from '../study/study-request.ts';
import { badRelease, delaysOf, RATIOS, trafficsAround } from '../study/study-request.ts';
import { placeLabels } from './curve-labels.ts';

/** `mark` is the line's class, `square` the form of its points; its name stands at the line if it is `labelled`. */
export type CurveLine = { mark: string; square: boolean; name: string; labelled: boolean; points: Point[] };
/** A place on the axis, marked over the whole height; its label is `short` where there is little room. */
export type Place = { mark: string; at: number; label: string; short: string };
/** A mean of each policy, drawn under the probabilities. */
type Means = { title: string; lines: { mark: string; square: boolean; name: string; points: MeanPoint[] }[] };
/**
 * What to draw; `word` says a value of what the curve goes along, `important` ticks are named
 * where there is little room. The axis is logarithmic unless it is `even`; `words` say what follows.
 */
type CurveSpec = {
  title: string;
  even?: boolean;
  means?: Means;
  words?: string[];
  axis: string;
  column: string;
  word: (at: number) => string;
  ticks: { at: number; label: string; important: boolean }[];
  key: { mark: string | null; name: string }[];
  lines: CurveLine[];
  places: Place[];
};
export type Scale = (value: number) => number;

const ALONG: Record<Along, string> = {
  ratio: 'how bad the release is',
  traffic: 'how much traffic there is',
  delay: 'how late monitoring sees',
};
const SPECS = { ratio: byRatio, traffic: byTraffic, delay: byDelay };
/** Ratios that are not named on the axis, and those that are even where there is little room. */
const UNNAMED = [1.1, 1.75];
const NAMED = [1, 1.5, 2, 3, 5];

const [LEFT, RIGHT, TOP, BOTTOM] = [50, 18, 10, 44];
/** Under so many pixels the drawing is lower, only the important ticks are named, and labels are short. */
const CROWDED = 420;
const heightOf = (width: number) => (width < CROWDED ? 220 : 270);
/** How high the drawing of the means is. */
const MEANS_HEIGHT = 180;

export class Curve {
  #store;
  #save = saveButton('curve');
  #width = 0;
  /** The figure, once it is drawn, whose width the drawing has. */
  #figure: Element | null = null;
  #resizes;
  /** Whether the table is shown; it is long. */
  #isOpen = false;
  #toggle;

  /** @param redraw called when the curve is to be rendered anew */
  constructor(store: Store, redraw: () => void) {
    this.#store = store;
    // In a frame of its own: what is drawn anew may be as high as to change the width again.
    this.#resizes = new ResizeObserver((entries) =>
      requestAnimationFrame(() => {
        const { width } = entries[entries.length - 1].contentRect;
        if (width === this.#width || width <= 0) return;
        this.#width = width;
        redraw();
      }),
    );
    this.#toggle = ({ target }: Event) => {
      this.#isOpen = (target as HTMLDetailsElement).open;
      redraw();
    };
  }

  /** Follows the width of the figure that the template was rendered to. */
  follow(figure: Element | null) {
    if (!figure || figure === this.#figure) return;
    this.#figure = figure;
    this.#resizes.observe(figure);
  }

  template() {
    const { study, session } = this.#store;
    const { found, along } = study;
    const report = found?.report ?? session.report;
    const spec = SPECS[along](found?.findings ?? [], report);
    return html`<figure class="curve">
      <h3>${spec.title}</h3>
      <label class="compare">
        Along
        <select @change=${({ target }: Event) => (study.along = (target as HTMLSelectElement).value as Along)}>
          ${Object.entries(ALONG)
            // Recorded traffic is what it is.
            .filter(([value]) => value !== 'traffic' || !session.recorded)
            .map(([value, name]) => html`<option value=${value} .selected=${value === along}>${name}</option>`)}
        </select>
      </label>
      <p class="key">
        ${spec.key.map(
          ({ mark, name }) =>
            html`<span class="key-entry">${
              mark
                ? html`<svg class="swatch ${mark}" width="22" height="10" aria-hidden="true"><path d="M0 5H22" /></svg>`
                : nothing
            }${name}</span>`,
        )}
      </p>
      <svg role="img" width=${Math.max(1, this.#width)} height=${heightOf(this.#width)} aria-label=${inWords(spec)}>
        ${this.#width > 0 ? drawing(spec, this.#width) : nothing}
      </svg>
      ${
        spec.means
          ? html`<h4>${spec.means.title}</h4>
              <svg role="img" width=${Math.max(1, this.#width)} height=${MEANS_HEIGHT} aria-label=${meansInWords(spec, spec.means)}>
                ${this.#width > 0 ? meansDrawing(spec, spec.means, this.#width) : nothing}
              </svg>`
          : nothing
      }
      ${spec.words?.map((sentence) => html`<p class="curve-words">${sentence}</p>`)}
      <details class="figures" @toggle=${this.#toggle}>
        <summary>The curve as a table</summary>
        ${this.#isOpen ? table(spec) : nothing} ${this.#save}
      </details>
    </figure>`;
  }
}

/** Values of what the curve goes along to pixels. */
const across = ({ ticks, even }: CurveSpec, width: number) =>
  (even ? scaleLinear : scaleLog)([ticks[0].at, ticks[ticks.length - 1].at], [LEFT, width - RIGHT]);

/** The axis of what the curve goes along. */
const foot = ({ axis, ticks }: CurveSpec, x: Scale, width: number, bottom: number) => svg`
    ${ticks
      .filter(({ important }) => important || width >= CROWDED)
      .map(({ at, label }) => svg`<text x=${x(at)} y=${bottom + 18} text-anchor="middle">${label}</text>`)}
    <text x=${(LEFT + width - RIGHT) / 2} y=${bottom + 38} text-anchor="middle">${axis}</text>`;

function drawing(spec: CurveSpec, width: number) {
  const { lines, places } = spec;
  // Where lines of a kind run side by side, their names find room on a wide drawing only; the key has them, too.
  const named = spec.even && width < CROWDED ? lines.map((one) => ({ ...one, labelled: false })) : lines;
  const [left, right, bottom] = [LEFT, width - RIGHT, heightOf(width) - BOTTOM];
  const x = across(spec, width);
  const y = scaleLinear([0, 1], [bottom, TOP]);
  return svg`
    <g class="axis">
      ${[0, 0.25, 0.5, 0.75, 1].map(
        (p) => svg`<line x1=${left} x2=${right} y1=${y(p)} y2=${y(p)} />
          <text x=${left - 6} y=${y(p)} dy="0.35em" text-anchor="end">${share(p * 100)}</text>`,
      )}
    </g>
    ${foot(spec, x, width, bottom)}
    ${places.map(({ mark, at }) => svg`<g class="curve-place ${mark}"><path d="M${x(at)} ${y(0)}V${y(1)}" /></g>`)}
    ${lines.map((one) => lineOf(one, x, y)).reverse()}
    ${placeLabels(named, width < CROWDED ? places.map((one) => ({ ...one, label: one.short })) : places, x, y, [
      left,
      right,
    ]).map(
      ({ text, spot: [cx, cy] }) =>
        svg`<text class="label" x=${cx} y=${cy} dy="0.35em" text-anchor="middle">${text}</text>`,
    )}`;
}

/** The means of each policy, from none up. */
function meansDrawing(spec: CurveSpec, { lines }: Means, width: number) {
  const [right, bottom] = [width - RIGHT, MEANS_HEIGHT - BOTTOM];
  const x = across(spec, width);
  const most = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ mean }) => mean)));
  const y = scaleLinear([0, most], [bottom, TOP]).nice(4);
  const path = line<MeanPoint>(
    ({ at }) => x(at),
    ({ mean }) => y(mean),
  );
  return svg`
    <g class="axis">
      ${y.ticks(4).map(
        (value) => svg`<line x1=${LEFT} x2=${right} y1=${y(value)} y2=${y(value)} />
          <text x=${LEFT - 6} y=${y(value)} dy="0.35em" text-anchor="end">${significant(value)}</text>`,
      )}
    </g>
    ${foot(spec, x, width, bottom)}
    ${lines
      .map(
        ({ mark, square, points }) => svg`<g class=${mark}>
          <path d=${path(points) ?? ''} />${points.map(({ at, mean }) => dot(x(at), y(mean), square))}
        </g>`,
      )
      .reverse()}`;
}

const dot = (cx: number, cy: number, square: boolean) =>
  square ? svg`<rect x=${cx - 3} y=${cy - 3} width="6" height="6" />` : svg`<circle cx=${cx} cy=${cy} r="3.4" />`;

/** A line with a point and a whisker at each value; lines differ in weight, dash and points. */
function lineOf({ mark, square, points }: CurveLine, x: Scale, y: Scale) {
  const path = line<Point>(
    ({ at }) => x(at),
    ({ p }) => y(p.estimate),
  );
  return svg`<g class=${mark}>
    <path d=${path(points) ?? ''} />
    ${points.map(({ at, p }) => {
      const [cx, cy] = [x(at), y(p.estimate)];
      return svg`<path class="whisker" d="M${cx} ${y(p.low)}V${y(p.high)}M${cx - 3} ${y(p.low)}h6M${cx - 3} ${y(p.high)}h6" />
        ${dot(cx, cy, square)}`;
    })}
  </g>`;
}

function inWords({ title, lines, places, word }: CurveSpec) {
  const ofLine = ({ name, points }: CurveLine) =>
    `${name}: ${points.map(({ at, p }) => `${chance(p)} at ${word(at)}`).join(', ') || 'not known yet'}.`;
  return [`${title}.`, ...lines.map(ofLine), ...places.map(({ label }) => `${label}.`)].join(' ');
}

function meansInWords({ word }: CurveSpec, { title, lines }: Means) {
  const ofLine = ({ name, points }: Means['lines'][number]) =>
    `${name}: ${points.map(({ at, mean }) => `${significant(mean)} at ${word(at)}`).join(', ') || 'not known yet'}.`;
  return [`${title}.`, ...lines.map(ofLine)].join(' ');
}

function table({ column, lines, means, word }: CurveSpec) {
  const heads = [
    column,
    ...lines.flatMap(({ name }) => [name, 'simulated within']),
    ...(means?.lines ?? []).map(({ name }) => `${name}, excess errors`),
  ];
  const cells = (at: number) => [
    ...lines.flatMap(({ points }) => {
      const p = points.find((one) => one.at === at)?.p;
      return [p ? chance(p) : '–', p ? between(p) : '–'];
    }),
    ...(means?.lines ?? []).map(({ points }) => significant(points.find((one) => one.at === at)?.mean ?? NaN)),
  ];
  return html`<div class="scroll" tabindex="0" role="group" aria-label="The curve as a table">
    <table>
      <thead>
        <tr>${heads.map((name) => html`<th scope="col">${name}</th>`)}</tr>
      </thead>
      <tbody>
        ${(lines[0]?.points ?? []).map(
          ({ at }) => html`<tr><th scope="row">${word(at)}</th>${cells(at).map((cell) => html`<td>${cell}</td>`)}</tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A policy's name with its letter. */
const lettered = ({ name }: Findings, i: number) => `${'AB'[i]}: ${name}`;

function byRatio(findings: Findings[]): CurveSpec {
  return {
    title: 'How much worse must a release be to be rolled back?',
    axis: 'errors, times the baseline’s',
    column: 'errors',
    word: (at) => `${significant(at)}\u00a0times`,
    ticks: RATIOS.filter((at) => !UNNAMED.includes(at)).map((at) => ({
      at,
      label: `${at}\u00a0×`,
      important: NAMED.includes(at),
    })),
    key: findings.map((found, i) => ({ mark: `policy-${i}`, name: lettered(found, i) })),
    lines: findings.map((found, i) => ({
      mark: `policy-${i}`,
      square: i > 0,
      name: lettered(found, i),
      labelled: false,
      points: found.ratios.map(({ at, found: { p_rollback } }) => ({ at, p: p_rollback })),
    })),
    places: findings.flatMap((found, i) => {
      const caught = caughtFrom(found);
      if (caught.estimate === null) return [];
      const label = `${'AB'[i]}: 95\u00a0% caught from ${bracket(caught)}`;
      return [{ mark: `policy-${i}`, at: caught.estimate, label, short: `${'AB'[i]}: ${bracket(caught)}` }];
    }),
  };
}

/** What was found along something; of another thing there is nothing to draw yet. */
const foundAlong = (along: Along, findings: Findings[]) =>
  findings.map((found) =>
    found.along === along ? found : { ...found, falsely: [], missed: [], caught: [], excess: [] },
  );

function byTraffic(findings: Findings[], report: Report): CurveSpec {
  const here = report.config.traffic.requests_per_second;
  const traffics = trafficsAround(report);
  return {
    title: `How does traffic change the two errors? (bad release: ${badRelease(report)})`,
    axis: 'requests per second',
    column: 'requests per second',
    word: (at) => `${significant(at)} a second`,
    ticks: traffics.map((at, i) => ({ at, label: significant(at), important: i % 3 === 0 })),
    key: [
      ...findings.map((found, i) => ({ mark: `policy-${i} falsely`, name: lettered(found, i) })),
      { mark: null, name: 'solid: healthy release thrown away' },
      { mark: null, name: 'dashed: bad release missed' },
    ],
    lines: foundAlong('traffic', findings).flatMap(({ falsely, missed }, i) => [
      {
        mark: `policy-${i} falsely`,
        square: false,
        name: `${'AB'[i]} false rollback`,
        labelled: true,
        points: falsely,
      },
      {
        mark: `policy-${i} missed`,
        square: true,
        name: `${'AB'[i]} missed`,
        labelled: true,
        points: missed,
      },
    ]),
    places: [{ mark: 'here', at: here, label: `configured: ${significant(here)} a second`, short: 'configured' }],
  };
}

/** What a wait of so many ticks costs, in the words under the curve. */
const TYPICAL_DELAY = 5;

function byDelay(all: Findings[], report: Report): CurveSpec {
  const { tick_seconds: tick, observation } = report.config;
  const unit = tickUnit(tick).name;
  const findings = foundAlong('delay', all);
  const delays = delaysOf(report);
  const here = observation?.delay_seconds ?? 0;
  const late = (at: number) => (at === 0 ? 'no delay' : counted(at / tick, unit));
  const name = (i: number, what: string) => `${'AB'[i]} ${what}`;
  return {
    title: `What does it cost that monitoring sees late? (bad release: ${badRelease(report)})`,
    axis: `${unit}s that monitoring is late`,
    column: 'seen late by',
    even: true,
    word: late,
    // Of those that stand close together the first is enough where there is little room.
    ticks: delays.map((at) => ({ at, label: significant(at / tick), important: at === 0 || at >= 2 * tick })),
    key: [
      ...findings.map((found, i) => ({ mark: `policy-${i} falsely`, name: lettered(found, i) })),
      { mark: null, name: 'solid: healthy release thrown away' },
      { mark: null, name: 'dashed: bad release caught' },
    ],
    lines: findings.flatMap(({ falsely, caught }, i) => [
      { mark: `policy-${i} falsely`, square: false, name: name(i, 'false rollback'), labelled: true, points: falsely },
      { mark: `policy-${i} caught`, square: true, name: name(i, 'caught'), labelled: true, points: caught },
    ]),
    places: here > 0 ? [{ mark: 'here', at: here, label: `configured: ${late(here)}`, short: 'configured' }] : [],
    means: {
      title: 'Excess errors of the bad release, on average',
      lines: findings.map(({ excess }, i) => ({
        mark: `policy-${i} falsely`,
        square: i > 0,
        name: lettered(findings[i], i),
        points: excess,
      })),
    },
    words: findings.flatMap((found, i) => costOfDelay(found, i, TYPICAL_DELAY * tick, late)),
  };
}

/** What it costs a policy that monitoring sees so late, or as late as was measured. */
function costOfDelay({ excess, caught, falsely }: Findings, i: number, seconds: number, late: (at: number) => string) {
  const k = excess.findLastIndex(({ at }) => at <= seconds);
  if (k < 1) return [];
  const [none, some] = [0, k].map((n) => ({ mean: excess[n].mean, caught: caught[n].p, falsely: falsely[n]?.p }));
  const thrown =
    none.falsely && some.falsely
      ? ` It throws away ${chance(some.falsely)} of healthy ones, without the delay ${chance(none.falsely)}.`
      : '';
  return [
    `Seen ${late(excess[k].at)} late, policy ${'AB'[i]} has ${significant(some.mean)} excess errors instead of ${significant(none.mean)}, ` +
      `and catches ${chance(some.caught)} of bad releases instead of ${chance(none.caught)}.${thrown}`,
  ];
}
