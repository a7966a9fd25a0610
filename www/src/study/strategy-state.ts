/**
 * The study of the four strategies: the release that is chosen, how far it is, and what it
 * has found. It begins when somebody looks at it. Every change calls `onchange`.
 */

import type { Json } from '../base/json-path.ts';
import type { Session } from '../rollout/session.ts';
import type { Strategy, StrategyReport } from './strategies.ts';
import { contrastOf, RELEASES, STRATEGY_RUNS, strategyReport, strategyRequest, withStrategy } from './strategies.ts';
import { isHealthy } from './study-request.ts';
import type { Progress } from './study-runner.ts';
import { cancelled, StudyRunner, workersHere } from './study-runner.ts';

/** The release on the page, among those to choose from. */
export const CONFIGURED = 'configured';

export class StrategyState {
  #onchange;
  #runner = new StudyRunner(workersHere());
  #session: Session | null = null;
  /** The release somebody chose; else the page's if that is bad. */
  #chosen: string | null = null;
  /** What is studied, or is to be when somebody looks. */
  #subject = '';
  #begun = false;
  #inView = false;
  #report: StrategyReport | null = null;
  #progress: Progress | null = null;
  #message = '';

  constructor(onchange: () => void) {
    this.#onchange = onchange;
  }

  /** The name of the release that is studied. */
  get release() {
    const healthy = this.#session === null || isHealthy(this.#session.report);
    if (this.#chosen && !(healthy && this.#chosen === CONFIGURED)) return this.#chosen;
    return healthy ? Object.keys(RELEASES)[0] : CONFIGURED;
  }

  set release(release) {
    this.#chosen = release;
    if (this.#session) this.show(this.#session);
    this.#onchange();
  }

  /** What is found; `null` before that. */
  get report() {
    return this.#report;
  }

  /** While it is running. */
  get longProgress() {
    return this.#progress;
  }

  /** How it ended, where that is to be said. */
  get message() {
    return this.#message;
  }

  /** Takes a rollout's world and release; its policy and its seed play no part. */
  show(session: Session) {
    this.#session = session;
    const { studies } = this.#request();
    const subject = JSON.stringify(studies.map(({ config, recorded }) => [config, recorded?.record.id]));
    if (subject === this.#subject) return;
    this.#subject = subject;
    this.#begun = false;
    this.#report = null;
    this.#progress = null;
    this.#message = '';
    this.#runner.close();
    if (this.#inView) this.begin();
  }

  /** @param inView whether somebody can see it */
  look(inView: boolean) {
    this.#inView = inView;
    if (inView && !this.#begun) this.begin();
  }

  begin() {
    if (!this.#session) return;
    this.#begun = true;
    this.#progress = { done: 0, runs: STRATEGY_RUNS };
    this.#message = '';
    this.#runner.run(this.#request(), {
      onresult: (parts, last) => {
        this.#report = strategyReport(parts);
        const progress = { done: this.#report.runs, runs: STRATEGY_RUNS };
        this.#progress = last ? null : progress;
        if (last && progress.done < progress.runs) this.#message = cancelled(progress);
        this.#onchange();
      },
      onprogress: (done, runs) => {
        this.#progress = { done, runs };
        this.#onchange();
      },
      onerror: (message) => {
        this.#progress = null;
        this.#message = message;
        this.#onchange();
      },
    });
    this.#onchange();
  }

  /** Ends what is running; what it has found so far stays. */
  cancel() {
    this.#runner.cancel();
  }

  /** Ends what runs; it is studied anew after the next `show`. */
  close() {
    this.#runner.close();
    this.#subject = '';
    this.#inView = false;
  }

  /**
   * The page's world with a strategy and the release that is studied, to be put on the page:
   * from then on it is the page's own.
   */
  takeOut(strategy: Strategy): Json {
    const { config, canary } = this.#world;
    this.#chosen = null;
    return withStrategy(strategy, config, canary);
  }

  /** The release that the figures are contrasted with, in words; empty if there is none. */
  get contrast() {
    const ratio = contrastOf(this.#world.canary);
    const other = Object.values(RELEASES).find(
      ({ canary }) => (canary as { error_ratio: number }).error_ratio === ratio,
    );
    return ratio === null ? '' : (other?.name ?? '');
  }

  get #world() {
    const config = JSON.parse(this.#session?.config ?? '{}');
    return { config, canary: RELEASES[this.release]?.canary ?? config.canary };
  }

  #request() {
    const { config, canary } = this.#world;
    const { studies, milestones } = strategyRequest(config, canary);
    const recorded = this.#session?.recorded ?? null;
    return { studies: studies.map((order) => ({ ...order, recorded })), milestones };
  }
}
