/**
 * What is worked on, and every way of changing it: each is a call here, can be
 * undone, and is told to whoever shows it.
 */

import { messageOf } from './base/engine.js';
import { jsonOf, put, putAll, textOf } from './base/json-path.js';
import { toldWords } from './rollout/controls.js';
import { History } from './rollout/history.js';
import { Player } from './rollout/player.js';
import { withRelease } from './study/study-request.js';
import { Workpiece } from './workpiece.js';

/** @import { Command } from './base/engine.js' */
/** @import { Json } from './base/json-path.js' */
/** @import { Move } from './rollout/controls.js' */
/** @import { Order, Work } from './rollout/replay.js' */
/** @import { Moment } from './workpiece.js' */
/**
 * `onchange` when configuration or rollout changed, or another rollout is being simulated
 * now; `onmove` when the playhead did; `onprogress` while something is simulated beside the
 * page; `onsay` with a sentence on what was asked for, `onseed` with what is wrong with a
 * seed.
 * @typedef {{
 *   onchange: () => void, onmove: () => void, onprogress: () => void,
 *   onsay: (text: string, kind?: "told" | "error") => void, onseed: (message: string) => void,
 * }} Listener
 */

export class Workbench extends Workpiece {
  #on;
  #player = new Player();
  /** Whether something is held, between the steps of a drag too. */
  #held = false;
  #history = /** @type {History<Moment>} */ (new History());
  /** Whether what is configured comes from something being dragged: a limit, a stage. */
  dragging = false;

