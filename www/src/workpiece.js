/**
 * What lies on the workbench: a configuration as it stands in the forms, and the
 * rollout that is drawn, which is another's while that one is invalid, or still being
 * simulated. What changes it here tells nobody; `Workbench` does, and everybody else goes
 * by it.
 */

import { atOnce, made, messageOf, new_rollout, presets, validate } from './base/engine.js';
import { parsed, tooLong } from './base/json-path.js';
import { isShort } from './rollout/cost.js';
import { Making } from './rollout/making.js';
import { Session } from './rollout/session.js';

/** @import { Problem, Warning } from './base/engine.js' */
/** @import { Json } from './base/json-path.js' */
/** @import { Made, Order, Work } from './rollout/replay.js' */
/** All of it, to come back to. @typedef {{ text: string, draft: Json, work: Work }} Moment */

export class Workpiece {
  /** @type {Session | null} */
  #session = null;
  /** What runs rollouts, beside the page where they are long. */
  making;
  /** What is being simulated, in place of what is drawn. @type {Work | null} */
  #asked = null;
  /** Why what was to be simulated last was not; empty where it was. */
  unmade = '';
  /** What was to be simulated last and was not. @type {Work | null} */
  notMade = null;
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

  /** @param {() => void} onprogress told while something is simulated beside the page */
  constructor(onprogress) {
    this.making = new Making(onprogress);
  }

  /**
   * The rollout to look at: whatever an author wrote into the attributes, there
   * is one, beside what is wrong with them.
   * @returns {Session}
   */
  get session() {
    if (!this.#session) {
      const own = this.problems.length === 0 && !this.isWaiting ? atStart(this.text) : null;
      this.#session = own ?? /** @type {Session} */ (atStart(presets()[0].json));
    }
    return this.#session;
  }

  /** Whether another rollout is being simulated, to take the place of the one that is drawn. */
  get isWaiting() {
    return this.making.order !== null;
  }

  /** What makes the rollout that is drawn, or being simulated. @returns {Work} */
  get work() {
    if (this.#asked) return this.#asked;
    const { config, seed, commands, tick } = this.session;
    return { config, seed, commands, tick };
  }

  /** Whether what is drawn is another's, for this configuration's was not simulated to its end. */
  get isUnmade() {
    return this.unmade !== '' && this.problems.length === 0 && this.session.config !== this.text;
  }

  /** The seed of the rollout; `null` before there is one. */
  get seed() {
    return /** @type {number | null} */ (this.#asked?.seed ?? this.#session?.seed ?? null);
  }

  /** Whether the rollout's future is veiled. */
  get veiled() {
    return this.#asked?.veil ?? this.#session?.veiled ?? false;
  }

  /** The configuration that is drawn: the last valid one that was simulated. @returns {Json} */
  get drawn() {
    return this.session.config === this.text ? this.draft : JSON.parse(this.session.config);
  }

  /** How everything is now. @returns {Moment} */
  get moment() {
    const { text, draft, work } = this;
    const tick = this.#asked ? work.tick : this.session.playhead;
    return { text, draft, work: { config: work.config, seed: work.seed, commands: work.commands, tick } };
  }

  /**
   * Whether more has changed since a moment than where the playhead stands.
   * @param {Moment} then
   */
  differsFrom({ text, work }) {
    const now = this.moment;
    return (
      text !== now.text ||
      work.config !== now.work.config ||
      work.seed !== now.work.seed ||
      JSON.stringify(work.commands) !== JSON.stringify(now.work.commands)
    );
  }

  /** @param {string} text of a configuration */
  take(text) {
    const fault = tooLong(text);
    if (fault) return this.refuse(fault);
    const { problems, more, warnings } = validate(text);
    this.text = text;
    this.problems = problems;
    this.more = more;
    this.warnings = warnings;
    this.draft = parsed(text) ?? this.draft;
  }

  /**
   * Takes nothing of what is no configuration at all, and says why.
   * @param {string} message
   */
  refuse(message) {
    this.problems = [{ path: '', message, line: 1, column: 1 }];
    this.more = 0;
    this.warnings = [];
  }

  /**
   * Puts another rollout in the place of this one: at once, or when it is simulated.
   * @param {Work} work
   * @param {() => void} ondone told when it is there, and when it cannot be simulated
   * @returns {string} what is wrong with its seed, in the engine's words; then this one stays
   */
  run(work, ondone) {
    try {
      this.#order(work, ondone, (whole, asked) => {
        this.#session?.free();
        this.#session = new Session(asked, whole);
      });
      return '';
    } catch (error) {
      return messageOf(error);
    }
  }

