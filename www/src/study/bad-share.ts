/**
 * How many of our releases are bad? No study can tell, and on it depends how
 * many rollbacks are false alarms.
 */

import { of100 } from '../base/chance.ts';
import { h } from '../base/dom.ts';
import type { Findings } from './findings.ts';
import { falseAlarms } from './findings.ts';
import { USUAL } from './study-request.ts';

export class BadShare {
  #input;
  #fault = h('p', { class: 'fault', id: 'bad-share-fault', hidden: true });
  #sentence = h('p', { class: 'false-alarms', id: 'false-alarms' });
  #value: number = USUAL.badShare;
  element;

  constructor(onchange: () => void) {
    this.#input = h('input', {
      type: 'number',
      min: 0,
      max: 100,
      step: 'any',
      value: USUAL.badShare,
      inputmode: 'decimal',
      'aria-describedby': 'bad-share-fault false-alarms',
      oninput: () => {
        const valid = this.#input.value !== '' && this.#input.validity.valid;
        this.#complain(valid ? '' : 'Expected a number from 0 to 100.');
        if (!valid) return;
        this.#value = Number(this.#input.value);
        onchange();
      },
    });
    this.element = h(
      'div',
      { class: 'bad-share' },
      h('label', { class: 'compare' }, 'Bad releases among ours', h('span', {}, this.#input, '\u00a0%')),
      this.#fault,
      this.#sentence,
    );
  }

  /** In percent, 0 to 100. */
  get value() {
    return this.#value;
  }

  set value(percent) {
    this.#value = Math.min(100, Math.max(0, percent));
    this.#input.value = String(this.#value);
    this.#complain('');
  }

  /** @param findings of policies A and B */
  show(findings: Findings[]) {
    const told = findings.map((found, i) => {
      const share = falseAlarms(found, this.#value / 100);
      const whose = findings.length > 1 ? ` by ${'AB'[i]}` : '';
      return share
        ? `Of 100 rollbacks${whose}, ${of100(share)} would be of healthy releases.`
        : `Nothing is rolled back${whose}.`;
    });
    this.#sentence.textContent = told.join(' ');
  }

  #complain(message: string) {
    this.#fault.hidden = message === '';
    this.#fault.textContent = message;
    if (message) this.#input.setAttribute('aria-invalid', 'true');
    else this.#input.removeAttribute('aria-invalid');
  }
}
