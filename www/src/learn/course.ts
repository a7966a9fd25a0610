/**
 * The course as it is taken: which item is open, how far it is, and what was answered.
 * `LearnView` shows it. A lesson is a prediction, the rollout, what became of the
 * prediction, a task, and a question about a policy that it has not shown; all but the task
 * may be missing.
 */

import { tickUnit } from '../base/format.ts';
import type { Problem } from '../engine/engine.ts';
import { messageOf, presets, resolved } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import { figuresIn, withFigures } from './figures.ts';
import type { Check, Lesson, Reveal, Start, StudyChoices } from './lesson.ts';
import { TRANSFERS } from './library.ts';
import { Progress } from './progress.ts';
import { ask } from './questions/kinds.ts';
import type { Context, Judgement } from './questions/question.ts';
import { Form } from './questions/question.ts';
import type { Source } from './source.ts';
import { lessonOf, lessonText, noLesson } from './source.ts';
import { Measures, startOf } from './start.ts';

/**
 * `onevent` is for the host: of a `prediction` the lesson, the answer and whether it was
 * right; of a `lessoncomplete` the lesson and the tries at its task. `redraw` is called when
 * an answer has changed, `onstep` when there is something new to read, `onwatch` when there
 * is a rollout to watch.
 */
export type Listener = {
  onevent: (type: 'prediction' | 'lessoncomplete', detail: object) => void;
  redraw: () => void;
  onstep: () => void;
  onwatch: () => void;
};

/** How far a lesson is. */
export type Step = 'predict' | 'watch' | 'task' | 'done' | 'transfer' | 'end';

export class Course {
  readonly progress = new Progress();
  /** What stands beside the path while no lesson is open. */
  page: 'start' | 'before' | 'sheet' = 'start';
  /** What is open, as it was given; `null` if nothing is. */
  source: string | null = null;
  /** Its name in the library, or its title. */
  name = '';
  lesson: Lesson | null = null;
  /** What is wrong with it. */
  problems: Problem[] = [];
  /** The address that a lesson is being fetched from. */
  loading = '';
  step: Step = 'predict';
  predict: Form | null = null;
  task: Form | null = null;
  transfer: Form | null = null;
  /** The texts that come with figures, as soon as those are known. */
  texts = { reveal: '', done: '', transfer: '' };
  tries = 0;
  /** The questions before the lessons: which one is asked, from 0. */
  beforeAt = 0;
  readonly #store: Store;
  readonly #on: Listener;
  readonly #measures = new Measures();
  /** Of the lesson that is open; another one when it starts again. */
  #context: Context | null = null;
  /** Called when the rollout has been watched to its end. */
  #watched: (() => void) | null = null;

  constructor(store: Store, on: Listener) {
    this.#store = store;
    this.#on = on;
    store.subscribe((change) => {
      if (change === 'rollout' || change === 'playhead' || change === 'page') this.#follow();
    });
  }

  /**
   * Opens a lesson, from its start; what is wrong with it is shown in its place.
   *
   * @param source its name in the library, or JSON text; `null` for none
   * @returns whether it can be taken
   */
  open(source: string | null): boolean {
    if (source === null) this.close();
    else {
      this.#clear();
      this.#show(source, lessonOf(source));
      this.#store.emit('page');
    }
    return this.lesson !== null;
  }

  /** Opens a lesson from an address; what is wrong with it, or with its way, stands in `problems`. */
  async openFrom(url: string) {
    this.#clear();
    this.loading = url;
    this.#store.go('learn');
    this.#store.emit('page');
    try {
      const text = await lessonText(url);
      if (this.loading === url) this.open(text);
    } catch (error) {
      if (this.loading !== url) return;
      this.#show(url, noLesson(messageOf(error)));
      this.#store.emit('page');
    }
  }

  /** Leaves the lesson; its rollout stays. */
  close() {
    const open = this.source !== null || this.loading !== '' || this.page !== 'start';
    this.#clear();
    if (!open) return;
    this.#store.emit('page');
  }

  again() {
    if (!this.lesson) return;
    this.#measures.close();
    this.#start(this.lesson);
    this.#store.emit('page');
  }

  /** Shows something beside the path that is no lesson. */
  turnTo(page: Course['page']) {
    this.#clear();
    this.page = page;
    if (page === 'before') this.#askBefore();
    this.#store.emit('page');
  }

  /** Whether a rollout is watched that is whose end is not to be given away. */
  get isWatching() {
    return this.step === 'watch' && this.lesson !== null;
  }

  /** Moves what is watched to its end. */
  toEnd() {
    this.#store.move('toEnd');
  }

  /** Follows the page: the end of what is watched, and what was judged and is so no more. */
  #follow() {
    const { place, veiled } = this.#store;
    // Elsewhere on the page nothing is veiled: who goes there leaves the lesson.
    if (veiled && place !== 'learn') return this.close();
    if (this.#watched && !veiled && this.#store.session.atEnd) this.#watched();
    this.task?.follow();
  }

