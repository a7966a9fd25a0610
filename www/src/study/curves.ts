/** The policies along a quantity of the world: how bad the release is, or how much traffic there is. */

import { h } from '../base/dom.ts';
import { significant } from '../base/format.ts';
import type { Report } from '../engine/engine.ts';
import { bracket } from '../measure/card-rows.ts';
import type { CurveSpec } from '../measure/curve.ts';
import { Curve } from '../measure/curve.ts';
import type { Findings } from './findings.ts';
import { caughtFrom } from './findings.ts';
import { badRelease, RATIOS, trafficsAround } from './study-request.ts';
export type Along = 'ratio' | 'traffic';

const ALONG: Record<Along, string> = { ratio: 'error ratio', traffic: 'traffic' };
/** Ratios that are not named on the axis, and those that are even where there is little room. */
const UNNAMED = [1.1, 1.75];
const NAMED = [1, 1.5, 2, 3, 5];

/** The title that stands before anything is found, too. */
const BY_RATIO = 'How much worse a release must be to be rolled back';

export class Curves {
  /** What is drawn at its measured width. */
  curve = new Curve();
  #title = h('h3', {}, BY_RATIO);
  #along;
  element;

  constructor(onalong: () => void) {
    this.#along = h(
      'select',
      { onchange: onalong },
      ...Object.entries(ALONG).map(([value, name]) => h('option', { value }, name)),
    );
    this.element = h(
      'div',
      {},
      this.#title,
      h('label', { class: 'compare' }, 'Along', this.#along),
      this.curve.element,
    );
  }

  /** What the curve goes along. */
  get along() {
    return this.#along.value as Along;
  }

  set along(along) {
    this.#along.value = along;
  }

  /**
   * @param findings of policies A and B
   * @param report of the rollout on screen
   */
  show(findings: Findings[], report: Report) {
    const spec = this.along === 'ratio' ? byRatio(findings) : byTraffic(findings, report);
    this.#title.textContent = spec.title;
    this.curve.show(spec);
  }
}

/** A policy's name with its letter. */
const lettered = ({ name }: Findings, i: number) => `${'AB'[i]}: ${name}`;

const byRatio = (findings: Findings[]): CurveSpec => ({
  title: BY_RATIO,
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
    return [{ mark: `policy-${i}`, at: caught.estimate, label }];
  }),
});

function byTraffic(findings: Findings[], report: Report): CurveSpec {
  const here = report.config.traffic.requests_per_second;
  const traffics = trafficsAround(report);
  return {
    title: `How traffic changes the two errors (bad release: ${badRelease(report)})`,
    axis: 'requests per second',
    column: 'requests per second',
    word: (at) => `${significant(at)} a second`,
    ticks: traffics.map((at, i) => ({ at, label: significant(at), important: i % 3 === 0 })),
    key: [
      ...findings.map((found, i) => ({ mark: `policy-${i} falsely`, name: lettered(found, i) })),
      { mark: null, name: 'solid: healthy release thrown away' },
      { mark: null, name: 'dashed: bad release missed' },
    ],
    lines: findings.flatMap(({ falsely, missed }, i) => [
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
    places: [{ mark: 'here', at: here, label: `configured: ${significant(here)} a second` }],
  };
}
