/**
 * Requests one can see: what became of each request of the tick at the
 * playhead, and the blast radius so far.
 */

import { h, replace, s } from '../../base/dom.ts';
import { count, presentStage, share, tickUnit } from '../../base/format.ts';
import { figuresTable } from '../../charts/figures-table.ts';
import type { Report } from '../../engine/engine.ts';
import type { Session } from '../../rollout/session.ts';
import { BlastRadius } from './blast-radius.ts';
import type { Layout } from './flow-layout.ts';
import { layout } from './flow-layout.ts';
import { FlowPlot } from './flow-plot.ts';
import { Motion } from './motion.ts';
import type { TickCounts } from './tick.ts';
import { tickCounts, winner } from './tick.ts';

const COLUMNS = ['baseline requests', 'baseline failed', 'canary requests', 'canary failed', 'excess errors'];

export class Flow {
  #title = h('h3');
  #note = h('p', { class: 'flow-note' });
  #key = h('p', { class: 'key' });
  #plot = new FlowPlot();
  #frame = h('div', { class: 'plot' }, this.#plot.svg);
  #motion = new Motion(this.#frame);
  #blast = new BlastRadius();
  #table = figuresTable('Requests', () => {
    if (!this.#session) return null;
    const { series, report } = this.#session;
    return {
      columns: COLUMNS,
      ticks: series.stage.length,
      unit: tickUnit(report.config.tick_seconds).name,
      row: (tick) => figures(tickCounts(series, tick)).map(count),
    };
  });
  element = h(
    'div',
    { class: 'flow' },
    h('figure', {}, h('figcaption', {}, this.#title, this.#note), this.#frame, this.#key, this.#table.element),
    h('h4', {}, 'Blast radius so far'),
    this.#blast.element,
  );
  #width = 0;
  #session: Session | null = null;
  #layout: Layout | null = null;

  constructor() {
    this.#frame.append(this.#motion.canvas);
  }

  /**
   * Redraws at another width.
   *
   * @param width in CSS pixels
   */
  resize(width: number) {
    if (width === this.#width || width <= 0) return;
    this.#width = width;
    if (!this.#session) return;
    this.show(this.#session);
    this.seek(this.#session.reportHere);
  }

  /** Shows a session, drawn anew by the `seek` that follows. */
  show(session: Session) {
    this.#session = session;
    if (this.#width === 0) return;
    this.#layout = layout(this.#width, session.series);
    this.#plot.draw(this.#layout);
    replace(this.#key, ...keyEntries(this.#layout));
    this.#table.refresh();
  }

  /**
   * Shows the tick at the playhead.
   *
   * @param here the rollout up to there
   * @param playing whether the requests move
   */
  seek(here: Report, playing: boolean = false) {
    if (!this.#session || !this.#layout) return;
    const { series, playhead: ticks } = this.#session;
    const counts = ticks > 0 ? tickCounts(series, ticks) : null;
    const unit = tickUnit(here.config.tick_seconds).name;
    const last = winner(here) ? ', the last' : '';
    this.#title.textContent = ticks > 0 ? `Requests in ${unit} ${count(ticks)}${last}` : 'Requests';
    this.#note.textContent = note(here);
    this.#plot.show(counts, counts?.canary.pct ?? here.config.stages[0].traffic_pct, winner(here));
    this.#plot.svg.setAttribute('aria-label', `${this.#title.textContent}. ${sentence(counts, this.#note)}`);
    this.#blast.show(here, series);
    if (playing && counts) this.#motion.move(this.#layout, counts);
    else this.#motion.rest();
  }

  /** Stops what moves: nobody looks at it any more. */
  rest() {
    this.#motion.rest();
  }
}

const figures = ({ baseline, canary }: TickCounts) => [
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
  const pct = share(here.config.stages[presentStage(here) - 1].traffic_pct);
  return here.metrics.ticks > 0 ? `Next, ${pct} go to the canary.` : `No request yet. ${pct} will go to the canary.`;
}

/** The figure in words. */
function sentence(counts: TickCounts | null, { textContent }: HTMLElement) {
  if (!counts) return textContent;
  const { baseline, canary } = counts;
  const version = (name: string, { pct, requests, failed }: TickCounts['canary']) =>
    `${count(requests)} (${share(pct)}) to the ${name}: ${count(requests - failed)} served, ${count(failed)} failed`;
  return (
    `Of ${count(baseline.requests + canary.requests)} requests of users, ${version('baseline', baseline)}; ` +
    `${version('canary', canary)}, ${count(canary.excess)} of which the baseline would have served. ${textContent}`
  );
}

/** What one mark stands for. */
function keyEntries({ canary: { served, failed } }: Layout) {
  const one = failed.per === 1;
  const upTo = (per: number) => `up to ${count(per)}`;
  const requests = served.per === 1 ? 'a request' : `${upTo(served.per)} requests`;
  const failures = one ? 'a failed request' : `${upTo(failed.per)} failed requests, too many to draw each`;
  const excess = one ? 'one' : upTo(failed.per);
  return [
    [[mark('baseline', 'served'), mark('canary', 'served')], requests],
    [[mark('', 'failed')], failures],
    [[mark('', 'excess')], `${excess} that the baseline would have served (excess error)`],
  ].map(([marks, words]) => h('span', { class: 'key-entry' }, ...marks, words as string));
}

const mark = (arm: string, kind: 'served' | 'failed' | 'excess') =>
  s(
    'svg',
    { class: `version ${arm}`, width: 9, height: 10, 'aria-hidden': 'true' },
    s('path', { class: kind, d: kind === 'failed' ? 'M1.4 5a3.1 3.1 0 1 1 0 .01z' : 'M4.5 5h0' }),
  );
