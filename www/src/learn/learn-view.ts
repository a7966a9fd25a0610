/** The place *Learn*: the path through the course at the left, and beside it what is open. */

import { keyed } from 'lit/directives/keyed.js';
import type { TemplateResult } from 'lit/html.js';
import { html, nothing, render } from 'lit/html.js';
import { cut } from '../base/format.ts';
import type { Change, Store, View } from '../store/store.ts';
import type { Listener } from './course.ts';
import { Course } from './course.ts';
import type { Lesson } from './lesson.ts';
import { beside, LESSONS, PARTS, TRANSFERS } from './library.ts';
import type { Form, Judgement } from './questions/question.ts';
import { faults } from './questions/question.ts';
import { Sheet } from './sheet.ts';

const ALL = Object.keys(LESSONS).length;

export class LearnView implements View {
  readonly element = document.createElement('div');
  readonly course: Course;
  readonly #sheet: Sheet;
  /** Whether the path is open on a narrow page, where it is folded up while something else is. */
  #unfolded = false;

  /**
   * @param onevent called with what a learner did
   * @param onwatch called when there is a rollout to watch
   */
  constructor(store: Store, onevent: Listener['onevent'], onwatch: () => void) {
    this.element.className = 'learn';
    this.course = new Course(store, {
      onevent,
      onwatch,
      redraw: () => this.#render(),
      onstep: () => this.#focusStep(),
    });
    this.#sheet = new Sheet(store, () => this.#render());
  }

  update(change: Change) {
    if (change === 'page' || change === 'rollout') this.#render();
  }

