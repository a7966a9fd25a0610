/** What the model leaves out, one click away from every figure that rests on it. */

import { h } from '../base/dom.ts';

const OMISSIONS = [
  ['Correlated users', 'A user who meets a failure meets it again and again; here each request fails on its own.'],
  ['Cold caches', 'A new fleet is slow until traffic has warmed it; here a cold start heals with time alone.'],
  ['Late metrics', 'Real figures come a minute or more late; add that to every time told here.'],
  ['Capacity', 'Nothing queues or saturates here; a canary with too few instances is not slower.'],
  ['Dependencies', 'A bad canary can drown a shared database and hurt the baseline too; here they do not touch.'],
  ['Retries', 'A client that tries again turns one failure into several requests; here it does not.'],
];

/** A button that looks like a link, with the dialog that it opens. */
export function leavesOut() {
  const title = 'What this leaves out';
  const text = h(
    'div',
    { tabindex: '-1' },
    h('h3', {}, title),
    h('dl', {}, ...OMISSIONS.flatMap(([name, said]) => [h('dt', {}, name), h('dd', {}, said)])),
    h('button', { type: 'button', onclick: () => dialog.close() }, 'Close'),
  );
  const dialog: HTMLDialogElement = h(
    'dialog',
    {
      class: 'leaves-out',
      'aria-label': title,
      // A click beside what it says is one on the dialog itself.
      onclick: (event) => event.target === dialog && dialog.close(),
    },
    text,
  );
  const open = () => {
    dialog.showModal();
    // The button at its end would have the focus, and be scrolled to.
    text.focus();
  };
  return h(
    'span',
    { class: 'leaves' },
    h('button', { type: 'button', class: 'link', 'aria-haspopup': 'dialog', onclick: open }, title),
    dialog,
  );
}
