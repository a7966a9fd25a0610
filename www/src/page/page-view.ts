/** What stands in the element's shadow: the parts, and which of them is told what. */

import { Timeline } from '../charts/timeline.ts';
import { Forms } from '../edit/forms.ts';
import { HistoryButtons, onHistoryKey } from '../edit/history-buttons.ts';
import { ProblemNotice } from '../edit/problem-notice.ts';
import { Scenario } from '../edit/scenario.ts';
import { lessonList } from '../learn/lesson-list.ts';
import { LessonPlayer } from '../learn/lesson-player.ts';
import { Strategies } from '../measure/strategies.ts';
import { StudyView } from '../measure/study-view.ts';
import { EmbedDialog } from '../share/embed-dialog.ts';
import { FaultList } from '../share/link-faults.ts';
import type { Store } from '../store/store.ts';
import { dress } from '../style/style.ts';
import { CommandButtons, onKey, Transport } from '../watch/controls.ts';
import { DecisionLog } from '../watch/decisions.ts';
import { Flow } from '../watch/flow/flow.ts';
import { Ladder } from '../watch/ladder.ts';
import { SimulationNotice } from '../watch/simulation-notice.ts';
import { StateMachine } from '../watch/state-machine.ts';
import { Surprise } from '../watch/surprise.ts';
import { Verdict } from '../watch/verdict.ts';
import { layout, setLevels, showView } from './layout.ts';
/** `onprogress` is told how far the study is, `onevent` of what a learner did. */
export type Listener = {
  onprogress: (done: number, runs: number) => void;
  onevent: (type: string, detail: object) => void;
};

export class View {
  /** Where what a study is asked is chosen. */
  study;
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
  #laid: ReturnType<typeof layout>;
  /** What is drawn at its measured width. */
  #measured;
  #resizes;
  /** Whether the rollout over time is in snapshot. */
  #snapshot;
  #root;
  /** The level of the topmost heading. */
  #level = 2;

