/** What a lesson shows beside its checks: what is wrong with it, and what became of a prediction. */

import { h } from '../base/dom.ts';
import { cut, MOST_LISTED, MOST_OF_MESSAGE } from '../base/format.ts';

import type { Problem } from '../engine/engine.ts';
import type { Judgement } from './checks/check.ts';

/** What is wrong with a lesson, each with its place. */
export function problemList(problems: Problem[]) {
  const faults = problems
    .slice(0, MOST_LISTED)
    .map(({ path, message, line }) =>
      h(
        'li',
        {},
        path && h('code', {}, cut(path)),
        `${path ? ': ' : ''}${cut(message, MOST_OF_MESSAGE)}`,
        line && h('span', { class: 'quiet' }, ` line ${line}`),
      ),
    );
  return h('ul', { class: 'faults' }, ...faults);
}

/** A prediction beside what it met. */
export function predictionBeside({ told, fact }: Judgement, right: boolean) {
  const row = (name: string, text: string | undefined) => h('div', {}, h('dt', {}, name), h('dd', {}, text));
  return h('dl', { class: 'beside' }, row('You said', told), row(right ? 'You were right' : 'It is', fact));
}
