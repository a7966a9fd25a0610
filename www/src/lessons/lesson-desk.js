/**
 * Plays a lesson: a prediction, the rollout, what became of the prediction, a
 * task. Nothing of the learner is kept or sent; the host is told by events.
 */

import { h, replace } from '../base/dom.js';
import { resolved } from '../base/engine.js';
import { tickUnit } from '../base/format.js';
import { icon } from '../base/icons.js';
import { checkForm } from './checks/check-form.js';
import { ask } from './checks/check.js';
import { figuresIn, withFigures } from './figures.js';
import { predictionBeside, problemList } from './lesson-words.js';
import { LESSONS } from './library.js';
import { lessonAfter, lessonOf } from './source.js';
import { Measures, startOf } from './start.js';

/** @import { Problem } from '../base/engine.js' */
/** @import { Session } from '../rollout/session.js' */
/** @import { Workbench } from '../workbench.js' */
/** @import { Asking, Bearings, Judgement } from './checks/check.js' */
/** @import { Asked, Lesson } from './lesson.js' */
/**
 * `onevent` is for the host: of a `prediction` the lesson, the answer and whether it
 * was right; of a `lessoncomplete` the lesson and the tries at its task. `onlay` is
 * told when there is something new to read, `onwatch` when there is to watch.
 * @typedef {{
 *   onevent: (type: "prediction" | "lessoncomplete", detail: object) => void,
 *   onlay: () => void, onwatch: () => void, onleave: () => void,
 * }} Listener
 */

export class LessonDesk {
  #bench;
  #on;
  #measures = new Measures();
  /** @type {Lesson | null} */
  #lesson = null;
  /** Its name in the library, or its title. */
  #name = '';
  /** What is open, as it was given; `null` if nothing is. @type {string | null} */
  source = null;
  /** What is wrong with it. @type {Problem[]} */
  problems = [];
  /** @type {Bearings | null} */
  #bearings = null;
  /** What is asked now. @type {Asking | null} */
  #asking = null;
  /** Told when the rollout has been watched to its end. @type {(() => void) | null} */
  #watched = null;
  #step = h('div', { class: 'lesson-step' });
  element = h('section', { class: 'card lesson', part: 'lesson', role: 'group', 'aria-label': 'Lesson', hidden: true });

  /**
   * @param {Workbench} bench
   * @param {Listener} on
   */
  constructor(bench, on) {
    this.#bench = bench;
    this.#on = on;
  }

  /**
   * Opens a lesson, from its start; what is wrong with it is shown in its place.
   * @param {string | null} source its name in the library, or JSON text; `null` for none
   * @returns {boolean} whether one is played then
   */
  open(source) {
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
    this.#bench.unveil();
  }

  /** Puts the focus where the lesson begins. */
  focus() {
    this.element.querySelector('h2')?.focus();
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** Has the rollout watched, or not any more. @param {(() => void) | null} watched */
  #watch(watched) {
    this.#watched = watched;
    this.element.toggleAttribute('data-watching', watched !== null);
  }

  /** Follows the playhead. @param {Session} session */
  follow({ atEnd, veiled }) {
    if (atEnd && !veiled) this.#watched?.();
    this.#asking?.follow?.();
  }

