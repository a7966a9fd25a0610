/**
 * The engine taken through a rollout, once: commands on the way, what is to be seen
 * at a tick before the end, the end. It stops after each slice of ticks, so that
 * whoever runs it can tell how far it is. It names no module's engine: it runs on
 * the page and in the worker.
 */

/** @import { Call, Command, Report, Rollout, Series } from '../base/engine.js' */
/** @typedef {{ tick: number, command: Command }} Told */

/**
 * A rollout in the making: the configuration as JSON text, and of the rollout
 * what is not left to chance and default. No `tick` is the end. With `veil` it is
 * not run beyond its tick: nothing of its future is known, and nothing moves it.
 * With `lenient`, commands that it cannot be given are left out, and why is told.
 * @typedef {{
 *   config: string, seed?: string | number | null, commands?: Told[], tick?: number | null, veil?: boolean,
 *   lenient?: boolean,
 * }} Work
 */
/**
 * What is to be run: some `Work`, and at the end that it reaches by itself, how many ticks
 * it goes on waiting for a person, and a call that is to be tried there.
 * @typedef {Work & { waited?: number, call?: "advance" }} Order
 */
/** A rollout at a tick: its report, and what its state allows. @typedef {{ tick: number, report: Report, allowed: Call[] }} Sight */
/**
 * A rollout that was run: its end, every tick, and, if that was asked for and is not the
 * end, what there is to see at a tick. `commands` are those given, and under a veil those
 * still to come; `faults` say why others were not given.
 * @typedef {{
 *   seed: number, end: Sight, series: Series, here: Sight | null, waited: number, commands: Told[], faults: string[],
 * }} Made
 */

/** For how many ticks a rollout that waits for a person is let wait at most. */
const MOST_WAITED = 1000;
/** Ticks of the first slice and of the longest one. */
const SLICE = 16;
const MOST_SLICE = 4096;
/** What a slice should take, in ms. */
const SLICE_MS = 50;

/** A rollout with the commands still to be given. */
export class Take {
  #next = 0;
  #commands;
  #lenient;
  #slice = SLICE;
  rollout;
  /** The commands that were given. @type {Told[]} */
  given = [];
  /** Why others were not. @type {string[]} */
  faults = [];

  /**
   * @param {Rollout} rollout before its first tick
   * @param {Told[]} commands
   * @param {boolean} [lenient]
   */
  constructor(rollout, commands, lenient = false) {
    this.rollout = rollout;
    this.#commands = commands.toSorted((a, b) => a.tick - b.tick);
    this.#lenient = lenient;
    this.#give();
  }

  /** The tick of the last command. */
  get lastCommand() {
    return this.#commands[this.#commands.length - 1]?.tick ?? 0;
  }

  /** The commands that are still to be given. */
  get rest() {
    return this.#commands.slice(this.#next);
  }

  /** Gives the commands of the tick that it has reached. */
  #give() {
    const { ticks } = this.rollout;
    for (; this.#commands[this.#next]?.tick === ticks; this.#next += 1) {
      const told = this.#commands[this.#next];
      try {
        this.rollout[told.command]();
        this.given.push(told);
      } catch (error) {
        if (!this.#lenient) throw error;
        this.#miss(told, error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** @param {Told} told @param {string} why */
  #miss({ tick, command }, why) {
    this.faults.push(`at=${tick}:${command}: ${why}`);
  }

  /** Leaves out the commands that are still to be given, for the rollout has ended. */
  #missRest() {
    for (const told of this.rest)
      this.#miss(told, `the rollout ends at tick ${this.rollout.ticks}`);
    this.#next = this.#commands.length;
  }

  /**
   * On to a tick. Throws the engine's message where the rollout ends before.
   * @param {number} until
   * @returns {Generator<number, void>} where it stands, after each slice
   */
  *to(until) {
    const { rollout } = this;
    while (rollout.ticks < until) {
      const began = performance.now();
      const stop = Math.min(until, rollout.ticks + this.#slice);
      while (rollout.ticks < stop) {
        rollout.tick();
        this.#give();
      }
      yield rollout.ticks;
      this.#pace(performance.now() - began);
    }
  }

  /**
   * On through all commands; with leave, no further than the rollout goes.
   * @param {number} until a tick to stop at, if that is sooner
   * @returns {Generator<number, void>}
   */
  *throughCommands(until) {
    try {
      yield* this.to(Math.min(until, this.lastCommand));
    } catch (error) {
      if (!this.#lenient) throw error;
      this.#missRest();
    }
  }

  /**
   * On to the end, or to a pause that waits for a person; or to a tick before.
   * @param {number} until
   * @returns {Generator<number, void>}
   */
  *toEnd(until) {
    let more = true;
    while (more && this.rollout.ticks < until) {
      const began = performance.now();
      more = this.rollout.run_for(Math.min(this.#slice, until - this.rollout.ticks));
      yield this.rollout.ticks;
      this.#pace(performance.now() - began);
    }
  }

  /** @returns {Sight} */
  sight() {
    const { rollout } = this;
    return { tick: rollout.ticks, report: rollout.report(), allowed: rollout.allowed() };
  }

  /** @param {number} took what the last slice took, in ms */
  #pace(took) {
    const next = this.#slice * Math.min(2, SLICE_MS / Math.max(0.1, took));
    this.#slice = Math.max(1, Math.min(MOST_SLICE, Math.floor(next)));
  }
}

/** @param {string} state */
const isFinal = (state) => state === 'ROLLED_BACK' || state === 'COMPLETED';

/**
 * Runs what is ordered, all of it once.
 * @param {Rollout} rollout before its first tick; it is not needed afterwards
 * @param {Order} order
 * @returns {Generator<number, Made>} the ticks run, after each slice
 */
export function* made(rollout, { commands = [], tick = null, veil = false, lenient = false, waited = 0, call }) {
  try {
    const take = new Take(rollout, commands, lenient);
    const seen = tick ?? Infinity;
    /** @type {Sight | null} */
    let here = null;
    const stop = veil ? (tick ?? 0) : Infinity;
    yield* take.throughCommands(Math.min(seen, stop));
    if (!veil) {
      if (seen < take.lastCommand) {
        if (rollout.ticks === seen) here = take.sight();
        yield* take.throughCommands(Infinity);
      } else {
        yield* take.toEnd(seen);
        if (rollout.ticks === seen && rollout.run_for(0)) here = take.sight();
      }
      yield* take.toEnd(Infinity);
      if (call) rollout[call]();
      const beyond = isFinal(rollout.state) ? 0 : Math.min(MOST_WAITED, Math.max(0, (tick ?? 0) - rollout.ticks));
      waited = Math.max(waited, beyond);
      yield* take.to(rollout.ticks + waited);
    } else {
      yield* take.to(stop);
    }
    const end = take.sight();
    return {
      seed: rollout.seed,
      end,
      series: rollout.series(),
      here,
      waited,
      commands: [...take.given, ...take.rest],
      faults: take.faults,
    };
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