  /**
   * Has this rollout go on as an order makes it. Throws the engine's message where it is
   * forbidden, and short.
   * @param {Order} order
   * @param {() => void} ondone
   */
  goOn(order, ondone) {
    const { session } = this;
    this.#order(order, ondone, (whole, asked) => session.take(asked, whole));
  }

  /**
   * Sees to it that what there is to see at the playhead is known soon.
   * @param {() => void} ondone
   */
  look(ondone) {
    const { session, making } = this;
    if (this.isWaiting) return;
    if (!session.isUnseen) return making.stop();
    // While it looks elsewhere, it is let: the playhead may be on its way.
    if (making.underWay && making.underWay.order.tick !== null && !this.#isBehind) return;
    making.look(session.sightOrder, {
      onsight: (sight) => {
        if (session !== this.#session) return;
        session.see(sight);
        ondone();
        this.look(ondone);
      },
      onfailed: (message) => {
        this.unmade = message;
        session.moveToSeen();
        ondone();
      },
    });
  }

  /**
   * Moves the playhead; of what is being simulated, where it will stand.
   * @param {number} tick
   */
  moveTo(tick) {
    if (this.#asked) this.#asked.tick = Math.max(0, Math.round(tick));
    else this.session.moveTo(tick);
  }

  /** Stops what is being simulated; what is drawn stays. */
  stop() {
    if (this.isWaiting) {
      this.unmade = 'Stopped.';
      this.notMade = this.#asked;
    } else {
      this.#session?.moveToSeen();
    }
    this.#asked = null;
    this.making.stop();
  }

  /** Forgets that something was not made: what is drawn is what there is. */
  forget() {
    this.unmade = '';
    this.notMade = null;
  }

  /** @param {Moment} moment @param {() => void} ondone */
  restore({ text, draft, work }, ondone) {
    this.draft = draft;
    this.take(text);
    this.run(work, ondone);
  }

  /** Frees the engine's memory; it is taken again when it is needed. */
  free() {
    this.#session?.free();
  }

  /** Whether the playhead has gone back behind what is being looked at. */
  get #isBehind() {
    return (this.making.underWay?.order.tick ?? 0) > this.session.playhead;
  }

  /**
   * @param {Order} order
   * @param {() => void} ondone
   * @param {(made: Made, asked: Work) => void} put
   */
  #order(order, ondone, put) {
    const asked = { ...order };
    const end = (/** @type {string} */ unmade) => {
      this.#asked = null;
      this.unmade = unmade;
      this.notMade = unmade ? asked : null;
      ondone();
    };
    this.making.run(order, {
      onmade: (whole) => {
        put(whole, asked);
        end('');
      },
      onfailed: end,
    });
    if (!this.isWaiting) return;
    this.unmade = '';
    asked.seed = this.making.order?.seed;
    this.#asked = asked;
  }
}

/**
 * The rollout of a configuration, if it is made at once.
 * @param {string} config
 */
function atStart(config) {
  const rollout = new_rollout(config);
  if (isShort(rollout.report().config, {})) return new Session({ config }, atOnce(made(rollout, { config })));
  rollout.free();
  return null;
}
