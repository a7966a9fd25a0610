/**
 * What is worked on, and every way of changing it: each is a call here, can be
 * undone, and is told to whoever shows it.
 */

import type { Json } from '../base/json-path.ts';
import { jsonOf, put, putAll, textOf } from '../base/json-path.ts';
import type { Command } from '../engine/engine.ts';
import { messageOf } from '../engine/engine.ts';
import type { RolloutInput, RunOrder } from '../engine/replay.ts';
import { withRelease } from '../study/study-request.ts';
import type { Move } from '../watch/controls.ts';
import { commandWords } from '../watch/controls.ts';
import { History } from './history.ts';
import { Player } from './player.ts';
import type { Moment } from './rollout-state.ts';
import { RolloutState } from './rollout-state.ts';
/**
 * `onchange` when configuration or rollout changed, or another rollout is being simulated
 * now; `onmove` when the playhead did; `onprogress` while something is simulated beside the
 * page; `onmessage` with a sentence on what was asked for, `onseed` with what is wrong with a
 * seed.
 */
export type Listener = {
  onchange: () => void;
  onmove: () => void;
  onprogress: () => void;
  onmessage: (text: string, kind?: 'info' | 'error') => void;
  onseed: (message: string) => void;
};

export class Store extends RolloutState {
  #on;
  #player = new Player();
  /** Whether something is held, between the steps of a drag too. */
  #held = false;
  #history = new History() as History<Moment>;
  /** Whether what is configured comes from something being dragged: a limit, a stage. */
  dragging = false;

  constructor(on: Listener) {
    super(() => on.onprogress());
    this.#on = on;
  }

