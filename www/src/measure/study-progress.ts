/** The long study: a button to begin it, its progress, and a button to end it early. */

import { h } from '../base/dom.ts';
import { count } from '../base/format.ts';

import type { StudyReport } from '../engine/engine.ts';

export class StudyProgress {
  #begin;
  #cancel;
  #bar;
  #words = h('span', { class: 'quiet' });
  #message = h('p', { class: 'message', role: 'status' });
  #long = false;
  element;

  constructor(runs: number, onbegin: () => void, oncancel: () => void) {
    this.#begin = h('button', { type: 'button', onclick: onbegin }, `${count(runs)} runs`);
    this.#cancel = h('button', { type: 'button', hidden: true, onclick: oncancel }, 'Cancel');
    this.#bar = h('progress', { max: runs, 'aria-label': 'Runs finished', hidden: true });
    this.element = h(
      'div',
      { class: 'study-progress' },
      this.#begin,
      this.#bar,
      this.#words,
      this.#cancel,
      this.#message,
    );
  }

  show(done: number, runs: number) {
    if (done === 0) this.#turn(true);
    if (!this.#long) return;
    this.#bar.value = done;
    this.#words.textContent = `${count(done)} of ${count(runs)}`;
  }

  /** No long study is under way. */
  rest() {
    this.#turn(false);
    this.#message.textContent = '';
  }

  end({ partial, runs, requested_runs }: StudyReport) {
    if (!this.#long) return;
    this.#turn(false);
    this.#message.textContent = partial
      ? `Cancelled: what is shown is partial, the first ${count(runs)} of ${count(requested_runs)} runs.`
      : `${count(runs)} runs finished.`;
  }

  complain(message: string) {
    this.#turn(false);
    this.#message.textContent = message;
  }

  #turn(long: boolean) {
    const hadFocus = (this.element.getRootNode() as ShadowRoot).activeElement;
    this.#long = long;
    this.#begin.hidden = long;
    this.#bar.hidden = this.#cancel.hidden = this.#words.hidden = !long;
    if (long && hadFocus === this.#begin) this.#cancel.focus();
    if (!long && hadFocus === this.#cancel) this.#begin.focus();
  }
}
