/**
 * The first sentence of the page: was the decision right, and how often does
 * this policy decide so? With it, other policies for the same release.
 */

import { keyed } from 'lit/directives/keyed.js';
import { html, nothing, render } from 'lit/html.js';
import { oftenness } from '../base/chance.ts';
import { OUTCOMES } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get } from '../base/json-path.ts';
import type { Estimate, Outcome, Report } from '../engine/engine.ts';
import type { Planned } from '../engine/plan.ts';
import { planOf } from '../engine/plan.ts';
import type { Change, Store, View } from '../store/store.ts';
import { leavesOut } from '../study/leaves-out.ts';
import type { PolicyName } from '../study/policies.ts';
import { isPossible, POLICIES, policyText, rulesOf, withPolicy, withRules } from '../study/policies.ts';
import type { StudyResult } from '../study/study-request.ts';
import { isHealthy } from '../study/study-request.ts';

export class Opening implements View {
  element = document.createElement('div');
  #store;
  #leavesOut = leavesOut();
  /** The policy that others replace: the last one that was not put in here. */
  #base: { draft: Json; plan: Planned } | null = null;
  /** The policy that was put in here last, as text. */
  #put = '';

  constructor(store: Store) {
    this.#store = store;
    this.element.className = 'opening';
    this.element.setAttribute('part', 'opening');
  }

  update(change: Change) {
    const { isWaiting, problems, draft, session } = this.#store;
    if (isWaiting || !['rollout', 'playhead', 'study'].includes(change)) return;
    const policy = policyText(draft);
    if (problems.length === 0 && (!this.#base || policy !== this.#put)) {
      this.#base = { draft, plan: planOf(session.report) };
      this.#put = policy;
    }
    this.#render();
  }

  #render() {
    const { session, problems, draft } = this.#store;
    const study = this.#store.study.result;
    const unavailable = this.#store.study.unavailable !== '';
    const now =
      problems.length > 0
        ? 'This configuration is not valid. What is drawn is the last valid one.'
        : words(session.reportHere, study, unavailable);
    const isChanged = this.#base !== null && policyText(this.#base.draft) !== policyText(draft);
    // The layer behind has the sentence of the rollout's end, so that playing moves nothing.
    render(
      html`<div class="layers">
          <h2 class="surprise">${keyed(session.reportHere.outcome + problems.length, now)}</h2>
          <p class="surprise room" aria-hidden="true">${words(session.report, study, unavailable)}</p>
        </div>
        <div class="swap" role="group" aria-label="Same release, another policy">
          <span class="quiet">Same release, another policy:</span>
          ${
            isChanged
              ? html`<button type="button" @click=${(event: Event) => this.#restore(event)}>As it was</button>`
              : nothing
          }
          ${(Object.keys(POLICIES) as PolicyName[]).map((name) => this.#button(name))}
        </div>
        ${this.#leavesOut}
        <button type="button" class="link to-lessons" @click=${() => this.#store.go('learn')}
          >New to this? Learn it step by step</button>`,
      this.element,
    );
  }

  #button(name: PolicyName) {
    const base = this.#base;
    if (!base) return nothing;
    const { draft, session } = this.#store;
    const isHere = JSON.stringify(get(draft, 'rules')) === JSON.stringify(rulesOf(name, base.plan.rules));
    const possible = isPossible(name, planOf(session.report));
    return html`<button type="button" class="strong" aria-pressed=${String(isHere)} ?disabled=${!possible}
      title=${possible ? DOES[name] : 'At 100 % of traffic there is no baseline to compare with'}
      @click=${() => this.#change(withRules(withPolicy(draft, base.draft), rulesOf(name, base.plan.rules), base.plan))}
      >${POLICIES[name].button}</button>`;
  }

  #restore({ currentTarget }: Event) {
    // The button goes, its focus must not.
    ((currentTarget as Element).nextElementSibling as HTMLElement | null)?.focus();
    if (this.#base) this.#change(withPolicy(this.#store.draft, this.#base.draft));
  }

  #change(config: Json) {
    this.#put = policyText(config);
    this.#store.configure(config);
  }
}

/** What each policy does. */
const DOES: Record<PolicyName, string> = {
  once: 'The same limits, checked once, when a stage ends, over all requests of the stage',
  evidence: 'Evidence that the canary fails more is added up minute by minute; it rolls back when there is enough',
};

/** @param unavailable whether there will be no study */
function words(report: Report, study: StudyResult | null, unavailable: boolean) {
  const [fact, deed, byPolicy] = sentence(report);
  const often = byPolicy && frequency(report.outcome, report, study);
  const { kind } = OUTCOMES[report.outcome];
  // Before the study answers its place is kept, so that nothing moves then.
  const isAwaited = !often && study === null && unavailable;
  const frequently = isAwaited
    ? nothing
    : html`, as it does <span class="often ${kind}${often ? '' : ' awaited'}">${often || '1 in 10'}</span>`;
  return html`${fact} ${deed}${byPolicy ? frequently : nothing}.`;
}

const UNKNOWN = 'Nobody knows whether this release is bad.';

/** What the release was, what was done with it, and whether the policy did it. */
function sentence(report: Report): [fact: string, deed: string, byPolicy: boolean] {
  const { outcome, decisions, truth } = report;
  const { rules } = planOf(report);
  const person = decisions.some(({ by }) => by === 'person');
  const did = (active: string, passive: string) =>
    person ? `With a person’s help it was ${passive}` : `The policy ${active}`;
  // Without a rule there is nothing that could judge a release.
  const through = !person && rules.length === 0 ? 'has no rule and lets every release through' : 'let it through';
  const counted = !person && rules.length > 0;
  switch (outcome) {
    case 'false_rollback':
      return [
        truth.release === 'bad' ? 'This release had not turned bad yet.' : 'This release was fine.',
        did('threw it away', 'thrown away'),
        counted,
      ];
    case 'promoted_rightly':
      return ['This release was fine.', did(through, 'let through'), counted];
    case 'caught':
      return ['This release was bad.', did('caught it', 'caught'), counted];
    case 'missed_regression':
      return ['This release was bad.', did(through, 'let through'), counted];
    case 'undecided':
      return [
        { healthy: 'This release is fine.', bad: 'This release is bad.', unknown: UNKNOWN }[truth.release],
        report.recorded?.ended ? 'The record ends before anything is decided' : 'Nothing is decided yet',
        false,
      ];
    case 'unknown': {
      const kept = report.final_state === 'COMPLETED';
      const deed = kept ? did(through, 'let through') : did('rolled it back', 'rolled back');
      return [UNKNOWN, deed, false];
    }
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
