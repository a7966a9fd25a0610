/** What the file that is used does on this traffic, and the same steps with another rule beside it. */

import { html, nothing } from 'lit/html.js';
import { inLongRun, ofMany } from '../base/chance.ts';
import { significant } from '../base/format.ts';
import type { Estimate } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import type { Findings } from '../study/findings.ts';
import { badRelease } from '../study/study-request.ts';

/** @param oncompare puts another rule beside it */
export function effect(store: Store, oncompare: () => void) {
  const { found, busy, unavailable } = store.study;
  if (unavailable) return unknown(unavailable);
  const report = found?.report ?? store.session.report;
  const [own, other] = found?.findings ?? [];
  const cases = found?.result.report;
  return html`<section class="card effects yours-effect" role="group" aria-label="What this file does"
      data-runs=${busy || !cases ? 0 : cases.runs} data-partial=${cases?.partial ?? true} aria-busy=${busy}>
      <h3>What this file does on this traffic</h3>
      ${figure('false_rollback', own?.healthy.p_rollback, 'healthy releases are thrown away', cases?.runs)}
      ${figure('missed_regression', own?.release?.p_completed, `bad releases are missed (${badRelease(report)})`, cases?.runs)}
      ${
        own?.release?.excess_errors
          ? html`<p class="cost" data-figure="excess_errors"><b>${significant(own.release.excess_errors.mean)}</b>
              <span>requests fail because of a bad release, on average.</span></p>`
          : nothing
      }
    </section>
    <section class="card" role="group" aria-label="The same steps with another rule">
      <h3>The same steps with another rule</h3>
      <p>${other ? beside(other, cases?.runs ?? 0) : 'Not simulated yet.'}</p>
      <button type="button" @click=${oncompare}>Compare both in Measure</button>
    </section>`;
}

/** @param why nothing is studied */
const unknown = (
  why: string,
) => html`<section class="card effects yours-effect" role="group" aria-label="What this file does">
    <h3>What this file does</h3>
    <p>${why}</p>
  </section>`;

function figure(name: string, p: Estimate | undefined, words: string, runs: number | undefined) {
  return html`<p class="big-figure" data-figure=${name} data-estimate=${p?.estimate ?? ''}>
    <b class="big">${p && runs ? ofMany(p, runs) : '–'}</b>
    <span>${words}</span>
    <small>${p && runs ? inLongRun(p, runs) : '\u00a0'}</small>
  </p>`;
}

function beside({ name, healthy, release }: Findings, runs: number) {
  const missed = release ? `, and ${ofMany(release.p_completed, runs)} bad ones missed` : '';
  return `With the rule “${name}”, ${ofMany(healthy.p_rollback, runs)} healthy releases are thrown away${missed}.`;
}
