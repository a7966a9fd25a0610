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
 * A rollout of more than about 200 ticks is simulated beside the page. Until it is there,
 * `report`, `state` and `tick` are those of the one before, which is drawn; then
 * `statechange` is told.
 *
 * Events, for what happens in the element, not for what its host sets; all
 * bubble: `statechange`, `{ state, tick }` of the rollout at the playhead;
 * `decision`, a `Decision` that the playhead passes or a command makes;
 * `viewchange`, `{ link }`; `studyprogress`, `{ done, runs }`; `prediction` and
 * `lessoncomplete`, see `LessonDesk`.
 */

import { Wiring } from './wiring.js';

/** @import { Report, State } from './base/engine.js' */
/** @import { Json } from './base/json-path.js' */

// In Node there is no element to extend; the class is never made there.
const Base = typeof HTMLElement === 'undefined' ? /** @type {typeof HTMLElement} */ (class {}) : HTMLElement;

export class CanaryRolloutElement extends Base {
  static observedAttributes = ['preset', 'config', 'seed', 'view', 'heading-level', 'theme', 'lesson'];

  #wiring = new Wiring(this);

  connectedCallback() {
    this.#wiring.connect();
  }

  disconnectedCallback() {
    this.#wiring.disconnect();
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    this.#wiring.follow(name);
  }

  /** The configuration as it stands in the forms. Set: an object or JSON text. @type {Json} */
  get config() {
    return structuredClone(this.#bench.draft);
  }

  set config(config) {
    this.#wiring.set('config', config, ({ lessons }) => {
      lessons.close();
      this.#bench.loadGiven(config);
    });
  }

  /** The seed of the rollout shown; `null` before there is one. Set to `null`: a random one. @type {number | string | null} */
  get seed() {
    return this.#bench.seed;
  }

  set seed(seed) {
    this.#wiring.set('seed', seed, ({ lessons }) => {
      lessons.close();
      this.#bench.reseed(seed);
    });
  }

  /** Where the playhead stands, in ticks; `null` before there is a rollout. Set: clipped to the rollout. @type {number | null} */
  get tick() {
    return this.#wiring.lessons ? this.#bench.session.playhead : null;
  }

  set tick(tick) {
    this.#wiring.set('tick', tick, () => this.#bench.seek(Number(tick) || 0));
  }

  /** The part of the page that is shown alone; `null` for all of it. @type {string | null} */
  get view() {
    return this.#wiring.view;
  }

  set view(view) {
    this.#wiring.set('view', view, () => this.#wiring.show(view));
  }

  /**
   * All that is set and chosen, as a text for the hash of a URL. Set: takes
   * another's; what it cannot use of it, it tells its reader. Longer ones than
   * 64 kB are not taken. Empty before there is a rollout.
   */
  get link() {
    return this.#wiring.link;
  }

  set link(link) {
    this.#wiring.set('link', link, (view) => this.#wiring.open(view, String(link)));
  }

  /**
   * The lesson that is open: its name, or its JSON text; `null` for none. Set: an
   * object, too. @type {Json}
   */
  get lesson() {
    return this.#wiring.lessons?.source ?? null;
  }

  set lesson(lesson) {
    const source = lesson === null || typeof lesson === 'string' ? lesson : JSON.stringify(lesson);
    this.#wiring.set('lesson', lesson, ({ lessons }) => lessons.open(source));
  }

  /** What is wrong with the lesson, each with its place; then it is not opened. */
  get lessonProblems() {
    return structuredClone(this.#wiring.lessons?.problems ?? []);
  }

  /** What could not be used of the link that was set last. */
  get linkFaults() {
    return [...this.#wiring.linkFaults];
  }

  /** The report at the playhead; `null` before there is a rollout. @returns {Report | null} */
  get report() {
    return this.#wiring.lessons ? structuredClone(this.#bench.session.reportHere) : null;
  }

  /** The rollout's state at the playhead; `null` before there is a rollout. @returns {State | null} */
  get state() {
    return this.report?.final_state ?? null;
  }

  /** Moves the playhead to the rollout's end, a tick at a time; from the end, from the start. */
  play() {
    if (!this.#bench.playing) this.#wiring.order(() => this.#bench.move('play'));
  }

  /** Stops the playhead. */
  freeze() {
    if (this.#bench.playing) this.#wiring.order(() => this.#bench.move('play'));
  }

  /** One tick on. Throws the engine's `Error` where the rollout has ended; so do all that follow. */
  step() {
    this.#wiring.order(() => this.#bench.move('step'));
  }

  /** To the stage's verdict. */
  advance() {
    this.#wiring.order(() => this.#bench.move('advance'));
  }

  pause() {
    this.#wiring.order(() => this.#bench.tell('pause'));
  }

  resume() {
    this.#wiring.order(() => this.#bench.tell('resume'));
  }

  promote() {
    this.#wiring.order(() => this.#bench.tell('promote'));
  }

  abort() {
    this.#wiring.order(() => this.#bench.tell('abort'));
  }

  /** Back to the start, without commands. */
  reset() {
    this.#wiring.order(() => this.#bench.reset());
  }

  get #bench() {
    return this.#wiring.bench;
  }
}

/** Defines the element, once. */
export function defineCanaryRollout() {
  if (!customElements.get('canary-rollout')) customElements.define('canary-rollout', CanaryRolloutElement);
}
