/**
 * Has done what is too long for the page's own thread, rollouts and fits: beside the page, by a
 * worker. There is one order at a time; another one takes its place, and the worker of one
 * that is still running is ended, for it would not listen.
 */

import type { Fit } from './engine.ts';
import type { RunOrder, RunResult, Snapshot } from './replay.ts';
import type { WorkerHandle } from './start-worker.ts';
import { startWorker } from './start-worker.ts';
import type { Fitting, SimulationMessage } from './worker.ts';

/**
 * `onticks` gets how far it is, `onfailed` the engine's message, or that no worker is
 * to be had.
 */
export type Listener = { onticks?: (ticks: number) => void; onfailed: (message: string, refused: boolean) => void };

/** How long a worker may take to start where nothing else could do what it is for, in ms. */
const PATIENCE_MS = 60_000;

const REFUSED =
  'A rollout as long as this one is simulated beside the page, by a worker, and the page around this one allows none: ' +
  'its policy needs “worker-src blob:”. A shorter rollout needs no worker.';
const NO_MEMORY = 'The rollout needs more memory than the browser gives. Fewer ticks or fewer rules need less.';
const NO_MEMORY_TO_FIT = 'The fit needs more memory than the browser gives. A shorter record needs less.';

export class Simulator {
  #patience;
  #hand: WorkerHandle | null = null;
  /** Ends the worker, which may not have started yet. */
  #end: (() => void) | null = null;
  #id = 0;
  /** What is running. */
  #running: { id: number; message: object; hear: (message: SimulationMessage) => void } | null = null;

  /** @param patience how long a worker may take to start, in ms */
  constructor(patience = PATIENCE_MS) {
    this.#patience = patience;
  }

  /** Runs a rollout. */
  simulate(order: RunOrder, on: Listener & { onresult: (made: RunResult) => void }) {
    this.#order({ kind: 'simulate', order }, on, (message) => message.kind === 'made' && on.onresult(message.made));
  }

  /** Looks at a rollout at a tick. */
  look(order: RunOrder & { tick: number }, on: Listener & { onsnapshot: (snapshot: Snapshot) => void }) {
    this.#order(
      { kind: 'look', order },
      on,
      (message) => message.kind === 'snapshot' && on.onsnapshot(message.snapshot),
    );
  }

  /** Fits a world to a record. */
  fit(order: Fitting, on: Listener & { onresult: (fit: Fit) => void }) {
    const hear = (message: SimulationMessage) => message.kind === 'fitted' && on.onresult(message.fit);
    this.#order({ kind: 'fit', order }, on, hear, NO_MEMORY_TO_FIT);
  }

  /** Ends what runs, without a word. */
  stop() {
    if (this.#running) this.close();
  }

  /** Ends the worker, too. */
  close() {
    this.#running = null;
    this.#end?.();
    this.#hand = this.#end = null;
  }

  #order(
    order: object,
    { onticks, onfailed }: Listener,
    onresult: (message: SimulationMessage) => void,
    noMemory = NO_MEMORY,
  ) {
    this.stop();
    this.#id += 1;
    const hear = (message: SimulationMessage) => {
      if (message.kind === 'ticks') return onticks?.(message.ticks);
      this.#running = null;
      if (message.kind !== 'failed') return onresult(message);
      // What it took of memory is given back with the worker alone.
      if (message.memory) this.close();
      if (message.memory) onfailed(noMemory, false);
      else onfailed(message.message, message.message === REFUSED);
    };
    const message = { ...order, id: this.#id };
    this.#running = { id: this.#id, message, hear };
    if (this.#hand) this.#hand.post(message);
    else this.#end ??= this.#start();
  }

  #start() {
    return startWorker<SimulationMessage>(this.#patience, {
      onready: (hand) => {
        this.#hand = hand;
        if (this.#running) hand.post(this.#running.message);
      },
      onrefused: () => {
        const running = this.#running;
        // One that has started breaks for want of memory alone.
        const memory = this.#hand !== null;
        this.close();
        running?.hear({ id: running.id, kind: 'failed', message: REFUSED, memory });
      },
      onmessage: (message) => {
        if (message.id === this.#running?.id) this.#running?.hear(message);
      },
    });
  }
}
