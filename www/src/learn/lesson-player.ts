/**
 * Plays a lesson: a prediction, the rollout, what became of the prediction, a
 * task. Nothing of the learner is kept or sent; the host is told by events.
 */

import { h, replace } from '../base/dom.ts';
import { tickUnit } from '../base/format.ts';
import { icon } from '../base/icons.ts';
import type { Problem } from '../engine/engine.ts';
import { resolved } from '../engine/engine.ts';
import type { Session } from '../rollout/session.ts';
import type { Store } from '../store/store.ts';
import type { Asking, Bearings, Judgement } from './checks/check.ts';
import { ask } from './checks/check.ts';
import { checkForm } from './checks/check-form.ts';
import { figuresIn, withFigures } from './figures.ts';
import type { Lesson, StudyChoices } from './lesson.ts';
import { predictionBeside, problemList } from './lesson-words.ts';
import { LESSONS } from './library.ts';
import { lessonAfter, lessonOf } from './source.ts';
import { Measures, startOf } from './start.ts';
/**
 * `onevent` is for the host: of a `prediction` the lesson, the answer and whether it
 * was right; of a `lessoncomplete` the lesson and the tries at its task. `onlay` is
 * told when there is something new to read, `onwatch` when there is to watch.
 */
export type Listener = {
  onevent: (type: 'prediction' | 'lessoncomplete', detail: object) => void;
  onlay: () => void;
  onwatch: () => void;
  onleave: () => void;
};

export class LessonPlayer {
  #store;
  #on;
  #measures = new Measures();
  #lesson: Lesson | null = null;
  /** Its name in the library, or its title. */
  #name = '';
  /** What is open, as it was given; `null` if nothing is. */
  source: string | null = null;
  /** What is wrong with it. */
  problems: Problem[] = [];
  #bearings: Bearings | null = null;
  /** What is asked now. */
  #asking: Asking | null = null;
  /** Told when the rollout has been watched to its end. */
  #watched: (() => void) | null = null;
  #step = h('div', { class: 'lesson-step' });
  element = h('section', { class: 'card lesson', part: 'lesson', role: 'group', 'aria-label': 'Lesson', hidden: true });

  constructor(store: Store, on: Listener) {
    this.#store = store;
    this.#on = on;
  }

  /**
   * Opens a lesson, from its start; what is wrong with it is shown in its place.
   *
   * @param source its name in the library, or JSON text; `null` for none
   * @returns whether one is played then
   */
  open(source: string | null): boolean {
    this.close();
    if (source === null) return false;
    this.source = source;
    const { name, lesson, problems } = lessonOf(source);
    this.#name = name;
    this.#lesson = lesson;
    this.problems = problems;
    if (lesson) this.#start(lesson);
    else this.#lay('This lesson cannot be opened', ['What is wrong with it:'], problemList(problems), false);
    return lesson !== null;
  }

  /** Leaves the lesson; its rollout stays, as anybody's. */
  close() {
    this.#measures.close();
    this.#lesson = this.#bearings = this.#asking = this.source = null;
    this.problems = [];
    this.#watch(null);
    this.element.hidden = true;
    this.#store.unveil();
  }

  /** Puts the focus where the lesson begins. */
  focus() {
    this.element.querySelector('h2')?.focus();
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** Has the rollout watched, or not any more. */
  #watch(watched: (() => void) | null) {
    this.#watched = watched;
    this.element.toggleAttribute('data-watching', watched !== null);
  }

  /** Follows the playhead. */
  follow({ atEnd, veiled }: Session) {
    if (atEnd && !veiled) this.#watched?.();
    this.#asking?.follow?.();
  }

