/**
 * How much to do at once so that it takes about a given time: what runs in chunks lets whoever
 * runs it, a worker or the page itself, answer in between.
 */

/** Maximum growth of a chunk over the one before: the first ones are too short to go by. */
const GROWTH = 4;

export class Pace {
  #budgetMs: number;
  #chunk = 1;

  /** @param budgetMs how long a chunk may take */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** Begins with the smallest chunk. */
  restart() {
    this.#chunk = 1;
  }

  /**
   * Does a chunk.
   *
   * @param most so much is left
   * @param act does so much of it
   */
  go(most: number, act: (amount: number) => void) {
    const amount = Math.min(this.#chunk, most);
    const before = performance.now();
    act(amount);
    const took = Math.max(0.05, performance.now() - before);
    this.#chunk = Math.max(1, Math.floor(Math.min(amount * GROWTH, (amount * this.#budgetMs) / took)));
  }
}
