/**
 * What is worked on: a configuration as it stands in the forms, the rollout it
 * makes, and where the playhead is. Every way of changing one of them is a call
 * here, and whoever shows them is told.
 */

import { messageOf, presets, validate } from './base/engine.js';
import { parsed, put, putAll, textOf } from './base/json-path.js';
import { toldWords } from './rollout/controls.js';
import { History } from './rollout/history.js';
import { Player } from './rollout/player.js';
import { Session } from './rollout/session.js';
import { withRelease } from './study/study-request.js';

/** @import { Command, Problem, Warning } from './base/engine.js' */
/** @import { Json } from './base/json-path.js' */
/** @import { Move } from './rollout/controls.js' */
/** @import { Told } from './rollout/session.js' */
/**
 * `onchange` when configuration or rollout changed, `onmove` when the playhead
 * did, `onsay` with a sentence on what was asked for, `onseed` with what is wrong
 * with a seed.
 * @typedef {{
 *   onchange: () => void, onmove: () => void,
 *   onsay: (text: string, kind?: "told" | "error") => void, onseed: (message: string) => void,
 * }} Listener
 */
/**
 * A rollout in the making: the configuration as JSON text, and of the rollout
 * what is not left to chance and default. No `tick` is the end. With `veil` it is
 * not run beyond its tick: nothing of its future is known, and nothing moves it.
 * @typedef {{
 *   config: string, seed?: string | number | null, commands?: Told[], tick?: number | null, veil?: boolean,
 * }} Work
 */
/**
 * All that a step changes: the configuration as it stands in the forms, and the
 * rollout that is drawn, which is another's while that one is invalid.
 * @typedef {{ text: string, draft: Json, work: Work }} Moment
 */

export class Workbench {
  #on;
  #player = new Player();
  /** Whether something is held, between the steps of a drag too. */
  #held = false;
  #history = /** @type {History<Moment>} */ (new History());
  /** @type {Session | null} */
  #session = null;
  /** The configuration as JSON text, valid or not. */
  text = '';
  /** The last text that was JSON. @type {Json} */
  draft = {};
  /** @type {Problem[]} */
  problems = [];
  /** @type {Warning[]} */
  warnings = [];
  /** Whether what is configured comes from something being dragged: a limit, a stage. */
  dragging = false;

  /** @param {Listener} on */
  constructor(on) {
    this.#on = on;
  }

  get playing() {
    return this.#player.playing;
  }

  /** The seed of the rollout; `null` before there is one. */
  get seed() {
    return this.#session?.seed ?? null;
  }

  /**
   * The rollout to look at: whatever an author wrote into the attributes, there
   * is one, beside what is wrong with them.
   * @returns {Session}
   */
  get session() {
    this.#session ??= new Session({ config: this.problems.length === 0 ? this.text : presets()[0].json });
    return this.#session;
  }

  /** The configuration that is drawn: the last valid one. @returns {Json} */
  get drawn() {
    return this.problems.length === 0 ? this.draft : JSON.parse(this.session.config);
  }

