/**
 * `<canary-rollout>`: a rollout one can look at, interrupt and edit.
 *
 * Attributes: `preset`, a preset's name; `config`, a configuration as JSON
 * text; `seed`; `view`, the part of the page to show alone; `heading-level`, the
 * level of its topmost heading, 2 by default; `hero`, to open in large type;
 * `theme`, `light` or `dark`; `embed`, without title bar and colophon; `lesson`, a
 * lesson's name or its JSON text, which may also be a child, as
 * `<script type="application/json" slot="lesson">`. The element never changes them,
 * nor its host's URL.
 *
 * Events, for what happens in the element, not for what its host sets; all
 * bubble: `statechange`, `{ state, tick }` of the rollout at the playhead;
 * `decision`, a `Decision` that the playhead passes or a command makes;
 * `viewchange`, `{ link }`; `studyprogress`, `{ done, runs }`; `prediction` and
 * `lessoncomplete`, see `LessonDesk`.
 */

import { Early } from './base/early.js';
import { presetNamed, presets } from './base/engine.js';
import { textOf } from './base/json-path.js';
import { Changes } from './changes.js';
import { readLink, writeLink } from './link/link.js';
import { knownWith, linkOf, openOn } from './link/open.js';
import { View } from './view.js';
import { Workbench } from './workbench.js';

/** @import { Command, Report, State } from './base/engine.js' */
/** @import { Json } from './base/json-path.js' */
/** @import { Known, LinkState } from './link/link.js' */
/** @import { Beside } from './link/open.js' */
/** @import { Move } from './rollout/controls.js' */
/** @import { Along } from './study/curves.js' */
/** @import { PolicyName } from './study/policies.js' */

// In Node there is no element to extend; the class is never made there.
const Base = typeof HTMLElement === 'undefined' ? /** @type {typeof HTMLElement} */ (class {}) : HTMLElement;

/** What can be shown alone, by the value of the attribute `view`. */
export const VIEWS = ['rollout', 'flow', 'errors', 'study', 'ladder'];

/** What the study is asked where a link does not say. */
const ASKED = /** @type {const} */ ({ against: 'evidence', bad: 5, along: 'ratio' });

/** What links can name, the same for every element. @type {Known | undefined} */
let known;

export class CanaryRolloutElement extends Base {
  static observedAttributes = ['preset', 'config', 'seed', 'view', 'heading-level', 'theme', 'lesson'];

