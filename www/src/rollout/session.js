/**
 * A rollout in the hand. The engine is deterministic, so a configuration, a
 * seed and the commands given are the whole rollout: it is run ahead as far as
 * it goes by itself, and what people look at is a playhead on it.
 *
 * A command away from the end starts a new branch at the playhead: later
 * commands are dropped, and the rollout runs on from there.
 */

import { isFinal, new_rollout } from '../base/engine.js';
import { give, replay } from './replay.js';

/** @import { Call, Command, Report, Rollout, Series } from '../base/engine.js' */
/** @import { Move } from './controls.js' */
/** @import { Told, Work } from './replay.js' */

/** For how many ticks a rollout that waits for a person is let wait at most. */
const MOST_WAITED = 1000;

export class Session {
  /** @type {string} */
  #config;
  /** @type {number} */
  #seed;
  /** @type {Told[]} */
  #commands = [];
  /** Ticks asked for while the rollout waits for a person at its end. */
  #waited = 0;
  #playhead = 0;
  /** @type {{ report: Report, series: Series, length: number }} */
  #whole;
  /** The rollout up to the playhead, kept to go on from. @type {Rollout | null} */
  #here = null;
  /** The report last asked for before the end. @type {{ tick: number, whole: object, report: Report } | null} */
  #reported = null;

  /**
   * Throws the engine's message for an invalid configuration or seed, and for a
   * command that the rollout's state forbids at its tick.
   * @param {Work} work where `tick` is missing, the playhead stands at the end
   */
  constructor({ config, seed = null, commands = [], tick = null, veil = false }) {
    this.#config = config;
    this.veiled = veil;
    this.#commands = commands;
    const first = new_rollout(config, seed);
    this.#seed = first.seed;
    first.free();
    this.#whole = this.#runAhead(this.#commands, 0, veil ? (tick ?? 0) : null);
    const beyond = (tick ?? 0) - this.length;
    if (beyond > 0 && !isFinal(this.report.final_state)) {
      this.#waited = Math.min(beyond, MOST_WAITED);
      this.#whole = this.#runAhead(this.#commands, this.#waited);
    }
    this.moveTo(tick ?? this.length);
  }

  /** As JSON text. */
  get config() {
    return this.#config;
  }

  get seed() {
    return this.#seed;
  }

  /** Ticks of the whole rollout. */
  get length() {
    return this.#whole.length;
  }

  /** Ticks up to where people look. */
  get playhead() {
    return this.#playhead;
  }

  get atEnd() {
    return this.#playhead === this.length;
  }

  /** The commands given, in their order. */
  get commands() {
    return this.#commands;
  }

  /** The report of the whole rollout. */
  get report() {
    return this.#whole.report;
  }

  /** What was seen in each tick of the whole rollout. */
  get series() {
    return this.#whole.series;
  }

  /** Where the playhead stands; `null` at the end that the rollout reaches by itself. */
  get tick() {
    return this.atEnd && this.#waited === 0 ? null : this.#playhead;
  }

  /** The report of the rollout up to the playhead. @returns {Report} */
  get reportHere() {
    if (this.atEnd) return this.#whole.report;
    if (this.#reported?.tick !== this.#playhead || this.#reported.whole !== this.#whole) {
      this.#reported = { tick: this.#playhead, whole: this.#whole, report: this.#rolloutHere().report() };
    }
    return this.#reported.report;
  }

  /** The calls that the state at the playhead allows. @returns {Call[]} */
  get allowedHere() {
    return this.#rolloutHere().allowed();
  }

  /** @param {number} tick clipped to the rollout */
  moveTo(tick) {
    this.#playhead = Math.max(0, Math.min(this.length, Math.round(tick)));
  }

  /**
   * Moves the playhead. At the end of a rollout that waits for a person, a step
   * lets it wait for a tick more. Throws the engine's message where a rollout
   * that stands at its end has nowhere to go.
   * @param {Exclude<Move, "play">} move
   * @returns {boolean} whether the rollout itself went on
   */
  move(move) {
    const onward = this.atEnd && (move === 'step' || move === 'advance');
    if (onward) {
      this.#try((rollout) => (move === 'step' ? rollout.tick() : rollout.advance()));
      this.#waited += 1;
      this.#whole = this.#runAhead(this.#commands, this.#waited);
    }
    this.moveTo(this.#reach(move));
    return onward;
  }

  /**
   * Gives a command at the playhead. Throws the engine's message if the state
   * forbids it; nothing has changed then.
   * @param {Command} command
   * @returns {boolean} whether later ticks were replaced by a new branch
   */
  tell(command) {
    const branched = !this.atEnd;
    const commands = [
      ...this.#commands.filter(({ tick }) => tick <= this.#playhead),
      { tick: this.#playhead, command },
    ];
    this.#whole = this.#runAhead(commands, 0);
    this.#commands = commands;
    this.#waited = 0;
    this.free();
    return branched;
  }

  /** Back to the start, without the commands. */
  reset() {
    this.#commands = [];
    this.#waited = 0;
    this.free();
    this.#whole = this.#runAhead(this.#commands, 0);
    this.moveTo(0);
  }

  /**
   * Where a move takes the playhead.
   * @param {Exclude<Move, "play">} move
   */
  #reach(move) {
    switch (move) {
      case 'toStart':
        return 0;
      case 'stepBack':
        return this.#playhead - 1;
      case 'step':
        return this.#playhead + 1;
      case 'advance':
        return this.#nextStage();
      case 'toEnd':
        return this.length;
    }
  }

  /** The first end of a stage after the playhead, or the rollout's end. */
  #nextStage() {
    const stages = this.series.stage;
    for (let tick = this.#playhead + 1; tick < stages.length; tick += 1) {
      if (stages[tick] !== stages[tick - 1]) return tick;
    }
    return this.length;
  }

  /** Frees the engine's memory; it is taken again when it is needed. */
  free() {
    this.#here?.free();
    this.#here = null;
  }

  /** @returns {Rollout} */
  #rolloutHere() {
    if (this.#here && this.#here.ticks > this.#playhead) this.free();
    if (!this.#here) {
      this.#here = new_rollout(this.#config, this.#seed);
      give(this.#here, this.#commands);
    }
    replay(this.#here, this.#commands, this.#playhead);
    return this.#here;
  }

  /**
   * What a call at the playhead would do, done to a rollout that is not kept.
   * @template T
   * @param {(rollout: Rollout) => T} call
   * @returns {T}
   */
  #try(call) {
    const rollout = this.#rolloutHere();
    try {
      return call(rollout);
    } finally {
      this.free();
    }
  }

  /**
   * Runs a rollout until it ends or waits for a person.
   * @param {Told[]} commands
   * @param {number} waited ticks to go on waiting then
   * @param {number | null} [until] the tick to stop at instead
   */
  #runAhead(commands, waited, until = null) {
    const rollout = new_rollout(this.#config, this.#seed);
    try {
      give(rollout, commands);
      replay(rollout, commands, until ?? commands.at(-1)?.tick ?? 0);
      if (until === null && !isFinal(rollout.state)) rollout.run();
      for (let tick = 0; tick < waited; tick += 1) rollout.tick();
      return { report: rollout.report(), series: rollout.series(), length: rollout.ticks };
    } finally {
      rollout.free();
    }
  }
}