  /** @param {Lesson} lesson */
  #start(lesson) {
    const start = startOf(lesson.start);
    this.#bench.load({ ...start, veil: true });
    const work = { ...start, seed: this.#bench.seed };
    const tick = tickUnit(resolved(start.config).tick_seconds).name;
    this.#bearings = {
      start: work,
      bench: this.#bench,
      tick,
      measure: (names, other = work, asked = {}) => this.#measures.of(names, other, asked),
    };
    this.#lay(lesson.title, [lesson.text].flat(), this.#step, true);
    this.#ask('1. Predict', ask(lesson.predict, this.#bearings), 'Commit my prediction', (judgement) =>
      this.#reveal(lesson, judgement),
    );
  }

  /**
   * @param {string} title
   * @param {string[]} paragraphs
   * @param {HTMLElement} beside
   * @param {boolean} opened
   */
  #lay(title, paragraphs, beside, opened) {
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
   * @param {string} title
   * @param {Asking} asking
   * @param {string} label of its button
   * @param {(judgement: Judgement) => void} onjudged
   * @param {...HTMLElement} before what stands above its title
   */
  #ask(title, asking, label, onjudged, ...before) {
    replace(this.#step, ...before, heading(title), checkForm(asking, label, onjudged));
    this.#asking = asking;
    this.#on.onlay();
  }

  /** Puts the focus on the step's first title, for what had it is gone. */
  #focusStep() {
    this.#step.querySelector('h3')?.focus();
  }

  /**
   * Lifts the veil and plays the rollout; at its end the prediction meets it.
   * @param {Lesson} lesson
   * @param {Judgement} judgement
   */
  async #reveal(lesson, judgement) {
    const bearings = /** @type {Bearings} */ (this.#bearings);
    const { start, measure } = bearings;
    const right = judgement.right === true;
    this.#on.onevent('prediction', { lesson: this.#name, answer: judgement.given, right });
    const reveal = typeof lesson.reveal === 'string' ? lesson.reveal : lesson.reveal[right ? 'right' : 'wrong'];
    const values = measure(figuresIn(reveal), undefined, lesson.predict);
    const skip = h('button', { type: 'button', onclick: () => this.#bench.move('toEnd') }, icon('toEnd'), 'To the end');
    replace(this.#step, heading('2. Watch'), h('p', {}, `You said: ${judgement.told}.`), h('div', { class: 'judge' }, skip));
    this.#on.onlay();
    this.#focusStep();
    this.#on.onwatch();
    this.#bench.load(start);
    await this.#bench.settled();
    if (this.#bearings !== bearings) return;
    await new Promise((/** @type {(value?: unknown) => void} */ watched) => {
      this.#watch(watched);
      this.#bench.move(matchMedia('(prefers-reduced-motion: reduce)').matches ? 'toEnd' : 'play');
    });
    this.#watch(null);
    const told = withFigures(reveal, await values, bearings.tick);
    if (this.#bearings !== bearings) return;
    const beside = predictionBeside(judgement, right);
    let tries = 0;
    let completed = false;
    const asking = ask(lesson.task, bearings);
    const onjudged = (/** @type {Judgement} */ { right: done }) => {
      if (completed) return;
      tries += 1;
      completed = done === true;
      if (done) this.#complete(lesson, bearings, tries, asking);
    };
    const says = judgement.says && typeof judgement.given === 'string' ? `${judgement.says} ` : '';
    this.#ask('3. Do it', asking, 'Check', onjudged, heading('2. Your prediction'), beside, h('p', { class: 'reveal' }, says + told));
    this.#focusStep();
  }

  /**
   * @param {Lesson} lesson
   * @param {Bearings} bearings
   * @param {number} tries
   * @param {Asking} asking
   */
  async #complete(lesson, bearings, tries, asking) {
    this.#on.onevent('lessoncomplete', { lesson: this.#name, tries });
    asking.after?.();
    const done = lesson.done ?? '';
    const asked = /** @type {Asked} */ (lesson.task);
    const told = withFigures(done, await bearings.measure(figuresIn(done), undefined, asked), bearings.tick);
    if (this.#bearings !== bearings) return;
    const next = lessonAfter(this.#name);
    const go = (/** @type {string} */ name) => {
      this.open(name);
      this.focus();
    };
    this.#step.append(
      h(
        'div',
        { class: 'lesson-done' },
        h('p', {}, h('b', {}, `Done, at try ${tries}. `), told),
        next && h('button', { type: 'button', class: 'strong', onclick: () => go(next) }, `Next: ${LESSONS[next].title}`),
      ),
    );
  }
}

/** @param {string} title */
const heading = (title) => h('h3', { tabindex: -1 }, title);
