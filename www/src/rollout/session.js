/**
 * A rollout in the hand. The engine is deterministic, so a configuration, a
 * seed and the commands given are the whole rollout: it is run ahead as far as
 * it goes by itself, and what people look at is a playhead on it.
 *
 * A command away from the end starts a new branch at the playhead: later
 * commands are dropped, and the rollout runs on from there. What a move or a command
 * asks of the engine is told as an order; who has carried it out hands over what was made.
 */

import { replay, sightOf } from '../base/engine.js';
import { isShort } from './cost.js';

/** @import { Command, Rollout } from '../base/engine.js' */
/** @import { Move } from './controls.js' */
/** @import { Made, Order, Sight, Work } from './replay.js' */

export class Session {
  /** @type {Made} */
  #made;
  #playhead = 0;
  /** The rollout up to a tick that was looked at, kept to go on from. @type {Rollout | null} */
  #kept = null;
  /** What was seen last of the rollout before its end. @type {Sight | null} */
  #seen;
  /** As JSON text. */
  config;
  /** Whether its future is not to be seen. */
  veiled;

  /**
   * @param {Work} work where `tick` is missing, the playhead stands at the end
   * @param {Made} made what was made of it
   */
  constructor({ config, tick = null, veil = false }, made) {
    this.config = config;
    this.veiled = veil;
    this.#made = made;
    this.#seen = made.here;
    this.moveTo(tick ?? this.length);
  }

  get seed() {
    return this.#made.seed;
  }

  /** Ticks of the whole rollout. */
  get length() {
    return this.#made.end.tick;
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
    return this.#made.commands;
  }

  /** Why commands that it was to be given were left out. */
  get faults() {
    return this.#made.faults;
  }

  /** The report of the whole rollout. */
  get report() {
    return this.#made.end.report;
  }

  /** What was seen in each tick of the whole rollout. */
  get series() {
    return this.#made.series;
  }

  /** Where the playhead stands; `null` at the end that the rollout reaches by itself. */
  get tick() {
    return this.atEnd && this.#made.waited === 0 ? null : this.#playhead;
  }

  /** The report of the rollout up to the playhead; of a long one, the last that is known. */
  get reportHere() {
    return this.#sight.report;
  }

  /** The calls that the state at the playhead allows; of a long rollout, the last that is known. */
  get allowedHere() {
    return this.#sight.allowed;
  }

  /** Whether what there is to see at the playhead has to be looked at first. */
  get isUnseen() {
    return !this.atEnd && this.#seen?.tick !== this.#playhead && !this.#isShort;
  }

  /** What to look at. @returns {Order & { tick: number }} */
  get sightOrder() {
    return { ...this.#order, tick: this.#playhead };
  }

  /**
   * Takes what was seen at a tick.
   * @param {Sight} sight
   */
  see(sight) {
    this.#seen = sight;
  }

  /** Moves the playhead back to where something is known. */
  moveToSeen() {
    this.moveTo(this.#sight.tick);
  }

  /** @param {number} tick clipped to the rollout */
  moveTo(tick) {
    this.#playhead = Math.max(0, Math.min(this.length, Math.round(tick)));
  }

  /**
   * What a move takes of the engine: at the end of a rollout that waits for a person, a
   * step lets it wait for a tick more; `null` where the playhead alone moves.
   * @param {Exclude<Move, "play">} move
   * @returns {Order | null}
   */
  onward(move) {
    if (!this.atEnd || (move !== 'step' && move !== 'advance')) return null;
    const { waited } = this.#made;
    return { ...this.#order, waited, call: move === 'step' ? 'tick' : 'advance' };
  }

  /**
   * Moves the playhead.
   * @param {Exclude<Move, "play">} move
   */
  move(move) {
    this.moveTo(this.#reach(move));
  }

  /**
   * What a command at the playhead makes of the rollout.
   * @param {Command} command
   * @returns {Order}
   */
  told(command) {
    const before = this.commands.filter(({ tick }) => tick <= this.#playhead);
    return { ...this.#order, commands: [...before, { tick: this.#playhead, command }], tick: this.#playhead };
  }

  /** The rollout at its start, without the commands. @returns {Order} */
  get anew() {
    return { ...this.#order, commands: [], tick: 0 };
  }

  /**
   * Goes on as what an order has made.
   * @param {Order} order
   * @param {Made} made
   */
  take({ tick }, made) {
    this.free();
    this.#made = made;
    this.#seen = made.here;
    this.moveTo(tick ?? this.#playhead);
  }

  /** Frees the engine's memory; it is taken again when it is needed. */
  free() {
    this.#kept?.free();
    this.#kept = null;
  }

  /** @returns {Order} */
  get #order() {
    return { config: this.config, seed: this.seed, commands: this.commands };
  }

  /** Whether the page's thread may be given it up to any tick. */
  get #isShort() {
    return isShort(this.report.config, { commands: this.commands, waited: this.#made.waited });
  }

  /** @returns {Sight} */
  get #sight() {
    if (this.atEnd) return this.#made.end;
    if (this.#seen?.tick !== this.#playhead && this.#isShort) this.#seen = this.#look();
    return this.#seen ?? this.#made.end;
  }

  /** @returns {Sight} */
  #look() {
    const { config, seed, commands } = this;
    if (this.#kept && this.#kept.ticks > this.#playhead) this.free();
    this.#kept ??= replay(config, seed, commands, 0);
    this.#kept.replay_for(this.#playhead, commands, this.#playhead);
    return sightOf(this.#kept);
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
}
