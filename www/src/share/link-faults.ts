/** What of a link could not be used, said until it is read. */

import { h, replace } from '../base/dom.ts';
import { count } from '../base/format.ts';

/** Faults shown; of more, their number. */
const MOST_SHOWN = 5;

export class FaultList {
  element = h('div', { class: 'link-faults', role: 'status' });

  show(faults: string[]) {
    if (faults.length === 0) return replace(this.element);
    const more = faults.length - MOST_SHOWN;
    replace(
      this.element,
      h('p', {}, 'Not all of the link could be used:'),
      h('button', { type: 'button', onclick: () => this.show([]) }, 'Dismiss'),
      h(
        'ul',
        {},
        ...faults.slice(0, MOST_SHOWN).map((fault) => h('li', {}, fault)),
        more > 0 && h('li', {}, `… and ${count(more)} more`),
      ),
    );
  }
}
