/** The page in the element's shadow: makes its parts, and has them show the store's state. */

import { h } from '../base/dom.ts';
import { Timeline } from '../charts/timeline.ts';
import { EditorView } from '../edit/editor.ts';
import { HistoryButtons, onHistoryKey, PresetSelect, SeedField } from '../edit/header.ts';
import { ProblemNotice, ScenarioView } from '../edit/scenario.ts';
import { lessonList } from '../learn/lesson-list.ts';
import { LessonPlayer } from '../learn/lesson-player.ts';
import { Strategies } from '../measure/strategies.ts';
import { StudyView } from '../measure/study-view.ts';
import { EmbedDialog } from '../share/embed-dialog.ts';
import { FaultList } from '../share/link-faults.ts';
import type { Change, Store, View } from '../store/store.ts';
import { adoptStyle } from '../style/style.ts';
import { CommandButtons, onKey, Transport } from '../watch/controls.ts';
import { DecisionLog } from '../watch/decisions.ts';
import { Flow } from '../watch/flow/flow.ts';
import { Ladder } from '../watch/ladder.ts';
import { SimulationNotice } from '../watch/simulation-notice.ts';
import { StateMachine } from '../watch/state-machine.ts';
import { Surprise } from '../watch/surprise.ts';
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
  /** The parts that render the store by themselves. */
  #views: View[];
  #surprise;
  #verdict = new Verdict();
  #transport;
  #timeline;
  #commands;
  #flow = new Flow();
  #log = new DecisionLog();
  #ladder = new Ladder();
  #machine = new StateMachine();
  #strategies;
  #simulation;
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
    const editor = new EditorView(store);
    const scenario = new ScenarioView(store, editor);
    const notice = new ProblemNotice(store, editor);
    const preset = new PresetSelect(store);
    const seed = new SeedField(store);
    const history = new HistoryButtons(store);
    this.#views = [editor, scenario, notice, preset, seed, history];
    this.#surprise = new Surprise(
      (config) => store.configure(config),
      () => store.go('learn'),
    );
    const toVerdict = () => {
      store.go('watch');
      this.#verdict.element.scrollIntoView({ block: 'nearest' });
    };
    this.#transport = new Transport((move) => store.move(move));
    this.#timeline = new Timeline((tick) => store.seek(tick), {
      onset: (paths, value, dragging) => store.set(paths, value, dragging),
    });
    this.#commands = new CommandButtons(
      (command) => store.tell(command),
      () => store.reset(),
    );
    this.study = new StudyView(
      (seed, healthy) => {
        store.openRun(seed, healthy);
        toVerdict();
      },
      (result) => this.#surprise.showStudy(result),
      on.onprogress,
    );
    this.#strategies = new Strategies((config) => {
      store.configure(config);
      toVerdict();
    });
    this.#simulation = new SimulationNotice(store);
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
    this.#time = card(
      'time',
      'The rollout over time',
      this.#transport.element,
      this.#timeline.element,
      this.#commands.element,
    );
    // Focus can be put on it, by a click into a chart say, so that its keys act.
    this.#time.tabIndex = -1;
    this.#page = layout(
      {
        scenarioControls: h('div', { class: 'chosen' }, preset.element, seed.element),
        history: history.element,
        embedButton: embed.button,
        scenario: scenario.element,
        linkFaults: this.linkFaults.element,
        hostFaults: this.hostFaults.element,
        lesson: this.lessons.element,
        lessons,
        opening: this.#surprise.element,
        time: this.#time,
        requests: card('requests', 'Requests', this.#flow.element),
        decisions: titled('decisions', 'Decisions', this.#log.element),
        figures: this.study.figures,
        study: this.study.element,
        strategies: this.#strategies.element,
        editor: editor.element,
        verdict: this.#verdict.element,
        stages: titled('stages', 'Stages', this.#ladder.element),
        state: titled('state', 'State', this.#machine.element),
        notice: notice.element,
        simulation: this.#simulation.element,
      },
      (place) => store.go(place),
    );
    this.#time.addEventListener('keydown', (event) => onKey(event, store));
    this.#page.addEventListener('keydown', (event) => onHistoryKey(event, store));
    // A field's change, typed letter by letter, is one step.
    this.#page.addEventListener('change', () => store.settle());
    this.#measured = [this.#timeline, this.#flow, this.#machine, this.study.curve];
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
    this.#update(change);
    for (const view of this.#views) view.update(change);
  }

  #update(change: Change) {
    const store = this.#store;
    switch (change) {
      case 'progress':
        return this.#simulation.show();
      case 'message':
        return this.#commands.say(store.message.text, store.message.kind);
      case 'playhead':
        return this.#showPlayhead();
      case 'page':
        showPlace(this.#page, store.place, this.#view, store.editor !== null);
        if (store.place === 'measure') this.#strategies.open();
        else this.#strategies.close();
        return this.#setLevels();
      default:
        return this.#showRollout();
    }
  }

  #showRollout() {
    const store = this.#store;
    this.#simulation.show();
    // What is drawn stays until the other is there; the forms follow at once.
    if (store.isWaiting) {
      this.#showConfig();
      return;
    }
    this.#page.classList.toggle('veiled', store.veiled);
    this.#timeline.show(store.session);
    this.#flow.show(store.session);
    if (store.veiled) this.study.close();
    else this.study.show(store.session, store.dragging);
    if (!store.veiled) this.#strategies.show(store.session);
    this.#showConfig();
    this.#showPlayhead();
  }

  #showPlayhead() {
    const { session, playing } = this.#store;
    const here = session.reportHere;
    this.#surprise.showHere(here, session.report);
    this.#verdict.show(here, session.report);
    this.#timeline.seek(here);
    this.#flow.seek(here, playing);
    this.#ladder.show(here);
    this.#machine.show(here);
    this.#log.show(here);
    this.#commands.show(here.final_state, session.allowedHere);
    this.#transport.show(session, playing);
    this.lessons.follow(session);
    if (this.#level !== 2 || this.#view !== null) this.#setLevels();
  }

  #showConfig() {
    const { draft, session, problems, isWaiting } = this.#store;
    if (problems.length === 0 && !isWaiting) this.#surprise.showConfig(draft, session.report);
    this.#surprise.showProblems(problems.length);
    this.#verdict.mark(problems.length === 0);
  }

  #setLevels() {
    setLevels(this.#page, !this.lessons.element.hidden, this.#level);
  }
}
