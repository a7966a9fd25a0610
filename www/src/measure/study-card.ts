/** The policy card: what the policy on screen does, and what another would do. */

import { h, replace } from '../base/dom.ts';
import { significant, tickUnit } from '../base/format.ts';
import type { Report } from '../engine/engine.ts';
import { BadShare } from '../study/bad-share.ts';
import type { Findings } from '../study/findings.ts';
import { leavesOut } from '../study/leaves-out.ts';
import type { PolicyName } from '../study/policies.ts';
import { POLICIES } from '../study/policies.ts';
import { badRelease, isHealthy } from '../study/study-request.ts';
import { cardRows } from './card-rows.ts';

export class StudyCard {
  #body = h('tbody');
  #rival;
  #name = h('span');
  #note = h('p', { class: 'quiet' });
  #badShare;
  /** What is shown, to be told anew with another share of bad releases. */
  #findings: Findings[] = [];
  #report: Report | null = null;
  element;

  constructor(onrival: (rival: PolicyName) => void) {
    this.#rival = h(
      'select',
      {
        onchange: () => onrival(this.#rival.value as PolicyName),
      },
      ...Object.entries(POLICIES).map(([value, { name }]) => h('option', { value }, name)),
    );
    this.#badShare = new BadShare(() => this.#write());
    this.element = h(
      'div',
      { class: 'study-card' },
      h('label', { class: 'compare' }, 'Compare with', this.#rival),
      h(
        'div',
        { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Two policies compared' },
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
              h('th', { scope: 'col' }, 'A: this policy'),
              h('th', { scope: 'col' }, 'B: ', this.#name),
            ),
          ),
          this.#body,
        ),
      ),
      this.#badShare.element,
      this.#note,
      leavesOut(),
    );
  }

  set rival(rival: PolicyName) {
    this.#rival.value = rival;
    this.#name.textContent = POLICIES[rival].name;
  }

  /** Bad releases among all, in percent. */
  get badShare() {
    return this.#badShare.value;
  }

  set badShare(percent) {
    this.#badShare.value = percent;
    this.#write();
  }

  /**
   * Names what will be told, before it is known.
   *
   * @param report of the rollout on screen
   */
  await(report: Report) {
    if (this.#report) return;
    this.#report = report;
    this.#write();
  }

  /**
   * @param findings of policies A and B
   * @param report of the rollout on screen
   * @param horizonTicks how long failures are counted
   */
  show(findings: Findings[], report: Report, horizonTicks: number) {
    this.#findings = findings;
    this.#report = report;
    this.#write();
    const until = `${tickUnit(report.config.tick_seconds).name} ${significant(horizonTicks)}`;
    this.#note.textContent =
      `${isHealthy(report) ? 'The release on screen is healthy; the bad one is the same with' : 'The bad release is the one on screen:'} ` +
      `${badRelease(report)}. Failures are counted until ${until}: ` +
      'a bad release that is promoted goes on failing at 100\u00a0% of traffic until then. ' +
      'A and B meet the same rollouts, seed by seed.';
  }

  #write() {
    if (!this.#report) return;
    const policies = [0, 1].map((i) => this.#findings[i]);
    replace(
      this.#body,
      ...cardRows(this.#report, this.badShare / 100)
        .filter(({ when }) => !when || this.#findings.some(when))
        .map(({ key, name, note, tell }) =>
          h(
            'tr',
            { 'data-row': key },
            h('th', { scope: 'row' }, name, h('small', {}, note)),
            ...policies.map((found) => {
              const [figure, ...below] = found ? tell(found) : ['–'];
              return h('td', {}, figure, ...below.map((line) => h('small', {}, line)));
            }),
          ),
        ),
    );
    if (this.#findings.length > 0) this.#badShare.show(this.#findings);
  }
}