  #start(lesson: Lesson) {
    const start = startOf(lesson.start);
    this.#store.load({ ...start, veil: true });
    const work = { ...start, seed: this.#store.seed };
    const tick = tickUnit(resolved(start.config).tick_seconds).name;
    this.#bearings = {
      start: work,
      store: this.#store,
      tick,
      measure: (names, other = work, asked = {}) => this.#measures.of(names, other, asked),
    };
    this.#lay(lesson.title, [lesson.text].flat(), this.#step, true);
    this.#ask('1. Predict', ask(lesson.predict, this.#bearings), 'Commit my prediction', (judgement) =>
      this.#reveal(lesson, judgement),
    );
  }

  #lay(title: string, paragraphs: string[], beside: HTMLElement, opened: boolean) {
    const leave = h('button', { type: 'button', onclick: () => this.#leave() }, 'Leave the lesson');
    const again = h('button', { type: 'button', onclick: () => this.#again() }, icon('anew'), 'Start again');
    replace(
      this.element,
      h(
        'div',
        { class: 'lesson-words' },
        h('p', { class: 'kicker' }, 'Lesson'),
        h('h2', { tabindex: -1 }, title),
        ...paragraphs.map((text) => h('p', {}, text)),
        h('div', { class: 'lesson-ways' }, opened && again, leave),
      ),
      beside,
    );
    this.element.hidden = false;
    this.#on.onlay();
  }

  #leave() {
    this.close();
    // A choice, as that of a field is: the page's link follows.
    this.element.dispatchEvent(new Event('change', { bubbles: true }));
    this.#on.onleave();
  }

  #again() {
    if (!this.#lesson) return;
    this.#measures.close();
    this.#watch(null);
    this.#start(this.#lesson);
    this.focus();
  }

  /**
   * A step with a check.
   *
   * @param label of its button
   * @param before what stands above its title
   */
  #ask(
    title: string,
    asking: Asking,
    label: string,
    onjudged: (judgement: Judgement) => void,
    ...before: HTMLElement[]
  ) {
    replace(this.#step, ...before, heading(title), checkForm(asking, label, onjudged));
    this.#asking = asking;
    this.#on.onlay();
  }

  /** Puts the focus on the step's first title, for what had it is gone. */
  #focusStep() {
    this.#step.querySelector('h3')?.focus();
  }

  /** Lifts the veil and plays the rollout; at its end the prediction meets it. */
  async #reveal(lesson: Lesson, judgement: Judgement) {
    const bearings = this.#bearings as Bearings;
    const { start, measure } = bearings;
    const right = judgement.right === true;
    this.#on.onevent('prediction', { lesson: this.#name, answer: judgement.given, right });
    const reveal = typeof lesson.reveal === 'string' ? lesson.reveal : lesson.reveal[right ? 'right' : 'wrong'];
    const values = measure(figuresIn(reveal), undefined, lesson.predict);
    const skip = h('button', { type: 'button', onclick: () => this.#store.move('toEnd') }, icon('toEnd'), 'To the end');
    replace(
      this.#step,
      heading('2. Watch'),
      h('p', {}, `You said: ${judgement.told}.`),
      h('div', { class: 'judge' }, skip),
    );
    this.#on.onlay();
    this.#focusStep();
    this.#on.onwatch();
    this.#store.load(start);
    await this.#store.settled();
    if (this.#bearings !== bearings) return;
    await new Promise((watched: (value?: unknown) => void) => {
      this.#watch(watched);
      this.#store.move(matchMedia('(prefers-reduced-motion: reduce)').matches ? 'toEnd' : 'play');
    });
    this.#watch(null);
    const told = withFigures(reveal, await values, bearings.tick);
    if (this.#bearings !== bearings) return;
    const beside = predictionBeside(judgement, right);
    let tries = 0;
    let completed = false;
    const asking = ask(lesson.task, bearings);
    const onjudged = ({ right: done }: Judgement) => {
      if (completed) return;
      tries += 1;
      completed = done === true;
      if (done) this.#complete(lesson, bearings, tries, asking);
    };
    const says = judgement.says && typeof judgement.given === 'string' ? `${judgement.says} ` : '';
    this.#ask(
      '3. Do it',
      asking,
      'Check',
      onjudged,
      heading('2. Your prediction'),
      beside,
      h('p', { class: 'reveal' }, says + told),
    );
    this.#focusStep();
  }

  async #complete(lesson: Lesson, bearings: Bearings, tries: number, asking: Asking) {
    this.#on.onevent('lessoncomplete', { lesson: this.#name, tries });
    asking.after?.();
    const done = lesson.done ?? '';
    const asked = lesson.task as StudyChoices;
    const told = withFigures(done, await bearings.measure(figuresIn(done), undefined, asked), bearings.tick);
    if (this.#bearings !== bearings) return;
    const next = lessonAfter(this.#name);
    const go = (name: string) => {
      this.open(name);
      this.focus();
    };
    this.#step.append(
      h(
        'div',
        { class: 'lesson-done' },
        h('p', {}, h('b', {}, `Done, at try ${tries}. `), told),
        next &&
          h('button', { type: 'button', class: 'strong', onclick: () => go(next) }, `Next: ${LESSONS[next].title}`),
      ),
    );
  }
}

const heading = (title: string) => h('h3', { tabindex: -1 }, title);
