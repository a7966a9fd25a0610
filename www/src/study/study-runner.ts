/**
 * Runs studies beside the page: in a worker, or in short chunks on the page's
 * own thread where a worker is refused, be it by an exception, later by an
 * error, or by silence.
 */

import { new_study, resolved, StudyLoop } from '../engine/engine.ts';
import { startWorker } from '../engine/start-worker.ts';
import type { StudyMessage, StudyRequest, StudyResult } from '../engine/study-loop.ts';
import { areShort } from '../rollout/cost.ts';
/** `onresult` at each milestone and, with `last`, at the end. */
export type Listener = {
  onresult: (result: StudyResult, last: boolean) => void;
  onprogress?: (done: number, runs: number) => void;
  onerror?: (message: string) => void;
};
export type Job = { request: StudyRequest; listener: Listener; brief: boolean };
export type Store = { start: (id: number, request: StudyRequest) => void; cancel: () => void; close: () => void };

/** How long a worker may take to start, in ms. */
const PATIENCE_MS = 4000;
/** How long a chunk may keep the page from answering, in ms. */
const CHUNK_MS = 10;
/** How long a worker may be deaf, busy with a chunk, when it is told something: then it is ended. In ms. */
const DEAF_MS = 1000;

export class StudyRunner {
  /** What studies run on; `null` while it starts. */
  #store: Store | null = null;
  /** Ends a worker that has not answered yet. */
  #abandon: (() => void) | null = null;
  #running: Job | null = null;
  #waiting: Job | null = null;
  #id = 0;
  /** Ends a worker that does not hear. */
  #deaf: ReturnType<typeof setTimeout> | undefined;
  /** Whether what waits for a worker to start was cancelled. */
  #cancelled = false;
  /** Whether studies run beside the page; unknown before the first. */
  inWorker: boolean | null = null;

  /**
   * Runs a study. It supersedes every other one, but for a brief one that is
   * running: while a limit is dragged, each is to be seen.
   */
  run(request: StudyRequest, listener: Listener, brief: boolean = false) {
    this.#waiting = { request, listener, brief };
    this.#cancelled = false;
    if (!this.#store && !this.#abandon) this.#open();
    if (!this.#running?.brief) this.#next();
    else this.#deaf ??= setTimeout(() => this.#next(), DEAF_MS);
  }

  /**
   * Ends the study that is running; its finished prefix is its result. One that
   * waits for a worker to start ends as soon as it has begun.
   */
  cancel() {
    if (!this.#store) {
      this.#cancelled = true;
      return;
    }
    this.#waiting = null;
    if (!this.#running) return;
    this.#store.cancel();
    this.#expect(() => {
      const { listener } = this.#running as Job;
      this.close();
      listener.onerror?.('Cancelled: what is shown is what was found before.');
    });
  }

  /** Ends everything; the next study begins anew. */
  close() {
    clearTimeout(this.#deaf);
    this.#abandon?.();
    this.#store?.close();
    this.#store = this.#abandon = this.#running = this.#waiting = null;
  }

  /** Goes on with what waits, or with what runs, on another worker. */
  #restart() {
    const next = this.#waiting ?? this.#running;
    this.close();
    this.#waiting = next;
    this.#open();
  }

  /** Does something about a worker that answers nothing for a while. */
  #expect(otherwise: () => void) {
    // It cannot be deaf that runs on the page’s own thread: its chunks are over when this is called.
    if (!this.inWorker) return;
    this.#isHeard();
    this.#deaf = setTimeout(otherwise, DEAF_MS);
  }

  /** Something was heard of it. */
  #isHeard() {
    clearTimeout(this.#deaf);
    this.#deaf = undefined;
  }

  #next() {
    if (!this.#store || !this.#waiting) return;
    this.#running = this.#waiting;
    this.#waiting = null;
    this.#id += 1;
    this.#store.start(this.#id, this.#running.request);
    this.#expect(() => this.#restart());
  }

  #hear(message: StudyMessage) {
    if (message.id !== this.#id || !this.#running) return;
    const { listener } = this.#running;
    if (message.kind === 'begun') return this.#isHeard();
    if (message.kind === 'progress') return listener.onprogress?.(message.done, message.runs);
    const ended = message.kind === 'error' || message.last;
    if (ended) this.#isHeard();
    if (ended) this.#running = null;
    if (message.kind === 'error') listener.onerror?.(message.message);
    else listener.onresult(message.result, message.last);
    if (ended) this.#next();
  }

  #open() {
    const settle = (store: Store, inWorker: boolean) => {
      this.#abandon = null;
      this.#store = store;
      this.inWorker = inWorker;
      // A study lost with its worker is run again.
      this.#waiting ??= this.#running;
      this.#next();
      if (this.#cancelled) store.cancel();
    };
    this.#abandon = startWorker(PATIENCE_MS, {
      onready: ({ post, end }) => {
        const store = {
          start: (id: number, request: StudyRequest) => post({ kind: 'start', id, request }),
          cancel: () => post({ kind: 'cancel' }),
          close: end,
        };
        settle(store, true);
      },
      onrefused: () => settle(this.#onPage(), false),
      onmessage: (message: StudyMessage) => this.#hear(message),
    });
  }

  #onPage(): Store {
    const loop = new StudyLoop(new_study, CHUNK_MS, (message) => this.#hear(message));
    return {
      start: (id, request) => {
        if (fitsThePage(request)) return loop.start(id, request);
        loop.stop();
        // Told later, as a study's own faults are.
        setTimeout(() => this.#hear({ id, kind: 'error', message: TOO_LONG }));
      },
      cancel: () => loop.cancel(),
      close: () => loop.stop(),
    };
  }
}

const TOO_LONG =
  'Studies of rollouts as long as this one are run beside the page, by a worker, and the page around this one allows none: ' +
  'its policy needs “worker-src blob:”. Shorter rollouts need no worker.';

/**
 * Whether a run of a study, of each policy at each value of the sweep, is short enough for
 * the page's own thread. A configuration that is none is the engine's to refuse.
 */
function fitsThePage({ config, options }: StudyRequest) {
  const policies = 1 + (options.policies?.length ?? 0);
  const cases = 2 + (options.sweep?.values.length ?? 0);
  try {
    return areShort(resolved(config), policies * cases);
  } catch {
    return true;
  }
}
