import { h } from '../../base/dom.ts';
import { messageOf } from '../../engine/engine.ts';

import type { Asking, Judgement } from './check.ts';

/**
 * A check with the button that judges it; what is missing is said under it.
 *
 * @param label of the button, if the check has none of its own
 */
export function checkForm(asking: Asking, label: string, onjudged: (judgement: Judgement) => void) {
  const { follow } = asking;
  const says = h('p', { class: 'says', role: 'status' });
  const button = h('button', { type: 'submit', class: 'strong' }, asking.label ?? label);
  if (follow) {
    asking.follow = () => {
      if (button.disabled || !follow()) return false;
      says.textContent = 'Something was changed since. Check it again.';
      return true;
    };
  }
  const judge = async () => {
    if (button.disabled) return;
    button.disabled = true;
    says.textContent = 'Running …';
    try {
      const judgement = await asking.judge();
      says.textContent = judgement.says;
      // Nobody waits for it who has left the lesson, or begun it anew, meanwhile.
      if (judgement.right !== null && button.isConnected) onjudged(judgement);
    } catch (error) {
      says.textContent = messageOf(error);
    }
    button.disabled = false;
  };
  const form = h('form', { novalidate: true }, asking.element, h('div', { class: 'judge' }, button), says);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    judge();
  });
  return form;
}
