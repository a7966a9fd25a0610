/**
 * The two errors of a policy in large type, and the walls they are counted on.
 * What the policy risks and how exactly the simulation knows it are told apart.
 */

import { chance, margin } from './chance.js';
import { h } from './dom.js';
import { count, tickUnit } from './format.js';
import { WALL, badRelease, firstSeed } from './study-request.js';
import { Wall } from './wall.js';

/** @import { Estimate, Report } from './engine.js' */
/** @import { StudyResult } from './study-loop.js' */

export class StudyFigures {
  #healthy;
  #bad;
  #walls;
  #exactness = h('p', { class: 'quiet exactness' });
  element;

  /** @param {(seed: number, healthy: boolean) => void} onopen */
  constructor(onopen) {
    this.#healthy = new Figure('false_rollback');
    this.#bad = new Figure('missed_regression');
    this.#walls = {
      healthy: new Wall('Healthy releases', 'rolled_back', (seed) => onopen(seed, true)),
      bad: new Wall('Bad releases', 'completed', (seed) => onopen(seed, false)),
    };
    this.element = h(
      'section',
      { class: 'card effects' },
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
   * @param {StudyResult} result
   * @param {Report} report of the rollout on screen
   */
  show({ report: study, healthy, release }, report) {
    const { name: unit } = tickUnit(report.config.tick_seconds);
    const missed = study.release?.p_completed ?? null;
    const bad = badRelease(report);
    this.#healthy.show(study.healthy.p_rollback, 'of healthy releases thrown away');
    this.#bad.show(missed, `of bad releases missed (${bad})`);
    const first = firstSeed(report.seed);
    this.#walls.healthy.show(healthy, first, unit, `of these ${WALL} healthy ones`);
    this.#walls.bad.show(release, first, unit, `of these ${WALL} bad ones`);
    this.#exactness.textContent = `A square is a rollout: a click opens it. Simulated ${count(study.runs)} times${
      study.partial ? ' so far' : ''
    }, so these figures are exact to ${margin(study.healthy.p_rollback)} and ${missed ? margin(missed) : '–'} points.`;
    this.element.dataset.runs = String(study.runs);
    this.element.dataset.partial = String(study.partial);
  }

  /**
   * Marks the rollout on screen on the wall of its kind.
   * @param {Report} report
   */
  mark({ seed, truth }) {
    this.#walls.healthy.mark(truth.release === 'healthy' ? seed : null);
    this.#walls.bad.mark(truth.release === 'healthy' ? null : seed);
  }
}

/** A probability in large type with what it is of. */
class Figure {
  #value = h('b', { class: 'big' }, '–');
  #words = h('span', {}, '\u00a0');
  element;

  /** @param {string} name */
  constructor(name) {
    this.element = h('p', { class: 'big-figure', 'data-figure': name }, this.#value, this.#words);
  }

  /**
   * @param {Estimate | null} p
   * @param {string} words
   */
  show(p, words) {
    this.#value.textContent = p ? chance(p) : '–';
    this.#words.textContent = words;
    this.element.dataset.estimate = p ? String(p.estimate) : '';
  }
}
