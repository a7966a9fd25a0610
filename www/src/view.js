/** What stands in the element's shadow: the parts, and which of them is told what. */

import { Timeline } from './charts/timeline.js';
import { Forms } from './edit/forms.js';
import { HistoryButtons, onHistoryKey } from './edit/history-buttons.js';
import { ProblemNotice } from './edit/problem-notice.js';
import { EmbedDialog } from './embed/embed-dialog.js';
import { Flow } from './flow/flow.js';
import { layout, setLevels, showView } from './layout.js';
import { LessonDesk } from './lessons/lesson-desk.js';
import { lessonList } from './lessons/lesson-list.js';
import { FaultList } from './link/fault-list.js';
import { Tell, Transport, onKey } from './rollout/controls.js';
import { DecisionLog } from './rollout/decisions.js';
import { Ladder } from './rollout/ladder.js';
import { Scenario } from './rollout/scenario.js';
import { SimulationNotice } from './rollout/simulation-notice.js';
import { StateMachine } from './rollout/state-machine.js';
import { Surprise } from './rollout/surprise.js';
import { Verdict } from './rollout/verdict.js';
import { Strategies } from './strategies/strategies.js';
import { StudyDesk } from './study/study-desk.js';
import { dress } from './style/style.js';

/** @import { Workbench } from './workbench.js' */
/**
 * `onprogress` is told how far the study is, `onevent` of what a learner did.
 * @typedef {{
 *   onprogress: (done: number, runs: number) => void, onevent: (type: string, detail: object) => void,
 * }} Listener
 */

export class View {
  /** Where what a study is asked is chosen. */
  desk;
  /** Where a lesson is played. */
  lessons;
  #scenario;
  #history;
  #surprise;
  #verdict = new Verdict();
  #transport;
  #timeline;
  #tell;
  #flow = new Flow();
  #log = new DecisionLog();
  #ladder = new Ladder();
  #machine = new StateMachine();
  #strategies;
  #forms;
  #notice;
  #simulation;
  #linkFaults = new FaultList();
  /** @type {ReturnType<typeof layout>} */
  #laid;
  /** What is drawn at its measured width. */
  #measured;
  #resizes;
  /** Whether the rollout over time is in sight. */
  #sight;
  #root;
  /** The level of the topmost heading. */
  #level = 2;

