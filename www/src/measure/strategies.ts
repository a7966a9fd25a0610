/**
 * Four strategies on one release, studied when somebody looks: which one hurts
 * whom, for how long, and what it costs a healthy release.
 */

import { h } from '../base/dom.ts';
import { count, inUnitOf, ruleWords, significant, tickUnit } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import type { StudyReport } from '../engine/engine.ts';
import type { Session } from '../rollout/session.ts';
import type { Strategy } from '../study/strategy-request.ts';
import {
  HORIZON_TICKS,
  RELEASES,
  RUNS,
  STRATEGIES,
  strategyFigures,
  strategyRequest,
  unwatched,
  withStrategy,
} from '../study/strategy-request.ts';
import { badRelease, isHealthy } from '../study/study-request.ts';
import { StudyRunner } from '../study/study-runner.ts';
import { StrategyTable } from './strategy-table.ts';
import { StudyProgress } from './study-progress.ts';

/** The release on the page, among those to choose from. */
const CONFIGURED = 'configured';

export class Strategies {
  #runner = new StudyRunner();
  #session: Session | null = null;
  /** The release somebody chose; else the page's if that is bad. */
  #chosen: string | null = null;
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

  /** @param onopen a strategy's configuration, to be put on the page */
  constructor(onopen: (config: Json) => void) {
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

  /** Takes a rollout's world and release; its policy and its seed play no part. */
  show(session: Session) {
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

  #choose(release: string) {
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

  #show(report: StudyReport, tickSeconds: number) {
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

  #withStrategy(strategy: Strategy) {
    const { config, canary } = this.#world();
    return withStrategy(strategy, config, canary);
  }
}

/**
 * What is compared, and by which rules.
 *
 * @param healthy whether the release on the page is
 */
function about(tickSeconds: number, healthy: boolean) {
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
