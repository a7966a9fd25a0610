/**
 * What can be undone, as the states things were in before each step. It holds
 * whatever it is given and looks into none of it.
 */

/** So many steps are kept; older ones are forgotten. */
const MOST_STEPS = 100;

export class History<T> {
  #past: T[] = [];
  #future: T[] = [];
  /** What the last step changed, while more of the same belongs to it. */
  #open: string | null = null;

  get canUndo() {
    return this.#past.length > 0;
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
    if (!more) this.#past = [...this.#past, before].slice(-MOST_STEPS);
    this.#future = [];
    this.#open = subject;
  }

  /** Closes the last step: the next one is another, whatever it changes. */
  settle() {
    this.#open = null;
  }

  /**
   * Takes the last step back.
   *
   * @param now the state to come back to by `redo`
   * @returns the state to go to, `undefined` where there is none
   */
  undo(now: T): T | undefined {
    return this.#go(this.#past, this.#future, now);
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