  /**
   * @param {ShadowRoot} root
   * @param {Workbench} bench
   * @param {Listener} on
   */
  constructor(root, bench, on) {
    this.#scenario = new Scenario({
      onpreset: ({ json }) => bench.load({ config: json }),
      onseed: (seed) => bench.reseed(seed),
      onnewseed: () => bench.reseed(null),
    });
    this.#history = new HistoryButtons(bench);
    this.#surprise = new Surprise(
      (config) => bench.configure(config),
      () => {
        list.scrollIntoView();
        list.querySelector('button')?.focus({ preventScroll: true });
      },
    );
    const toVerdict = () => this.#verdict.element.scrollIntoView({ block: 'nearest' });
    const onseek = (/** @type {number} */ tick) => bench.seek(tick);
    this.#transport = new Transport((move) => bench.move(move));
    this.#timeline = new Timeline(onseek, {
      onset: (paths, value, dragging) => bench.set(paths, value, dragging),
      onstages: (change) => bench.configure(change(bench.drawn)),
    });
    this.#tell = new Tell(
      (command) => bench.tell(command),
      () => bench.reset(),
    );
    this.desk = new StudyDesk(
      (seed, healthy) => {
        bench.open(seed, healthy);
        // A narrow page has the walls far from what they open.
        toVerdict();
      },
      (result) => this.#surprise.showStudy(result),
      on.onprogress,
    );
    this.#strategies = new Strategies((config) => {
      bench.configure(config);
      toVerdict();
    });
    this.#forms = new Forms(bench);
    this.#notice = new ProblemNotice(() => this.#forms.json.reveal());
    this.#simulation = new SimulationNotice(bench);
    this.lessons = new LessonDesk(bench, {
      onevent: on.onevent,
      onlay: () => this.#setLevels(),
      onwatch: () => this.#laid.time.scrollIntoView({ block: 'nearest' }),
      onleave: () => {
        this.#laid.page.scrollIntoView();
        this.#laid.time.focus({ preventScroll: true });
      },
    });
    const list = lessonList(bench, this.lessons, () => {
      const shown = bench.problems.length > 0 ? this.#forms.json : this.#verdict;
      shown.element.scrollIntoView({ block: 'center' });
    });
    const embed = new EmbedDialog(bench);
    this.#laid = layout({
      history: this.#history.element,
      scenario: this.#scenario.element,
      embedButton: embed.button,
      linkFaults: this.#linkFaults.element,
      lesson: this.lessons.element,
      surprise: this.#surprise.element,
      verdict: this.#verdict.element,
      transport: this.#transport.element,
      timeline: this.#timeline.element,
      tell: this.#tell.element,
      flow: this.#flow.element,
      log: this.#log.element,
      figures: this.desk.figures,
      ladder: this.#ladder.element,
      machine: this.#machine.element,
      study: this.desk.element,
      strategies: this.#strategies.element,
      forms: this.#forms.element,
      notice: this.#notice.element,
      simulation: this.#simulation.element,
      lessons: list,
    });
    const { page, time } = this.#laid;
    time.addEventListener('keydown', (event) => onKey(event, bench));
    page.addEventListener('keydown', (event) => onHistoryKey(event, bench));
    // A field's change, typed letter by letter, is one step.
    page.addEventListener('change', () => bench.settle());
    /** @type {{ element: HTMLElement, resize: (width: number) => void }[]} */
    const measured = [this.#timeline, this.#flow, this.#machine, this.desk.curve];
    // In a frame of its own: what is drawn anew may be as high as to change the width again.
    this.#resizes = new ResizeObserver((entries) =>
      requestAnimationFrame(() => {
        for (const { target, contentRect } of entries)
          measured.find(({ element }) => element === target)?.resize(contentRect.width);
      }),
    );
    this.#measured = measured.map(({ element }) => element);
    // Of changes told together, the last holds.
    this.#sight = new IntersectionObserver((entries) => bench.rest(!entries[entries.length - 1].isIntersecting));
    root.append(page, embed.element);
    this.#root = root;
  }

  connect() {
    dress(this.#root);
    for (const element of this.#measured) this.#resizes.observe(element);
    this.#sight.observe(this.#laid.overTime);
    this.desk.open();
    this.#strategies.open();
    // At once, so that what is painted first does not move.
    this.#timeline.resize(this.#timeline.element.clientWidth);
  }

  disconnect() {
    this.#resizes.disconnect();
    this.#sight.disconnect();
    this.#flow.rest();
    this.desk.close();
    this.#strategies.close();
  }

  /**
   * Shows one part of the page alone, or with `null` all of it.
   * @param {string | null} view
   * @param {number} level of the topmost heading
   */
  arrange(view, level) {
    showView(this.#laid.page, view);
    this.#timeline.compact = view !== null;
    this.#level = level;
    this.#setLevels();
  }

  /** @param {Workbench} bench */
  show(bench) {
    this.#simulation.show();
    // What is drawn stays until the other is there; the forms follow at once.
    if (bench.isWaiting) {
      if (!bench.dragging) this.#showConfig(bench);
      this.#history.show(bench);
      return;
    }
    this.#laid.page.classList.toggle('veiled', bench.veiled);
    this.#timeline.show(bench.session);
    this.#flow.show(bench.session);
    if (bench.veiled) this.desk.close();
    else this.desk.show(bench.session, bench.dragging);
    if (!bench.veiled) this.#strategies.show(bench.session);
    // The forms follow when the limit is let go: they are many, and off the screen.
    if (!bench.dragging) this.#showConfig(bench);
    this.#history.show(bench);
    this.showPlayhead(bench);
  }

  /** @param {Workbench} bench */
  showPlayhead({ session, playing }) {
    const here = session.reportHere;
    this.#surprise.showHere(here, session.report);
    this.#verdict.show(here, session.report);
    this.#timeline.seek(here);
    this.#flow.seek(here, playing);
    this.#ladder.show(here);
    this.#machine.show(here);
    this.#log.show(here);
    this.#tell.show(here.final_state, session.allowedHere);
    this.#transport.show(session, playing);
    this.lessons.follow(session);
    if (this.#level !== 2 || this.#laid.page.hasAttribute('data-view')) this.#setLevels();
  }

  /** @param {Workbench} bench */
  #showConfig(bench) {
    const { text, draft, session, problems } = bench;
    this.#scenario.show(text, bench.seed ?? session.seed);
    if (problems.length === 0 && !bench.isWaiting) this.#surprise.showConfig(draft, session.report);
    this.#surprise.showProblems(problems.length);
    this.#verdict.mark(problems.length === 0);
    this.#notice.show(problems.length + bench.more);
    this.#forms.show(bench);
  }

  /** Tells how far what is simulated beside the page is. */
  showProgress() {
    this.#simulation.show();
  }

  #setLevels() {
    setLevels(this.#laid.page, !this.lessons.element.hidden, this.#level);
  }

  /**
   * @param {string} text
   * @param {"told" | "error"} [kind]
   */
  say(text, kind) {
    this.#tell.say(text, kind);
  }

  /** @param {string} message */
  complainOfSeed(message) {
    this.#scenario.complain(message);
  }

  /** @param {string[]} faults what of a link was not used */
  showLinkFaults(faults) {
    this.#linkFaults.show(faults);
  }
}
