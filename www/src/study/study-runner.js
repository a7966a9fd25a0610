/**
 * Runs studies beside the page: in a worker, or in short chunks on the page's
 * own thread where a worker is refused, be it by an exception, later by an
 * error, or by silence.
 */

import { StudyLoop, new_study, resolved } from '../base/engine.js';
import { startWorker } from '../base/start-worker.js';
import { areShort } from '../rollout/cost.js';

/** @import { StudyMessage, StudyRequest, StudyResult } from './study-loop.js' */
/**
 * `onresult` at each milestone and, with `last`, at the end.
 * @typedef {{
 *   onresult: (result: StudyResult, last: boolean) => void, onprogress?: (done: number, runs: number) => void,
 *   onerror?: (message: string) => void,
 * }} Listener
 */
/** @typedef {{ request: StudyRequest, listener: Listener, brief: boolean }} Job */
/** @typedef {{ start: (id: number, request: StudyRequest) => void, cancel: () => void, close: () => void }} Bench */

/** How long a worker may take to start, in ms. */
const PATIENCE_MS = 4000;
/** How long a chunk may keep the page from answering, in ms. */
const CHUNK_MS = 10;
/** How long a worker may be deaf, busy with a chunk, when it is told something: then it is ended. In ms. */
const DEAF_MS = 1000;

export class StudyRunner {
  /** What studies run on; `null` while it starts. @type {Bench | null} */
  #bench = null;
  /** Ends a worker that has not answered yet. @type {(() => void) | null} */
  #abandon = null;
  /** @type {Job | null} */
  #running = null;
  /** @type {Job | null} */
  #waiting = null;
  #id = 0;
  /** Ends a worker that does not hear. @type {ReturnType<typeof setTimeout> | undefined} */
  #deaf;
  /** Whether what waits for a worker to start was cancelled. */
  #cancelled = false;
  /** Whether studies run beside the page; unknown before the first. @type {boolean | null} */
  inWorker = null;

  /**
   * Runs a study. It supersedes every other one, but for a brief one that is
   * running: while a limit is dragged, each is to be seen.
   * @param {StudyRequest} request
   * @param {Listener} listener
   * @param {boolean} [brief]
   */
  run(request, listener, brief = false) {
    this.#waiting = { request, listener, brief };
    this.#cancelled = false;
    if (!this.#bench && !this.#abandon) this.#open();
    if (!this.#running?.brief) this.#next();
    else this.#deaf ??= setTimeout(() => this.#next(), DEAF_MS);
  }

  /**
   * Ends the study that is running; its finished prefix is its result. One that
   * waits for a worker to start ends as soon as it has begun.
   */
  cancel() {
    if (!this.#bench) {
      this.#cancelled = true;
      return;
    }
    this.#waiting = null;
    if (!this.#running) return;
    this.#bench.cancel();
    this.#expect(() => {
      const { listener } = /** @type {Job} */ (this.#running);
      this.close();
      listener.onerror?.('Cancelled: what is shown is what was found before.');
    });
  }

  /** Ends everything; the next study begins anew. */
  close() {
    clearTimeout(this.#deaf);
    this.#abandon?.();
    this.#bench?.close();
    this.#bench = this.#abandon = this.#running = this.#waiting = null;
  }

  /** Goes on with what waits, or with what runs, on another worker. */
  #restart() {
    const next = this.#waiting ?? this.#running;
    this.close();
    this.#waiting = next;
    this.#open();
  }

  /**
   * Does something about a worker that answers nothing for a while.
   * @param {() => void} otherwise
   */
  #expect(otherwise) {
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
    if (!this.#bench || !this.#waiting) return;
    this.#running = this.#waiting;
    this.#waiting = null;
    this.#id += 1;
    this.#bench.start(this.#id, this.#running.request);
    this.#expect(() => this.#restart());
  }

  /** @param {StudyMessage} message */
  #hear(message) {
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
    const settle = (/** @type {Bench} */ bench, /** @type {boolean} */ inWorker) => {
      this.#abandon = null;
      this.#bench = bench;
      this.inWorker = inWorker;
      // A study lost with its worker is run again.
      this.#waiting ??= this.#running;
      this.#next();
      if (this.#cancelled) bench.cancel();
    };
    this.#abandon = startWorker(PATIENCE_MS, {
      onready: ({ post, end }) => {
        const bench = {
          start: (/** @type {number} */ id, /** @type {StudyRequest} */ request) => post({ kind: 'start', id, request }),
          cancel: () => post({ kind: 'cancel' }),
          close: end,
        };
        settle(bench, true);
      },
      onrefused: () => settle(this.#onPage(), false),
      onmessage: (/** @type {StudyMessage} */ message) => this.#hear(message),
    });
  }

  /** @returns {Bench} */
  #onPage() {
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
 * @param {StudyRequest} request
 */
function fitsThePage({ config, options }) {
  const policies = 1 + (options.policies?.length ?? 0);
  const cases = 2 + (options.sweep?.values.length ?? 0);
  try {
    return areShort(resolved(config), policies * cases);
  } catch {
    return true;
  }
}
