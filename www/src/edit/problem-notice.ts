/** Says, wherever the reader is, that what is drawn is not what is configured. */

import { h, replace } from '../base/dom.ts';
import { counted } from '../base/format.ts';

export class ProblemNotice {
  #onshow;
  element = h('div', { class: 'notice', part: 'notice', role: 'status' });

  /** @param onshow the problems themselves */
  constructor(onshow: () => void) {
    this.#onshow = onshow;
  }

  /** @param problems how many */
  show(problems: number) {
    if (problems === 0) return replace(this.element);
    replace(
      this.element,
      `${counted(problems, 'problem')} in the configuration. The last valid one is drawn.`,
      h('button', { type: 'button', onclick: this.#onshow }, 'Show'),
    );
  }
}
