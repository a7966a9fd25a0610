/**
 * A rollout run once, from its start to its end, with what is to be seen at a tick on the
 * way. It stops after each slice of ticks, so that whoever runs it can tell how far it is.
 * It names no module's engine: it runs on the page and in the worker.
 */

/** @import { Call, Report, ReplayError, Rollout, Series, TimedCommand } from '../base/engine.js' */

/**
 * A rollout in the making: the configuration as JSON text, and of the rollout
 * what is not left to chance and default. No `tick` is the end. With `veil` it is
 * not run beyond its tick: nothing of its future is known, and nothing moves it.
 * With `lenient`, commands that it cannot be given are left out, and why is told.
 * @typedef {{
 *   config: string, seed?: string | number | null, commands?: TimedCommand[], tick?: number | null, veil?: boolean,
 *   lenient?: boolean,
 * }} Work
 */
/**
 * What is to be run: some `Work`, and at the end that it reaches by itself, how many ticks
 * it goes on waiting for a person, and a call that is to be tried there.
 * @typedef {Work & { waited?: number, call?: "tick" | "advance" }} Order
 */
/** A rollout at a tick: its report, and what its state allows. @typedef {{ tick: number, report: Report, allowed: Call[] }} Sight */
/**
 * A rollout that was run: its end, every tick, and, if that was asked for and is not the
 * end, what there is to see at a tick. `commands` are those given, and under a veil those
 * still to come; `faults` say why others were not given.
 * @typedef {{
 *   seed: number, end: Sight, series: Series, here: Sight | null, waited: number, commands: TimedCommand[],
 *   faults: string[],
 * }} Made
 */

/** For how many ticks a rollout that waits for a person is let wait at most. */
const MOST_WAITED = 1000;
/** Ticks of the first slice and of the longest one. */
const SLICE = 16;
const MOST_SLICE = 4096;
/** What a slice should take, in ms. */
const SLICE_MS = 50;

/**
 * What there is to see of a rollout.
 * @param {Rollout} rollout
 * @returns {Sight}
 */
export const sightOf = (rollout) => ({ tick: rollout.ticks, report: rollout.report(), allowed: rollout.allowed() });

/**
 * Goes on with a replay, see the engine's, but no further than to a tick.
 * @param {Rollout} rollout
 * @param {TimedCommand[]} commands
 * @param {number | null} until
 * @param {number} [most]
 * @returns {Generator<number, boolean>} where it stands, after each slice; at last whether anything is left to play
 */
export function* replayed(rollout, commands, until, most = Infinity) {
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
 * @param {Rollout} rollout
 * @param {TimedCommand[]} commands those that are refused are taken out
 * @param {string[]} faults why they are
 * @param {number | null} until
 * @param {number} [most]
 * @returns {Generator<number, boolean>}
 */
function* replayedLeniently(rollout, commands, faults, until, most) {
  for (;;) {
    try {
      return yield* replayed(rollout, commands, until, most);
    } catch (error) {
      const { index, reason } = /** @type {ReplayError} */ (error);
      if (typeof index !== 'number') throw error;
      const [{ tick, command }] = commands.splice(index, 1);
      faults.push(`at=${tick}:${command}: ${reason}`);
    }
  }
}

/**
 * Runs what is ordered, all of it once.
 * @param {Rollout} rollout before its first tick; it is not needed afterwards
 * @param {Order} order
 * @returns {Generator<number, Made>} the ticks run, after each slice
 */
export function* made(rollout, { commands: given = [], tick = null, veil = false, lenient = false, waited = 0, call }) {
  try {
    const commands = given.toSorted((a, b) => a.tick - b.tick);
    /** @type {string[]} */
    const faults = [];
    const on = (/** @type {number | null} */ until, /** @type {number} */ most = Infinity) =>
      lenient ? replayedLeniently(rollout, commands, faults, until, most) : replayed(rollout, commands, until, most);
    /** @type {Sight | null} */
    let here = null;
    if (veil) {
      yield* on(tick ?? 0);
    } else {
      if (tick !== null && (yield* on(null, tick))) here = sightOf(rollout);
      yield* on(null);
      const rest = rollout.ticks;
      yield* on(rest + Math.max(waited, Math.min(MOST_WAITED, (tick ?? 0) - rest)));
      if (call) rollout[call]();
      waited = rollout.ticks - rest;
    }
    const end = sightOf(rollout);
    const { seed } = rollout;
    return { seed, end, series: rollout.series(), here, waited, commands, faults };
  } catch (error) {
    // Whoever gave the command knows its place.
    throw /** @type {ReplayError} */ (error).reason ? new Error(/** @type {ReplayError} */ (error).reason) : error;
  } finally {
    rollout.free();
  }
}

/**
 * Runs what stops on its way without a stop.
 * @template T
 * @param {Generator<number, T>} steps
 * @returns {T}
 */
export function atOnce(steps) {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
