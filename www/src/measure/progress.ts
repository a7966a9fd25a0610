/** The button that begins or ends a long study, with how far it is and how it ended. */

import { html, nothing } from 'lit/html.js';
import { count } from '../base/format.ts';
import type { Progress } from '../study/study-runner.ts';

/** A study that takes a while: of the policy, or of the strategies. */
type LongStudy = { longProgress: Progress | null; message: string; begin(): void; cancel(): void };

/**
 * @param runs how many rollouts it simulates
 * @param done how many are known
 */
export function longStudy(study: LongStudy, runs: number, done = 0) {
  const { longProgress: progress, message } = study;
  // The second click of a double one is not meant for the button that begins anew.
  const isDone = done >= runs && !progress;
  const press = ({ detail }: MouseEvent) => !isDone && detail < 2 && (progress ? study.cancel() : study.begin());
  const label = isDone ? `${count(runs)} rollouts simulated` : `Simulate ${count(runs)} rollouts`;
  return html`<div class="study-progress">
    <button type="button" aria-disabled=${isDone} @click=${press}>${progress ? 'Cancel' : label}</button>
    ${
      progress
        ? html`<progress aria-label="Rollouts finished" max=${progress.runs} .value=${progress.done}></progress>
          <span class="quiet">${count(progress.done)} of ${count(progress.runs)}</span>`
        : nothing
    }
    <p class="message" role="status">${message}</p>
  </div>`;
}
