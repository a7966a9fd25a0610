/** Runs a search for policies in chunks, so that whoever runs it can answer in between. */

import type { Search, SearchOptions, SearchReport } from './engine.ts';
import { Pace } from './pace.ts';
import type { Recorded } from './recorded.ts';

/** A configuration, and what is searched; with `recorded`, over the days of a record. */
export type SearchOrder = { config: string; options: SearchOptions; recorded?: Recorded | null };
/** The first `found` has the candidates before anything of them is known. */
export type SearchMessage = { id: number } & (
  | { kind: 'searching'; done: number; rollouts: number }
  | { kind: 'found'; report: SearchReport; last: boolean }
  | { kind: 'error'; message: string }
);

/** The least time between two reports, in ms: each is drawn. */
const REPORT_MS = 300;
/** And between two messages of progress. */
const PROGRESS_MS = 100;

export class SearchLoop {
  #newSearch: (order: SearchOrder) => Search;
  #pace;
  #send: (message: SearchMessage) => void;
  #now: { id: number; search: Search } | null = null;
  /** When there was the last report, and the last message of progress. */
  #reported = 0;
  #told = 0;

  /** @param budgetMs how long a chunk may take */
  constructor(newSearch: (order: SearchOrder) => Search, budgetMs: number, send: (message: SearchMessage) => void) {
    this.#newSearch = newSearch;
    this.#pace = new Pace(budgetMs);
    this.#send = send;
  }

  /** Begins a search in place of the present one, of which nothing more is sent. */
  start(id: number, order: SearchOrder) {
    this.stop();
    try {
      this.#now = { id, search: this.#newSearch(order) };
    } catch (error) {
      this.#send({ id, kind: 'error', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.#pace.restart();
    this.#report(false);
    setTimeout(() => this.#now?.id === id && this.#continue());
  }

  /** Ends the present search; nothing is sent. */
  stop() {
    this.#now?.search.free();
    this.#now = null;
  }

  #continue() {
    if (!this.#now) return;
    const { id, search } = this.#now;
    this.#pace.go(Math.max(1, search.rollouts - search.done), (rollouts) => search.advance(rollouts));
    const last = search.is_finished;
    const now = performance.now();
    if (last || now - this.#reported > REPORT_MS) this.#report(last);
    else if (now - this.#told > PROGRESS_MS) {
      this.#told = now;
      this.#send({ id, kind: 'searching', done: search.done, rollouts: search.rollouts });
    }
    if (last) return this.stop();
    setTimeout(() => this.#now?.id === id && this.#continue());
  }

  #report(last: boolean) {
    if (!this.#now) return;
    const { id, search } = this.#now;
    this.#send({ id, kind: 'found', report: search.report(), last });
    this.#reported = this.#told = performance.now();
  }
}