  /** Puts the focus where something was opened. */
  #focusTitle() {
    const title = this.element.querySelector<HTMLElement>('.lesson h2');
    title?.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: 'start' });
  }

  /** Puts the focus on the title of the newest step: what had it is gone. */
  #focusStep() {
    const titles = this.element.querySelectorAll<HTMLElement>('.lesson h3');
    const title = titles[titles.length - 1];
    title?.focus({ preventScroll: true });
    title?.scrollIntoView({ block: 'nearest' });
  }

  #open(name: string) {
    this.#unfolded = false;
    this.course.open(name);
    this.#focusTitle();
  }

  #turnTo(page: Course['page']) {
    this.#unfolded = false;
    this.course.turnTo(page);
    if (page === 'sheet') this.#sheet.write();
    this.#focusTitle();
  }

  #render() {
    // An author's lesson is no part of the path.
    const own = this.course.source !== null && !Object.hasOwn(LESSONS, this.course.source);
    this.element.toggleAttribute('data-own', own || this.course.loading !== '');
    // Where a part of the page is shown alone, there is a lesson only if one is open.
    this.element.toggleAttribute('data-open', this.course.source !== null || this.course.loading !== '');
    render(html`${this.#path()}${this.#beside()}`, this.element);
  }

  #path() {
    const { progress, name, page } = this.course;
    const { done, kept, fault } = progress;
    const open = this.#unfolded || (name === '' && page === 'start');
    const count = Object.keys(LESSONS).filter((item) => done.has(item)).length;
    const item = (label: string, isDone: boolean, isOpen: boolean, onclick: () => void, key: string) => html`<li>
      <button type="button" data-lesson=${key} aria-current=${isOpen ? 'step' : nothing} @click=${onclick}>
        <span aria-hidden="true">${isDone ? '✓' : isOpen ? '●' : '○'}</span>${label}${isDone ? html`<span class="unseen">, done</span>` : nothing}
      </button></li>`;
    const asked = Object.keys(progress.before).length;
    return html`<nav class="card path" part="lessons" aria-label="The course">
      <div class="path-head">
        <h2>The course</h2>
        <p class="quiet">${count} of ${ALL} done · kept ${kept ? 'in this browser' : 'until the page is closed or loaded again'}</p>
        <button type="button" class="fold" aria-expanded=${open} @click=${() => {
          this.#unfolded = !open;
          this.#render();
        }}>${open ? 'Close the list' : 'All tasks and lessons'}</button>
      </div>
      <div class="path-list ${open ? 'open' : ''}">
        ${PARTS.map(
          ({ part, items }, i) => html`<h3>${part}</h3>
            <ol>
              ${i === 0 ? item('What you know already', asked === TRANSFERS.length, page === 'before', () => this.#turnTo('before'), 'before') : nothing}
              ${items.map((one) =>
                item(
                  LESSONS[one.name].title,
                  done.has(one.name),
                  one.name === name,
                  () => this.#open(one.name),
                  one.name,
                ),
              )}
            </ol>`,
        )}
        ${this.#score()}
        <div class="path-foot">
          <button type="button" @click=${() => {
            if (kept) progress.forget();
            else progress.keep();
            this.#render();
          }}>${kept ? 'Forget my progress' : 'Keep my progress in this browser'}</button>
          ${fault ? html`<p class="quiet" role="status">${fault}</p>` : nothing}
          <button type="button" data-lesson="sheet" aria-current=${page === 'sheet' ? 'step' : nothing}
            @click=${() => this.#turnTo('sheet')}>Sheet for teachers</button>
        </div>
      </div>
    </nav>`;
  }

  /** How many questions on policies that no lesson has shown were answered rightly. */
  #score() {
    const { before, after } = this.course.progress;
    const of = (answers: Record<string, boolean>) => {
      const given = Object.values(answers);
      return `${given.filter(Boolean).length} of ${given.length}`;
    };
    const scores = [
      Object.keys(before).length >= TRANSFERS.length ? `${of(before)} right before the lessons` : '',
      Object.keys(after).length > 0 ? `${of(after)} after them` : '',
    ].filter(Boolean);
    if (scores.length === 0) return nothing;
    return html`<p class="quiet score">New policies: ${scores.join(', ')}. Only you see this.</p>`;
  }

  #beside() {
    const { course } = this;
    if (course.loading)
      return this.#card('Lesson', 'Loading the lesson', html`<p role="status">From ${cut(course.loading)} …</p>`);
    if (course.problems.length > 0)
      return this.#card(
        'Lesson',
        'This lesson cannot be opened',
        html`<p>What is wrong with it:</p>${faults(course.problems)}<div class="lesson-ways">${this.#leave()}</div>`,
      );
    if (course.lesson) return keyed(course.name, this.#lesson(course.lesson));
    if (course.page === 'before') return this.#before();
    if (course.page === 'sheet') return this.#card('Sheet for teachers', 'Sheet for teachers', this.#sheet.template());
    return this.#start();
  }

  #card(label: string, title: string | TemplateResult, content: unknown, kicker: string = '') {
    return html`<section class="card lesson" part="lesson" role="group" aria-label=${label}
      ?data-watching=${this.course.isWatching}>
      ${kicker ? html`<p class="kicker">${kicker}</p>` : nothing}
      <h2 tabindex="-1">${title}</h2>${content}
    </section>`;
  }

  #start() {
    const { done } = this.course.progress;
    const next = Object.keys(LESSONS).find((name) => !done.has(name));
    return this.#card(
      'The course',
      'Learn what a canary does by doing it',
      html`<p>Each task is done on this page, with a rollout that you run, alter, break and fix. Lessons ask for a guess first: a guess that turns out wrong is remembered best. The page checks each answer and says why a wrong one is wrong.</p>
        <p class="quiet">Nothing about you is sent. Your progress is kept until the page is closed or loaded again, or in this browser if you ask for it.</p>
        ${next ? html`<div class="lesson-ways"><button type="button" class="strong" @click=${() => this.#open(next)}>${done.size > 0 ? 'Go on' : 'Begin'}: ${LESSONS[next].title}</button></div>` : html`<p><b>All of it is done.</b></p>`}`,
    );
  }

  #before() {
    const { beforeAt, transfer, progress } = this.course;
    const total = TRANSFERS.length;
    if (!transfer || beforeAt >= total) {
      const right = Object.values(progress.before).filter(Boolean).length;
      return this.#card(
        'What you know already',
        `${right} of ${total} right, before the lessons`,
        html`<p>The same questions come again, each after its lesson: then you see what you have learnt. Only you see these figures.</p>
          <div class="lesson-ways"><button type="button" class="strong" @click=${() => this.#open('run')}>Begin: ${LESSONS.run.title}</button></div>`,
      );
    }
    const { text } = TRANSFERS[beforeAt].transfer;
    return this.#card(
      'What you know already',
      'What you know already',
      html`<p class="quiet">Question ${beforeAt + 1} of ${total}. Guess where you do not know: the answers come in the lessons, and at the end you see what has changed.</p>
        ${keyed(beforeAt, html`<div class="lesson-step"><h3 tabindex="-1">${text}</h3>${transfer.template()}</div>`)}
        <div class="lesson-ways"><button type="button" @click=${() => this.#turnTo('start')}>Not now</button></div>`,
    );
  }

  #lesson(lesson: Lesson) {
    const { course } = this;
    const { step, name, predict, task, transfer, texts, tries } = course;
    const part = PARTS.find(({ items }) => items.some((item) => item.name === name));
    const at = part?.items.findIndex((item) => item.name === name) ?? 0;
    const kicker = part ? `${part.part} · ${at + 1} of ${part.items.length}` : 'Lesson';
    const title = (words: string) => html`<h3 tabindex="-1">${words}</h3>`;
    const isDone = step === 'done' || step === 'transfer' || step === 'end';
    return this.#card(
      'Lesson',
      lesson.title,
      html`${[lesson.text].flat().map((text) => html`<p>${text}</p>`)}
        ${predict && step === 'predict' ? html`<div class="lesson-step">${title('Predict')}${predict.template()}</div>` : nothing}
        ${
          step === 'watch'
            ? html`<div class="lesson-step">${title('Watch')}
          <p>You said: ${predict?.judgement?.answered}.</p>
          <div class="judge"><button type="button" @click=${() => course.toEnd()}>To the end</button></div></div>`
            : nothing
        }
        ${
          predict?.judgement && texts.reveal
            ? html`<div class="lesson-step">${title('Your prediction')}
          ${result(predict, predict.judgement)}
          <p class="reveal">${why(predict.judgement)}${texts.reveal}</p></div>`
            : nothing
        }
        ${
          task
            ? html`<div class="lesson-step">${predict ? title('Do it') : title('Task')}
          ${task.template()}</div>`
            : nothing
        }
        ${
          isDone
            ? html`<div class="lesson-step lesson-done">${title(`Done, at try ${tries}.`)}
          <p>${texts.done}</p>
          ${lesson.transfer && step === 'done' ? html`<div class="judge"><button type="button" class="strong" @click=${() => course.askTransfer()}>One more, about another policy</button></div>` : nothing}</div>`
            : nothing
        }
        ${
          transfer
            ? html`<div class="lesson-step">${title('Another policy')}
          ${lesson.transfer?.text ? html`<p>${lesson.transfer.text}</p>` : nothing}
          ${
            step === 'end' && transfer.judgement
              ? html`${result(transfer, transfer.judgement)}<p class="reveal"><b>${transfer.judgement.right ? 'Right.' : 'Not this time.'}</b> ${why(transfer.judgement)}${texts.transfer}</p>`
              : transfer.template()
          }</div>`
            : nothing
        }
        ${this.#ways(name, isDone)}`,
      kicker,
    );
  }

  /** Out of a lesson, and to those beside it. */
  #ways(name: string, done: boolean) {
    const [back, on] = [beside(name, -1), beside(name, 1)];
    return html`<div class="lesson-ways">
      <button type="button" @click=${() => {
        this.course.again();
        this.#focusTitle();
      }}>Start again</button>
      ${this.#leave()}
      ${back ? html`<button type="button" @click=${() => this.#open(back)}>Previous</button>` : nothing}
      ${on ? html`<button type="button" class=${done ? 'strong' : nothing} @click=${() => this.#open(on)}>Next: ${LESSONS[on].title}</button>` : nothing}
    </div>`;
  }

  #leave() {
    return html`<button type="button" @click=${() => {
      this.course.close();
      this.#focusTitle();
    }}>Leave the lesson</button>`;
  }
}

/** A prediction beside what was found. */
const result = ({ question }: Form, judgement: Judgement) =>
  question.result?.(judgement) ??
  html`<dl class="beside">
    <div><dt>You said</dt><dd>${judgement.answered}</dd></div>
    <div><dt>${judgement.right ? 'You were right' : 'It is'}</dt><dd>${judgement.fact}</dd></div>
  </dl>`;

/** The reason that belongs to the option that was chosen. */
const why = ({ says, given, right }: Judgement) => (says && typeof given === 'string' && !right ? `${says} ` : '');
