/**
 * The study of the policy on screen: what is chosen of it, how far it is, and what it has
 * found. Few rollouts while a limit is dragged, more when it rests, yet more when nobody
 * does anything. Views read it; every change calls `onchange`.
 */

import { count } from '../base/format.ts';
import { studyFault } from '../engine/counts.ts';
import type { Report } from '../engine/engine.ts';
import type { Session } from '../rollout/session.ts';
import type { Findings } from './findings.ts';
import { caughtFrom, findingsOf } from './findings.ts';
import { POLICIES } from './policies.ts';
import { StrategyState } from './strategy-state.ts';
import type { Along, Choices, StudyResult } from './study-request.ts';
import { firstSeed, RUNS, ratiosNear, studyPlan, USUAL, WALL } from './study-request.ts';
import type { Progress } from './study-runner.ts';
import { cancelled, StudyRunner, workersHere } from './study-runner.ts';

/**
 * What was found last, and for which rollout; of policies A and B. `brief` while a limit is
 * dragged: more runs follow.
 */
export type Found = { result: StudyResult; findings: Findings[]; report: Report; brief: boolean };

/** How long nobody must have done anything for more runs, in ms. */
const IDLE_MS = 2500;
/** No refinement where it would take longer than this, in ms. */
const MOST_IDLE_MS = 6000;
/** What a study may take while a limit is dragged, to be redrawn often, in ms. */
const MOST_DRAGGED_MS = 70;
/** Where the long study shows what it has found so far. */
const LONG_MILESTONES = [RUNS.dragging, RUNS.shown, ...Array.from({ length: 19 }, (_, i) => (i + 1) * 5_000)];

export class StudyState {
  /** The four strategies on one release, studied beside. */
  readonly strategies;
  #onchange;
  #workers = workersHere();
  #runner = new StudyRunner(this.#workers);
  #choices: Choices = { ...USUAL };
  #session: Session | null = null;
  #dragging = false;
  /** What is studied: configuration, seeds and rival. */
  #subject = '';
  /** The record whose days are studied. */
  #of = ',';
  #found: Found | null = null;
  /** Whether `found` is of the configuration on screen. */
  #isCurrent = false;
  /** Why there is no study over the counts that are replayed. */
  #unavailable = '';
  /** What it was studied along, beside how bad the release is. */
  #beside: Along = 'ratio';
  /** What a run of a whole study took last, in ms. */
  #msPerRun = 0;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #progress: Progress | null = null;
  /** Whether the study that runs is the long one. */
  #isLong = false;
  #message = '';

  constructor(onchange: () => void) {
    this.#onchange = onchange;
    this.strategies = new StrategyState(onchange);
  }

  /** Why the rollout on screen cannot be studied; empty if it can. */
  get unavailable() {
    return this.#unavailable;
  }

  /** What is known last, be it of the configuration on screen or of one before. */
  get found() {
    return this.#found;
  }

  /** Whether what is known is of another configuration than the one on screen. */
  get busy() {
    return !this.#isCurrent;
  }

  /** What is known of the configuration on screen; while a limit is dragged, of the last one. */
  get result(): StudyResult | null {
    return this.#found && (this.#isCurrent || this.#dragging) ? this.#found.result : null;
  }

  /** Of the study that is running, or was run last. */
  get progress() {
    return this.#progress;
  }

  /** Of the long study, while it is running. */
  get longProgress() {
    return this.#isLong ? this.#progress : null;
  }

  /** How the last study ended, where that is to be said. */
  get message() {
    return this.#message;
  }

  /** The policy to compare with. */
  get rival() {
    return this.#choices.rival;
  }

