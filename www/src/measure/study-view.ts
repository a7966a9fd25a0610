/**
 * Studies the configuration on screen and shows what it finds: few runs while a
 * limit is dragged, more when it rests, yet more when nobody does anything.
 */

import { h } from '../base/dom.ts';
import type { Report } from '../engine/engine.ts';
import type { StudyResult } from '../engine/study-loop.ts';
import type { Session } from '../rollout/session.ts';
import type { Along } from '../study/curves.ts';
import { Curves } from '../study/curves.ts';
import type { Findings } from '../study/findings.ts';
import { caughtFrom, findingsOf } from '../study/findings.ts';
import type { PolicyName } from '../study/policies.ts';
import { POLICIES } from '../study/policies.ts';
import { firstSeed, RUNS, ratiosNear, studyOrder, USUAL, WALL } from '../study/study-request.ts';
import { StudyRunner } from '../study/study-runner.ts';
import { StudyCard } from './study-card.ts';
import { StudyFigures } from './study-figures.ts';
import { StudyProgress } from './study-progress.ts';

/** How long nobody must have done anything for more runs, in ms. */
const IDLE_MS = 2500;
/** No refinement where it would take longer than this, in ms. */
const MOST_IDLE_MS = 6000;
/** What a study may take while a limit is dragged, to be redrawn often, in ms. */
const MOST_DRAGGED_MS = 70;

export class StudyView {
  onresult: (result: StudyResult | null) => void;
  onprogress: (done: number, runs: number) => void;
  #runner = new StudyRunner();
  #session: Session | null = null;
  /** What is studied: configuration, seeds and rival. */
  #studied = '';
  #rival: PolicyName = USUAL.rival;
  #idle: ReturnType<typeof setTimeout> | undefined;
  /** What a run of a whole study took last, in ms. */
  #msPerRun = 0;
  /** What is known, of policies A and B. */
  #findings: Findings[] = [];
  /** Whether it was studied along traffic, too. */
  #withTraffic = false;
  #figures;
  #card;
  #curves;
  #progress;
  element;

  /**
   * @param onresult what is known of the
   *   configuration on screen, `null` while that is nothing
   */
  constructor(
    onopen: (seed: number, healthy: boolean) => void,
    onresult: (result: StudyResult | null) => void,
    onprogress: (done: number, runs: number) => void,
  ) {
    this.onresult = onresult;
    this.onprogress = onprogress;
    this.#figures = new StudyFigures(onopen);
    this.#curves = new Curves(() => this.#turn());
    this.#card = new StudyCard((rival) => {
      this.rival = rival;
    });
    this.#card.rival = this.#rival;
    this.#progress = new StudyProgress(
      RUNS.many,
      () => this.#study(RUNS.many, [RUNS.shown, RUNS.idle]),
      () => this.#runner.cancel(),
    );
    this.element = h(
      'section',
      { class: 'card study', part: 'study', role: 'group', 'aria-label': 'The policy over many rollouts' },
      h('div', {}, this.#curves.element, this.#progress.element),
      h('div', {}, h('h3', {}, 'This policy and another'), this.#card.element),
    );
  }

  /** Bad releases among ours, in percent, 0 to 100. */
  get badShare() {
    return this.#card.badShare;
  }

  set badShare(percent) {
    this.#card.badShare = percent;
  }

  /** What the curve goes along: the ratio of errors, or traffic. */
  get along() {
    return this.#curves.along;
  }

  set along(along: Along) {
    this.#curves.along = along;
    this.#turn();
  }

  /** The curve, to be drawn at its measured width. */
  get curve() {
    return this.#curves.curve;
  }

  /** The policy to compare with. */
  get rival() {
    return this.#rival;
  }

  set rival(rival) {
    this.#rival = this.#card.rival = rival;
    if (this.#session) this.show(this.#session);
  }

  /** The figures in large type and the walls, which have a place of their own. */
  get figures() {
    return this.#figures.element;
  }

  /** Studies the configuration of a rollout, if that is not what is known. */
  show(session: Session, dragging: boolean = false) {
    const { config, seed, report } = session;
    const studied = [config, firstSeed(seed), this.#rival, dragging].join();
    const known = studied === this.#studied;
    this.#session = session;
    if (!known) {
      this.#studied = studied;
      this.#withTraffic = false;
      this.#figures.await(report);
      this.#card.await(report);
      if (!dragging) this.onresult(null);
      this.#study(dragging ? RUNS.dragging : RUNS.shown, dragging ? [] : [WALL], dragging);
    }
    this.#figures.mark(report);
  }

  /** Goes on after `close`. */
  open() {
    if (this.#session) this.show(this.#session);
  }

  /** Ends what runs; the next `show` studies anew. */
  close() {
    clearTimeout(this.#idle);
    this.#runner.close();
    this.#studied = '';
  }

  /** Turns to the other curve; what that takes is studied if it is not known. */
  #turn() {
    if (!this.#session) return;
    this.#curves.show(this.#findings, this.#session.report);
    if (this.along === 'traffic' && !this.#withTraffic) this.#study(RUNS.shown, []);
  }

  #study(runs: number, milestones: number[], brief: boolean = false) {
    clearTimeout(this.#idle);
    const session = this.#session;
    if (!session) return;
    const { config, report } = session;
    const started = performance.now();
    const little = brief && this.#msPerRun * runs > MOST_DRAGGED_MS;
    const traffic = this.along === 'traffic';
    this.#withTraffic = traffic;
    const near = runs > RUNS.shown ? ratiosNear(this.#findings.map(caughtFrom)) : [];
    const order = studyOrder(config, report, this.#rival, runs, { brief, little, near, traffic });
    if (runs === RUNS.many) this.#progress.show(0, runs);
    else this.#progress.rest();
    this.#runner.run(
      { ...order, milestones },
      {
        onresult: (result, last) => {
          this.#show(result, report, brief, little);
          this.onprogress(result.report.runs, runs);
          if (last) this.#progress.end(result.report);
          if (!brief) this.#msPerRun = (performance.now() - started) / result.report.runs;
          if (last && runs === RUNS.shown) this.#refineLater();
        },
        onprogress: (done) => {
          this.#progress.show(done, runs);
          this.onprogress(done, runs);
        },
        onerror: (message) => this.#progress.complain(message),
      },
      brief,
    );
  }

  #refineLater() {
    if (!this.#runner.inWorker || this.#msPerRun * RUNS.idle > MOST_IDLE_MS) return;
    this.#idle = setTimeout(() => this.#study(RUNS.idle, []), IDLE_MS);
  }

  /**
   * @param report of the rollout it was made for
   * @param brief whether a limit is being dragged
   * @param little whether it leaves out the other policy, which stays as shown
   */
  #show(result: StudyResult, report: Report, brief: boolean, little: boolean) {
    const told = findingsOf(result, ['this policy', POLICIES[this.#rival].name]);
    const kept = little ? this.#findings.slice(1).map((other) => ({ ...other, beside: null })) : [];
    this.#findings = [...told, ...kept];
    this.#figures.show(result, report, brief);
    this.#figures.mark(this.#session?.report ?? report);
    this.#card.show(this.#findings, report, result.report.horizon_ticks);
    this.#curves.show(this.#findings, report);
    this.onresult(result);
  }
}
