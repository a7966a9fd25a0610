/**
 * Runs a search beside the page, in a worker; or in short chunks on the page's own thread where
 * a worker is refused and the rollouts are short.
 */

import { beginSearch, resolved, SearchLoop } from '../engine/engine.ts';
import type { SearchMessage, SearchOrder } from '../engine/search-loop.ts';
import { startWorker } from '../engine/start-worker.ts';
import { areShort } from '../rollout/cost.ts';

/** What a search runs on: a worker, or the page. */
type Host = { start: (id: number, order: SearchOrder) => void; close: () => void };

/** How long a worker may take to start, in ms. */
const PATIENCE_MS = 4000;
/** How long a chunk may keep the page from answering, in ms. */
const CHUNK_MS = 10;
/**
 * Rollouts of a search that must fit into what the page's own thread may be given at once. A step of a
 * search has up to eight times as many: it may keep the page from answering for that much longer.
 */
const STEP = 512;

export class SearchRunner {
  #hear;
  #host: Host | null = null;
  /** Ends a worker that has not started yet. */
  #starting: (() => void) | null = null;
  #order: SearchOrder | null = null;
  #id = 0;

  /** @param hear what a search finds; nothing of one that was superseded or ended */
  constructor(hear: (message: SearchMessage) => void) {
    this.#hear = (message: SearchMessage) => {
      if (message.id !== this.#id || !this.#order) return;
      if (message.kind === 'error' || (message.kind === 'found' && message.last)) this.#order = null;
      hear(message);
    };
  }

  /** Runs a search in place of the one that is running. */
  run(order: SearchOrder) {
    this.#order = order;
    this.#id += 1;
    if (this.#host) this.#host.start(this.#id, order);
    else if (!this.#starting) this.#open();
  }

  /** Ends what runs. */
  close() {
    this.#starting?.();
    this.#host?.close();
    this.#starting = this.#host = this.#order = null;
  }

  #begin(host: Host) {
    this.#starting = null;
    this.#host = host;
    if (this.#order) host.start(this.#id, this.#order);
  }

  #open() {
    this.#starting = startWorker(PATIENCE_MS, {
      onready: ({ post, end }) =>
        this.#begin({ start: (id, order) => post({ kind: 'search', id, order }), close: end }),
      // What was lost with a worker is searched again.
      onrefused: () => this.#begin(this.#onPage()),
      onmessage: (message: SearchMessage) => this.#hear(message),
    });
  }

  #onPage(): Host {
    const loop = new SearchLoop(beginSearch, CHUNK_MS, (message) => this.#hear(message));
    return {
      start: (id, order) => {
        loop.stop();
        // Later, as from a worker.
        setTimeout(() =>
          isShort(order) ? loop.start(id, order) : this.#hear({ id, kind: 'error', message: TOO_LONG }),
        );
      },
      close: () => loop.stop(),
    };
  }
}

const TOO_LONG =
  'A search over rollouts as long as these is run beside the page, by a worker, and the page around this one allows none: ' +
  'its policy needs “worker-src blob:”. Shorter rollouts need no worker.';

/** Whether a step of a search is short enough for the page's own thread. A faulty configuration is the engine's to refuse. */
function isShort({ config }: SearchOrder) {
  try {
    return areShort(resolved(config), STEP);
  } catch {
    return true;
  }
}
