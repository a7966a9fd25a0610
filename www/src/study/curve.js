/**
 * How much worse a release must be to be caught: P(rollback) over the ratio of
 * errors, for the policy on screen and another, with the simulation's interval.
 */

import { scaleLinear, scaleLog } from '../charts/scale.js';
import { line } from '../charts/path.js';
import { between, chance } from '../base/chance.js';
import { yAxis } from '../charts/chart.js';
import { h, replace, s } from '../base/dom.js';
import { share, significant } from '../base/format.js';
import { swatch } from '../charts/figure.js';
import { RATIOS } from './study-request.js';

/** @import { Estimate, StudyReport } from '../base/engine.js' */
/** @import { Scale } from '../charts/scale.js' */
/** @typedef {{ ratio: number, p: Estimate }} CurvePoint */

const HEIGHT = 290;
const BOTTOM = 44;

export class Curve {
  #svg = s('svg', { role: 'img', height: HEIGHT, 'aria-label': 'Not drawn yet' });
  #key = h('p', { class: 'key' });
  #table = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Figures: the curve' });
  #details = h(
    'details',
    { class: 'figures', ontoggle: () => this.#write() },
    h('summary', {}, 'Figures'),
    this.#table,
  );
  element = h('div', { class: 'curve' }, this.#key, this.#svg, this.#details);
  #width = 0;
  /** @type {{ name: string, points: CurvePoint[] }[]} */
  #policies = [];

  /**
   * @param {StudyReport} report
   * @param {string} rival
   * @param {boolean} little whether the other policy is left out and stays as shown
   */
  show({ sweep }, rival, little) {
    const kept = little ? this.#policies.slice(1) : [];
    const names = ['this policy', rival].slice(0, sweep?.points[0]?.policies.length ?? 0);
    const told = names.map((name, i) => ({
      name,
      points: (sweep?.points ?? []).map(({ value, policies }) => ({
        ratio: value,
        p: policies[i].p_rollback,
      })),
    }));
    this.#policies = [...told, ...kept];
    replace(
      this.#key,
      ...this.#policies.map(({ name }, i) => h('span', { class: 'key-entry' }, swatch(`policy-${i}`), name)),
    );
    this.#draw();
    this.#write();
  }

  /** @param {number} width in CSS pixels */
  resize(width) {
    if (width === this.#width || width <= 0) return;
    this.#width = width;
    this.#draw();
  }

  #draw() {
    if (this.#width === 0 || this.#policies.length === 0) return;
    const x = scaleLog()
      .domain([RATIOS[0], RATIOS[RATIOS.length - 1]])
      .range([58, this.#width - 18]);
    const y = scaleLinear()
      .domain([0, 1])
      .range([HEIGHT - BOTTOM, 10]);
    const middle = (x.range()[0] + x.range()[1]) / 2;
    const crowded = this.#width < 420;
    this.#svg.setAttribute('width', String(this.#width));
    replace(
      this.#svg,
      yAxis(y, x, [0, 0.25, 0.5, 0.75, 1], (p) => share(p * 100)),
      ...RATIOS.filter((ratio) => ratio !== 1.1 && !(crowded && ratio === 1.25)).map((ratio) =>
        s('text', { x: x(ratio), y: HEIGHT - BOTTOM + 18, 'text-anchor': 'middle' }, `${ratio}\u00a0×`),
      ),
      s('text', { x: middle, y: HEIGHT - 6, 'text-anchor': 'middle' }, 'errors, times the baseline’s'),
      ...this.#policies.map(({ points }, i) => policyMarks(points, i, x, y)).reverse(),
    );
    this.#svg.setAttribute(
      'aria-label',
      `Probability of a rollback. ${this.#policies.map(spoken).join(' ')}`,
    );
  }

  #write() {
    if (!this.#details.open) return;
    const [first] = this.#policies;
    const row = (/** @type {CurvePoint} */ { ratio }) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, `${significant(ratio)} ×`),
        ...this.#policies.flatMap(({ points }) => {
          const point = points.find((one) => one.ratio === ratio);
          return [h('td', {}, point ? chance(point.p) : '–'), h('td', {}, point ? between(point.p) : '–')];
        }),
      );
    const heads = ['errors', ...this.#policies.flatMap(({ name }) => [name, 'simulated within'])];
    replace(
      this.#table,
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, ...heads.map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', {}, ...(first?.points ?? []).map(row)),
      ),
    );
  }
}

/** @param {{ name: string, points: CurvePoint[] }} policy */
const spoken = ({ name, points }) =>
  `${name}: ${points.map(({ ratio, p }) => `${chance(p)} at ${ratio} times the errors`).join(', ')}.`;

/**
 * A line with a mark and a whisker at each ratio; the policies differ in dash
 * and mark.
 * @param {CurvePoint[]} points
 * @param {number} policy
 * @param {Scale} x
 * @param {Scale} y
 */
function policyMarks(points, policy, x, y) {
  const path = line(
    (/** @type {CurvePoint} */ { ratio }) => x(ratio),
    (/** @type {CurvePoint} */ { p }) => y(p.estimate),
  );
  return s(
    'g',
    { class: `policy-${policy}` },
    s('path', { d: path(points) }),
    ...points.flatMap(({ ratio, p }) => {
      const [cx, cy] = [x(ratio), y(p.estimate)];
      return [
        s('path', {
          class: 'whisker',
          d: `M${cx} ${y(p.low)}V${y(p.high)}M${cx - 3} ${y(p.low)}h6M${cx - 3} ${y(p.high)}h6`,
        }),
        policy === 0
          ? s('circle', { cx, cy, r: 3.4 })
          : s('rect', { x: cx - 3, y: cy - 3, width: 6, height: 6 }),
      ];
    }),
  );
}