  /** Whether the rollout's future is veiled. */
  get veiled() {
    return this.#session?.veiled ?? false;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  /**
   * Takes a configuration; if it is valid, its rollout is run at once.
   * @param {Work} work
   * @param {string} [subject] what of it was changed, see `History.record`
   */
  load({ config, seed = this.seed, commands = [], tick = null, veil = false }, subject) {
    this.#step(() => {
      this.#take(config);
      return this.problems.length === 0 ? this.#run({ config, seed, commands, tick, veil }) : '';
    }, subject);
  }

  /** Lifts the veil: the rollout is run to its end. */
  unveil() {
    if (!this.veiled) return;
    const { config, seed, commands } = this.session;
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
    if (this.veiled) return;
    this.#return(this.#history.undo(this.#moment()), 'Undone.');
  }

  redo() {
    if (this.veiled) return;
    this.#return(this.#history.redo(this.#moment()), 'Done again.');
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
    this.session.moveTo(tick);
    this.#on.onmove();
  }

  /**
   * @param {Move} move
   * @returns {unknown} what the rollout's state forbids it with; it is said, too
   */
  move(move) {
    if (this.veiled) return null;
    if (move === 'play') return this.#playOrFreeze();
    this.#player.stop();
    return this.#attempt(() => {
      if (this.session.move(move)) this.#on.onchange();
      else this.#on.onmove();
    });
  }

  /**
   * @param {Command} command
   * @returns {unknown} what the rollout's state forbids it with; it is said, too
   */
  tell(command) {
    if (this.veiled) return null;
    this.#player.stop();
    return this.#attempt(() =>
      this.#step(() => {
        const branched = this.session.tell(command);
        this.#on.onsay(toldWords(command, branched, this.session));
        return '';
      }),
    );
  }

  /** Back to the start, without commands. */
  reset() {
    this.#player.stop();
    this.#step(() => {
      this.session.reset();
      this.#on.onsay('Reset: the rollout stands at its start, without commands.');
      return '';
    });
  }

  /**
   * Lets the playhead rest while nobody sees it.
   * @param {boolean} resting
   */
  rest(resting) {
    this.#player.resting = resting;
  }

  /** Stops the playhead and frees the engine's memory; it is taken again when needed. */
  close() {
    this.#player.stop();
    this.#session?.free();
  }

  /**
   * Changes something, tells of it, and keeps how it was, if it is not so any more.
   * @param {() => string} act returns what is wrong with the seed
   * @param {string} [subject]
   */
  #step(act, subject) {
    const before = this.#session && this.#moment();
    const fault = act();
    if (before && isOther(before, this.#moment())) this.#history.record(before, subject);
    this.#on.onchange();
    if (fault) this.#on.onseed(fault);
  }

  /** @returns {Moment} */
  #moment() {
    const { config, seed, commands, playhead: tick } = this.session;
    return { text: this.text, draft: this.draft, work: { config, seed, commands, tick } };
  }

  /**
   * @param {Moment | undefined} moment
   * @param {string} words
   */
  #return(moment, words) {
    if (!moment) return;
    this.draft = moment.draft;
    this.#take(moment.text);
    this.#run(moment.work);
    this.#on.onchange();
    this.#on.onsay(words);
  }

  /** @param {string} text of a configuration */
  #take(text) {
    const { problems, warnings } = validate(text);
    this.text = text;
    this.problems = problems;
    this.warnings = warnings;
    this.draft = parsed(text) ?? this.draft;
  }

  /**
   * @param {Work} work
   * @returns {string} what is wrong with its seed
   */
  #run(work) {
    this.#player.stop();
    try {
      const session = new Session(work);
      this.#session?.free();
      this.#session = session;
      this.#on.onsay('');
      return '';
    } catch (error) {
      return messageOf(error);
    }
  }

  /**
   * Does what the rollout's state may forbid; then its message is said.
   * @param {() => void} act
   */
  #attempt(act) {
    try {
      act();
      return null;
    } catch (error) {
      this.#on.onsay(messageOf(error), 'error');
      return error;
    }
  }

  #playOrFreeze() {
    const session = this.session;
    if (this.#player.playing) {
      this.#player.stop();
    } else {
      if (session.atEnd) session.moveTo(0);
      this.#player.play(session.length, (ticks) => {
        session.moveTo(session.playhead + ticks);
        const goesOn = !session.atEnd;
        if (!goesOn) this.#player.stop();
        this.#on.onmove();
        return goesOn;
      });
    }
    this.#on.onmove();
  }
}

/**
 * Whether more differs than where the playhead stands.
 * @param {Moment} a
 * @param {Moment} b
 */
const isOther = (a, b) =>
  a.text !== b.text ||
  a.work.seed !== b.work.seed ||
  JSON.stringify(a.work.commands) !== JSON.stringify(b.work.commands);
