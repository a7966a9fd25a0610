/**
 * Runs studies beside the page: in a worker, or in short chunks on the page's
 * own thread where a worker is refused, be it by an exception, later by an
 * error, or by silence.
 */

import { engineBytes, new_study, StudyLoop, workerScript } from '../base/engine.js';

/** @import { StudyMessage, StudyRequest, StudyResult } from './study-loop.js' */
/** @import { Order } from './worker.js' */
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
    this.#bench.cancel();
  }

  /** Ends everything; the next study begins anew. */
  close() {
    this.#abandon?.();
    this.#bench?.close();
    this.#bench = this.#abandon = this.#running = this.#waiting = null;
  }

  #next() {
    if (!this.#bench || !this.#waiting) return;
    this.#running = this.#waiting;
    this.#waiting = null;
    this.#id += 1;
    this.#bench.start(this.#id, this.#running.request);
  }

  /** @param {StudyMessage} message */
  #hear(message) {
    if (message.id !== this.#id || !this.#running) return;
    const { listener } = this.#running;
    if (message.kind === 'progress') return listener.onprogress?.(message.done, message.runs);
    const ended = message.kind === 'error' || message.last;
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
    const refused = () => settle(this.#onPage(), false);
    const hear = (/** @type {StudyMessage} */ message) => this.#hear(message);
    this.#abandon = startWorker(hear, (bench) => settle(bench, true), refused);
  }

  /** @returns {Bench} */
  #onPage() {
    const loop = new StudyLoop(new_study, CHUNK_MS, (message) => this.#hear(message));
    return {
      start: (id, request) => loop.start(id, request),
      cancel: () => loop.cancel(),
      close: () => loop.stop(),
    };
  }
}

/**
 * @param {(message: StudyMessage) => void} hear
 * @param {(bench: Bench) => void} onready
 * @param {() => void} onrefused
 * @returns {() => void} ends it
 */
function startWorker(hear, onready, onrefused) {
  const url = URL.createObjectURL(new Blob([workerScript], { type: 'text/javascript' }));
  /** @type {Worker | null} */
  let worker = null;
  const end = () => {
    clearTimeout(patience);
    URL.revokeObjectURL(url);
    worker?.terminate();
  };
  const refuse = () => {
    end();
    onrefused();
  };
  const patience = setTimeout(refuse, PATIENCE_MS);
  try {
    worker = new Worker(url);
  } catch {
    // Told later, as every other refusal is.
    setTimeout(refuse);
    return end;
  }
  const order = (/** @type {Order} */ message) => worker?.postMessage(message);
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    refuse();
  });
  worker.addEventListener('message', ({ data }) => {
    if (data.kind !== 'ready') return hear(data);
    clearTimeout(patience);
    onready({
      start: (id, request) => order({ kind: 'start', id, request }),
      cancel: () => order({ kind: 'cancel' }),
      close: end,
    });
  });
  order({ kind: 'engine', bytes: engineBytes });
  return end;
}
