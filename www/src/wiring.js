/**
 * What stands behind an element's properties: workbench and view, told of each
 * other, and whose word holds, of the host's attributes and properties, a link, a
 * lesson.
 */

import { Early } from './base/early.js';
import { presetNamed, presets } from './base/engine.js';
import { cut } from './base/format.js';
import { Changes } from './changes.js';
import { VIEWS } from './layout.js';
import { askOf, askedOf } from './link/asked.js';
import { lessonLink, linkOf, openOn, stateOf } from './link/open.js';
import { View } from './view.js';
import { Workbench } from './workbench.js';

/** @import { LinkState } from './link/link.js' */
/** @import { Order } from './rollout/replay.js' */

export class Wiring {
  #host;
  #internals;
  #early;
  #changes;
  /** `null` until the element is in a document for the first time. @type {View | null} */
  #view = null;
  /** What a link or a property said in place of an attribute. @type {Pick<LinkState, "view" | "theme">} */
  #said = { view: null, theme: null };
  /** What could not be used of the link that was opened last. @type {string[]} */
  linkFaults = [];
  /** The rollout of a link that is still being simulated. @type {Order | null} */
  #opened = null;
  bench = new Workbench({
    onchange: () => {
      this.#tellFaults();
      this.#view?.show(this.bench);
      this.#changes.look();
    },
    onmove: () => {
      this.#view?.showPlayhead(this.bench);
      this.#changes.look();
    },
    onprogress: () => this.#view?.showProgress(),
    onsay: (text, kind) => this.#view?.say(text, kind),
    onseed: (message) => this.#view?.complainOfSeed(message),
  });

  /** @param {HTMLElement} host */
  constructor(host) {
    this.#host = host;
    this.#internals = host.attachInternals();
    this.#early = new Early(host, ['config', 'seed', 'link', 'lesson', 'view', 'tick']);
    this.#changes = new Changes(host, this.bench, () => this.link);
  }

  /** Where a lesson is played; `null` before there is a view. */
  get lessons() {
    return this.#view?.lessons ?? null;
  }

  /** The part of the page that is shown alone. */
  get view() {
    const view = this.#said.view ?? this.#host.getAttribute('view');
    return view !== null && VIEWS.includes(view) ? view : null;
  }

