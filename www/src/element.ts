/**
 * `<canary-rollout>`: a rollout one can look at, interrupt and edit.
 *
 * Attributes: `preset`, a preset's name; `config`, a configuration as JSON
 * text; `seed`; `place`, the place to open, `watch` (the default), `measure`, `find`, `yours` or `learn`;
 * `view`, a part of the page to show alone; `heading-level`, the
 * level of its topmost heading, 2 by default; `hero`, to open in large type;
 * `theme`, `light` or `dark`; `embed`, without title bar and colophon; `lesson`, a
 * lesson's name or its JSON text, which may also be a child, as
 * `<script type="application/json" slot="lesson">`. The element never changes them,
 * nor its host's URL.
 *
 * A rollout of more than about 200 ticks is simulated beside the page. Until it is there,
 * `report`, `state` and `tick` are those of the one before, which is drawn; then
 * the event `statechange` follows.
 *
 * Events, for what happens in the element, not for what its host sets; all
 * bubble: `statechange`, `{ state, tick }` of the rollout at the playhead;
 * `decision`, a `Decision` that the playhead passes or a command makes;
 * `viewchange`, `{ link }`; `studyprogress`, `{ done, runs }`; `prediction` and
 * `lessoncomplete`, see `learn/course.ts`.
 */

import type { Json } from './base/json-path.ts';

import type { Report, State } from './engine/engine.ts';
import { Host } from './page/host.ts';

// In Node there is no element to extend; the class is never made there.
const Base = typeof HTMLElement === 'undefined' ? (class {} as typeof HTMLElement) : HTMLElement;

export class CanaryRolloutElement extends Base {
  static observedAttributes = [
    'preset',
    'config',
    'seed',
    'view',
    'place',
    'heading-level',
    'theme',
    'lesson',
    'lesson-src',
  ];

  #host = new Host(this);

  connectedCallback() {
    this.#host.connect();
  }

  disconnectedCallback() {
    this.#host.disconnect();
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null) {
    if (before !== now) this.#host.follow(name);
  }

  /** The configuration as it stands in the forms. Set: an object or JSON text. */
  get config(): Json {
    return structuredClone(this.#store.draft);
  }

  set config(config) {
    this.#host.set('config', config, () => this.#host.configure(config));
  }

  /** The seed of the rollout shown; `null` before there is one. Set to `null`: a random one. */
  get seed(): number | string | null {
    return this.#store.seed;
  }

  set seed(seed) {
    this.#host.set('seed', seed, () => this.#host.reseed(seed));
  }

  /** Where the playhead stands, in ticks; `null` before there is a rollout. Set: clipped to the rollout. */
  get tick(): number | null {
    return this.#host.course ? this.#store.session.playhead : null;
  }

  set tick(tick) {
    this.#host.set('tick', tick, () => this.#store.seek(Number(tick) || 0));
  }

  /** The part of the page that is shown alone; `null` for all of it. */
  get view(): string | null {
    return this.#host.view;
  }

  set view(view) {
    this.#host.set('view', view, () => this.#host.show(view));
  }

  /** The place that is shown: `watch`, `measure`, `find`, `yours` or `learn`; `null` before there is a rollout. */
  get place(): string | null {
    return this.#host.course ? this.#store.place : null;
  }

  set place(place) {
    this.#host.set('place', place, () => this.#host.goTo(place));
  }

  /**
   * All that is set and chosen, as a text for the hash of a URL. Set: takes
   * another's; what of it cannot be used is shown. Longer ones than
   * 64 kB are not taken. Empty before there is a rollout.
   */
  get link() {
    return this.#host.link;
  }

  set link(link) {
    this.#host.set('link', link, (view) => this.#host.open(view, String(link)));
  }

  /**
   * The lesson that is open: its name, or its JSON text; `null` for none. Set: an
   * object, too.
   */
  get lesson(): Json {
    return this.#host.course?.source ?? null;
  }

  set lesson(lesson) {
    const source = lesson === null || typeof lesson === 'string' ? lesson : JSON.stringify(lesson);
    this.#host.set('lesson', lesson, ({ course }) => course.open(source));
  }

  /** What is wrong with the lesson, each with its place; then it is not opened. */
  get lessonProblems() {
    return structuredClone(this.#host.course?.problems ?? []);
  }

  /** What could not be used of the link that was set last. */
  get linkFaults() {
    return [...this.#host.linkFaults];
  }

  /** The report at the playhead; `null` before there is a rollout. */
  get report(): Report | null {
    return this.#host.course ? structuredClone(this.#store.session.reportHere) : null;
  }

  /** The rollout's state at the playhead; `null` before there is a rollout. */
  get state(): State | null {
    return this.report?.final_state ?? null;
  }

  /** Moves the playhead to the rollout's end, a tick at a time; from the end, from the start. */
  play() {
    if (!this.#store.playing) this.#host.order(() => this.#store.move('play'));
  }

  /** Stops the playhead. */
  freeze() {
    if (this.#store.playing) this.#host.order(() => this.#store.move('play'));
  }

  /** One tick on. Throws the engine's `Error` where the rollout has ended; so do all that follow. */
  step() {
    this.#host.order(() => this.#store.move('step'));
  }

  /** To the stage's verdict. */
  advance() {
    this.#host.order(() => this.#store.move('advance'));
  }

  pause() {
    this.#host.order(() => this.#store.command('pause'));
  }

  resume() {
    this.#host.order(() => this.#store.command('resume'));
  }

  promote() {
    this.#host.order(() => this.#store.command('promote'));
  }

  abort() {
    this.#host.order(() => this.#store.command('abort'));
  }

  /** Back to the start, without commands. */
  reset() {
    this.#host.order(() => this.#store.reset());
  }

  get #store() {
    return this.#host.store;
  }
}

/** Defines the element, once. */
export function defineCanaryRollout() {
  if (!customElements.get('canary-rollout')) customElements.define('canary-rollout', CanaryRolloutElement);
}
