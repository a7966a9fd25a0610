/**
 * A rollout and the playhead on it. The engine is deterministic, so a configuration, a
 * seed and the commands given are the whole rollout: it is run ahead as far as it goes by
 * itself, and the playhead is the tick that people look at.
 *
 * A command away from the end starts a new branch at the playhead: later commands are
 * dropped, and the rollout runs on from there. A session runs nothing itself: a move or a
 * command is an order for the runner, whose result the session takes.
 */

import type { Command, Rollout } from '../engine/engine.ts';
import { beginRollout, snapshotOf } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { RolloutInput, RunOrder, RunResult, Snapshot } from '../engine/replay.ts';
import { MOST_WAITED } from '../engine/replay.ts';
import { isShort } from './cost.ts';

/** How the playhead is moved. */
export type Move = 'toStart' | 'stepBack' | 'play' | 'step' | 'advance' | 'toEnd';

export class Session {
  #made: RunResult;
  #playhead = 0;
  /** The rollout up to a tick that was looked at, kept to go on from. */
  #kept: Rollout | null = null;
  /** What was seen last of the rollout before its end. */
  #seen: Snapshot | null;
  /** As JSON text. */
  config;
  /** Whether its future is not to be seen. */
  veiled;
  /** Whose counts it has; `null` where they are drawn. */
  recorded;

  /**
   * @param work where `tick` is missing, the playhead stands at the end
   * @param made what was made of it
   */
  constructor({ config, tick = null, veil = false, recorded = null }: RolloutInput, made: RunResult) {
    this.config = config;
    this.recorded = recorded;
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

  /** Whether the rollout has stopped and waits for a person; time can go on all the same. */
  get waits() {
    return this.#made.end.allowed.includes('tick');
  }

  /** Whether it has waited as long as a rollout is let wait. */
  get hasWaitedLong() {
    return this.#made.waited >= MOST_WAITED;
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
    return this.#snapshot.report;
  }

  /** The calls that the state at the playhead allows; of a long rollout, the last that is known. */
  get allowedHere() {
    return this.#snapshot.allowed;
  }

  /** Whether what there is to see at the playhead has to be looked at first. */
  get isUnseen() {
    return !this.atEnd && this.#seen?.tick !== this.#playhead && !this.#isShort;
  }

  /** What to look at. */
  get snapshotOrder(): RunOrder & { tick: number } {
    return { ...this.#order, tick: this.#playhead };
  }

  /** Takes what was seen at a tick. */
  see(snapshot: Snapshot) {
    this.#seen = snapshot;
  }

  /** Moves the playhead back to where something is known. */
  moveToSeen() {
    this.moveTo(this.#snapshot.tick);
  }

  /** @param tick clipped to the rollout */
  moveTo(tick: number) {
    this.#playhead = Math.max(0, Math.min(this.length, Math.round(tick)));
  }

  /**
   * What has to be run for a move: at the end of a rollout that waits for a person, a step
   * lets it wait for a tick more; `null` where the playhead alone moves.
   */
  onward(move: Exclude<Move, 'play'>): RunOrder | null {
    if (!this.atEnd || (move !== 'step' && move !== 'advance')) return null;
    const { waited } = this.#made;
    return { ...this.#order, waited, call: move === 'step' ? 'tick' : 'advance' };
  }

  /** Moves the playhead. */
  move(move: Exclude<Move, 'play'>) {
    this.moveTo(this.#reach(move));
  }

  /** What a command at the playhead makes of the rollout. */
  afterCommand(command: Command): RunOrder {
    const before = this.commands.filter(({ tick }) => tick <= this.#playhead);
    return { ...this.#order, commands: [...before, { tick: this.#playhead, command }], tick: this.#playhead };
  }

  /** The rollout at its start, without the commands. */
  get anew(): RunOrder {
    return { ...this.#order, commands: [], tick: 0 };
  }

  /** Goes on as what an order has made. */
  take({ tick }: RunOrder, made: RunResult) {
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

  get #order(): RunOrder {
    return { config: this.config, seed: this.seed, commands: this.commands, recorded: this.recorded };
  }

  /** Whether the page's thread may be given it up to any tick. */
  get #isShort() {
    return isShort(planOf(this.report), { commands: this.commands, waited: this.#made.waited });
  }

  get #snapshot(): Snapshot {
    if (this.atEnd) return this.#made.end;
    if (this.#seen?.tick !== this.#playhead && this.#isShort) this.#seen = this.#look();
    return this.#seen ?? this.#made.end;
  }

  #look(): Snapshot {
    const { commands } = this;
    if (this.#kept && this.#kept.ticks > this.#playhead) this.free();
    this.#kept ??= beginRollout(this.#order);
    this.#kept.replay_for(this.#playhead, commands, this.#playhead);
    return snapshotOf(this.#kept);
  }

  /** Where a move takes the playhead. */
  #reach(move: Exclude<Move, 'play'>) {
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