  get playing() {
    return this.#player.playing;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  /**
   * Takes a configuration; if it is valid, its rollout is run: at once, or, if it is long,
   * beside the page.
   *
   * @param subject what of it was changed, see `History.record`
   */
  load(
    { config, seed = this.seed, commands = [], tick = null, veil = false, lenient = false }: RolloutInput,
    subject?: string,
  ) {
    this.#step(() => {
      this.take(config);
      // Nobody waits any more for what was asked for before.
      if (this.problems.length > 0) this.runner.stop();
      return this.problems.length === 0 ? this.#run({ config, seed, commands, tick, veil, lenient }) : '';
    }, subject);
  }

  /**
   * Takes what a host gives as a configuration, be it one or not.
   *
   * @param given JSON text, or an object
   */
  loadGiven(given: unknown) {
    const text = jsonOf(given);
    if (text !== undefined) return this.load({ config: text });
    const found =
      given === undefined ? 'undefined' : typeof given === 'object' ? 'an object that is no JSON' : `a ${typeof given}`;
    this.refuse(`found ${found}, expected an object of JSON values, or JSON text`);
    this.#on.onchange();
  }

  /** Lifts the veil: the rollout is run to its end. */
  unveil() {
    if (!this.veiled) return;
    const { config, seed, commands } = this.work;
    this.load({ config, seed, commands });
  }

  /** @param subject what of it was changed, see `History.record` */
  configure(draft: Json, subject?: string) {
    this.load({ config: textOf(draft) }, subject);
  }

  edit(path: string, value: Json | undefined) {
    this.configure(put(this.draft, path, value), path);
  }

  /**
   * Sets what is held in a chart, a limit which may stand in several places or a
   * stage's share or length, in the configuration that is drawn there.
   */
  set(paths: string[], value: number, dragging: boolean) {
    const released = this.#held && !dragging;
    this.#held = this.dragging = dragging;
    this.configure(putAll(this.drawn, paths, value), paths.join());
    this.dragging = false;
    if (released) this.settle();
  }

  /** Ends a step: what is edited next can be undone apart from what was edited before. */
  settle() {
    this.#history.settle();
  }

  undo() {
    this.#travel('undo', 'Undone.');
  }

  redo() {
    this.#travel('redo', 'Done again.');
  }

  /**
   * The same configuration with another seed, drawn anew if `null`. While the
   * configuration is invalid, the last valid one is run.
   */
  reseed(seed: string | number | null) {
    this.#step(() => this.#run({ config: this.problems.length === 0 ? this.text : this.session.config, seed }));
  }

  /** Opens a rollout of a study: that of a seed, of a healthy release or a bad one. */
  open(seed: number, healthy: boolean) {
    const config = withRelease(this.draft, this.session.report, healthy);
    if (config === this.draft) this.reseed(seed);
    else this.load({ config: textOf(config), seed });
  }

  seek(tick: number) {
    if (this.veiled) return;
    this.#player.stop();
    this.moveTo(tick);
    this.#moved();
  }

  /** @returns what the rollout's state forbids it with; it is said, too */
  move(move: Move): unknown {
    if (this.veiled) return null;
    const freezes = this.playing;
    this.#player.stop();
    if (move !== 'play') {
      const order = this.session.onward(move);
      if (order) return this.#goOn(order, () => this.session.move(move));
      this.session.move(move);
      this.#moved();
      return null;
    }
    if (!freezes) this.#player.play(this.session, () => this.#moved());
    this.#moved();
    return null;
  }

  /** @returns what the rollout's state forbids it with; it is said, too */
  tell(command: Command): unknown {
    if (this.veiled) return null;
    this.#player.stop();
    const { session } = this;
    const branched = !session.atEnd;
    return this.#goOn(
      session.afterCommand(command),
      () => this.#on.onmessage(commandWords(command, branched, session)),
      true,
    );
  }

  /**
   * Back to the start, without commands.
   *
   * @returns why it cannot be, if so
   */
  reset(): unknown {
    this.#player.stop();
    const say = () => this.#on.onmessage('Reset: the rollout stands at its start, without commands.');
    return this.#goOn(this.session.anew, say, true);
  }

  /** Stops what is being simulated. */
  stop() {
    super.stop();
    this.#on.onchange();
  }

  /** Until nothing is simulated any more. */
  settled() {
    return this.runner.settled();
  }

  /** Lets the playhead rest while nobody sees it. */
  rest(resting: boolean) {
    this.#player.resting = resting;
  }

  /** Stops the playhead, and frees what can be taken again. */
  close() {
    this.#player.stop();
    this.free();
    if (!this.isWaiting) this.runner.close();
  }

  /**
   * Changes something, tells of it, and keeps how it was, if it is not so any more.
   *
   * @param act returns what is wrong with the seed
   */
  #step(act: () => string | void, subject?: string) {
    const before = this.seed === null ? null : this.moment;
    const fault = act();
    const changed = before === null || this.differsFrom(before);
    if (before && changed) this.#history.record(before, subject);
    // A seed that is refused stays where it was typed, to be mended.
    if (changed || !fault) this.#on.onchange();
    if (fault) this.#on.onseed(fault);
  }

  #travel(way: 'undo' | 'redo', words: string) {
    const moment = this.veiled ? undefined : this.#history[way](this.moment);
    if (!moment) return;
    this.#player.stop();
    this.restore(moment, () => this.#finished());
    this.#on.onchange();
    this.#on.onmessage(words);
  }

  /** @returns what is wrong with its seed */
  #run(work: RolloutInput): string {
    this.#player.stop();
    let later = false;
    const fault = this.run(work, () => later && this.#finished());
    later = true;
    if (!fault) this.#on.onmessage('');
    return fault;
  }

  /**
   * Has the rollout go on, which its state may forbid; then the engine's message is said.
   *
   * @param step whether it can be undone
   */
  #goOn(order: RunOrder, ondone: () => void, step: boolean = false): unknown {
    if (this.isWaiting)
      return this.#refused(new Error('The rollout is still being simulated; nothing can be told it yet.'));
    const before = this.moment;
    let later = false;
    try {
      this.goOn(order, () => {
        const why = this.runFault;
        if (why) {
          this.forget();
          this.#refused(new Error(why));
          return;
        }
        ondone();
        if (step && this.differsFrom(before)) this.#history.record(before);
        if (later) this.#finished();
        else this.#on.onchange();
      });
    } catch (error) {
      return this.#refused(error);
    }
    later = true;
    if (this.isWaiting) this.#on.onchange();
    return null;
  }

  #refused(error: unknown) {
    this.#on.onmessage(messageOf(error), 'error');
    return error;
  }

  /** What was simulated beside the page is there, or cannot be. */
  #finished() {
    if (this.runFault) this.#on.onmessage(this.runFault, 'error');
    this.#on.onchange();
    this.look(() => this.#on.onmove());
  }

  /** The playhead was moved. */
  #moved() {
    this.look(() => this.#on.onmove());
    this.#on.onmove();
  }
}
