/**
 * What can be undone, as the states things were in before each step. It holds
 * whatever it is given and looks into none of it.
 */

/** So many steps are kept; older ones are forgotten. */
const MOST_STEPS = 100;

export class History<T> {
  #past: T[] = [];
  #future: T[] = [];
  /** How many of the past steps are beyond reach. */
  #fenced = 0;
  /** What the last step changed, while more of the same belongs to it. */
  #open: string | null = null;

  get canUndo() {
    return this.#past.length > this.#fenced;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /**
   * Records a step that was just taken; what was undone before is gone.
   *
   * @param before the state before it
   * @param subject what it changed: steps on end with one subject, as
   *   those of a drag, are one
   */
  record(before: T, subject: string | null = null) {
    const more = subject !== null && subject === this.#open && this.canUndo;
    if (!more) {
      this.#past.push(before);
      this.#fenced = Math.max(0, this.#fenced - Math.max(0, this.#past.length - MOST_STEPS));
      this.#past = this.#past.slice(-MOST_STEPS);
    }
    this.#future = [];
    this.#open = subject;
  }

  /** Closes the last step: the next one is another, whatever it changes. */
  settle() {
    this.#open = null;
  }

  /** Puts the steps so far beyond reach, until `unfence`. */
  fence() {
    this.settle();
    this.#fenced = this.#past.length;
  }

  /** Puts all steps within reach. */
  unfence() {
    this.#fenced = 0;
  }

  /**
   * Takes the last step back.
   *
   * @param now the state to come back to by `redo`
   * @returns the state to go to, `undefined` where there is none
   */
  undo(now: T): T | undefined {
    return this.canUndo ? this.#go(this.#past, this.#future, now) : undefined;
  }

  /**
   * Takes again what was undone last.
   *
   * @param now the state to come back to by `undo`
   * @returns the state to go to, `undefined` where there is none
   */
  redo(now: T): T | undefined {
    return this.#go(this.#future, this.#past, now);
  }

  #go(from: T[], to: T[], now: T) {
    this.settle();
    const there = from.pop();
    if (there !== undefined) to.push(now);
    return there;
  }
}
