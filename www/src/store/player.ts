/** Moves the playhead by the clock of the screen, and stops by itself. */

import type { Session } from '../rollout/session.ts';

/** Longest a tick is shown, and how long a whole rollout takes at most, in ms. */
const TICK_MS = 420;
const WHOLE_MS = 12_000;
/** By how much a slow frame is caught up with at most, in ms. */
const MOST_BEHIND_MS = 2 * TICK_MS;

export class Player {
  /** Whether nobody sees it: then it stays where it is until somebody does. */
  resting = false;
  #frame: number | null = null;

  get playing() {
    return this.#frame !== null;
  }

  /** Moves the playhead to the rollout's end; from the end, from the start. */
  play(session: Session, onmove: () => void) {
    if (session.atEnd) session.moveTo(0);
    const tickMs = Math.min(TICK_MS, WHOLE_MS / Math.max(1, session.length));
    let shown = performance.now();
    const frame = (now: number) => {
      this.#frame = requestAnimationFrame(frame);
      // A page in the background has no frames: what it missed is not caught up with.
      shown = this.resting ? now : Math.max(shown, now - MOST_BEHIND_MS);
      const due = Math.floor((now - shown) / tickMs);
      if (due < 1) return;
      shown += due * tickMs;
      session.moveTo(session.playhead + due);
      if (session.atEnd) this.stop();
      onmove();
    };
    this.stop();
    this.#frame = requestAnimationFrame(frame);
  }

  stop() {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }
}
