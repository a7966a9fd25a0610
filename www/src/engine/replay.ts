/**
 * A rollout run once, from its start to its end, with what is to be seen at a tick on the
 * way. It stops after each slice of ticks, so that its runner can report progress.
 * It names no module's engine: it runs on the page and in the worker.
 */

import type { Call, ReplayError, Report, Rollout, Series, TimedCommand } from './engine.ts';
import type { Recorded } from './recorded.ts';

/**
 * A rollout in the runner: the configuration as JSON text, and of the rollout
 * what is not left to chance and default. No `tick` is the end. With `veil` it is
 * not run beyond its tick: nothing of its future is known, and nothing moves it.
 * With `lenient`, commands that are refused are left out, and `faults` say why. With
 * `recorded`, its counts are those of a record.
 */
export type RolloutInput = {
  config: string;
  seed?: string | number | null;
  commands?: TimedCommand[];
  tick?: number | null;
  veil?: boolean;
  lenient?: boolean;
  recorded?: Recorded | null;
};
/**
 * What is to be run: some `RolloutInput`, and at the end that it reaches by itself, how many ticks
 * it goes on waiting for a person, and a call that is to be tried there.
 */
export type RunOrder = RolloutInput & { waited?: number; call?: 'tick' | 'advance' };
/** A rollout at a tick: its report, and what its state allows. */
export type Snapshot = { tick: number; report: Report; allowed: Call[] };
/**
 * A rollout that was run: its end, every tick, and, if that was asked for and is not the
 * end, what there is to see at a tick. `commands` are those given, and under a veil those
 * still to come; `faults` say why others were not given.
 */
export type RunResult = {
  seed: number;
  end: Snapshot;
  series: Series;
  here: Snapshot | null;
  waited: number;
  commands: TimedCommand[];
  faults: string[];
};

/** For how many ticks a rollout that waits for a person is let wait at most. */
export const MOST_WAITED = 1000;
/** Ticks of the first slice and of the longest one. */
const SLICE = 16;
const MOST_SLICE = 4096;
/** What a slice should take, in ms. */
const SLICE_MS = 50;

/** What there is to see of a rollout. */
export const snapshotOf = (rollout: Rollout): Snapshot => ({
  tick: rollout.ticks,
  report: rollout.report(),
  allowed: rollout.allowed(),
});

/**
 * Goes on with a replay, see the engine's, but no further than to a tick.
 *
 * @returns where it stands, after each slice; at last whether anything is left to play
 */
export function* replayed(
  rollout: Rollout,
  commands: TimedCommand[],
  until: number | null,
  most: number = Infinity,
): Generator<number, boolean> {
  for (let slice = SLICE; ; ) {
    const began = performance.now();
    const more = rollout.replay_for(Math.max(0, Math.min(slice, most - rollout.ticks)), commands, until);
    if (!more || rollout.ticks >= most) return more;
    yield rollout.ticks;
    const took = Math.max(0.1, performance.now() - began);
    slice = Math.max(1, Math.min(MOST_SLICE, Math.floor(slice * Math.min(2, SLICE_MS / took))));
  }
}

/**
 * The same, leaving out the commands that are refused.
 *
 * @param commands those that are refused are taken out
 * @param faults why they are
 */
function* replayedLeniently(
  rollout: Rollout,
  commands: TimedCommand[],
  faults: string[],
  until: number | null,
  most?: number,
): Generator<number, boolean> {
  for (;;) {
    try {
      return yield* replayed(rollout, commands, until, most);
    } catch (error) {
      const { index, reason } = error as ReplayError;
      if (typeof index !== 'number') throw error;
      const [{ tick, command }] = commands.splice(index, 1);
      faults.push(`at=${tick}:${command}: ${reason}`);
    }
  }
}

/**
 * Runs what is ordered, all of it once.
 *
 * @param rollout before its first tick; it is not needed afterwards
 * @returns the ticks run, after each slice
 */
export function* runSteps(
  rollout: Rollout,
  { commands: given = [], tick = null, veil = false, lenient = false, waited = 0, call }: RunOrder,
): Generator<number, RunResult> {
  try {
    const commands = given.toSorted((a, b) => a.tick - b.tick);
    const faults: string[] = [];
    const on = (until: number | null, most: number = Infinity) =>
      lenient ? replayedLeniently(rollout, commands, faults, until, most) : replayed(rollout, commands, until, most);
    let here: Snapshot | null = null;
    if (veil) {
      yield* on(tick ?? 0);
    } else {
      if (tick !== null && (yield* on(null, tick))) here = snapshotOf(rollout);
      yield* on(null);
      const rest = rollout.ticks;
      yield* on(rest + Math.max(waited, Math.min(MOST_WAITED, (tick ?? 0) - rest)));
      if (call) rollout[call]();
      waited = rollout.ticks - rest;
    }
    const end = snapshotOf(rollout);
    const { seed } = rollout;
    return { seed, end, series: rollout.series(), here, waited, commands, faults };
  } catch (error) {
    // Whoever gave the command knows its place.
    throw (error as ReplayError).reason ? new Error((error as ReplayError).reason) : error;
  } finally {
    rollout.free();
  }
}

/** Runs what stops on its way without a stop. */
export function runToEnd<T>(steps: Generator<number, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
