/**
 * Requests one can see: what became of each request of the tick at the
 * playhead, and the blast radius so far.
 */

import { h, replace, s } from '../base/dom.js';
import { count, presentStage, share, tickUnit } from '../base/format.js';
import { figuresTable } from '../charts/figures-table.js';
import { BlastRadius } from './blast-radius.js';
import { FlowPlot } from './flow-plot.js';
import { layout } from './layout.js';
import { Motion } from './motion.js';
import { tickCounts, winner } from './tick.js';

/** @import { Report } from '../base/engine.js' */
/** @import { Layout } from './layout.js' */
/** @import { Session } from '../rollout/session.js' */
/** @import { TickCounts } from './tick.js' */

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
  /** @type {Session | null} */
  #session = null;
  /** @type {Layout | null} */
  #layout = null;

  constructor() {
    this.#frame.append(this.#motion.canvas);
  }

  /**
   * Redraws at another width.
   * @param {number} width in CSS pixels
   */
  resize(width) {
    if (width === this.#width || width <= 0) return;
    this.#width = width;
    if (!this.#session) return;
    this.show(this.#session);
    this.seek(this.#session.reportHere);
  }

  /**
   * Shows a session, drawn anew by the `seek` that follows.
   * @param {Session} session
   */
  show(session) {
    this.#session = session;
    if (this.#width === 0) return;
    this.#layout = layout(this.#width, session.series);
    this.#plot.draw(this.#layout);
    replace(this.#key, ...keyEntries(this.#layout));
    this.#table.refresh();
  }

  /**
   * Shows the tick at the playhead.
   * @param {Report} here the rollout up to there
   * @param {boolean} [playing] whether the requests move
   */
  seek(here, playing = false) {
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

/** @param {TickCounts} counts */
const figures = ({ baseline, canary }) => [
  baseline.requests,
  baseline.failed,
  canary.requests,
  canary.failed,
  canary.excess,
];

/**
 * Where requests go from now on.
 * @param {Report} here
 */
function note(here) {
  const to = winner(here);
  if (to) return `All requests go to the ${to} now.`;
  const pct = share(here.config.stages[presentStage(here) - 1].traffic_pct);
  return here.metrics.ticks > 0 ? `Next, ${pct} go to the canary.` : `No request yet. ${pct} will go to the canary.`;
}

/**
 * The figure in words.
 * @param {TickCounts | null} counts
 * @param {HTMLElement} note
 */
function sentence(counts, { textContent }) {
  if (!counts) return textContent;
  const { baseline, canary } = counts;
  const version = (/** @type {string} */ name, /** @type {TickCounts["canary"]} */ { pct, requests, failed }) =>
    `${count(requests)} (${share(pct)}) to the ${name}: ${count(requests - failed)} served, ${count(failed)} failed`;
  return (
    `Of ${count(baseline.requests + canary.requests)} requests of users, ${version('baseline', baseline)}; ` +
    `${version('canary', canary)}, ${count(canary.excess)} of which the baseline would have served. ${textContent}`
  );
}

/**
 * What one mark stands for.
 * @param {Layout} layout
 */
function keyEntries({ canary: { served, failed } }) {
  const one = failed.per === 1;
  const upTo = (/** @type {number} */ per) => `up to ${count(per)}`;
  const requests = served.per === 1 ? 'a request' : `${upTo(served.per)} requests`;
  const failures = one ? 'a failed request' : `${upTo(failed.per)} failed requests, too many to draw each`;
  const excess = one ? 'one' : upTo(failed.per);
  return [
    [[mark('baseline', 'served'), mark('canary', 'served')], requests],
    [[mark('', 'failed')], failures],
    [[mark('', 'excess')], `${excess} that the baseline would have served (excess error)`],
  ].map(([marks, words]) => h('span', { class: 'key-entry' }, ...marks, /** @type {string} */ (words)));
}

/**
 * @param {string} arm
 * @param {"served" | "failed" | "excess"} kind
 */
const mark = (arm, kind) =>
  s(
    'svg',
    { class: `version ${arm}`, width: 9, height: 10, 'aria-hidden': 'true' },
    s('path', { class: kind, d: kind === 'failed' ? 'M1.4 5a3.1 3.1 0 1 1 0 .01z' : 'M4.5 5h0' }),
  );