  set rival(rival) {
    this.choose({ ...this.#choices, rival });
  }

  /** Bad releases among all, in percent. */
  get badShare() {
    return this.#choices.badShare;
  }

  set badShare(badShare) {
    this.choose({ ...this.#choices, badShare });
  }

  /** What the curve goes along. */
  get along(): Along {
    return this.#session?.recorded && this.#choices.along === 'traffic' ? 'ratio' : this.#choices.along;
  }

  set along(along) {
    this.choose({ ...this.#choices, along });
  }

  /** Takes choices; what they need is studied if it is not known. */
  choose(choices: Choices) {
    this.#choices = { ...choices, badShare: Math.min(100, Math.max(0, choices.badShare)) };
    if (!this.#session) return;
    this.show(this.#session);
    if (this.along !== 'ratio' && this.#beside !== this.along) this.#study(RUNS.shown, []);
    this.#onchange();
  }

  /** Studies the configuration of a rollout, if that is not what is known. */
  show(session: Session, dragging = false) {
    const { config, seed, report, recorded } = session;
    const { record, replay } = recorded ?? {};
    const of = [record?.id, replay?.lay_release].join();
    const subject = [config, firstSeed(seed), this.rival, dragging, of].join();
    this.#session = session;
    if (subject !== this.#subject)
      this.#unavailable = recorded ? studyFault(config, report.config.tick_seconds, recorded) : '';
    if (!this.#unavailable) this.strategies.show(session);
    if (subject === this.#subject) return;
    this.#subject = subject;
    // What is known of drawn counts says nothing of recorded ones, and the other way round.
    if (of !== this.#of) this.#found = null;
    this.#of = of;
    if (this.#unavailable) return this.#leave();
    this.#beside = 'ratio';
    this.#isCurrent = false;
    this.#dragging = dragging;
    this.#study(dragging ? RUNS.dragging : RUNS.shown, dragging ? [] : [WALL], dragging);
    this.#onchange();
  }

  /** Ends what runs, and forgets what is known. */
  #leave() {
    clearTimeout(this.#idle);
    this.#runner.close();
    this.strategies.close();
    this.#found = null;
    this.#isCurrent = false;
    this.#progress = null;
    this.#end('');
    this.#onchange();
  }

  /** Begins the long study. */
  begin() {
    this.#study(RUNS.many, LONG_MILESTONES);
    this.#onchange();
  }

  /** Ends the study that is running; what it has found so far stays. */
  cancel() {
    this.#runner.cancel();
  }

  /** Goes on after `close`. */
  open() {
    if (this.#session) this.show(this.#session);
  }

  /** Ends what runs; the next `show` studies anew. */
  close() {
    clearTimeout(this.#idle);
    this.#runner.close();
    this.strategies.close();
    this.#subject = '';
  }

  #study(runs: number, milestones: number[], brief = false) {
    clearTimeout(this.#idle);
    const session = this.#session;
    if (!session) return;
    const { config, report, recorded } = session;
    const started = performance.now();
    const little = brief && this.#msPerRun * runs > MOST_DRAGGED_MS;
    const beside = this.along;
    this.#beside = beside;
    const near = runs > RUNS.shown ? ratiosNear((this.#found?.findings ?? []).map(caughtFrom)) : [];
    const { studies, resultOf } = studyPlan(
      config,
      report,
      this.rival,
      runs,
      { brief, little, near, beside },
      this.#workers,
    );
    this.#progress = { done: 0, runs };
    this.#isLong = runs === RUNS.many;
    this.#message = '';
    this.#runner.run(
      { studies: studies.map((order) => ({ ...order, recorded })), milestones },
      {
        onresult: (parts, last) => {
          const result = resultOf(parts);
          const { report: found } = result;
          this.#take(result, report, brief, little, beside);
          this.#progress = { done: found.runs, runs };
          if (last) this.#end(found.partial ? cancelled(this.#progress) : finished(this.#isLong, runs));
          if (!brief) this.#msPerRun = (performance.now() - started) / found.runs;
          if (last && runs === RUNS.shown) this.#refineLater();
          this.#onchange();
        },
        onprogress: (done) => {
          this.#progress = { done, runs };
          this.#onchange();
        },
        onerror: (message) => {
          this.#end(message);
          this.#onchange();
        },
      },
      brief,
    );
  }

  #end(message: string) {
    this.#isLong = false;
    this.#message = message;
  }

  #refineLater() {
    if (!this.#runner.inWorker || this.#msPerRun * RUNS.idle > MOST_IDLE_MS) return;
    this.#idle = setTimeout(() => this.#study(RUNS.idle, []), IDLE_MS);
  }

  /**
   * @param little whether it leaves out the other policy, which stays as it was
   * @param along what was studied beside how bad the release is
   */
  #take(result: StudyResult, report: Report, brief: boolean, little: boolean, along: Along) {
    const found = findingsOf(result, ['this policy', POLICIES[this.rival].name], along);
    const kept = little ? (this.#found?.findings ?? []).slice(1).map((other) => ({ ...other, beside: null })) : [];
    this.#found = { result, findings: [...found, ...kept], report, brief };
    this.#isCurrent = true;
  }
}

const finished = (long: boolean, runs: number) => (long ? `${count(runs)} rollouts finished.` : '');
