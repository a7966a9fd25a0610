/**
 * The two errors of a policy in large type, and the walls they are counted on.
 * What the policy risks and how exactly the simulation knows it are told apart.
 */

import { between, chance, exactness } from '../base/chance.ts';
import { h } from '../base/dom.ts';
import { counted, tickUnit } from '../base/format.ts';
import type { Estimate, Report, StudyCase } from '../engine/engine.ts';
import type { StudyResult } from '../engine/study-loop.ts';
import { badRelease, firstSeed, isAsBaseline, isHealthy, WALL } from '../study/study-request.ts';
import { Wall } from './wall.ts';

export class StudyFigures {
  #healthy;
  #bad;
  #walls;
  #exactness = h('p', { class: 'quiet exactness' });
  element;

  constructor(onopen: (seed: number, healthy: boolean) => void) {
    this.#healthy = new Figure('false_rollback');
    this.#bad = new Figure('missed_regression');
    this.#walls = {
      healthy: new Wall('Healthy releases', 'rolled_back', (seed) => onopen(seed, true)),
      bad: new Wall('Bad releases', 'completed', (seed) => onopen(seed, false)),
    };
    this.element = h(
      'section',
      { class: 'card effects', part: 'figures' },
      h('h3', {}, 'What this policy does'),
      h(
        'div',
        { class: 'walls' },
        h('div', {}, this.#healthy.element, this.#walls.healthy.element),
        h('div', {}, this.#bad.element, this.#walls.bad.element),
      ),
      this.#exactness,
    );
  }

  /**
   * Says what will be told, before it is known; what was known of another
   * configuration stays meanwhile, marked as such.
   *
   * @param report of the rollout on screen
   */
  await(report: Report) {
    if (!this.element.dataset.runs) {
      this.#healthy.show(null, null, healthyOnes(report));
      this.#bad.show(null, null, bad(report));
      this.#exactness.textContent = 'Simulating …';
    }
    this.element.dataset.runs = '0';
    this.element.setAttribute('aria-busy', 'true');
  }

  /**
   * @param report of the rollout on screen
   * @param brief whether a limit is being dragged, and more runs follow
   */
  show({ report: study, healthy, release }: StudyResult, report: Report, brief: boolean) {
    const { name: unit } = tickUnit(report.config.tick_seconds);
    const missed = study.missed_regression;
    const waiting = (of: StudyCase | null) => of?.p_waiting ?? null;
    this.#healthy.show(study.healthy.p_rollback, waiting(study.healthy), healthyOnes(report));
    this.#bad.show(missed, waiting(study.release), missed ? bad(report) : NO_BAD);
    const first = firstSeed(report.seed);
    this.#walls.healthy.show(healthy, first, unit, `of these ${WALL} healthy ones`);
    const none = { ...release, end: release.end.slice(0, 0) };
    this.#walls.bad.show(missed ? release : none, first, unit, `of these ${WALL} bad ones`);
    const exact = exactness([study.healthy.p_rollback, ...(missed ? [missed] : [])]);
    const next = brief ? 'Let the limit go for more.' : 'More runs would make them narrower, not the policy better.';
    this.#exactness.textContent =
      `A square is a rollout; a click opens it. ${counted(study.runs, 'run')}${study.partial ? ' so far' : ''}, ` +
      `${exact}. ${next}`;
    this.element.dataset.runs = String(study.runs);
    this.element.dataset.partial = String(study.partial);
    this.element.setAttribute('aria-busy', 'false');
  }

  /** Marks the rollout on screen on the wall of its kind. */
  mark(report: Report) {
    this.#walls.healthy.mark(isHealthy(report) ? report.seed : null);
    this.#walls.bad.mark(isHealthy(report) ? null : report.seed);
  }
}

/** Where a bad release cannot be made by more errors. */
const NO_BAD = 'of bad releases missed: there is none, for the baseline never fails';

const healthyOnes = (report: Report) =>
  isHealthy(report) && !isAsBaseline(report)
    ? 'of healthy releases like the one on screen thrown away'
    : 'of healthy releases thrown away';

const bad = (report: Report) => `of bad releases missed (${badRelease(report)})`;

/** A probability in large type with what it is of. */
class Figure {
  #value = h('b', { class: 'big' }, '–');
  #words = h('span');
  #interval = h('small', {}, '\u00a0');
  #waiting = h('small', { class: 'waits', hidden: true });
  element;

  constructor(name: string) {
    this.element = h(
      'p',
      { class: 'big-figure', 'data-figure': name },
      this.#value,
      this.#words,
      this.#interval,
      this.#waiting,
    );
  }

  /** @param waiting the share that waits for a person */
  show(p: Estimate | null, waiting: Estimate | null, words: string) {
    this.#value.textContent = p ? chance(p) : '–';
    this.#words.textContent = words;
    this.#interval.textContent = p ? `simulated: ${between(p)}` : '\u00a0';
    this.#waiting.hidden = !p || !waiting || waiting.estimate === 0;
    this.#waiting.textContent = waiting ? `${chance(waiting)} wait for a person, undecided` : '';
    this.element.dataset.estimate = p ? String(p.estimate) : '';
  }
}
