/**
 * Runs a study in chunks, so that whoever runs it, a worker or the page itself,
 * can answer in between. The chunks change nothing in its result.
 */

import { withOwnRelease } from './own-release.ts';

import type { FirstRuns, Study, StudyOptions, StudyReport } from './engine.ts';
/** A configuration and what to study of it. */
export type StudyOrder = { config: string; options: StudyOptions };
/**
 * A study to run, and others beside it, run by run: `own` of a release on screen
 * that is healthy and not as the baseline. Told at each milestone, a number of
 * runs, and at its end.
 */
export type StudyRequest = StudyOrder & { own?: StudyOrder | null; beside?: StudyOrder[]; milestones: number[] };
/**
 * What is found so far, with the outcomes of the first runs on either release,
 * and what the studies beside it have found in as many runs.
 */
export type StudyResult = { report: StudyReport; healthy: FirstRuns; release: FirstRuns; beside: StudyReport[] };
/** `begun` comes before anything is run: whoever hears it knows that the order was heard. */
export type StudyMessage = { id: number } & (
  | { kind: 'begun' }
  | { kind: 'progress'; done: number; runs: number }
  | { kind: 'result'; result: StudyResult; last: boolean }
  | { kind: 'error'; message: string }
);

/** A chunk grows at most so fast: the first ones are too short to go by. */
const GROWTH = 4;

export class StudyLoop {
  newStudy: (config: string, options: StudyOptions) => Study;
  budgetMs: number;
  tell: (message: StudyMessage) => void;
  #now: { id: number; study: Study; own: Study | null; beside: Study[]; milestones: number[] } | null = null;
  #chunk = 1;

  /** @param budgetMs how long a chunk may take */
  constructor(
    newStudy: (config: string, options: StudyOptions) => Study,
    budgetMs: number,
    tell: (message: StudyMessage) => void,
  ) {
    this.newStudy = newStudy;
    this.budgetMs = budgetMs;
    this.tell = tell;
  }

  /** Begins a study in place of the present one, which is told no more. */
  start(id: number, { config, options, own, beside = [], milestones }: StudyRequest) {
    this.stop();
    this.tell({ id, kind: 'begun' });
    try {
      this.#now = { id, study: this.newStudy(config, options), own: null, beside: [], milestones };
      if (own) this.#now.own = this.newStudy(own.config, own.options);
      for (const other of beside) this.#now.beside.push(this.newStudy(other.config, other.options));
    } catch (error) {
      this.stop();
      this.tell({ id, kind: 'error', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.#chunk = 1;
    this.#continue();
  }

  /** Ends the present study; its finished prefix of runs is told. */
  cancel() {
    if (!this.#now) return;
    this.#tellResult(true);
    this.stop();
  }

  /** Ends the present study without a word. */
  stop() {
    if (this.#now) for (const study of studies(this.#now)) study.free();
    this.#now = null;
  }

  #continue() {
    if (!this.#now) return;
    const { id, study, milestones } = this.#now;
    const mark = milestones.find((runs) => runs > study.done) ?? study.runs;
    const runs = Math.min(this.#chunk, mark - study.done);
    const before = performance.now();
    for (const one of studies(this.#now)) one.advance(runs);
    const took = Math.max(0.05, performance.now() - before);
    this.#chunk = Math.max(1, Math.floor(Math.min(runs * GROWTH, (runs * this.budgetMs) / took)));

    const last = study.done === study.runs;
    if (last || milestones.includes(study.done)) this.#tellResult(last);
    else this.tell({ id, kind: 'progress', done: study.done, runs: study.runs });
    if (last) return this.stop();
    setTimeout(() => this.#now?.id === id && this.#continue());
  }

  #tellResult(last: boolean) {
    if (!this.#now) return;
    const { id, study, own, beside } = this.#now;
    const found = {
      report: study.report(),
      healthy: study.first_runs(true),
      release: study.first_runs(false),
      beside: beside.map((one) => one.report()),
    };
    const result = own ? withOwnRelease(found, own.report(), own.first_runs(false)) : found;
    this.tell({ id, kind: 'result', result, last });
  }
}

const studies = ({ study, own, beside }: { study: Study; own: Study | null; beside: Study[] }) => [
  study,
  ...(own ? [own] : []),
  ...beside,
];