  #clear() {
    this.#measures.close();
    this.#context = this.#watched = this.source = this.lesson = null;
    this.predict = this.task = this.transfer = null;
    this.problems = [];
    this.name = this.loading = '';
    this.page = 'start';
    this.#store.fence(false);
    this.#store.unveil();
  }

  #show(source: string, { name, lesson, problems }: Source) {
    this.loading = '';
    this.source = source;
    this.name = name;
    this.lesson = lesson;
    this.problems = problems;
    this.#store.go('learn');
    if (lesson) this.#start(lesson);
  }

  #start(lesson: Lesson) {
    const { predict, task, start } = lesson;
    this.#watched = null;
    // An editor that is left open from the item before stands where this one's commands are.
    if (this.#store.editor) this.#store.closeEditor();
    this.tries = 0;
    this.texts = { reveal: '', done: '', transfer: '' };
    this.predict = this.task = this.transfer = null;
    const context = this.#begin(start, predict !== undefined);
    this.#context = context;
    if (predict) {
      this.step = 'predict';
      this.predict = this.#form(predict, context, 'Commit my prediction', (judgement) =>
        this.#watch(lesson, judgement),
      );
    } else {
      this.#ask(lesson, task, context);
    }
  }

  /** Shows the rollout that a question starts with. */
  #begin(start: Start, veil: boolean): Context {
    const input = startOf(start);
    // What is refused is not drawn: not another's rollout, then, but the first preset's.
    if (start.faulty) this.#store.load({ config: presets()[0].json, seed: input.seed });
    this.#store.load(veil ? { ...input, veil } : input);
    const work = { ...input, seed: this.#store.seed };
    const tick = start.faulty ? 'tick' : tickUnit(resolved(input.config).tick_seconds).name;
    return {
      start: work,
      store: this.#store,
      tick,
      measure: (names, other = work, study = {}) => this.#measures.of(names, other, study),
      redraw: this.#on.redraw,
    };
  }

  #form(check: Check, context: Context, label: string, onjudged: (judgement: Judgement) => void) {
    const isOpen = () => context === this.#context || this.page === 'before';
    return new Form(ask(check, context), label, this.#on.redraw, (judgement) => isOpen() && onjudged(judgement));
  }

  #ask(lesson: Lesson, task: Check, context: Context) {
    this.step = 'task';
    // The lesson's own rollout is not the learner's to undo.
    this.#store.fence(true);
    const form = this.#form(task, context, 'Check', ({ right }) => {
      if (this.step !== 'task') return;
      this.tries += 1;
      if (right) this.#complete(lesson, context, form);
    });
    this.task = form;
  }

  /** Shows the rollout and plays it; at its end the prediction meets it. */
  async #watch(lesson: Lesson, judgement: Judgement) {
    const context = this.#context as Context;
    const right = judgement.right === true;
    this.#on.onevent('prediction', { lesson: this.name, answer: judgement.given, right });
    const reveal = chosen(lesson.reveal ?? '', right);
    const values = context.measure(figuresIn(reveal), undefined, lesson.predict);
    this.step = 'watch';
    this.#step();
    this.#on.onwatch();
    this.#store.load(context.start);
    await this.#store.settled();
    if (this.#context !== context) return;
    await new Promise<void>((watched) => {
      this.#watched = watched;
      this.#store.move(matchMedia('(prefers-reduced-motion: reduce)').matches ? 'toEnd' : 'play');
    });
    this.#watched = null;
    const text = withFigures(reveal, await values, context.tick);
    if (this.#context !== context) return;
    this.texts.reveal = text;
    this.#ask(lesson, lesson.task, context);
    this.#step();
  }

  async #complete(lesson: Lesson, context: Context, { question }: Form) {
    this.#on.onevent('lessoncomplete', { lesson: this.name, tries: this.tries });
    this.progress.finish(this.name);
    this.step = 'done';
    question.after?.();
    const done = lesson.done ?? '';
    // What a task made of the rollout is what its last words are about.
    const { session } = this.#store;
    const work = lesson.predict
      ? undefined
      : { config: session.config, seed: session.seed, commands: session.commands };
    const names = figuresIn(done);
    const values = names.length > 0 ? await context.measure(names, work, lesson.task as StudyChoices) : {};
    if (this.#context !== context) return;
    this.texts.done = withFigures(done, values, context.tick);
    this.#step();
  }

  /** Asks about a policy that the lesson has not shown. */
  askTransfer() {
    const { transfer } = this.lesson as Lesson;
    if (!transfer || this.step !== 'done') return;
    const context = this.#begin(transfer.start, true);
    this.#context = context;
    this.step = 'transfer';
    this.transfer = this.#form(transfer.predict, context, 'Answer', async (judgement) => {
      const right = judgement.right === true;
      this.progress.answer('after', this.name, right);
      this.step = 'end';
      this.#store.load({ ...context.start, tick: null });
      this.#store.fence(true);
      const reveal = chosen(transfer.reveal, right);
      const values = await context.measure(figuresIn(reveal), undefined, transfer.predict as StudyChoices);
      if (this.#context !== context) return;
      this.texts.transfer = withFigures(reveal, values, context.tick);
      this.#step();
    });
    this.#step();
  }

  /** Asks the next of the questions before the lessons, or ends them. */
  #askBefore() {
    this.transfer = null;
    const at = TRANSFERS.findIndex(({ name }) => this.progress.before[name] === undefined);
    this.beforeAt = at < 0 ? TRANSFERS.length : at;
    if (at < 0) return this.#store.unveil();
    const { name, transfer } = TRANSFERS[at];
    const context = this.#begin(transfer.start, true);
    this.transfer = this.#form(transfer.predict, context, 'Next', ({ right }) => {
      this.progress.answer('before', name, right === true);
      this.#askBefore();
      this.#step();
    });
  }

  #step() {
    this.#store.emit('page');
    this.#on.onstep();
  }
}

const chosen = (reveal: Reveal, right: boolean) =>
  typeof reveal === 'string' ? reveal : reveal[right ? 'right' : 'wrong'];
