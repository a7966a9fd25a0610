/** Says, wherever the reader is, that what is drawn is not what is configured. */

import { h, replace } from '../base/dom.js';
import { counted } from '../base/format.js';

export class ProblemNotice {
  #onshow;
  element = h('div', { class: 'notice', part: 'notice', role: 'status' });

  /** @param {() => void} onshow the problems themselves */
  constructor(onshow) {
    this.#onshow = onshow;
  }

  /** @param {number} problems how many */
  show(problems) {
    if (problems === 0) return replace(this.element);
    replace(
      this.element,
      `${counted(problems, 'problem')} in the configuration. The last valid one is drawn.`,
      h('button', { type: 'button', onclick: this.#onshow }, 'Show'),
    );
  }
}
