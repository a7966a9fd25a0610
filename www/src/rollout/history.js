/**
 * What can be undone, as the states things were in before each step. It holds
 * whatever it is given and looks into none of it.
 */

/** So many steps are kept; older ones are forgotten. */
const MOST_STEPS = 100;

/** @template T */
export class History {
  /** @type {T[]} */
  #past = [];
  /** @type {T[]} */
  #future = [];
  /** What the last step changed, while more of the same belongs to it. @type {string | null} */
  #open = null;

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /**
   * Records a step that was just taken; what was undone before is gone.
   * @param {T} before the state before it
   * @param {string | null} [subject] what it changed: steps on end with one subject, as
   *   those of a drag, are one
   */
  record(before, subject = null) {
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
   * @param {T} now the state to come back to by `redo`
   * @returns {T | undefined} the state to go to, `undefined` where there is none
   */
  undo(now) {
    return this.#go(this.#past, this.#future, now);
  }

  /**
   * Takes again what was undone last.
   * @param {T} now the state to come back to by `undo`
   * @returns {T | undefined} the state to go to, `undefined` where there is none
   */
  redo(now) {
    return this.#go(this.#future, this.#past, now);
  }

  /**
   * @param {T[]} from
   * @param {T[]} to
   * @param {T} now
   */
  #go(from, to, now) {
    this.settle();
    const there = from.pop();
    if (there !== undefined) to.push(now);
    return there;
  }
}
