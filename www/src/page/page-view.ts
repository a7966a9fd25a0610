/** The page in the element's shadow: makes its parts, and has them show the store's state. */

import { h } from '../base/dom.ts';
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
import type { Change, Store, View } from '../store/store.ts';
import { adoptStyle } from '../style/style.ts';
import { Commands, onKey, Transport } from '../watch/controls.ts';
import { DecisionLog } from '../watch/decisions.ts';
import { Flow } from '../watch/flow/flow.ts';
import { Opening } from '../watch/opening.ts';
import { SimulationNotice } from '../watch/simulation-notice.ts';
import { Ladder } from '../watch/stages.ts';
import { StateMachine } from '../watch/state-machine.ts';
import { Verdict } from '../watch/verdict.ts';
import { layout, setLevels, showPlace } from './layout.ts';

/** `onprogress` hears how far the study is, `onevent` what a learner did. */
export type Listener = {
  onprogress: (done: number, runs: number) => void;
  onevent: (type: string, detail: object) => void;
};

export class PageView {
  /** What a study is asked, and what it found. */
  study;
  /** Plays a lesson. */
  lessons;
  /** What is wrong with what the host set. */
  hostFaults = new FaultList('The page around the simulator set something that cannot be used:', 'host-faults');
  /** What of a link could not be used. */
  linkFaults = new FaultList('Not all of the link could be used:', 'link-faults');
  #store;
  #scenario;
  #history;
  #opening;
  #verdict;
  #timeline;
  #flow;
  /** The parts that follow the store by themselves. */
  #views: View[];
  #strategies;
  #forms;
  #notice;
  #page: HTMLElement;
  #time: HTMLElement;
  /** Charts, each drawn at its measured width. */
  #measured: { element: HTMLElement; resize: (width: number) => void }[];
  #resizes;
  /** Watches whether the rollout over time is in sight. */
  #sight;
  #root;
  /** The part that is shown alone. */
  #view: string | null = null;
  /** The level of the topmost heading. */
  #level = 2;

