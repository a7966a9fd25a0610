/** The policy card: what the policy on screen does, and what another would do. */

import { between, chance } from '../base/chance.js';
import { h, replace } from '../base/dom.js';
import { significant, tickUnit } from '../base/format.js';
import { POLICIES } from './policies.js';
import { badRelease, isHealthy } from './study-request.js';

/** @import { Report, StudyCase, StudyReport } from '../base/engine.js' */
/** @import { PolicyName } from './policies.js' */
/** @typedef {{ healthy: StudyCase, release: StudyCase | null }} Cases */

export class StudyCard {
  #body = h('tbody');
  #rival;
  #name = h('span');
  #note = h('p', { class: 'quiet' });
  /** What the other policy does, kept where a study leaves it out. @type {Cases | undefined} */
  #rivalCases;
  element;

  /** @param {(rival: PolicyName) => void} onrival */
  constructor(onrival) {
    this.#rival = h(
      'select',
      {
        onchange: () => onrival(/** @type {PolicyName} */ (this.#rival.value)),
      },
      ...Object.entries(POLICIES).map(([value, { name }]) => h('option', { value }, name)),
    );
    this.element = h(
      'div',
      { class: 'study-card' },
      h('label', { class: 'compare' }, 'Compare with', this.#rival),
      h(
        'div',
        { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Two policies compared' },
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              h('td'),
              h('th', { scope: 'col' }, 'this policy'),
              h('th', { scope: 'col' }, this.#name),
            ),
          ),
          this.#body,
        ),
      ),
      this.#note,
    );
  }

  /** @param {PolicyName} rival */
  set rival(rival) {
    this.#rival.value = rival;
    this.#name.textContent = POLICIES[rival].name;
  }

  /**
   * Names what will be told, before it is known.
   * @param {Report} report of the rollout on screen
   */
  await(report) {
    if (this.#body.childElementCount > 0) return;
    const blank = () => h('td', {}, '–', h('small', {}, '\u00a0'));
    const { name: unit } = tickUnit(report.config.tick_seconds);
    replace(
      this.#body,
      ...rows(unit).map(({ name }) => h('tr', {}, h('th', { scope: 'row' }, name), blank(), blank())),
    );
  }

  /**
   * @param {StudyReport} study
   * @param {Report} report of the rollout on screen
   * @param {boolean} little whether the other policy is left out and stays as shown
   */
  show(study, report, little) {
    const { name: unit } = tickUnit(report.config.tick_seconds);
    /** @type {(Cases | undefined)[]} */
    const policies = [study, little ? this.#rivalCases : study.policies[0]];
    this.#rivalCases = policies[1];
    replace(
      this.#body,
      ...rows(unit).map(({ name, value }) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, name),
          ...policies.map((cases) => h('td', {}, ...(cases ? value(cases) : ['–']))),
        ),
      ),
    );
    const until = `${unit} ${significant(study.horizon_ticks)}`;
    this.#note.textContent =
      `${isHealthy(report) ? 'The release on screen is healthy; the bad one is the same with' : 'The bad release is the one on screen:'} ` +
      `${badRelease(report)}. Failures are counted until ${until}: ` +
      'a bad release that is promoted goes on failing at 100\u00a0% of traffic until then.';
  }
}

/**
 * @param {string} unit
 * @returns {{ name: string, value: (cases: Cases) => (string | Node)[] }[]}
 */
function rows(unit) {
  const ticks = (/** @type {number} */ n) => `${significant(n)}\u00a0${unit}${n === 1 ? '' : 's'}`;
  /** @param {{ mean: number, p95: number } | null | undefined} spread @param {(n: number) => string} word */
  const meanAndTail = (spread, word) =>
    spread ? [word(spread.mean), h('small', {}, `95 % within ${word(spread.p95)}`)] : ['–'];
  return [
    {
      name: 'Healthy release thrown away',
      value: ({ healthy }) => [chance(healthy.p_rollback), h('small', {}, between(healthy.p_rollback))],
    },
    {
      name: 'Bad release missed',
      value: ({ release }) =>
        release ? [chance(release.p_completed), h('small', {}, between(release.p_completed))] : ['–'],
    },
    {
      name: 'Bad release: time to notice',
      value: ({ release }) => meanAndTail(release?.ticks_to_rollback, ticks),
    },
    {
      name: 'Bad release: failed for it',
      value: ({ release }) => meanAndTail(release?.excess_errors, (n) => `${significant(n)}\u00a0requests`),
    },
    {
      name: 'Healthy release: time to the end',
      value: ({ healthy }) => meanAndTail(healthy.duration_ticks, ticks),
    },
  ];
}
