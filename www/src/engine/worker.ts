/**
 * What the worker does: studies, searches, and rollouts that are too long for the page's own
 * thread. It is started from a Blob, so it can load nothing: the engine's bytes come in
 * the first message.
 */

import { initSync } from '../../../pkg/canary_rollout.js';
import type { Fit, Rollout, Series } from './engine.ts';
import type { Recorded } from './recorded.ts';
import { beginRollout, beginSearch, beginStudy, countsOf } from './recorded.ts';
import type { RunResult, RunOrder as Simulation, Snapshot } from './replay.ts';
import { replayed, runSteps, snapshotOf } from './replay.ts';
import type { SearchOrder } from './search-loop.ts';
import { SearchLoop } from './search-loop.ts';
import type { StudyRequest } from './study-loop.ts';
import { StudyLoop } from './study-loop.ts';

/** The record whose world is fitted, with ticks of so many seconds. */
export type Fitting = { recorded: Pick<Recorded, 'record'>; tickSeconds: number };
/** A rollout is ordered whole, or, of the same configuration, seed and commands, at a tick. */
export type RunOrder =
  | { kind: 'engine'; bytes: BufferSource }
  | { kind: 'start'; id: number; request: StudyRequest }
  | { kind: 'search'; id: number; order: SearchOrder }
  | { kind: 'simulate'; id: number; order: Simulation }
  | { kind: 'look'; id: number; order: Simulation & { tick: number } }
  | { kind: 'fit'; id: number; order: Fitting };
export type SimulationMessage = { id: number } & (
  | { kind: 'ticks'; ticks: number }
  | { kind: 'made'; made: RunResult }
  | { kind: 'snapshot'; snapshot: Snapshot }
  | { kind: 'fitted'; fit: Fit }
  | { kind: 'failed'; message: string; memory: boolean }
);

/** How long a chunk of a study or a search may take: another one can begin after it. In ms. */
const CHUNK_MS = 50;
/** The least time between two messages of progress, in ms. */
const PROGRESS_MS = 100;

/** Does what is ordered, in a worker. */
export function serve() {
  const loop = new StudyLoop(beginStudy, CHUNK_MS, (message) => self.postMessage(message));
  const searches = new SearchLoop(beginSearch, CHUNK_MS, (message) => self.postMessage(message));
  /** The rollout that was looked at last, to go on from. */
  let kept: { of: string; rollout: Rollout } | null = null;

  const run = <T>(id: number, steps: Generator<number, T>): T => {
    let posted = performance.now();
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      if (performance.now() - posted < PROGRESS_MS) continue;
      posted = performance.now();
      self.postMessage({ id, kind: 'ticks', ticks: step.value });
    }
    return step.value;
  };
  const simulate = (id: number, order: Simulation) => {
    const whole = run(id, runSteps(beginRollout(order), order));
    const message = { id, kind: 'made', made: whole } as SimulationMessage;
    self.postMessage(message, { transfer: buffersOf(whole.series) });
  };
  const look = (id: number, order: Simulation & { tick: number }) => {
    const { config, seed, commands = [], tick, recorded } = order;
    const of = JSON.stringify([config, seed, commands, recorded?.record.id, recorded?.replay]);
    if (kept?.of !== of || kept.rollout.ticks > tick) {
      kept?.rollout.free();
      kept = null;
      kept = { of, rollout: beginRollout(order) };
    }
    run(id, replayed(kept.rollout, commands, tick));
    self.postMessage({ id, kind: 'snapshot', snapshot: snapshotOf(kept.rollout) });
  };
  const fit = (id: number, { recorded, tickSeconds }: Fitting) =>
    self.postMessage({ id, kind: 'fitted', fit: countsOf(recorded.record).fit({ tick_seconds: tickSeconds }) });
  const doing = { simulate, look, fit };

  self.addEventListener('message', ({ data }: MessageEvent<RunOrder>) => {
    switch (data.kind) {
      case 'start':
        return loop.start(data.id, data.request);
      case 'search':
        return searches.start(data.id, data.order);
      case 'engine':
        initSync({ module: data.bytes });
        return self.postMessage({ kind: 'ready' });
      default:
        try {
          doing[data.kind](data.id, data.order as Simulation & { tick: number } & Fitting);
        } catch (error) {
          // The engine's own faults are `Error`s; others mean that its memory is not to be had.
          const memory = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
          self.postMessage({
            id: data.id,
            kind: 'failed',
            message: error instanceof Error ? error.message : String(error),
            memory,
          });
        }
    }
  });
}

/** What the series are held in, to be handed over without a copy. */
function buffersOf({ rules, ...columns }: Series) {
  const all = [columns, ...rules].flatMap((table) => Object.values(table) as ArrayLike<number>[]);
  return all.map((column) => (column as Float64Array).buffer);
}
