/**
 * What the policy does, one figure per question: how many healthy releases it throws away and
 * how many bad ones it misses, each with its wall of a hundred; what that costs, and how long
 * it takes.
 */

import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import { inLongRun, ofMany } from '../base/chance.ts';
import { measuredIn, significant, tickUnit } from '../base/format.ts';
import type { Estimate, Report, StudyCase } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import type { Findings } from '../study/findings.ts';
import { atMost, bracket, caughtFrom } from '../study/findings.ts';
import { badRelease, isAsBaseline, isHealthy, RUNS } from '../study/study-request.ts';
import { longStudy } from './progress.ts';
import { Wall } from './wall.ts';

export class PolicyFigures {
  #store;
  #healthy;
  #bad;

  constructor(store: Store) {
    this.#store = store;
    this.#healthy = new Wall(store, 'healthy');
    this.#bad = new Wall(store, 'bad');
  }

  template() {
    const { study, session } = this.#store;
    const { found, busy } = study;
    const report = found?.report ?? session.report;
    const cases = found?.result.report;
    const missed = cases?.missed_regression ?? null;
    const figure = (name: string, p: Estimate | null | undefined, words: string, of: StudyCase | null | undefined) =>
      html`<p class="big-figure" data-figure=${name} data-estimate=${p?.estimate ?? ''}>
        <b class="big">${p && cases ? ofMany(p, cases.runs) : '–'}</b>
        <span>${words}</span>
        <small>${p && cases ? inLongRun(p, cases.runs) : '\u00a0'}</small>
        ${p && cases ? waits(of, cases.runs) : nothing}
      </p>`;
    return html`<section
      class="card effects"
      part="figures"
      role="group"
      aria-label="What this policy does"
      data-runs=${busy || !cases ? 0 : cases.runs}
      data-partial=${cases?.partial ?? true}
      aria-busy=${busy}
    >
      <div class="walls">
        <div>
          ${figure('false_rollback', cases?.healthy.p_rollback, healthyOnes(report), cases?.healthy)}
          <div>${this.#healthy.template(found)} ${this.#healthy.key(found)}</div>
        </div>
        <div>
          ${figure('missed_regression', missed, cases && !missed ? NO_BAD : badOnes(report), cases?.release)}
          <div>${this.#bad.template(found)} ${this.#bad.key(found)}</div>
        </div>
        <div class="costs">${costs(found?.findings[0], report)}</div>
        <div class="walls-foot">
          <p>
            ${session.recorded ? 'A square is one rollout, over days drawn at random.' : 'A square is one rollout: click to open it.'}
            ${found?.brief ? 'Let the limit go for more.' : 'More rollouts narrow the ranges.'}
          </p>
          ${longStudy(study, RUNS.many, cases?.runs)}
        </div>
      </div>
    </section>`;
  }
}

/** Where a bad release cannot be made by more errors. */
const NO_BAD = 'bad releases are missed: there are none, for the baseline never fails';

const healthyOnes = (report: Report) =>
  isHealthy(report) && !isAsBaseline(report)
    ? 'healthy releases like the one on screen are thrown away'
    : 'healthy releases are thrown away';

const badOnes = (report: Report) => `bad releases are missed (${badRelease(report)})`;

/** What is neither promoted nor rolled back is said beside what is. */
function waits(of: StudyCase | null | undefined, runs: number) {
  if (!of || of.p_waiting.estimate === 0) return nothing;
  return html`<strong class="waits">${ofMany(of.p_waiting, runs)} wait for a person, undecided</strong>`;
}

/** What a policy costs and how long it takes: a figure, and the sentence that it stands in. */
function costs(found: Findings | undefined, report: Report): TemplateResult[] {
  const { name: unit } = tickUnit(report.config.tick_seconds);
  const { release, healthy } = found ?? {};
  const [failed, noticed, took] = [release?.excess_errors, release?.ticks_to_rollback, healthy?.duration_ticks];
  const caught = found && caughtFrom(found);
  return [
    cost(
      'excess_errors',
      failed ? significant(failed.mean) : '–',
      `requests fail because of a bad release, on average${failed ? `; in 19 of 20 rollouts at most ${atMost(failed.p95)}` : ''}.`,
    ),
    cost(
      'ticks_to_rollback',
      noticed ? measuredIn(noticed.p50, unit) : '–',
      noticed
        ? `until a bad release is rolled back, in half of the rollouts that catch it${tail(noticed, '; in 19 of 20 at most')}.`
        : 'until a bad release is rolled back: none is.',
    ),
    cost(
      'duration_ticks',
      took ? measuredIn(took.p50, unit) : '–',
      `for a healthy release, to all traffic${healthy?.p_waiting.estimate ? ', to its rollback, or until it waits for a person' : ' or to its rollback'}${took ? tail(took, '; in 19 of 20 rollouts at most') : ''}.`,
    ),
    cost(
      'caught_from',
      caught ? bracket(caught) : '–',
      'the baseline’s errors: the mildest release that is caught in 95 of 100 rollouts.',
    ),
  ];
}

/** The 95th percentile, where it is not the median. */
const tail = ({ p50, p95 }: { p50: number; p95: number }, words: string) =>
  p95 === p50 ? '' : `${words} ${atMost(p95)}`;

const cost = (name: string, figure: string, words: string) =>
  html`<p class="cost" data-figure=${name}><b>${figure}</b> <span>${words}</span></p>`;
