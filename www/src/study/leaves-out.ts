/** What the model leaves out, one click away from every figure that rests on it. */

import { html, render } from 'lit/html.js';

const OMISSIONS = [
  [
    'Correlated users',
    'A user who meets a failure meets it again and again; here failures know no user, though they may come in clumps.',
  ],
  ['Cold caches', 'A new fleet is slow until traffic has warmed it; here a cold start heals with time alone.'],
  ['Uneven delay', 'Real figures come late by turns, and are corrected afterwards; here all come as late as is set.'],
  ['Capacity', 'Nothing queues or saturates here; a canary with too few instances is not slower.'],
  ['Dependencies', 'A bad canary can drown a shared database and hurt the baseline too; here they do not touch.'],
  ['Retries', 'A client that tries again turns one failure into several requests; here it does not.'],
];
const TITLE = 'What this leaves out';

/** A button that looks like a link, with the dialog that it opens. */
export function leavesOut(): HTMLElement {
  const element = Object.assign(document.createElement('span'), { className: 'leaves' });
  const dialog = () => element.querySelector('dialog') as HTMLDialogElement;
  const open = () => {
    dialog().showModal();
    // The button at its end would have the focus, and be scrolled to.
    dialog().querySelector('div')?.focus();
  };
  // A click beside what it says is one on the dialog itself.
  const closeBeside = ({ target }: Event) => target === dialog() && dialog().close();
  render(
    html`<button type="button" class="link" aria-haspopup="dialog" @click=${open}>${TITLE}</button
      ><dialog class="leaves-out" aria-label=${TITLE} @click=${closeBeside}>
        <div tabindex="-1">
          <h3>${TITLE}</h3>
          <dl>
            ${OMISSIONS.map(
              ([name, text]) =>
                html`<dt>${name}</dt>
                  <dd>${text}</dd>`,
            )}
          </dl>
          <button type="button" @click=${() => dialog().close()}>Close</button>
        </div>
      </dialog>`,
    element,
  );
  return element;
}
