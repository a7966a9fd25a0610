/** Says over every place but Yours that recorded counts are replayed, from when, and what that means. */

import { live } from 'lit/directives/live.js';
import { html, nothing, render } from 'lit/html.js';
import { unbroken } from '../base/format.ts';
import { fieldMoment, momentIn, momentOf } from '../base/moment.ts';
import { studyFault } from '../engine/counts.ts';
import type { RecordedReport } from '../engine/engine.ts';
import type { Recorded } from '../engine/recorded.ts';
import type { Change, Store, View } from '../store/store.ts';

export class ReplayStrip implements View {
  readonly element = Object.assign(document.createElement('section'), { className: 'replay', role: 'group' });
  #store;
  /** Why what was chosen last cannot be played; empty if it can. */
  #fault = '';

  constructor(store: Store) {
    this.#store = store;
    this.element.part.add('replay');
    this.element.ariaLabel = 'Recorded counts';
  }

  update(change: Change) {
    if (['rollout', 'page', 'study', 'search'].includes(change)) this.#render();
  }

  #render() {
    const { recorded, replayFault, isWaiting, session } = this.#store;
    const report = session.report.recorded;
    this.element.hidden = !recorded && !replayFault;
    if (isWaiting) return;
    if (!recorded || !report) {
      render(
        replayFault
          ? html`<div class="replay-head">
                <p class="replay-words" role="status">The counts are not replayed any more, and the simulated world is back: ${replayFault}.
                  They are replayed again when the configuration fits them.</p>
                <button type="button" @click=${() => this.#replay(null)}>Stay in the simulated world</button>
              </div>`
          : nothing,
        this.element,
      );
      return;
    }
    render(this.#content(recorded, report), this.element);
  }

  #content(recorded: Recorded, report: RecordedReport) {
    const { files } = recorded.record;
    const names = files.map(({ name }) => name);
    const shown = names.length > 2 ? `${names[0]} and ${names.length - 1} more files` : names.join(' and ');
    const { start } = report;
    const { study, search, place, session } = this.#store;
    const isSearch = place === 'find';
    const isOfDays = isSearch || place === 'measure';
    const isStudy = isOfDays && !studyFault(session.config, session.report.config.tick_seconds, recorded);
    const days = (isSearch ? search.result?.report : study.found?.result.report)?.recorded;
    const notes = isStudy ? (days?.notes ?? []) : report.notes;
    return html`<div class="replay-head">
        <p class="replay-words">${
          isStudy
            ? html`${isSearch ? 'Searching' : 'Measuring'} over recorded days of <b>${shown}</b>: each rollout plays days drawn at random, and begins at a random time of the day.`
            : html`Replaying recorded counts of <b>${shown}</b>, from <b class="moment">${start === null ? 'the start' : momentOf(start)}</b>.`
        }</p>
        <button type="button" @click=${() => this.#replay(null)}>Return to the simulated world</button>
      </div>
      <details class="replay-more">
        <summary>${isStudy ? 'What that means' : 'What that means, and from when'}</summary>
        ${isStudy ? nothing : this.#choices(recorded, report)}
        <ul class="replay-notes">
          ${notes.map((note) => html`<li>${unbroken(note)}</li>`)}
          <li>The files stay in this browser: a link or a code to embed has the policy and the simulated world, not the counts.</li>
        </ul>
      </details>
      <p class="message error" role="status">${this.#fault}</p>`;
  }

  /** From when on, and which canary. */
  #choices(recorded: Recorded, report: RecordedReport) {
    const { start } = report;
    return html`<div class="row">
          <label>Begin at, UTC
            <input type="datetime-local" .value=${live(start === null ? '' : fieldMoment(start))}
              @change=${({ currentTarget }: Event) => this.#begin(recorded, (currentTarget as HTMLInputElement).value)} /></label>
          ${
            report.source === 'both_arms' || recorded.replay.lay_release
              ? html`<label>Canary
                  <select @change=${({ currentTarget }: Event) =>
                    this.#replay({
                      ...recorded,
                      replay: {
                        ...recorded.replay,
                        lay_release: (currentTarget as HTMLSelectElement).value === 'laid',
                      },
                    })}>
                    <option value="recorded" .selected=${!recorded.replay.lay_release}>as recorded</option>
                    <option value="laid" .selected=${recorded.replay.lay_release === true}>the release of the scenario</option>
                  </select></label>`
              : nothing
          }
        </div>`;
  }

  #begin(recorded: Recorded, text: string) {
    const start = momentIn(text);
    if (start === null) return;
    this.#replay({ ...recorded, replay: { ...recorded.replay, start } });
  }

  #replay(recorded: Recorded | null) {
    this.#fault = this.#store.replay(recorded);
    this.#render();
  }
}
