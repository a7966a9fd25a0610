/**
 * Runs studies beside the page, in one or several workers; or in short chunks on the
 * page's own thread where a worker is refused, be it by an exception, later by an error,
 * or by silence.
 */

import { count } from '../base/format.ts';
import { beginStudy, resolved, StudyLoop } from '../engine/engine.ts';
import { startWorker } from '../engine/start-worker.ts';
import type { StudyMessage, StudyPart, StudyRequest } from '../engine/study-loop.ts';
import { areShort } from '../rollout/cost.ts';

/** `onresult` is called at each milestone that all studies have reached, and with `last` at the end. */
export type Listener = {
  onresult: (parts: StudyPart[], last: boolean) => void;
  onprogress?: (done: number, runs: number) => void;
  onerror?: (message: string) => void;
};
/** How many runs are finished, of how many. */
export type Progress = { done: number; runs: number };
type Job = { request: StudyRequest; listener: Listener; brief: boolean };
/** What studies run on: a worker, or the page. */
type Host = { start: (id: number, request: StudyRequest) => void; close: () => void };
/**
 * A job with the hosts that run it. `of` are the studies that a host runs, by number, `done` the
 * runs it has finished; `found` holds the parts by milestone, `known` those of the last
 * milestone that all have reached.
 */
type Running = Job & {
  shares: Map<Host, { of: number[]; done: number; begun: boolean }>;
  found: Map<number, StudyPart[]>;
  known: StudyPart[] | null;
};

/** How long a worker may take to start, in ms. */
const PATIENCE_MS = 4000;
/** How long a chunk may keep the page from answering, in ms. */
const CHUNK_MS = 10;
/** How long a worker may leave an order unanswered: then it is ended. In ms. */
const DEAF_MS = 1000;
const MOST_WORKERS = 4;

/** How many workers are worth while: one core is left to the page. */
export const workersHere = () => Math.max(1, Math.min(MOST_WORKERS, navigator.hardwareConcurrency - 1));

export class StudyRunner {
  #size;
  /** What studies run on; none while the workers start. */
  #hosts: Host[] = [];
  /** Ends each worker that has not started yet. */
  #starting: Set<() => void> = new Set();
  #running: Running | null = null;
  #waiting: Job | null = null;
  #id = 0;
  /** Ends workers that do not answer. */
  #deaf: ReturnType<typeof setTimeout> | undefined;
  /** Whether studies run beside the page; unknown before the first. */
  inWorker: boolean | null = null;

  /** @param size the number of workers */
  constructor(size = 1) {
    this.#size = size;
  }

