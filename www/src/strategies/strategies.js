/**
 * Four strategies on one release, studied when somebody looks: which one hurts
 * whom, for how long, and what it costs a healthy release.
 */

import { h } from '../base/dom.js';
import { count, inUnitOf, ruleWords, significant, tickUnit } from '../base/format.js';
import { StudyProgress } from '../study/study-progress.js';
import { badRelease, isHealthy } from '../study/study-request.js';
import { StudyRunner } from '../study/study-runner.js';
import {
  HORIZON_TICKS,
  RELEASES,
  RUNS,
  STRATEGIES,
  strategyFigures,
  strategyRequest,
  unwatched,
  withStrategy,
} from './strategy-request.js';
import { StrategyTable } from './strategy-table.js';

/** @import { StudyReport } from '../base/engine.js' */
/** @import { Json } from '../base/json-path.js' */
/** @import { Session } from '../rollout/session.js' */
/** @import { Strategy } from './strategy-request.js' */

/** The release on the page, among those to choose from. */
const CONFIGURED = 'configured';

export class Strategies {
  #runner = new StudyRunner();
  /** @type {Session | null} */
  #session = null;
  /** The release somebody chose; else the page's if that is bad. @type {string | null} */
  #chosen = null;
  /** The configuration studied, or to be studied when somebody looks. */
  #wanted = '';
  #begun = false;
  #inView = false;
  #watch;
  #release = h('select', { onchange: () => this.#choose(this.#release.value) });
  #configured = h('option', { value: CONFIGURED });
  #about = h('p', { class: 'quiet' });
  #progress = new StudyProgress(
    RUNS,
    () => this.#begin(),
    () => this.#runner.cancel(),
  );
  #table;
  #note = h('p', { class: 'quiet' });
  element;

  /** @param {(config: Json) => void} onopen a strategy's configuration, to be put on the page */
  constructor(onopen) {
    this.#table = new StrategyTable((strategy) => {
      const config = this.#withStrategy(strategy);
      this.#chosen = null;
      onopen(config);
    });
    this.#release.append(
      this.#configured,
      ...Object.entries(RELEASES).map(([value, { name }]) => h('option', { value }, name)),
    );
    this.element = h(
      'section',
      { class: 'card strategies', part: 'strategies', role: 'group', 'aria-label': 'Strategies on one release' },
      h('h3', {}, 'Strategies on one release'),
      h(
        'div',
        { class: 'strategies-head' },
        h('label', { class: 'compare' }, 'Release', this.#release),
        this.#progress.element,
      ),
      this.#about,
      this.#table.element,
      this.#note,
    );
    // Only well in view: who scrolls past sets nothing going.
    this.#watch = new IntersectionObserver(
      (entries) => {
        this.#inView = entries[entries.length - 1].isIntersecting;
        if (this.#inView && !this.#begun) this.#begin();
      },
      { rootMargin: '-25% 0px' },
    );
  }

  /**
   * Takes a rollout's world and release; its policy and its seed play no part.
   * @param {Session} session
   */
  show(session) {
    this.#session = session;
    const { report } = session;
    const healthy = isHealthy(report);
    this.#configured.hidden = this.#configured.disabled = healthy;
    this.#configured.textContent = healthy ? '' : `as configured: ${badRelease(report)}`;
    if (healthy && this.#chosen === CONFIGURED) this.#chosen = null;
    this.#release.value = this.#chosen ?? (healthy ? Object.keys(RELEASES)[0] : CONFIGURED);

    const { config } = this.#request();
    if (config === this.#wanted) return;
    this.#wanted = config;
    this.#begun = false;
    this.#runner.cancel();
    this.#progress.rest();
    this.#about.textContent = about(report.config.tick_seconds, healthy);
    this.#table.plan(tickUnit(report.config.tick_seconds));
    this.element.dataset.runs = '0';
    this.element.setAttribute('aria-busy', 'true');
    if (this.#inView) this.#begin();
  }

  /** Goes on after `close`. */
  open() {
    this.#watch.observe(this.#table.element);
    if (this.#session) this.show(this.#session);
  }

  /** Ends what runs; after `open` it is studied anew. */
  close() {
    this.#watch.disconnect();
    this.#runner.close();
    this.#wanted = '';
    this.#inView = false;
  }

  /** @param {string} release */
  #choose(release) {
    this.#chosen = release;
    if (this.#session) this.show(this.#session);
  }

  #begin() {
    if (!this.#session) return;
    const wanted = this.#wanted;
    const { tick_seconds } = this.#session.report.config;
    const stillWanted = () => wanted === this.#wanted;
    this.#begun = true;
    this.#progress.show(0, RUNS);
    this.#runner.run(this.#request(), {
      onresult: ({ report }, last) => {
        if (!stillWanted()) return;
        this.#show(report, tick_seconds);
        if (last) this.#progress.end(report);
      },
      onprogress: (done) => stillWanted() && this.#progress.show(done, RUNS),
      onerror: (message) => stillWanted() && this.#progress.complain(message),
    });
  }

  /**
   * @param {StudyReport} report
   * @param {number} tickSeconds
   */
  #show(report, tickSeconds) {
    const unit = tickUnit(tickSeconds);
    const { requests, excess } = unwatched(report);
    this.#table.show(strategyFigures(report), unit);
    this.#note.textContent =
      `Means of ${count(report.runs)} rollouts each, on the same seeds. Until ${unit.name} ${HORIZON_TICKS} there are ` +
      `${significant(requests)} requests; where nobody looks, ${significant(excess)} of them fail because of the release. ` +
      'Bars are parts of these.';
    this.element.dataset.runs = String(report.runs);
    this.element.dataset.partial = String(report.partial);
    this.element.setAttribute('aria-busy', 'false');
  }

  /** The configuration on the page, and the release that is studied. */
  #world() {
    const config = JSON.parse(this.#session?.config ?? '{}');
    return { config, canary: RELEASES[this.#release.value]?.canary ?? config.canary };
  }

  #request() {
    const { config, canary } = this.#world();
    return strategyRequest(config, canary);
  }

  /** @param {Strategy} strategy */
  #withStrategy(strategy) {
    const { config, canary } = this.#world();
    return withStrategy(strategy, config, canary);
  }
}

/**
 * What is compared, and by which rules.
 * @param {number} tickSeconds
 * @param {boolean} healthy whether the release on the page is
 */
function about(tickSeconds, healthy) {
  const { name } = tickUnit(tickSeconds);
  const limits = (STRATEGIES[1].rules ?? [])
    .map(({ rule, max }) => `${ruleWords(rule)} ${inUnitOf(rule, max ?? null)}`)
    .join(', ');
  return (
    `${healthy ? 'The release on the page is healthy, so a bad one is taken. ' : ''}` +
    `Each strategy with its own stages and rules, ${count(RUNS)} rollouts, over the same ${HORIZON_TICKS} ${name}s: ` +
    'a bad release that is promoted goes on failing until then. Only the canary is compared with the baseline; ' +
    `the others have fixed limits (${limits}), for at 100\u00a0% of traffic there is nothing left to compare with.`
  );
}
