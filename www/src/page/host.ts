/**
 * Joins an element's attributes and properties, its store and its page: which of the
 * host's values, a link and a lesson holds, and what the host hears.
 */

import { cut } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { presetNamed, presets } from '../engine/engine.ts';
import type { RunOrder } from '../engine/replay.ts';
import { applyLink, lessonLink, linkOf, stateOf } from '../link/apply-link.ts';
import type { LinkState } from '../link/link.ts';
import { searchChoiceOf, searchSettingsOf } from '../link/search-choices.ts';
import { choicesOf, studyChoicesOf } from '../link/study-choices.ts';
import { VIEWS } from '../link/views.ts';
import type { Place } from '../store/store.ts';
import { PLACES, Store } from '../store/store.ts';
import { EarlyProperties } from './early-properties.ts';
import { HostEvents } from './host-events.ts';
import { PageView } from './page-view.ts';

export class Host {
  #host;
  #internals;
  #early;
  #events;
  /** `null` until the element is in a document for the first time. */
  #view: PageView | null = null;
  /** What a link or a property said in place of an attribute. */
  #said: Pick<LinkState, 'view' | 'theme'> = { view: null, theme: null };
  /** What could not be used of the link that was opened last. */
  linkFaults: string[] = [];
  /** What is wrong with the host's values, by the name of the attribute or property. */
  #faults: Map<string, string[]> = new Map();
  /** The rollout of a link that is still being simulated. */
  #opened: RunOrder | null = null;
  store = new Store();

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#internals = host.attachInternals();
    this.#early = new EarlyProperties(host, ['config', 'seed', 'link', 'lesson', 'view', 'place', 'tick']);
    this.#events = new HostEvents(host, this.store, () => this.link);
    this.store.subscribe((change) => {
      if (change === 'rollout') this.#showCommandFaults();
      // Whoever mends what the host configured.
      if (change === 'rollout' && this.store.problems.length === 0) this.#judge('config', []);
      this.#view?.update(change);
      if (change !== 'progress' && change !== 'message') this.#events.look();
    });
  }

  /** Where a lesson is played; `null` before there is a view. */
  get course() {
    return this.#view?.course ?? null;
  }

  /** The part of the page that is shown alone. */
  get view() {
    const view = this.#said.view ?? this.#host.getAttribute('view');
    return view !== null && VIEWS.includes(view) ? view : null;
  }

  /** All that is set and chosen; empty before there is a rollout. */
  get link() {
    if (!this.#view) return '';
    const { source, problems } = this.#view.course;
    const lesson = problems.length > 0 ? null : source;
    const choices = studyChoicesOf(this.store.study);
    const search = searchChoiceOf(this.store.search.settings);
    const place = this.store.place === placeOfLink({ lesson, search, ...choices }) ? null : this.store.place;
    const beside = { view: this.view, theme: this.#theme, lesson, place };
    if (beside.lesson !== null) return lessonLink(beside);
    return linkOf(this.store, { ...choices, search, ...beside });
  }

  /** Called when the element is put into a document. */
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
    const { course } = this.#view;
    this.#events.quietly(() => {
      switch (name) {
        case 'lesson':
        case 'lesson-src':
          return this.#start();
        case 'seed':
          course.close();
          return this.#reseed(this.#host.getAttribute('seed'));
        case 'preset':
        case 'config':
          course.close();
          return this.#load();
        case 'place':
          return this.#goTo(this.#host.getAttribute('place'));
        case 'view':
        case 'theme':
          this.#said[name] = null;
      }
      this.#arrange();
    });
  }

  /** Does what a property is set for, at once or when there is a rollout. */
  set(name: string, value: unknown, act: (view: PageView) => void) {
    const view = this.#view;
    if (view) this.#events.quietly(() => act(view));
    else this.#early.keep(name, value);
  }

  /** Takes a configuration, unless it is the one that is there. */
  configure(given: unknown) {
    const same = this.store.problems.length === 0 && isSameJson(given, this.store.draft);
    if (same && this.course?.source === null) return;
    this.course?.close();
    this.store.loadGiven(given);
    this.#judgeConfig();
  }

  /** Takes a seed, unless it is the one that is there; `null` draws another. */
  reseed(seed: number | string | null) {
    if (seed !== null && String(seed) === String(this.store.seed) && this.course?.source === null) return;
    this.course?.close();
    this.#reseed(seed);
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

  /** Shows a place, as a host names it. */
  goTo(place: unknown) {
    this.#goTo(place === null ? null : String(place));
  }

  open(view: PageView, link: string) {
    const { state, faults } = stateOf(link);
    this.#opened = null;
    this.#faults.clear();
    this.#showFaults();
    this.linkFaults = state ? [...faults, ...this.#take(view, state)] : faults;
    view.linkFaults.show(this.linkFaults);
    if (this.store.isWaiting) this.#opened = this.store.runner.order;
  }

  /** Shows which commands of a link were refused, when its rollout is simulated. */
  #showCommandFaults() {
    if (!this.#opened || this.store.isWaiting) return;
    const { session } = this.store;
    if (session.config === this.#opened.config && session.faults.length > 0) {
      this.linkFaults = [...this.linkFaults, ...session.faults];
      this.#view?.linkFaults.show(this.linkFaults);
    }
    this.#opened = null;
  }

  /** Makes the page, and starts with what the host has said until now. */
  #begin() {
    const root = this.#host.attachShadow({ mode: 'open' });
    keepKeys(root);
    const view = new PageView(root, this.store, {
      onprogress: (done, runs) => this.#events.dispatch('studyprogress', { done, runs }),
      onevent: (type, detail) => this.#events.dispatch(type, detail),
    });
    this.#view = view;
    // What is chosen beside the rollout is in the link, too.
    root.addEventListener('change', () => this.#events.look());
    this.#events.quietly(() => {
      this.#goTo(this.#host.getAttribute('place'));
      this.#arrange();
      this.#start();
      this.#early.take();
    });
    // While a page is being read, its elements' children are yet to come.
    if (document.readyState === 'loading' && this.#ownLesson === null) {
      const late = () => this.#ownLesson !== null && this.#events.quietly(() => this.#openLesson(this.#ownLesson));
      document.addEventListener('DOMContentLoaded', late, { once: true });
    }
    return view;
  }

  /** @returns what of a link could not be used */
  #take(
    { course }: PageView,
    { view, theme, lesson, against, bad, along, search, place, ...rollout }: LinkState,
  ): string[] {
    this.#said = { view, theme };
    this.#goTo(place ?? placeOfLink({ lesson, against, bad, along, search }));
    this.#arrange();
    this.store.study.choose(choicesOf({ against, bad, along }));
    this.store.search.set(searchSettingsOf(search));
    if (course.open(lesson)) return [];
    const faults = applyLink(this.store, rollout);
    return lesson === null ? faults : ['lesson: it cannot be opened, see its faults in the page', ...faults];
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
    const isView = wanted === '' || this.view !== null;
    this.#judge('view', isView ? [] : [`there is no view ${cut(wanted)}; there are ${VIEWS.join(', ')}`]);
    for (const theme of ['light', 'dark']) {
      if (theme === this.#theme) this.#internals.states.add(theme);
      else this.#internals.states.delete(theme);
    }
  }

  #goTo(place: string | null) {
    const known = PLACES.includes(place as Place);
    this.#judge(
      'place',
      known || place === null ? [] : [`there is no place ${cut(place)}; there are ${PLACES.join(', ')}`],
    );
    this.store.go(known ? (place as Place) : 'watch');
  }

  #start() {
    const src = this.#host.getAttribute('lesson-src');
    if (this.#ownLesson === null && src !== null) {
      this.#load();
      this.#fetchLesson(src);
    } else if (!this.#openLesson(this.#ownLesson)) {
      this.#load();
    }
  }

  async #fetchLesson(src: string) {
    await this.course?.openFrom(src);
    this.#judge('lesson-src', (this.course?.problems ?? []).map(sentence));
    this.#events.quietly(() => {});
  }

  /** @returns whether one is played then */
  #openLesson(source: string | null) {
    if (source !== null) this.store.go('learn');
    const opened = this.course?.open(source) ?? false;
    this.#judge('lesson', (this.course?.problems ?? []).map(sentence));
    return opened;
  }

  #reseed(seed: number | string | null) {
    this.store.reseed(seed);
    this.#judge('seed', this.store.seedFault ? [this.store.seedFault] : []);
  }

  #load() {
    const preset = this.#host.getAttribute('preset');
    const named = presetNamed(preset);
    const seed = this.#host.getAttribute('seed');
    this.store.load({
      config: this.#host.getAttribute('config') ?? (named ?? presets()[0]).json,
      seed: seed ?? this.store.seed,
    });
    // What has faults is not run; the seed is kept for when they are mended.
    if (seed !== null && this.store.problems.length > 0) this.store.reseed(seed);
    const names = presets().map(({ name }) => name);
    this.#judge(
      'preset',
      preset === null || named ? [] : [`there is no preset ${cut(preset)}; there are ${names.join(', ')}`],
    );
    this.#judge('seed', this.store.seedFault ? [this.store.seedFault] : []);
    this.#judgeConfig();
  }

  #judgeConfig() {
    this.#judge('config', this.store.problems.map(sentence));
  }

  /** Shows what is wrong with a value of the host, on the page and in the console. */
  #judge(name: string, faults: string[]) {
    if (faults.join() === (this.#faults.get(name) ?? []).join()) return;
    this.#faults.set(name, faults);
    for (const fault of faults) console.warn(`<canary-rollout> ${name}: ${fault}`);
    this.#showFaults();
  }

  #showFaults() {
    this.#view?.hostFaults.show([...this.#faults].flatMap(([name, faults]) => faults.map((one) => `${name}: ${one}`)));
  }
}