  /** All that is set and chosen; empty before there is a rollout. */
  get link() {
    if (!this.#view) return '';
    const { source, problems } = this.#view.lessons;
    const beside = { view: this.view, theme: this.#theme, lesson: problems.length > 0 ? null : source };
    if (beside.lesson !== null) return lessonLink(beside);
    return linkOf(this.bench, { ...askedOf(this.#view.desk), ...beside });
  }

  /** When the element is put into a document. */
  connect() {
    this.#view ??= this.#begin();
    this.#view.connect();
  }

  disconnect() {
    this.bench.close();
    this.#view?.disconnect();
  }

  /** @param {string} name of the attribute that has changed */
  follow(name) {
    if (!this.#view) return;
    const { lessons } = this.#view;
    this.#changes.quietly(() => {
      if (name === 'lesson') return this.#start();
      if (['seed', 'preset', 'config'].includes(name)) lessons.close();
      if (name === 'seed') return this.bench.reseed(this.#host.getAttribute('seed'));
      if (name === 'preset' || name === 'config') return this.#load();
      if (name === 'view' || name === 'theme') this.#said[name] = null;
      this.#arrange();
    });
  }

  /**
   * Does what a property is set for, at once or when there is a rollout.
   * @param {string} name
   * @param {unknown} value
   * @param {(view: View) => void} act
   */
  set(name, value, act) {
    const view = this.#view;
    if (view) this.#changes.quietly(() => act(view));
    else this.#early.keep(name, value);
  }

  /** Does what the rollout's state may forbid, and throws the engine's `Error` then. @param {() => unknown} act */
  order(act) {
    if (!this.#view) throw new Error('The element is in no document yet: it has no rollout.');
    const error = act();
    if (error) throw error;
  }

  /** @param {string | null} view in place of what the attribute says */
  show(view) {
    this.#said.view = view;
    this.#arrange();
  }

  /**
   * @param {View} view
   * @param {string} link
   */
  open(view, link) {
    const { state, faults } = stateOf(link);
    this.#opened = null;
    this.linkFaults = state ? [...faults, ...this.#take(view, state)] : faults;
    view.showLinkFaults(this.linkFaults);
    if (this.bench.isWaiting) this.#opened = this.bench.making.order;
  }

  /** Tells what a link’s rollout could not be told, when that is simulated. */
  #tellFaults() {
    if (!this.#opened || this.bench.isWaiting) return;
    const { session } = this.bench;
    if (session.config === this.#opened.config && session.faults.length > 0) {
      this.linkFaults = [...this.linkFaults, ...session.faults];
      this.#view?.showLinkFaults(this.linkFaults);
    }
    this.#opened = null;
  }

  /** Makes the view, and starts with what the host has said until now. */
  #begin() {
    const root = this.#host.attachShadow({ mode: 'open' });
    const view = (this.#view = new View(root, this.bench, {
      onprogress: (done, runs) => this.#changes.tell('studyprogress', { done, runs }),
      onevent: (type, detail) => this.#changes.tell(type, detail),
    }));
    // What is chosen beside the rollout is in the link, too.
    root.addEventListener('change', () => this.#changes.look());
    this.#changes.quietly(() => {
      this.#arrange();
      this.#start();
      this.#early.take();
    });
    // While a page is being read, its elements' children are yet to come.
    if (document.readyState === 'loading' && view.lessons.source === null) {
      const late = () => this.#changes.quietly(() => view.lessons.open(this.#ownLesson));
      document.addEventListener('DOMContentLoaded', late, { once: true });
    }
    return view;
  }

  /**
   * @param {View} view
   * @param {LinkState} state
   * @returns {string[]} what of it could not be used
   */
  #take({ desk, lessons }, { view, theme, lesson, against, bad, along, ...rollout }) {
    this.#said = { view, theme };
    this.#arrange();
    askOf(desk, { against, bad, along });
    if (lessons.open(lesson)) return [];
    const faults = openOn(this.bench, rollout);
    return lesson === null ? faults : ['lesson: it cannot be opened, see what is said of it', ...faults];
  }

  get #theme() {
    const theme = this.#said.theme ?? this.#host.getAttribute('theme');
    return theme === 'light' || theme === 'dark' ? theme : null;
  }

  /** The lesson that the host wrote, as its attribute or child. */
  get #ownLesson() {
    const child = this.#host.querySelector('script[slot="lesson"]');
    return this.#host.getAttribute('lesson') ?? child?.textContent ?? null;
  }

  #arrange() {
    const wanted = this.#said.view ?? this.#host.getAttribute('view') ?? '';
    const level = Number(this.#host.getAttribute('heading-level') ?? 2);
    this.#view?.arrange(this.view, level >= 1 && level <= 6 ? Math.round(level) : 2);
    if (wanted && this.view === null) {
      this.#view?.say(`There is no view ${cut(wanted)}; there are ${VIEWS.join(', ')}.`, 'error');
    }
    for (const theme of ['light', 'dark']) {
      if (theme === this.#theme) this.#internals.states.add(theme);
      else this.#internals.states.delete(theme);
    }
  }

  #start() {
    if (!this.lessons?.open(this.#ownLesson)) this.#load();
  }

  #load() {
    const preset = this.#host.getAttribute('preset');
    const named = presetNamed(preset);
    this.bench.load({
      config: this.#host.getAttribute('config') ?? (named ?? presets()[0]).json,
      seed: this.#host.getAttribute('seed') ?? this.bench.seed,
    });
    if (preset !== null && !named) this.#view?.say(`There is no preset ${cut(preset)}.`, 'error');
  }
}