  /**
   * Runs studies. They supersede all others, but for brief ones that are running: while a
   * limit is dragged, each result is to be seen.
   */
  run(request: StudyRequest, listener: Listener, brief = false) {
    this.#waiting = { request, listener, brief };
    if (this.#hosts.length === 0 && this.#starting.size === 0) this.#open();
    if (!this.#running?.brief) this.#next();
    else this.#deaf ??= setTimeout(() => this.#next(), DEAF_MS);
  }

  /** Ends what is running or waits; the last milestone that was reached is its result. */
  cancel() {
    const job = this.#running ?? this.#waiting;
    const known = this.#running?.known;
    this.close();
    if (known) job?.listener.onresult(known, true);
    else job?.listener.onerror?.('Cancelled before anything was found.');
  }

  /** Ends everything; the next study begins anew. */
  close() {
    clearTimeout(this.#deaf);
    this.#deaf = undefined;
    for (const end of this.#starting) end();
    for (const host of this.#hosts) host.close();
    this.#starting.clear();
    this.#hosts = [];
    this.#running = this.#waiting = null;
  }

  /** Goes on with what waits, or with what runs, on other workers. */
  #restart() {
    const next = this.#waiting ?? this.#running;
    this.close();
    this.#waiting = next;
    this.#open();
  }

  #next() {
    if (this.#hosts.length === 0 || !this.#waiting) return;
    const { studies, milestones } = this.#waiting.request;
    const hosts = this.#hosts.slice(0, studies.length);
    const share = (host: Host, k: number) => {
      const of = studies.flatMap((_, i) => (i % hosts.length === k ? [i] : []));
      return [host, { of, done: 0, begun: false }] as const;
    };
    const shares = new Map(hosts.map(share));
    this.#running = { ...this.#waiting, shares, found: new Map(), known: null };
    this.#waiting = null;
    this.#id += 1;
    clearTimeout(this.#deaf);
    // The page's own thread cannot be deaf: its chunks are over when this is called.
    this.#deaf = this.inWorker ? setTimeout(() => this.#restart(), DEAF_MS) : undefined;
    for (const [host, { of }] of shares) host.start(this.#id, { studies: of.map((i) => studies[i]), milestones });
  }

  #hear(host: Host, message: StudyMessage) {
    const running = this.#running;
    const share = running?.shares.get(host);
    if (message.id !== this.#id || !running || !share) return;
    const all = [...running.shares.values()];
    switch (message.kind) {
      case 'begun':
        share.begun = true;
        if (all.every(({ begun }) => begun)) this.#isHeard();
        return;
      case 'progress':
        share.done = message.done;
        return running.listener.onprogress?.(Math.min(...all.map(({ done }) => done)), message.runs);
      case 'error':
        this.#end();
        running.listener.onerror?.(message.message);
        return this.#next();
    }
    const { done, last } = message;
    share.done = done;
    const parts = running.found.get(done) ?? [];
    running.found.set(done, parts);
    for (const [k, i] of share.of.entries()) parts[i] = message.parts[k];
    if (all.some((one) => one.done < done)) return;
    running.found.delete(done);
    running.known = parts;
    if (last) this.#end();
    running.listener.onresult(parts, last);
    if (last) this.#next();
  }

  /** Something has answered. */
  #isHeard() {
    clearTimeout(this.#deaf);
    this.#deaf = undefined;
  }

  #end() {
    this.#isHeard();
    this.#running = null;
  }

  #open() {
    for (let i = 0; i < this.#size; i += 1) this.#startOne();
  }

  #startOne() {
    let host: Host | null = null;
    const end = startWorker(PATIENCE_MS, {
      onready: ({ post, end: close }) => {
        this.#starting.delete(end);
        host = { start: (id, request) => post({ kind: 'start', id, request }), close };
        this.#hosts.push(host);
        this.inWorker = true;
        if (!this.#running) this.#next();
      },
      onrefused: () => {
        this.#starting.delete(end);
        const lost = host;
        this.#hosts = this.#hosts.filter((one) => one !== lost);
        if (this.#hosts.length === 0 && this.#starting.size === 0) {
          this.inWorker = false;
          this.#hosts = [this.#onPage()];
        }
        // Studies that were lost with a worker are run again.
        if (this.#running && lost && this.#running.shares.has(lost)) {
          this.#waiting ??= this.#running;
          this.#end();
        }
        if (!this.#running) this.#next();
      },
      onmessage: (message: StudyMessage) => host && this.#hear(host, message),
    });
    this.#starting.add(end);
  }

  #onPage(): Host {
    const loop = new StudyLoop(beginStudy, CHUNK_MS, (message) => this.#hear(host, message));
    const host: Host = {
      start: (id, request) => {
        if (fitsThePage(request)) return loop.start(id, request);
        loop.stop();
        // Later, as a study's own faults are.
        setTimeout(() => this.#hear(host, { id, kind: 'error', message: TOO_LONG }));
      },
      close: () => loop.stop(),
    };
    return host;
  }
}

/** What is said of a study that was cancelled. */
export const cancelled = ({ done, runs }: Progress) =>
  `Cancelled: what is shown is partial, the first ${count(done)} of ${count(runs)} rollouts.`;

const TOO_LONG =
  'Studies of rollouts as long as this one are run beside the page, by a worker, and the page around this one allows none: ' +
  'its policy needs “worker-src blob:”. Shorter rollouts need no worker.';

/**
 * Whether a run of all studies, of each policy at each value of a sweep, is short enough for
 * the page's own thread. A configuration that is none is the engine's to refuse.
 */
function fitsThePage({ studies }: StudyRequest) {
  const rollouts = studies.reduce((sum, { options }) => {
    const policies = 1 + (options.policies?.length ?? 0);
    return sum + policies * (2 + (options.sweep?.values.length ?? 0));
  }, 0);
  try {
    return areShort(resolved(studies[0].config), rollouts);
  } catch {
    return true;
  }
}