  constructor(root: ShadowRoot, store: Store, on: Listener) {
    this.#scenario = new Scenario({
      onpreset: ({ json }) => store.load({ config: json }),
      onseed: (seed) => store.reseed(seed),
      onnewseed: () => store.reseed(null),
    });
    this.#history = new HistoryButtons(store);
    this.#surprise = new Surprise(
      (config) => store.configure(config),
      () => {
        list.scrollIntoView();
        list.querySelector('button')?.focus({ preventScroll: true });
      },
    );
    const toVerdict = () => this.#verdict.element.scrollIntoView({ block: 'nearest' });
    const onseek = (tick: number) => store.seek(tick);
    this.#transport = new Transport((move) => store.move(move));
    this.#timeline = new Timeline(onseek, {
      onset: (paths, value, dragging) => store.set(paths, value, dragging),
      onstages: (change) => store.configure(change(store.drawn)),
    });
    this.#tell = new CommandButtons(
      (command) => store.tell(command),
      () => store.reset(),
    );
    this.study = new StudyView(
      (seed, healthy) => {
        store.open(seed, healthy);
        // A narrow page has the walls far from what they open.
        toVerdict();
      },
      (result) => this.#surprise.showStudy(result),
      on.onprogress,
    );
    this.#strategies = new Strategies((config) => {
      store.configure(config);
      toVerdict();
    });
    this.#forms = new Forms(store);
    this.#notice = new ProblemNotice(() => this.#forms.json.reveal());
    this.#simulation = new SimulationNotice(store);
    this.lessons = new LessonPlayer(store, {
      onevent: on.onevent,
      onlay: () => this.#setLevels(),
      onwatch: () => this.#laid.time.scrollIntoView({ block: 'nearest' }),
      onleave: () => {
        this.#laid.page.scrollIntoView();
        this.#laid.time.focus({ preventScroll: true });
      },
    });
    const list = lessonList(store, this.lessons, () => {
      const shown = store.problems.length > 0 ? this.#forms.json : this.#verdict;
      shown.element.scrollIntoView({ block: 'center' });
    });
    const embed = new EmbedDialog(store);
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
      figures: this.study.figures,
      ladder: this.#ladder.element,
      machine: this.#machine.element,
      study: this.study.element,
      strategies: this.#strategies.element,
      forms: this.#forms.element,
      notice: this.#notice.element,
      simulation: this.#simulation.element,
      lessons: list,
    });
    const { page, time } = this.#laid;
    time.addEventListener('keydown', (event) => onKey(event, store));
    page.addEventListener('keydown', (event) => onHistoryKey(event, store));
    // A field's change, typed letter by letter, is one step.
    page.addEventListener('change', () => store.settle());
    const measured: { element: HTMLElement; resize: (width: number) => void }[] = [
      this.#timeline,
      this.#flow,
      this.#machine,
      this.study.curve,
    ];
    // In a frame of its own: what is drawn anew may be as high as to change the width again.
    this.#resizes = new ResizeObserver((entries) =>
      requestAnimationFrame(() => {
        for (const { target, contentRect } of entries)
          measured.find(({ element }) => element === target)?.resize(contentRect.width);
      }),
    );
    this.#measured = measured.map(({ element }) => element);
    // Of changes told together, the last holds.
    this.#snapshot = new IntersectionObserver((entries) => store.rest(!entries[entries.length - 1].isIntersecting));
    root.append(page, embed.element);
    this.#root = root;
  }

  connect() {
    dress(this.#root);
    for (const element of this.#measured) this.#resizes.observe(element);
    this.#snapshot.observe(this.#laid.overTime);
    this.study.open();
    this.#strategies.open();
    // At once, so that what is painted first does not move.
    this.#timeline.resize(this.#timeline.element.clientWidth);
  }

  disconnect() {
    this.#resizes.disconnect();
    this.#snapshot.disconnect();
    this.#flow.rest();
    this.study.close();
    this.#strategies.close();
  }

  /**
   * Shows one part of the page alone, or with `null` all of it.
   *
   * @param level of the topmost heading
   */
  arrange(view: string | null, level: number) {
    showView(this.#laid.page, view);
    this.#timeline.compact = view !== null;
    this.#level = level;
    this.#setLevels();
  }

  show(store: Store) {
    this.#simulation.show();
    // What is drawn stays until the other is there; the forms follow at once.
    if (store.isWaiting) {
      if (!store.dragging) this.#showConfig(store);
      this.#history.show(store);
      return;
    }
    this.#laid.page.classList.toggle('veiled', store.veiled);
    this.#timeline.show(store.session);
    this.#flow.show(store.session);
    if (store.veiled) this.study.close();
    else this.study.show(store.session, store.dragging);
    if (!store.veiled) this.#strategies.show(store.session);
    // The forms follow when the limit is let go: they are many, and off the screen.
    if (!store.dragging) this.#showConfig(store);
    this.#history.show(store);
    this.showPlayhead(store);
  }

  showPlayhead({ session, playing }: Store) {
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

  #showConfig(store: Store) {
    const { text, draft, session, problems } = store;
    this.#scenario.show(text, store.seed ?? session.seed);
    if (problems.length === 0 && !store.isWaiting) this.#surprise.showConfig(draft, session.report);
    this.#surprise.showProblems(problems.length);
    this.#verdict.mark(problems.length === 0);
    this.#notice.show(problems.length + store.more);
    this.#forms.show(store);
  }

  /** Tells how far what is simulated beside the page is. */
  showProgress() {
    this.#simulation.show();
  }

  #setLevels() {
    setLevels(this.#laid.page, !this.lessons.element.hidden, this.#level);
  }

  say(text: string, kind?: 'info' | 'error') {
    this.#tell.say(text, kind);
  }

  complainOfSeed(message: string) {
    this.#scenario.complain(message);
  }

  /** @param faults what of a link was not used */
  showLinkFaults(faults: string[]) {
    this.#linkFaults.show(faults);
  }
}