  /** @param {Listener} on */
  constructor(on) {
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
   * @param {Work} work
   * @param {string} [subject] what of it was changed, see `History.record`
   */
  load({ config, seed = this.seed, commands = [], tick = null, veil = false, lenient = false }, subject) {
    this.#step(() => {
      this.take(config);
      // Nobody waits any more for what was asked for before.
      if (this.problems.length > 0) this.making.stop();
      return this.problems.length === 0 ? this.#run({ config, seed, commands, tick, veil, lenient }) : '';
    }, subject);
  }

  /**
   * Takes what a host gives as a configuration, be it one or not.
   * @param {unknown} given JSON text, or an object
   */
  loadGiven(given) {
    const text = jsonOf(given);
    if (text !== undefined) return this.load({ config: text });
    const found = given === undefined ? 'undefined' : typeof given === 'object' ? 'an object that is no JSON' : `a ${typeof given}`;
    this.refuse(`found ${found}, expected an object of JSON values, or JSON text`);
    this.#on.onchange();
  }

  /** Lifts the veil: the rollout is run to its end. */
  unveil() {
    if (!this.veiled) return;
    const { config, seed, commands } = this.work;
    this.load({ config, seed, commands });
  }

  /**
   * @param {Json} draft
   * @param {string} [subject] what of it was changed, see `History.record`
   */
  configure(draft, subject) {
    this.load({ config: textOf(draft) }, subject);
  }

  /**
   * @param {string} path
   * @param {Json | undefined} value
   */
  edit(path, value) {
    this.configure(put(this.draft, path, value), path);
  }

  /**
   * Sets what is held in a chart, a limit which may stand in several places or a
   * stage's share or length, in the configuration that is drawn there.
   * @param {string[]} paths
   * @param {number} value
   * @param {boolean} dragging
   */
  set(paths, value, dragging) {
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
   * @param {string | number | null} seed
   */
  reseed(seed) {
    this.#step(() => this.#run({ config: this.problems.length === 0 ? this.text : this.session.config, seed }));
  }

  /**
   * Opens a rollout of a study: that of a seed, of a healthy release or a bad one.
   * @param {number} seed
   * @param {boolean} healthy
   */
  open(seed, healthy) {
    const config = withRelease(this.draft, this.session.report, healthy);
    if (config === this.draft) this.reseed(seed);
    else this.load({ config: textOf(config), seed });
  }

  /** @param {number} tick */
  seek(tick) {
    if (this.veiled) return;
    this.#player.stop();
    this.moveTo(tick);
    this.#moved();
  }

  /**
   * @param {Move} move
   * @returns {unknown} what the rollout's state forbids it with; it is said, too
   */
  move(move) {
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

  /**
   * @param {Command} command
   * @returns {unknown} what the rollout's state forbids it with; it is said, too
   */
  tell(command) {
    if (this.veiled) return null;
    this.#player.stop();
    const { session } = this;
    const branched = !session.atEnd;
    return this.#goOn(session.told(command), () => this.#on.onsay(toldWords(command, branched, session)), true);
  }

  /** Back to the start, without commands. @returns {unknown} why it cannot be, if so */
  reset() {
    this.#player.stop();
    const say = () => this.#on.onsay('Reset: the rollout stands at its start, without commands.');
    return this.#goOn(this.session.anew, say, true);
  }

  /** Stops what is being simulated. */
  stop() {
    super.stop();
    this.#on.onchange();
  }

  /** Until nothing is simulated any more. */
  settled() {
    return this.making.settled();
  }

  /**
   * Lets the playhead rest while nobody sees it.
   * @param {boolean} resting
   */
  rest(resting) {
    this.#player.resting = resting;
  }

  /** Stops the playhead, and frees what can be taken again. */
  close() {
    this.#player.stop();
    this.free();
    if (!this.isWaiting) this.making.close();
  }

  /**
   * Changes something, tells of it, and keeps how it was, if it is not so any more.
   * @param {() => string | void} act returns what is wrong with the seed
   * @param {string} [subject]
   */
  #step(act, subject) {
    const before = this.seed === null ? null : this.moment;
    const fault = act();
    const changed = before === null || this.differsFrom(before);
    if (before && changed) this.#history.record(before, subject);
    // A seed that is refused stays where it was typed, to be mended.
    if (changed || !fault) this.#on.onchange();
    if (fault) this.#on.onseed(fault);
  }

  /**
   * @param {"undo" | "redo"} way
   * @param {string} words
   */
  #travel(way, words) {
    const moment = this.veiled ? undefined : this.#history[way](this.moment);
    if (!moment) return;
    this.#player.stop();
    this.restore(moment, () => this.#made());
    this.#on.onchange();
    this.#on.onsay(words);
  }

  /** @param {Work} work @returns {string} what is wrong with its seed */
  #run(work) {
    this.#player.stop();
    let later = false;
    const fault = this.run(work, () => later && this.#made());
    later = true;
    if (!fault) this.#on.onsay('');
    return fault;
  }

  /**
   * Has the rollout go on, which its state may forbid; then the engine's message is said.
   * @param {Order} order
   * @param {() => void} ondone
   * @param {boolean} [step] whether it can be undone
   * @returns {unknown}
   */
  #goOn(order, ondone, step = false) {
    if (this.isWaiting) return this.#refused(new Error('The rollout is still being simulated; nothing can be told it yet.'));
    const before = this.moment;
    let later = false;
    try {
      this.goOn(order, () => {
        const why = this.unmade;
        if (why) {
          this.forget();
          this.#refused(new Error(why));
          return;
        }
        ondone();
        if (step && this.differsFrom(before)) this.#history.record(before);
        if (later) this.#made();
        else this.#on.onchange();
      });
    } catch (error) {
      return this.#refused(error);
    }
    later = true;
    if (this.isWaiting) this.#on.onchange();
    return null;
  }

  /** @param {unknown} error */
  #refused(error) {
    this.#on.onsay(messageOf(error), 'error');
    return error;
  }

  /** What was simulated beside the page is there, or cannot be. */
  #made() {
    if (this.unmade) this.#on.onsay(this.unmade, 'error');
    this.#on.onchange();
    this.look(() => this.#on.onmove());
  }

  /** The playhead was moved. */
  #moved() {
    this.look(() => this.#on.onmove());
    this.#on.onmove();
  }
}
