/**
 * Runs studies side by side in chunks, so that whoever runs them, a worker or the page
 * itself, can answer in between. The chunks change nothing in the results.
 */

import type { FirstRuns, Study, StudyOptions, StudyReport } from './engine.ts';
import { Pace } from './pace.ts';
import type { Recorded } from './recorded.ts';

/** A configuration and what to study of it; with `recorded`, over the days of a record. */
export type StudyOrder = { config: string; options: StudyOptions; recorded?: Recorded | null };
/**
 * Studies of equally many runs. They go on together, and what each has found is sent at
 * each milestone, a number of runs, and at the end.
 */
export type StudyRequest = { studies: StudyOrder[]; milestones: number[] };
/** What a study has found so far, with the outcomes of its first runs on either release. */
export type StudyPart = { report: StudyReport; healthy: FirstRuns; release: FirstRuns };
/** `begun` is sent before anything is run: whoever gets it knows that the order has arrived. */
export type StudyMessage = { id: number } & (
  | { kind: 'begun' }
  | { kind: 'progress'; done: number; runs: number }
  | { kind: 'result'; parts: StudyPart[]; done: number; last: boolean }
  | { kind: 'error'; message: string }
);

export class StudyLoop {
  #newStudy: (order: StudyOrder) => Study;
  #pace;
  #send: (message: StudyMessage) => void;
  #now: { id: number; studies: Study[]; milestones: number[] } | null = null;

  /** @param budgetMs how long a chunk may take */
  constructor(newStudy: (order: StudyOrder) => Study, budgetMs: number, send: (message: StudyMessage) => void) {
    this.#newStudy = newStudy;
    this.#pace = new Pace(budgetMs);
    this.#send = send;
  }

  /** Begins studies in place of the present ones, of which nothing more is sent. */
  start(id: number, { studies, milestones }: StudyRequest) {
    this.stop();
    this.#send({ id, kind: 'begun' });
    this.#now = { id, studies: [], milestones };
    try {
      for (const order of studies) this.#now.studies.push(this.#newStudy(order));
    } catch (error) {
      this.stop();
      this.#send({ id, kind: 'error', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.#pace.restart();
    this.#continue();
  }

  /** Ends the present studies; nothing is sent. */
  stop() {
    for (const study of this.#now?.studies ?? []) study.free();
    this.#now = null;
  }

  #continue() {
    if (!this.#now) return;
    const { id, studies, milestones } = this.#now;
    const [first] = studies;
    const mark = milestones.find((runs) => runs > first.done) ?? first.runs;
    this.#pace.go(mark - first.done, (runs) => {
      for (const study of studies) study.advance(runs);
    });

    const { done } = first;
    const last = done === first.runs;
    if (last || milestones.includes(done)) {
      const parts = studies.map((study) => ({
        report: study.report(),
        healthy: study.first_runs(true),
        release: study.first_runs(false),
      }));
      this.#send({ id, kind: 'result', parts, done, last });
    } else this.#send({ id, kind: 'progress', done, runs: first.runs });
    if (last) return this.stop();
    setTimeout(() => this.#now?.id === id && this.#continue());
  }
}
