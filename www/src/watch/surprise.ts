/**
 * The first sentence of the page: was the decision right, and how often does
 * this policy decide so? With it, other policies for the same release.
 */

import { oftenness } from '../base/chance.ts';
import { h, replace } from '../base/dom.ts';
import { OUTCOMES } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get } from '../base/json-path.ts';
import type { Estimate, Outcome, Report, Rule } from '../engine/engine.ts';
import { leavesOut } from '../study/leaves-out.ts';
import type { PolicyName } from '../study/policies.ts';
import { isPossible, POLICIES, policyText, rulesOf, withPolicy, withRules } from '../study/policies.ts';
import type { StudyResult } from '../study/study-request.ts';
import { isHealthy } from '../study/study-request.ts';

export class Surprise {
  #headline = h('h2', { class: 'surprise' });
  /** What will stand there at the end, unseen: so playing moves nothing. */
  #room = h('p', { class: 'surprise room', 'aria-hidden': 'true' });
  #first;
  #buttons: Map<PolicyName, HTMLButtonElement> = new Map();
  /** Where the policy comes from that others replace. */
  #base: { draft: Json; rules: Rule[] } | null = null;
  /** The policy that was put in, as text. */
  #put = '';
  #draft: Json = {};
  #study: StudyResult | null = null;
  #problems = 0;
  #here: Report | null = null;
  #whole: Report | null = null;
  element;

  /** @param onlessons asked for the lessons */
  constructor(onpolicy: (config: Json) => void, onlessons: () => void) {
    const change = (config: Json) => {
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
    for (const [name, { button }] of Object.entries(POLICIES) as [PolicyName, { button: string }][]) {
      const swap = () => {
        if (this.#base) change(withRules(withPolicy(this.#draft, this.#base.draft), rulesOf(name, this.#base.rules)));
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
   * @param draft the configuration
   * @param report of its rollout
   */
  showConfig(draft: Json, report: Report) {
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

  /** @param here the rollout up to the playhead */
  showHere(here: Report, whole: Report) {
    this.#here = here;
    this.#whole = whole;
    this.#write();
  }

  /**
   * Says that what is drawn is not what is configured.
   *
   * @param problems in the configuration
   */
  showProblems(problems: number) {
    if (problems === this.#problems) return;
    this.#problems = problems;
    this.#write();
  }

  showStudy(study: StudyResult | null) {
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

function words(report: Report, study: StudyResult | null) {
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

/** What the release was, what was done with it, and whether the policy did it. */
function sentence(report: Report): [fact: string, deed: string, byPolicy: boolean] {
  const { outcome, decisions, truth } = report;
  const person = decisions.some(({ by }) => by === 'person');
  const who = person ? 'With a person’s help it was' : 'The policy';
  const did = (active: string, passive: string) => (person ? `${who} ${passive}` : `${who} ${active}`);
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

/** How often the policy does to such a release what it did here. */
function frequency(outcome: Outcome, report: Report, study: StudyResult | null) {
  if (!study) return '';
  const { healthy, release, runs } = study.report;
  const cases = isHealthy(report) ? healthy : release;
  const p = (
    {
      false_rollback: cases?.p_false_rollback,
      promoted_rightly: cases?.p_completed,
      caught: cases?.p_caught,
      missed_regression: cases?.p_completed,
    } as Partial<Record<Outcome, Estimate>>
  )[outcome];
  return p ? oftenness(p.estimate, runs) : '';
}