/** The place of a link that names none: where what it speaks of is shown. */
function placeOfLink({
  lesson,
  search,
  ...choices
}: Pick<LinkState, 'lesson' | 'search' | 'against' | 'bad' | 'along'>): Place {
  if (lesson !== null) return 'learn';
  if (Object.values(choices).some((choice) => choice !== null)) return 'measure';
  return search === null ? 'watch' : 'find';
}

/** A problem with its place. */
const sentence = ({
  path,
  message,
  line,
  column,
}: {
  path: string;
  message: string;
  line?: number | null;
  column?: number | null;
}) => `${path ? `${path}: ` : ''}${message}${line ? ` (line ${line}, column ${column})` : ''}`;

/** Whether a host's value, an object or JSON text, is the configuration that is there. */
function isSameJson(given: unknown, draft: Json) {
  try {
    return JSON.stringify(typeof given === 'string' ? JSON.parse(given) : given) === JSON.stringify(draft);
  } catch {
    return false;
  }
}

/**
 * Keeps keys that are pressed inside the element from the page around it, which may have
 * them for something else: arrows turn the pages of a book, letters open a search. Keys
 * with Ctrl, Alt or Meta, Tab, and an Escape that nothing used, go on.
 */
function keepKeys(root: ShadowRoot) {
  for (const type of ['keydown', 'keypress', 'keyup'] as const) {
    root.addEventListener(type, (event) => {
      const { key, ctrlKey, altKey, metaKey, defaultPrevented } = event as KeyboardEvent;
      const free = ctrlKey || altKey || metaKey || key === 'Tab' || key === 'Escape';
      if (defaultPrevented || !free) event.stopPropagation();
    });
  }
}
