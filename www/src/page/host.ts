/**
 * What stands behind an element's properties: workbench and view, told of each
 * other, and whose word holds, of the host's attributes and properties, a link, a
 * lesson.
 */

import { cut } from '../base/format.ts';
import { presetNamed, presets } from '../engine/engine.ts';
import type { RunOrder } from '../engine/replay.ts';
import { applyLink, lessonLink, linkOf, stateOf } from '../link/apply-link.ts';
import type { LinkState } from '../link/link.ts';
import { chooseStudy, studyChoicesOf } from '../link/study-choices.ts';
import { Store } from '../store/store.ts';
import { EarlyProperties } from './early-properties.ts';
import { Changes } from './host-events.ts';
import { VIEWS } from './layout.ts';
import { View } from './page-view.ts';

export class Host {
  #host;
  #internals;
  #early;
  #changes;
  /** `null` until the element is in a document for the first time. */
  #view: View | null = null;
  /** What a link or a property said in place of an attribute. */
  #said: Pick<LinkState, 'view' | 'theme'> = { view: null, theme: null };
  /** What could not be used of the link that was opened last. */
  linkFaults: string[] = [];
  /** The rollout of a link that is still being simulated. */
  #opened: RunOrder | null = null;
  store = new Store({
    onchange: () => {
      this.#tellFaults();
      this.#view?.show(this.store);
      this.#changes.look();
    },
    onmove: () => {
      this.#view?.showPlayhead(this.store);
      this.#changes.look();
    },
    onprogress: () => this.#view?.showProgress(),
    onmessage: (text, kind) => this.#view?.say(text, kind),
    onseed: (message) => this.#view?.complainOfSeed(message),
  });

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#internals = host.attachInternals();
    this.#early = new EarlyProperties(host, ['config', 'seed', 'link', 'lesson', 'view', 'tick']);
    this.#changes = new Changes(host, this.store, () => this.link);
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
    return linkOf(this.store, { ...studyChoicesOf(this.#view.study), ...beside });
  }

  /** When the element is put into a document. */
  connect() {
    this.#view ??= this.#begin();
    this.#view.connect();
  }

  disconnect() {
    this.store.close();
    this.#view?.disconnect();
  }

  /** @param name of the attribute that has changed */
  follow(name: string) {
    if (!this.#view) return;
    const { lessons } = this.#view;
    this.#changes.quietly(() => {
      if (name === 'lesson') return this.#start();
      if (['seed', 'preset', 'config'].includes(name)) lessons.close();
      if (name === 'seed') return this.store.reseed(this.#host.getAttribute('seed'));
      if (name === 'preset' || name === 'config') return this.#load();
      if (name === 'view' || name === 'theme') this.#said[name] = null;
      this.#arrange();
    });
  }

  /** Does what a property is set for, at once or when there is a rollout. */
  set(name: string, value: unknown, act: (view: View) => void) {
    const view = this.#view;
    if (view) this.#changes.quietly(() => act(view));
    else this.#early.keep(name, value);
  }

  /** Does what the rollout's state may forbid, and throws the engine's `Error` then. */
  order(act: () => unknown) {
    if (!this.#view) throw new Error('The element is in no document yet: it has no rollout.');
    const error = act();
    if (error) throw error;
  }

  /** @param view in place of what the attribute says */
  show(view: string | null) {
    this.#said.view = view;
    this.#arrange();
  }

  open(view: View, link: string) {
    const { state, faults } = stateOf(link);
    this.#opened = null;
    this.linkFaults = state ? [...faults, ...this.#take(view, state)] : faults;
    view.showLinkFaults(this.linkFaults);
    if (this.store.isWaiting) this.#opened = this.store.runner.order;
  }

  /** Tells what a link’s rollout could not be told, when that is simulated. */
  #tellFaults() {
    if (!this.#opened || this.store.isWaiting) return;
    const { session } = this.store;
    if (session.config === this.#opened.config && session.faults.length > 0) {
      this.linkFaults = [...this.linkFaults, ...session.faults];
      this.#view?.showLinkFaults(this.linkFaults);
    }
    this.#opened = null;
  }

  /** Makes the view, and starts with what the host has said until now. */
  #begin() {
    const root = this.#host.attachShadow({ mode: 'open' });
    const view = (this.#view = new View(root, this.store, {
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

  /** @returns what of it could not be used */
  #take({ study, lessons }: View, { view, theme, lesson, against, bad, along, ...rollout }: LinkState): string[] {
    this.#said = { view, theme };
    this.#arrange();
    chooseStudy(study, { against, bad, along });
    if (lessons.open(lesson)) return [];
    const faults = applyLink(this.store, rollout);
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
    this.store.load({
      config: this.#host.getAttribute('config') ?? (named ?? presets()[0]).json,
      seed: this.#host.getAttribute('seed') ?? this.store.seed,
    });
    if (preset !== null && !named) this.#view?.say(`There is no preset ${cut(preset)}.`, 'error');
  }
}
