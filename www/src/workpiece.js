/**
 * What lies on the workbench: a configuration as it stands in the forms, and the
 * rollout that is drawn, which is another's while that one is invalid. What
 * changes it here tells nobody; `Workbench` does, and everybody else goes by it.
 */

import { messageOf, presets, validate } from './base/engine.js';
import { parsed } from './base/json-path.js';
import { Session } from './rollout/session.js';

/** @import { Problem, Warning } from './base/engine.js' */
/** @import { Json } from './base/json-path.js' */
/** @import { Work } from './rollout/replay.js' */
/** All of it, to come back to. @typedef {{ text: string, draft: Json, work: Work }} Moment */

export class Workpiece {
  /** @type {Session | null} */
  #session = null;
  /** The configuration as JSON text, valid or not. */
  text = '';
  /** The last text that was JSON. @type {Json} */
  draft = {};
  /** @type {Problem[]} */
  problems = [];
  /** How many further problems there are. */
  more = 0;
  /** @type {Warning[]} */
  warnings = [];

  /**
   * The rollout to look at: whatever an author wrote into the attributes, there
   * is one, beside what is wrong with them.
   * @returns {Session}
   */
  get session() {
    this.#session ??= new Session({ config: this.problems.length === 0 ? this.text : presets()[0].json });
    return this.#session;
  }

  /** The seed of the rollout; `null` before there is one. */
  get seed() {
    return this.#session?.seed ?? null;
  }

  /** Whether the rollout's future is veiled. */
  get veiled() {
    return this.#session?.veiled ?? false;
  }

  /** The configuration that is drawn: the last valid one. @returns {Json} */
  get drawn() {
    return this.problems.length === 0 ? this.draft : JSON.parse(this.session.config);
  }

  /** How everything is now. @returns {Moment} */
  get moment() {
    const { config, seed, commands, playhead: tick } = this.session;
    return { text: this.text, draft: this.draft, work: { config, seed, commands, tick } };
  }

  /**
   * Whether more has changed since a moment than where the playhead stands.
   * @param {Moment} then
   */
  differsFrom({ text, work }) {
    const now = this.moment;
    return (
      text !== now.text ||
      work.seed !== now.work.seed ||
      JSON.stringify(work.commands) !== JSON.stringify(now.work.commands)
    );
  }

  /** @param {string} text of a configuration */
  take(text) {
    const { problems, more, warnings } = validate(text);
    this.text = text;
    this.problems = problems;
    this.more = more;
    this.warnings = warnings;
    this.draft = parsed(text) ?? this.draft;
  }

  /**
   * Puts another rollout in the place of this one.
   * @param {Work} work
   * @returns {string} what is wrong with its seed, in the engine's words; then this one stays
   */
  run(work) {
    try {
      const session = new Session(work);
      this.free();
      this.#session = session;
      return '';
    } catch (error) {
      return messageOf(error);
    }
  }

  /** @param {Moment} moment */
  restore({ text, draft, work }) {
    this.draft = draft;
    this.take(text);
    this.run(work);
  }

  /** Frees the engine's memory; it is taken again when it is needed. */
  free() {
    this.#session?.free();
  }
}
