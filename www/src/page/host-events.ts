/** Dispatches the element's events, for what happens in it; they bubble. */

import type { State } from '../engine/engine.ts';
import type { Session } from '../rollout/session.ts';
import type { Store } from '../store/store.ts';

export class HostEvents {
  #element;
  #store;
  #linkNow;
  /** Whether what changes is the host's doing, which knows of it. */
  #quiet = false;
  #session: Session | null = null;
  /** How many decisions stand before the playhead. */
  #decisions = 0;
  #state: State | null = null;
  #link = '';

  constructor(element: Element, store: Store, linkNow: () => string) {
    this.#element = element;
    this.#store = store;
    this.#linkNow = linkNow;
  }

  /** Does what a host wants, without events. */
  quietly(act: () => void) {
    const before = this.#quiet;
    this.#quiet = true;
    try {
      act();
      this.look();
    } finally {
      this.#quiet = before;
    }
  }

  /**
   * Dispatches events for what has changed. A decision counts when the playhead
   * passes it or a command makes it, not when another rollout takes this one's
   * place; a link counts when nothing plays and no limit is dragged.
   */
  look() {
    // Before the first rollout there is nothing to compare with.
    if (this.#store.seed === null) return;
    const { session, playing, dragging } = this.#store;
    const { decisions, final_state: state } = session.reportHere;
    const made = session === this.#session ? decisions.slice(this.#decisions) : [];
    const moved = state !== this.#state;
    const link = playing || dragging ? this.#link : this.#linkNow();
    const changed = link !== this.#link;
    // Kept before any event: a listener may change it again.
    this.#session = session;
    this.#decisions = decisions.length;
    this.#state = state;
    this.#link = link;
    if (this.#quiet) return;
    for (const decision of made) this.dispatch('decision', decision);
    if (moved) this.dispatch('statechange', { state, tick: session.playhead });
    if (changed) this.dispatch('viewchange', { link });
  }

  dispatch(name: string, detail: object) {
    this.#element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}
