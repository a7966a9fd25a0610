/** The long study: a button to begin it, its progress, and a button to end it early. */

import { h } from '../base/dom.js';
import { count } from '../base/format.js';

/** @import { StudyReport } from '../base/engine.js' */

export class StudyProgress {
  #begin;
  #cancel;
  #bar;
  #words = h('span', { class: 'quiet' });
  #message = h('p', { class: 'message', role: 'status' });
  #long = false;
  element;

  /**
   * @param {number} runs
   * @param {() => void} onbegin
   * @param {() => void} oncancel
   */
  constructor(runs, onbegin, oncancel) {
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

  /**
   * @param {number} done
   * @param {number} runs
   */
  show(done, runs) {
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

  /** @param {StudyReport} report */
  end({ partial, runs, requested_runs }) {
    if (!this.#long) return;
    this.#turn(false);
    this.#message.textContent = partial
      ? `Cancelled: what is shown is partial, the first ${count(runs)} of ${count(requested_runs)} runs.`
      : `${count(runs)} runs finished.`;
  }

  /** @param {string} message */
  complain(message) {
    this.#turn(false);
    this.#message.textContent = message;
  }

  /** @param {boolean} long */
  #turn(long) {
    const hadFocus = /** @type {ShadowRoot} */ (this.element.getRootNode()).activeElement;
    this.#long = long;
    this.#begin.hidden = long;
    this.#bar.hidden = this.#cancel.hidden = this.#words.hidden = !long;
    if (long && hadFocus === this.#begin) this.#cancel.focus();
    if (!long && hadFocus === this.#cancel) this.#begin.focus();
  }
}
