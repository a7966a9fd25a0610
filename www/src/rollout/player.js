/** Moves the playhead by the clock of the screen, and stops by itself. */

/** Longest a tick is shown, and how long a whole rollout takes at most, in ms. */
const TICK_MS = 420;
const WHOLE_MS = 12_000;
/** By how much a slow frame is caught up with at most, in ms. */
const MOST_BEHIND_MS = 2 * TICK_MS;

export class Player {
  /** Whether nobody sees it: then it stays where it is until somebody does. */
  resting = false;
  /** @type {number | null} */
  #frame = null;

  get playing() {
    return this.#frame !== null;
  }

  /**
   * @param {number} ticks of the whole rollout
   * @param {(ticks: number) => boolean} move by so many ticks; false at the end
   */
  play(ticks, move) {
    const tickMs = Math.min(TICK_MS, WHOLE_MS / Math.max(1, ticks));
    let shown = performance.now();
    const frame = (/** @type {number} */ now) => {
      this.#frame = requestAnimationFrame(frame);
      // A page in the background has no frames: what it missed is not caught up with.
      shown = this.resting ? now : Math.max(shown, now - MOST_BEHIND_MS);
      const due = Math.floor((now - shown) / tickMs);
      if (due < 1) return;
      shown += due * tickMs;
      if (!move(due)) this.stop();
    };
    this.stop();
    this.#frame = requestAnimationFrame(frame);
  }

  stop() {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }
}
