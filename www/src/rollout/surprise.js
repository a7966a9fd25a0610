/**
 * The first sentence of the page: was the decision right, and how often does
 * this policy decide so? With it, other policies for the same release.
 */

import { oftenness } from '../base/chance.js';
import { h, replace } from '../base/dom.js';
import { OUTCOMES } from '../base/format.js';
import { get } from '../base/json-path.js';
import { leavesOut } from '../study/leaves-out.js';
import { POLICIES, isPossible, policyText, rulesOf, withPolicy, withRules } from '../study/policies.js';
import { isHealthy } from '../study/study-request.js';

/** @import { Estimate, Outcome, Report, Rule } from '../base/engine.js' */
/** @import { Json } from '../base/json-path.js' */
/** @import { PolicyName } from '../study/policies.js' */
/** @import { StudyResult } from '../study/study-loop.js' */

export class Surprise {
  #headline = h('h2', { class: 'surprise' });
  /** What will stand there at the end, unseen: so playing moves nothing. */
  #room = h('p', { class: 'surprise room', 'aria-hidden': 'true' });
  #first;
  /** @type {Map<PolicyName, HTMLButtonElement>} */
  #buttons = new Map();
  /** Where the policy comes from that others replace. @type {{ draft: Json, rules: Rule[] } | null} */
  #base = null;
  /** The policy that was put in, as text. */
  #put = '';
  /** @type {Json} */
  #draft = {};
  /** @type {StudyResult | null} */
  #study = null;
  #problems = 0;
  /** @type {Report | null} */
  #here = null;
  /** @type {Report | null} */
  #whole = null;
  element;

  /**
   * @param {(config: Json) => void} onpolicy
   * @param {() => void} onlessons asked for the lessons
   */
  constructor(onpolicy, onlessons) {
    const change = (/** @type {Json} */ config) => {
      this.#put = policyText(config);
      onpolicy(config);
    };
    this.#first = h(
      'button',
      {
        type: 'button',
        hidden: true,
        onclick: () => {
          if (this.#base) change(withPolicy(this.#draft, this.#base.draft));
          // The button is gone, its focus must not be.
          this.#buttons.values().next().value?.focus();
        },
      },
      'As it was',
    );
    for (const [name, { button }] of /** @type {[PolicyName, { button: string }][]} */ (
      Object.entries(POLICIES)
    )) {
      const swap = () => {
        if (this.#base)
          change(withRules(withPolicy(this.#draft, this.#base.draft), rulesOf(name, this.#base.rules)));
      };
      this.#buttons.set(name, h('button', { type: 'button', class: 'strong', onclick: swap }, button));
    }
    this.element = h(
      'div',
      { class: 'opening', part: 'opening' },
      h('div', { class: 'layers' }, this.#headline, this.#room),
      h(
        'div',
        { class: 'swap', role: 'group', 'aria-label': 'Same release, another policy' },
        h('span', { class: 'quiet' }, 'Same release, another policy:'),
        this.#first,
        ...this.#buttons.values(),
      ),
      leavesOut(),
      ' ',
      h('button', { type: 'button', class: 'link to-lessons', onclick: onlessons }, 'Six lessons'),
    );
  }

  /**
   * @param {Json} draft the configuration
   * @param {Report} report of its rollout
   */
  showConfig(draft, report) {
    const policy = policyText(draft);
    this.#draft = draft;
    if (!this.#base || policy !== this.#put) {
      this.#base = { draft, rules: report.config.rules };
      this.#put = policy;
    }
    this.#first.hidden = policyText(this.#base.draft) === policy;
    const rules = JSON.stringify(get(draft, 'rules'));
    for (const [name, button] of this.#buttons) {
      const pressed = rules === JSON.stringify(rulesOf(name, this.#base.rules));
      button.setAttribute('aria-pressed', String(pressed));
      button.disabled = !isPossible(name, report.config);
      button.title = button.disabled ? 'At 100 % of traffic there is no baseline to compare with' : '';
    }
  }

  /**
   * @param {Report} here the rollout up to the playhead
   * @param {Report} whole
   */
  showHere(here, whole) {
    this.#here = here;
    this.#whole = whole;
    this.#write();
  }

  /**
   * Says that what is drawn is not what is configured.
   * @param {number} problems in the configuration
   */
  showProblems(problems) {
    if (problems === this.#problems) return;
    this.#problems = problems;
    this.#write();
  }

  /** @param {StudyResult | null} study */
  showStudy(study) {
    this.#study = study;
    this.#write();
  }

  #write() {
    if (this.#problems > 0) {
      replace(this.#headline, 'This configuration is not valid. What is drawn is the last valid one.');
    } else if (this.#here) replace(this.#headline, ...words(this.#here, this.#study));
    if (this.#whole) replace(this.#room, ...words(this.#whole, this.#study));
  }
}

/**
 * @param {Report} report
 * @param {StudyResult | null} study
 */
function words(report, study) {
  const [fact, deed, byPolicy] = sentence(report);
  const often = byPolicy && frequency(report.outcome, report, study);
  const { kind } = OUTCOMES[report.outcome];
  return [
    `${fact} ${deed}`,
    byPolicy && ', as it does ',
    // Before the study answers its place is kept, so that nothing moves then.
    byPolicy && h('span', { class: `often ${kind}${often ? '' : ' awaited'}` }, often || '1 in 10'),
    '.',
  ];
}

/**
 * What the release was, what was done with it, and whether the policy did it.
 * @param {Report} report
 * @returns {[fact: string, deed: string, byPolicy: boolean]}
 */
function sentence(report) {
  const { outcome, decisions, truth } = report;
  const person = decisions.some(({ by }) => by === 'person');
  const who = person ? 'With a person’s help it was' : 'The policy';
  const did = (/** @type {string} */ active, /** @type {string} */ passive) =>
    person ? `${who} ${passive}` : `${who} ${active}`;
  const counted = !person;
  const early = outcome === 'false_rollback' && truth.release === 'bad';
  switch (outcome) {
    case 'false_rollback':
      return [
        early ? 'This release had not turned bad yet.' : 'This release was fine.',
        did('threw it away', 'thrown away'),
        counted,
      ];
    case 'promoted_rightly':
      return ['This release was fine.', did('let it through', 'let through'), counted];
    case 'caught':
      return ['This release was bad.', did('caught it', 'caught'), counted];
    case 'missed_regression':
      return ['This release was bad.', did('let it through', 'let through'), counted];
    case 'undecided':
      return [
        truth.release === 'healthy' ? 'This release is fine.' : 'This release is bad.',
        'Nothing is decided yet',
        false,
      ];
  }
}

/**
 * How often the policy does to such a release what it did here.
 * @param {Outcome} outcome
 * @param {Report} report
 * @param {StudyResult | null} study
 */
function frequency(outcome, report, study) {
  if (!study) return '';
  const { healthy, release, runs } = study.report;
  const cases = isHealthy(report) ? healthy : release;
  const p = /** @type {Partial<Record<Outcome, Estimate>>} */ ({
    false_rollback: cases?.p_false_rollback,
    promoted_rightly: cases?.p_completed,
    caught: cases?.p_caught,
    missed_regression: cases?.p_completed,
  })[outcome];
  return p ? oftenness(p.estimate, runs) : '';
}