  constructor(root: ShadowRoot, store: Store, on: Listener) {
    this.#store = store;
    this.#root = root;
    this.#scenario = new Scenario({
      onpreset: ({ json }) => store.load({ config: json }),
      onseed: (seed) => store.reseed(seed),
      onnewseed: () => store.reseed(null),
    });
    this.#history = new HistoryButtons(store);
    this.#opening = new Opening(store);
    this.#verdict = new Verdict(store);
    this.#timeline = new Timeline(store);
    this.#flow = new Flow(store);
    const [transport, commands] = [new Transport(store), new Commands(store)];
    const [log, ladder, machine] = [new DecisionLog(store), new Ladder(store), new StateMachine(store)];
    const simulation = new SimulationNotice(store);
    this.#views = [
      ...[this.#opening, this.#verdict, this.#timeline, this.#flow, transport, commands],
      ...[log, ladder, machine, simulation],
    ];
    const toVerdict = () => {
      store.go('watch');
      this.#verdict.element.scrollIntoView({ block: 'nearest' });
    };
    this.study = new StudyView(
      (seed, healthy) => {
        store.openRun(seed, healthy);
        toVerdict();
      },
      (result) => this.#opening.showStudy(result),
      on.onprogress,
    );
    this.#strategies = new Strategies((config) => {
      store.configure(config);
      toVerdict();
    });
    this.#forms = new Forms(store);
    this.#notice = new ProblemNotice(() => {
      store.openEditor('text');
      this.#forms.json.reveal();
    });
    this.lessons = new LessonPlayer(store, {
      onevent: on.onevent,
      onlay: () => this.#setLevels(),
      onwatch: () => this.#time.scrollIntoView({ block: 'nearest' }),
      onleave: () => this.#time.focus({ preventScroll: true }),
    });
    const lessons = lessonList(store, this.lessons, () => store.go('watch'));
    const embed = new EmbedDialog(store);
    // No landmark: a page may hold several elements, whose landmarks would have one name.
    const card = (name: string, label: string, ...content: HTMLElement[]) =>
      h('section', { class: `card ${name}`, part: name, role: 'group', 'aria-label': label }, ...content);
    const titled = (name: string, title: string, content: HTMLElement) =>
      h('section', { class: `card ${name}`, part: name }, h('h3', {}, title), content);
    this.#time = card('time', 'The rollout over time', transport.element, this.#timeline.element);
    // Focus can be put on it, by a click into a chart say, so that its keys act.
    this.#time.tabIndex = -1;
    this.#page = layout(
      {
        scenarioControls: this.#scenario.element,
        history: this.#history.element,
        embedButton: embed.button,
        scenario: h('div'),
        linkFaults: this.linkFaults.element,
        hostFaults: this.hostFaults.element,
        lesson: this.lessons.element,
        lessons,
        opening: this.#opening.element,
        time: this.#time,
        requests: card('requests', 'Requests', this.#flow.element),
        decisions: titled('decisions', 'Decisions', log.element),
        figures: this.study.figures,
        study: this.study.element,
        strategies: this.#strategies.element,
        editor: this.#forms.element,
        verdict: this.#verdict.element,
        commands: titled('commands', 'Commands', commands.element),
        stages: titled('stages', 'Stages', ladder.element),
        state: titled('state', 'State', machine.element),
        notice: this.#notice.element,
        simulation: simulation.element,
      },
      (place) => store.go(place),
    );
    this.#time.addEventListener('keydown', (event) => onKey(event, store));
    this.#page.addEventListener('keydown', (event) => onHistoryKey(event, store));
    // A field's change, typed letter by letter, is one step.
    this.#page.addEventListener('change', () => store.settle());
    this.#measured = [this.#timeline, this.#flow, machine, this.study.curve];
    // In a frame of its own: what is drawn anew may be as high as to change the width again.
    this.#resizes = new ResizeObserver((entries) =>
      requestAnimationFrame(() => {
        for (const { target, contentRect } of entries)
          this.#measured.find(({ element }) => element === target)?.resize(contentRect.width);
      }),
    );
    // Of several changes at once, the last holds.
    this.#sight = new IntersectionObserver((entries) => store.rest(!entries[entries.length - 1].isIntersecting));
    root.append(this.#page, embed.element);
  }

  connect() {
    adoptStyle(this.#root);
    for (const { element } of this.#measured) this.#resizes.observe(element);
    this.#sight.observe(this.#time);
    this.study.open();
    if (this.#store.place === 'measure') this.#strategies.open();
    // At once, so that what is painted first does not move.
    this.#timeline.resize(this.#timeline.element.clientWidth);
  }

  disconnect() {
    this.#resizes.disconnect();
    this.#sight.disconnect();
    this.#flow.rest();
    this.study.close();
    this.#strategies.close();
  }

  /**
   * Shows one part of the page alone, or with `null` the store's place.
   *
   * @param level of the topmost heading
   */
  arrange(view: string | null, level: number) {
    this.#view = view;
    this.#level = level;
    this.#timeline.compact = view !== null;
    this.update('page');
  }

  update(change: Change) {
    const store = this.#store;
    // Before there is a rollout, there is nothing to show.
    if (store.seed !== null) for (const view of this.#views) view.update(change);
    switch (change) {
      case 'message':
        return this.#scenario.complain(store.seedFault);
      case 'playhead':
        return this.#showPlayhead();
      case 'page':
        showPlace(this.#page, store.place, this.#view, store.editor !== null);
        if (store.place === 'measure') this.#strategies.open();
        else this.#strategies.close();
        return this.#setLevels();
      case 'rollout':
        return this.#showRollout();
    }
  }

  #showRollout() {
    const store = this.#store;
    // What is drawn stays until the other is there; the forms follow at once.
    if (store.isWaiting) {
      if (!store.dragging) this.#showConfig();
      this.#history.show(store);
      return;
    }
    this.#page.classList.toggle('veiled', store.veiled);
    if (store.veiled) this.study.close();
    else this.study.show(store.session, store.dragging);
    if (!store.veiled) this.#strategies.show(store.session);
    // The forms follow when the limit is let go: they are many.
    if (!store.dragging) this.#showConfig();
    this.#history.show(store);
    this.#showPlayhead();
  }

  #showPlayhead() {
    const { session } = this.#store;
    this.lessons.follow(session);
    if (this.#level !== 2 || this.#view !== null) this.#setLevels();
  }

  #showConfig() {
    const { text, session, problems, more, seed } = this.#store;
    this.#scenario.show(text, seed ?? session.seed);
    this.#notice.show(problems.length + more);
    this.#forms.show(this.#store);
  }

  #setLevels() {
    setLevels(this.#page, !this.lessons.element.hidden, this.#level);
  }
}