  /** @type {View | null} */
  #view = null;
  #internals = this.attachInternals();
  #early = new Early(this, ['config', 'seed', 'link', 'lesson', 'view', 'tick']);
  /** What was said of the last link. @type {string[]} */
  #linkFaults = [];
  /** What a link or a property said in place of an attribute. @type {Omit<Beside, "lesson" | keyof typeof ASKED>} */
  #said = { view: null, theme: null };
  #bench = new Workbench({
    onchange: () => {
      this.#view?.show(this.#bench);
      this.#changes.look();
    },
    onmove: () => {
      this.#view?.showPlayhead(this.#bench);
      this.#changes.look();
    },
    onsay: (text, kind) => this.#view?.say(text, kind),
    onseed: (message) => this.#view?.complainOfSeed(message),
  });
  #changes = new Changes(this, this.#bench, () => this.link);

  connectedCallback() {
    if (!this.#view) {
      const root = this.attachShadow({ mode: 'open' });
      this.#view = new View(root, this.#bench, (done, runs) =>
        this.#changes.tell('studyprogress', { done, runs }),
      );
      // What is chosen beside the rollout is in the link, too.
      root.addEventListener('change', () => this.#changes.look());
      this.#changes.quietly(() => {
        this.#arrange();
        this.#start();
        this.#early.take();
      });
      // While a page is being read, its elements' children are yet to come.
      if (document.readyState === 'loading' && this.lesson === null)
        document.addEventListener('DOMContentLoaded', () => this.#changes.quietly(() => this.#teach(this.#ownLesson)), {
          once: true,
        });
    }
    this.#view.connect();
  }

  disconnectedCallback() {
    this.#bench.close();
    this.#view?.disconnect();
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (!this.#view) return;
    this.#changes.quietly(() => {
      if (name === 'lesson') return this.#start();
      if (['seed', 'preset', 'config'].includes(name)) this.#view?.lessons.close();
      if (name === 'seed') return this.#bench.reseed(this.getAttribute('seed'));
      if (name === 'preset' || name === 'config') return this.#load();
      if (name === 'view' || name === 'theme') this.#said[name] = null;
      this.#arrange();
    });
  }

  /** The configuration as it stands in the forms. Set: an object or JSON text. @type {Json} */
  get config() {
    return structuredClone(this.#bench.draft);
  }

  set config(config) {
    this.#set('config', config, () => {
      this.#view?.lessons.close();
      this.#bench.load({ config: typeof config === 'string' ? config : textOf(config) });
    });
  }

  /** The seed of the rollout shown; `null` before there is one. Set to `null`: a random one. @type {number | string | null} */
  get seed() {
    return this.#bench.seed;
  }

  set seed(seed) {
    this.#set('seed', seed, () => {
      this.#view?.lessons.close();
      this.#bench.reseed(seed);
    });
  }

  /** Where the playhead stands, in ticks; `null` before there is a rollout. Set: clipped to the rollout. @type {number | null} */
  get tick() {
    return this.#view ? this.#bench.session.playhead : null;
  }

  set tick(tick) {
    this.#set('tick', tick, () => this.#bench.seek(Number(tick) || 0));
  }

  /** The part of the page that is shown alone; `null` for all of it. @type {string | null} */
  get view() {
    const view = this.#said.view ?? this.getAttribute('view');
    return view !== null && VIEWS.includes(view) ? view : null;
  }

  set view(view) {
    this.#set('view', view, () => {
      this.#said.view = view;
      this.#arrange();
    });
  }

  /**
   * All that is set and chosen, as a text for the hash of a URL. Set: takes
   * another's; what it cannot use of it, it tells its reader. Longer ones than
   * 64 kB are not taken. Empty before there is a rollout.
   */
  get link() {
    if (!this.#view) return '';
    const { source, problems } = this.#view.lessons;
    const beside = { view: this.view, theme: this.#theme, lesson: problems.length > 0 ? null : source };
    // A lesson has its own rollout, and who opens it begins at its start.
    if (beside.lesson !== null) {
      const [{ config }] = this.#known.presets;
      return writeLink({ config, seed: null, commands: [], tick: null, against: null, bad: null, along: null, ...beside }, this.#known);
    }
    const { rival, badShare, along } = this.#view.desk;
    const asked = {
      against: rival === ASKED.against ? null : rival,
      bad: badShare === ASKED.bad ? null : badShare,
      along: along === ASKED.along ? null : along,
    };
    return linkOf(this.#bench, { ...asked, ...beside }, this.#known);
  }

  set link(link) {
    this.#set('link', link, () => {
      const { state, faults } = readLink(String(link), this.#known);
      this.#linkFaults = state ? [...faults, ...this.#take(state)] : faults;
      this.#view?.showLinkFaults(this.#linkFaults);
    });
  }

  /**
   * The lesson that is open: its name, or its JSON text; `null` for none. Set: an
   * object, too. @type {Json}
   */
  get lesson() {
    return this.#view?.lessons.source ?? null;
  }

  set lesson(lesson) {
    const source = lesson === null || typeof lesson === 'string' ? lesson : JSON.stringify(lesson);
    this.#set('lesson', lesson, () => this.#teach(source));
  }

  /** What is wrong with the lesson, each with its place; then it is not opened. */
  get lessonProblems() {
    return structuredClone(this.#view?.lessons.problems ?? []);
  }

  /** What could not be used of the link that was set last. */
  get linkFaults() {
    return [...this.#linkFaults];
  }

  /** The report at the playhead; `null` before there is a rollout. @returns {Report | null} */
  get report() {
    return this.#view ? structuredClone(this.#bench.session.reportHere) : null;
  }

  /** The rollout's state at the playhead; `null` before there is a rollout. @returns {State | null} */
  get state() {
    return this.report?.final_state ?? null;
  }

  /** Moves the playhead to the rollout's end, a tick at a time; from the end, from the start. */
  play() {
    if (!this.#bench.playing) this.#move('play');
  }

  /** Stops the playhead. */
  freeze() {
    if (this.#bench.playing) this.#move('play');
  }

  /** One tick on. Throws the engine's `Error` where the rollout has ended; so do all that follow. */
  step() {
    this.#move('step');
  }

  /** To the stage's verdict. */
  advance() {
    this.#move('advance');
  }

  pause() {
    this.#command('pause');
  }

  resume() {
    this.#command('resume');
  }

  promote() {
    this.#command('promote');
  }

  abort() {
    this.#command('abort');
  }

  /** Back to the start, without commands. */
  reset() {
    this.#needsView();
    this.#bench.reset();
  }

  get #known() {
    return (known ??= knownWith(VIEWS));
  }

  get #theme() {
    const theme = this.#said.theme ?? this.getAttribute('theme');
    return theme === 'light' || theme === 'dark' ? theme : null;
  }

  /** @param {Move} move */
  #move(move) {
    this.#needsView();
    const error = this.#bench.move(move);
    if (error) throw error;
  }

  /** @param {Command} command */
  #command(command) {
    this.#needsView();
    const error = this.#bench.tell(command);
    if (error) throw error;
  }

  #needsView() {
    if (!this.#view) throw new Error('The element is in no document yet: it has no rollout.');
  }

  /**
   * Does what a property is set for, at once or when there is a rollout.
   * @param {string} name
   * @param {unknown} value
   * @param {() => void} act
   */
  #set(name, value, act) {
    if (this.#view) this.#changes.quietly(act);
    else this.#early.keep(name, value);
  }

  /**
   * @param {LinkState} state
   * @returns {string[]} what of it could not be used
   */
  #take({ view, theme, lesson, against, bad, along, ...rollout }) {
    this.#said = { view, theme };
    this.#arrange();
    if (this.#view) {
      const { desk } = this.#view;
      desk.rival = /** @type {PolicyName} */ (against ?? ASKED.against);
      desk.badShare = bad ?? ASKED.bad;
      desk.along = /** @type {Along} */ (along ?? ASKED.along);
    }
    if (this.#teach(lesson)) return [];
    const faults = openOn(this.#bench, rollout);
    return lesson === null ? faults : ['lesson: it cannot be opened, see what is said of it', ...faults];
  }

  /**
   * Opens a lesson, or leaves the one that is open.
   * @param {string | null} lesson
   * @returns {boolean} whether one is being played then
   */
  #teach(lesson) {
    const lessons = this.#view?.lessons;
    if (lesson === null) lessons?.close();
    else lessons?.open(lesson);
    return lesson !== null && lessons?.problems.length === 0;
  }

  /** The lesson that the host wrote, as its attribute or child. */
  get #ownLesson() {
    return this.getAttribute('lesson') ?? this.querySelector('script[slot="lesson"]')?.textContent ?? null;
  }

  #arrange() {
    const wanted = this.#said.view ?? this.getAttribute('view') ?? '';
    const level = Number(this.getAttribute('heading-level') ?? 2);
    this.#view?.arrange(this.view, level >= 1 && level <= 6 ? Math.round(level) : 2);
    if (wanted && this.view === null) {
      this.#view?.say(`There is no view ${wanted}; there are ${VIEWS.join(', ')}.`, 'error');
    }
    for (const theme of ['light', 'dark']) {
      if (theme === this.#theme) this.#internals.states.add(theme);
      else this.#internals.states.delete(theme);
    }
  }

  #start() {
    if (!this.#teach(this.#ownLesson)) this.#load();
  }

  #load() {
    const preset = this.getAttribute('preset');
    const named = presetNamed(preset);
    this.#bench.load({
      config: this.getAttribute('config') ?? (named ?? presets()[0]).json,
      seed: this.getAttribute('seed') ?? this.seed,
    });
    if (preset !== null && !named) this.#view?.say(`There is no preset ${preset}.`, 'error');
  }
}

/** Defines the element, once. */
export function defineCanaryRollout() {
  if (!customElements.get('canary-rollout')) customElements.define('canary-rollout', CanaryRolloutElement);
}
