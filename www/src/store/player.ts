/** Moves the playhead by the clock of the screen. */

/** Longest a tick is shown, and how long a whole rollout takes at most, in ms. */
const TICK_MS = 420;
const WHOLE_MS = 12_000;
/** By how much a slow frame is caught up with at most, in ms. */
const MOST_BEHIND_MS = 2 * TICK_MS;

/**
 * What is played: `step` goes on by some ticks and returns whether there are more, `ondone`
 * is called after it, and while `isBusy` time stands still.
 */
export type Played = { step: (ticks: number) => boolean; ondone: () => void; isBusy: () => boolean };

export class Player {
  /** Whether nobody sees it: then it stays where it is until somebody does. */
  resting = false;
  #frame: number | null = null;

  get playing() {
    return this.#frame !== null;
  }

  /** @param length of the whole, in ticks */
  play(length: number, { step, ondone, isBusy }: Played) {
    const tickMs = Math.min(TICK_MS, WHOLE_MS / Math.max(1, length));
    let shown = performance.now();
    const frame = (now: number) => {
      this.#frame = requestAnimationFrame(frame);
      // A page in the background has no frames: what it missed is not caught up with.
      shown = this.resting || isBusy() ? now : Math.max(shown, now - MOST_BEHIND_MS);
      const due = Math.floor((now - shown) / tickMs);
      if (due < 1) return;
      shown += due * tickMs;
      if (!step(due)) this.stop();
      ondone();
    };
    this.stop();
    this.#frame = requestAnimationFrame(frame);
  }

  stop() {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }
}
