/**
 * Runs a study in chunks, so that whoever runs it, a worker or the page itself,
 * can answer in between. The chunks change nothing in its result.
 */

import { withOwnRelease } from './own-release.js';

/** @import { FirstRuns, Study, StudyOptions, StudyReport } from '../base/engine.js' */
/**
 * A configuration and what to study of it.
 * @typedef {{ config: string, options: StudyOptions }} StudyOrder
 */
/**
 * A study to run, and others beside it, run by run: `own` of a release on screen
 * that is healthy and not as the baseline. Told at each milestone, a number of
 * runs, and at its end.
 * @typedef {StudyOrder & { own?: StudyOrder | null, beside?: StudyOrder[], milestones: number[] }} StudyRequest
 */
/**
 * What is found so far, with the outcomes of the first runs on either release,
 * and what the studies beside it have found in as many runs.
 * @typedef {{ report: StudyReport, healthy: FirstRuns, release: FirstRuns, beside: StudyReport[] }} StudyResult
 */
/**
 * `begun` comes before anything is run: whoever hears it knows that the order was heard.
 * @typedef {{ id: number } & (
 *   | { kind: "begun" }
 *   | { kind: "progress", done: number, runs: number }
 *   | { kind: "result", result: StudyResult, last: boolean }
 *   | { kind: "error", message: string }
 * )} StudyMessage
 */

/** A chunk grows at most so fast: the first ones are too short to go by. */
const GROWTH = 4;

export class StudyLoop {
  /** @type {{ id: number, study: Study, own: Study | null, beside: Study[], milestones: number[] } | null} */
  #now = null;
  #chunk = 1;

  /**
   * @param {(config: string, options: StudyOptions) => Study} newStudy
   * @param {number} budgetMs how long a chunk may take
   * @param {(message: StudyMessage) => void} tell
   */
  constructor(newStudy, budgetMs, tell) {
    this.newStudy = newStudy;
    this.budgetMs = budgetMs;
    this.tell = tell;
  }

  /**
   * Begins a study in place of the present one, which is told no more.
   * @param {number} id
   * @param {StudyRequest} request
   */
  start(id, { config, options, own, beside = [], milestones }) {
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

  /** @param {boolean} last */
  #tellResult(last) {
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

/** @param {{ study: Study, own: Study | null, beside: Study[] }} now */
const studies = ({ study, own, beside }) => [study, ...(own ? [own] : []), ...beside];
