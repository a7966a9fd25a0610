/**
 * What is worked on: a configuration as it stands in the forms, the rollout it
 * makes, and where the playhead is. Every way of changing one of them is a call
 * here, and whoever shows them is told.
 */

import { withLimit } from './charts/limit-edit.js';
import { messageOf, presets, validate } from './base/engine.js';
import { parsed, put } from './base/json-path.js';
import { toldWords } from './rollout/controls.js';
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
 * what is not left to chance and default. No `tick` is the end.
 * @typedef {{ config: string, seed?: string | number | null, commands?: Told[], tick?: number | null }} Work
 */

export class Workbench {
  #on;
  #player = new Player();
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
  /** Whether what is configured comes from a limit being dragged. */
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

  /**
   * Takes a configuration; if it is valid, its rollout is run at once.
   * @param {Work} work
   */
  load({ config, seed = this.seed, commands = [], tick = null }) {
    const { problems, warnings } = validate(config);
    this.text = config;
    this.problems = problems;
    this.warnings = warnings;
    this.draft = parsed(config) ?? this.draft;
    if (problems.length === 0) this.#run({ config, seed, commands, tick });
    else this.#on.onchange();
  }

  /** @param {Json} draft */
  configure(draft) {
    this.load({ config: JSON.stringify(draft, null, 2) });
  }

  /**
   * @param {string} path
   * @param {Json | undefined} value
   */
  edit(path, value) {
    this.configure(put(this.draft, path, value));
  }

  /**
   * Moves a limit, which may stand in several places.
   * @param {string[]} paths
   * @param {number} value
   * @param {boolean} dragging
   */
  limit(paths, value, dragging) {
    this.dragging = dragging;
    this.configure(withLimit(this.draft, paths, value));
    this.dragging = false;
  }

  /**
   * The same configuration with another seed, drawn anew if `null`. While the
   * configuration is invalid, the last valid one is run.
   * @param {string | number | null} seed
   */
  reseed(seed) {
    this.#run({ config: this.problems.length === 0 ? this.text : this.session.config, seed });
  }

  /**
   * Opens a rollout of a study: that of a seed, of a healthy release or a bad one.
   * @param {number} seed
   * @param {boolean} healthy
   */
  open(seed, healthy) {
    const config = withRelease(this.draft, this.session.report, healthy);
    if (config === this.draft) this.reseed(seed);
    else this.load({ config: JSON.stringify(config, null, 2), seed });
  }

  /** @param {number} tick */
  seek(tick) {
    this.#player.stop();
    this.session.moveTo(tick);
    this.#on.onmove();
  }

  /**
   * @param {Move} move
   * @returns {unknown} what the rollout's state forbids it with; it is said, too
   */
  move(move) {
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
    this.#player.stop();
    return this.#attempt(() => {
      const branched = this.session.tell(command);
      this.#on.onsay(toldWords(command, branched, this.session));
      this.#on.onchange();
    });
  }

  /** Back to the start, without commands. */
  reset() {
    this.#player.stop();
    this.session.reset();
    this.#on.onsay('Reset: the rollout stands at its start, without commands.');
    this.#on.onchange();
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

  /** @param {Work} work */
  #run(work) {
    this.#player.stop();
    try {
      const session = new Session(work);
      this.#session?.free();
      this.#session = session;
      this.#on.onsay('');
      this.#on.onchange();
    } catch (error) {
      this.#on.onchange();
      this.#on.onseed(messageOf(error));
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
