/**
 * `<canary-rollout>`: a rollout one can look at, interrupt and edit.
 *
 * Attributes: `preset`, a preset's name; `config`, a configuration as JSON
 * text; `seed`; `theme`, `light` or `dark`. Property: `config`.
 */

import { messageOf, presets, validate } from './base/engine.js';
import { Session } from './rollout/session.js';
import { View } from './view.js';
import { parsed, put } from './base/json-path.js';
import { withLimit } from './charts/limit-edit.js';
import { toldWords } from './rollout/controls.js';
import { withRelease } from './study/study-request.js';
import { Player } from './rollout/player.js';

/** @import { Call, Command, Problem, Warning } from './base/engine.js' */
/** @import { Move } from './rollout/controls.js' */
/** @import { Json } from './base/json-path.js' */

// In Node there is no element to extend; the class is never made there.
const Base = typeof HTMLElement === 'undefined' ? /** @type {typeof HTMLElement} */ (class {}) : HTMLElement;

class CanaryRollout extends Base {
  static observedAttributes = ['preset', 'config', 'seed'];

  #text = '';
  /** @type {Json} */
  #draft = {};
  /** @type {Problem[]} */
  #problems = [];
  /** @type {Warning[]} */
  #warnings = [];
  /** @type {Session | null} */
  #session = null;
  /** @type {View | null} */
  #view = null;
  #player = new Player();
  /** Whether what is configured comes from a limit being dragged. */
  #dragging = false;

  connectedCallback() {
    if (!this.#view) {
      this.#view = new View(this.attachShadow({ mode: 'open' }), presets(), {
        onseek: (tick) => this.#seek(tick),
        onmove: (move) => this.#move(move),
        oncall: (call) => this.#call(call),
        onreset: () => this.#reset(),
        onedit: (path, value) => this.#configure(JSON.stringify(put(this.#draft, path, value), null, 2)),
        onapply: (text) => this.#configure(text),
        onlimit: (paths, value, dragging) => this.#limit(paths, value, dragging),
        onpolicy: (config) => this.#configure(JSON.stringify(config, null, 2)),
        onopen: (seed, healthy) => this.#open(seed, healthy),
        onpreset: (preset) => this.#configure(preset.json),
        onseed: (seed) => this.#restart(seed),
        onnewseed: () => this.#restart(null),
      });
      this.#start();
    }
    this.#view.connect();
  }

  disconnectedCallback() {
    this.#player.stop();
    this.#session?.free();
    this.#view?.disconnect();
  }

  attributeChangedCallback() {
    if (this.#view) this.#start();
  }

  /** The configuration as it stands in the forms. */
  get config() {
    return structuredClone(this.#draft);
  }

  /** @param {Json} config an object or JSON text */
  set config(config) {
    this.setAttribute('config', typeof config === 'string' ? config : JSON.stringify(config, null, 2));
  }

  /** The seed of the rollout shown. */
  get seed() {
    return this.#session?.seed ?? null;
  }

  #start() {
    const all = presets();
    const named = all.find(({ name }) => name === this.getAttribute('preset'));
    const text = this.getAttribute('config') ?? (named ?? all[0]).json;
    this.#configure(text, this.getAttribute('seed'));
    if (this.hasAttribute('preset') && !named) {
      this.#view?.say(`There is no preset ${this.getAttribute('preset')}.`, 'error');
    }
  }

  /**
   * Takes a configuration; if it is valid, the rollout is run anew at once.
   * @param {string} text
   * @param {string | number | null} [seed]
   */
  #configure(text, seed = this.seed) {
    const { problems, warnings } = validate(text);
    this.#text = text;
    this.#problems = problems;
    this.#warnings = warnings;
    this.#draft = parsed(text) ?? this.#draft;
    if (problems.length === 0) this.#restart(seed);
    else this.#showAll();
  }

  /**
   * Runs the configuration, or while it is invalid the last valid one.
   * @param {string | number | null} seed drawn anew if `null`
   */
  #restart(seed) {
    this.#player.stop();
    try {
      const config = this.#problems.length === 0 ? this.#text : this.#shown().config;
      const session = new Session(config, seed);
      this.#session?.free();
      this.#session = session;
      this.#view?.say('');
      this.#showAll();
    } catch (error) {
      this.#showAll();
      this.#view?.complainOfSeed(messageOf(error));
    }
  }

  /**
   * The rollout to look at: whatever an author wrote into the attributes, there
   * is one, beside what is wrong with them.
   * @returns {Session}
   */
  #shown() {
    this.#session ??= new Session(this.#problems.length === 0 ? this.#text : presets()[0].json, null);
    return this.#session;
  }

  /**
   * @param {string[]} paths
   * @param {number} value
   * @param {boolean} dragging
   */
  #limit(paths, value, dragging) {
    this.#dragging = dragging;
    this.#configure(JSON.stringify(withLimit(this.#draft, paths, value), null, 2));
    this.#dragging = false;
  }

  /**
   * Opens a rollout of a study: that of a seed, of a healthy release or a bad one.
   * @param {number} seed
   * @param {boolean} healthy
   */
  #open(seed, healthy) {
    const config = withRelease(this.#draft, this.#shown().report, healthy);
    if (config === this.#draft) this.#restart(seed);
    else this.#configure(JSON.stringify(config, null, 2), seed);
  }

  /** @param {number} tick */
  #seek(tick) {
    this.#player.stop();
    this.#session?.moveTo(tick);
    this.#showPlayhead();
  }

  /** @param {Move} move */
  #move(move) {
    const session = this.#session;
    if (!session) return;
    if (move === 'play') return this.#playOrFreeze(session);
    this.#seek(session.reach(move));
  }

  /** @param {Session} session */
  #playOrFreeze(session) {
    if (this.#player.playing) {
      this.#player.stop();
    } else {
      if (session.atEnd) session.moveTo(0);
      this.#player.play(session.length, (ticks) => {
        session.moveTo(session.playhead + ticks);
        const goesOn = !session.atEnd;
        if (!goesOn) this.#player.stop();
        this.#showPlayhead();
        return goesOn;
      });
    }
    this.#showPlayhead();
  }

  /** @param {Call} call */
  #call(call) {
    const session = this.#session;
    if (!session) return;
    this.#player.stop();
    try {
      if (call === 'tick' || call === 'advance') {
        session[call]();
        this.#view?.say('');
      } else {
        this.#tell(session, call);
      }
      this.#showAll();
    } catch (error) {
      this.#view?.say(messageOf(error), 'error');
    }
  }

  /**
   * @param {Session} session
   * @param {Command} command
   */
  #tell(session, command) {
    const branched = session.tell(command);
    this.#view?.say(toldWords(command, branched, session));
  }

  #reset() {
    this.#player.stop();
    this.#session?.reset();
    this.#view?.say('Reset: the rollout stands at its start, without commands.');
    this.#showAll();
  }

  #showAll() {
    const session = this.#shown();
    this.#view?.show(session, this.#dragging);
    // The forms follow when the limit is let go: they are many, and off the screen.
    if (!this.#dragging) {
      this.#view?.showConfig(this.#text, this.#draft, session, this.#problems, this.#warnings);
    }
    this.#showPlayhead();
  }

  #showPlayhead() {
    if (this.#session) this.#view?.showPlayhead(this.#session, this.#player.playing);
  }
}

/** Defines the element, once. */
export function defineCanaryRollout() {
  if (!customElements.get('canary-rollout')) customElements.define('canary-rollout', CanaryRollout);
}
