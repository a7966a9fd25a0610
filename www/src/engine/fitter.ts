/** Fits worlds to records: at once where they are short, else beside the page; where no worker is to be had, on it. */

import { fitOf } from './counts.ts';
import type { Fit } from './engine.ts';
import type { CountsRecord } from './recorded.ts';
import { Simulator } from './simulator.ts';

/** A record of more steps is fitted beside the page. */
const MOST_AT_ONCE = 20_000;
/** How long a worker may take to start, in ms: the page can do it, too. */
const PATIENCE_MS = 4000;

export class Fitter {
  #simulator = new Simulator(PATIENCE_MS);

  /**
   * Fits a world with ticks of so many seconds, in place of what was asked before.
   *
   * @param on hears of it, or why there is none: at once where the record is short
   */
  fit(record: CountsRecord, tickSeconds: number, on: (found: Fit | string) => void) {
    this.#simulator.stop();
    const here = () => on(fitOf(record, tickSeconds));
    if (record.steps <= MOST_AT_ONCE) return here();
    this.#simulator.fit(
      { recorded: { record }, tickSeconds },
      { onresult: on, onfailed: (message, refused) => (refused ? here() : on(message)) },
    );
  }

  /** Ends what runs, without a word. */
  close() {
    this.#simulator.close();
  }
}
