/**
 * Requests one can see: what became of each request of the tick at the
 * playhead, and the blast radius so far.
 */

import { html, nothing, render, svg } from 'lit/html.js';
import { count, counted, percent, presentStage, share, significant, tickUnit } from '../../base/format.ts';
import { figuresTable } from '../../charts/figure.ts';
import type { Report, Series } from '../../engine/engine.ts';
import { planOf } from '../../engine/plan.ts';
import type { Change, Store, View } from '../../store/store.ts';
import type { Layout } from './flow-layout.ts';
import { layout } from './flow-layout.ts';
import { flowPlot } from './flow-plot.ts';
import { Motion } from './motion.ts';
import type { TickCounts } from './tick.ts';
import { expectedAtOnce, tickCounts, winner } from './tick.ts';

const COLUMNS = ['baseline requests', 'baseline failed', 'canary requests', 'canary failed', 'excess errors'];

export class Flow implements View {
  element = document.createElement('div');
  #store;
  #motion: Motion;
  #width = 0;
  #layout: Layout | null = null;
  /** Whether the table of figures is open. */
  #isOpen = false;

  constructor(store: Store) {
    this.#store = store;
    this.#motion = new Motion(this.element);
    this.element.className = 'flow';
  }

  /**
   * Redraws at another width.
   *
   * @param width in CSS pixels
   */
  resize(width: number) {
    if (width === this.#width || width <= 0) return;
    this.#width = width;
    this.update('rollout');
  }

  update(change: Change) {
    const { session, isWaiting } = this.#store;
    if ((change !== 'rollout' && change !== 'playhead') || isWaiting || this.#width === 0) return;
    if (change === 'rollout' || !this.#layout) this.#layout = layout(this.#width, session.series);
    this.#render(this.#layout);
  }

  /** Stops what moves: nobody looks at it any more. */
  rest() {
    this.#motion.rest();
  }

  #render(laid: Layout) {
    const { session, playing } = this.#store;
    const { series, playhead: ticks, reportHere: here } = session;
    const counts = ticks > 0 ? tickCounts(series, ticks) : null;
    const unit = tickUnit(here.config.tick_seconds).name;
    const last = winner(here) ? ', the last' : '';
    const title = ticks > 0 ? `Requests in ${unit} ${count(ticks)}${last}` : 'Requests';
    const pct = counts?.canary.pct ?? planOf(here).stages[0].traffic_pct;
    const figures = {
      columns: COLUMNS,
      ticks: series.stage.length,
      unit,
      row: (tick: number) => rowOf(tickCounts(series, tick)).map((n) => (n === null ? '–' : count(n))),
    };
    render(
      html`<figure>
          <figcaption><h3>${title}</h3><p class="flow-note">${note(here)}</p></figcaption>
          <div class="plot">
            <svg role="img" width=${laid.width} height=${laid.height} aria-label="${title}. ${sentence(counts, note(here))}"
              >${flowPlot(laid, counts, pct, winner(here))}</svg>
            ${this.#motion.canvas}
          </div>
          <p class="key">${keyEntries(laid, isKnown(here))}</p>
          ${figuresTable('Requests', this.#isOpen ? figures : null, (isOpen) => {
            this.#isOpen = isOpen;
            this.#render(laid);
          })}
        </figure>
        <h4>Blast radius so far</h4>
        ${blastRadius(here, series)}`,
      this.element,
    );
    if (playing && counts) this.#motion.move(laid, counts);
    else this.#motion.rest();
  }
}

const rowOf = ({ baseline, canary }: TickCounts) => [
  baseline.requests,
  baseline.failed,
  canary.requests,
  canary.failed,
  canary.excess,
];

/** Where requests go from now on. */
function note(here: Report) {
  const to = winner(here);
  if (to) return `All requests go to the ${to} now.`;
  const pct = share(planOf(here).stages[presentStage(here) - 1].traffic_pct);
  return here.metrics.ticks > 0 ? `Next, ${pct} go to the canary.` : `No request yet. ${pct} will go to the canary.`;
}

/** The figure in words. */
function sentence(counts: TickCounts | null, next: string) {
  if (!counts) return next;
  const { baseline, canary } = counts;
  const version = (name: string, { pct, requests, failed }: TickCounts['canary']) =>
    `${count(requests)} (${share(pct)}) to the ${name}: ${count(requests - failed)} served, ${count(failed)} failed`;
  return (
    `Of ${count(baseline.requests + canary.requests)} requests of users, ${version('baseline', baseline)}; ` +
    `${version('canary', canary)}${canary.excess === null ? '' : `, ${count(canary.excess)} of which the baseline would have served`}. ${next}`
  );
}

/** Whether it is known how the versions differ. */
const isKnown = ({ truth }: Report) => truth.release !== 'unknown';

/** What one mark stands for. */
function keyEntries({ canary: { served, failed } }: Layout, isKnown: boolean) {
  const one = failed.per === 1;
  const upTo = (per: number) => `up to ${count(per)}`;
  const requests = served.per === 1 ? 'a request' : `${upTo(served.per)} requests`;
  const failures = one ? 'a failed request' : `${upTo(failed.per)} failed requests, too many to draw each`;
  const excess = one ? 'one' : upTo(failed.per);
  const entry = (marks: unknown, words: string) => html`<span class="key-entry">${marks}${words}</span>`;
  return [
    entry([mark('baseline', 'served'), mark('canary', 'served')], requests),
    entry(mark('', 'failed'), failures),
    isKnown ? entry(mark('', 'excess'), `${excess} that the baseline would have served (excess error)`) : nothing,
  ];
}

const mark = (arm: string, kind: 'served' | 'failed' | 'excess') =>
  svg`<svg class="version ${arm}" width="9" height="10" aria-hidden="true">
    <path class=${kind} d=${kind === 'failed' ? 'M1.4 5a3.1 3.1 0 1 1 0 .01z' : 'M4.5 5h0'}></path>
  </svg>`;

/** The harm so far in numbers, and what would have been without a canary. */
function blastRadius(report: Report, series: Series) {
  const { metrics } = report;
  const { canary, baseline, excess_errors } = metrics;
  const all = canary.requests + baseline.requests;
  const expected = expectedAtOnce(series, metrics.ticks);
  const after = (words: unknown) => (all > 0 ? words : '–');
  return html`<dl class="blast">
    <dt>Exposed to the canary</dt>
    <dd data-figure="exposed">${after(
      html`<b>${count(canary.requests)}</b> of ${counted(all, 'request')} (${percent(canary.requests / all)})`,
    )}</dd>
    <dt>Failed there</dt>
    <dd data-figure="failed">${after(
      isKnown(report)
        ? html`<b>${count(canary.errors)}</b>; <b>${count(excess_errors)}</b> of them the baseline would have served (excess errors)`
        : html`<b>${count(canary.errors)}</b>; by the baseline’s error rate, about <b>${count(excess_errors)}</b> of them too many`,
    )}</dd>
    ${
      isKnown(report)
        ? html`<dt>Had all requests gone to it</dt>
            <dd data-figure="at-once">${after(
              html`${expected > 0 ? 'about ' : ''}<b>${expected > 0 ? significant(expected) : 'no'}</b> excess errors expected, by
                the true rates, which no operator sees`,
            )}</dd>`
        : nothing
    }
  </dl>`;
}
