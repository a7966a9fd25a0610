/** The page in the element's shadow: makes its parts, and has them show the store's state. */

import { Timeline } from '../charts/timeline.ts';
import { EditorView } from '../edit/editor.ts';
import { HistoryButtons, onHistoryKey, PresetSelect, SeedField } from '../edit/header.ts';
import { ProblemNotice, ScenarioView } from '../edit/scenario.ts';
import { FindView } from '../find/find-view.ts';
import { LearnView } from '../learn/learn-view.ts';
import { MeasureView } from '../measure/measure-view.ts';
import { WallCard } from '../measure/wall-card.ts';
import { EmbedDialog } from '../share/embed-dialog.ts';
import { FaultList } from '../share/fault-list.ts';
import type { Change, Store, View } from '../store/store.ts';
import type { Progress } from '../study/study-runner.ts';
import { adoptStyle } from '../style/style.ts';
import { Commands, onKey, Transport } from '../watch/controls.ts';
import { DecisionLog } from '../watch/decisions.ts';
import { Flow } from '../watch/flow/flow.ts';
import { Opening } from '../watch/opening.ts';
import { ReplayStrip } from '../watch/replay-strip.ts';
import { SimulationNotice } from '../watch/simulation-notice.ts';
import { Ladder } from '../watch/stages.ts';
import { StateMachine } from '../watch/state-machine.ts';
import { Verdict } from '../watch/verdict.ts';
import { YoursView } from '../yours/yours-view.ts';
import { layout, setLevels, showPlace } from './layout.ts';

/** Up to what width cards are folded up at first, in CSS pixels: four screens of a phone are enough. */
const NARROW = 560;

/** `onprogress` hears how far the study is, `onevent` what a learner did. */
export type Listener = {
  onprogress: (done: number, runs: number) => void;
  onevent: (type: string, detail: object) => void;
};

export class PageView {
  /** What is wrong with what the host set. */
  hostFaults = new FaultList('The page around the simulator set something that cannot be used:', 'host-faults');
  /** What of a link could not be used. */
  linkFaults = new FaultList('Not all of the link could be used:', 'link-faults');
  #store;
  #timeline;
  #flow;
  #learn;
  #views: View[];
  /** The views that are not shown now, because they are of another place. */
  #hidden: Set<View> = new Set();
  #page: HTMLElement;
  #time: HTMLElement;
  /** Charts, each drawn at its measured width. */
  #measured: { element: HTMLElement; resize: (width: number) => void }[];
  #resizes;
  /** Cards that are folded up where the page is narrow. */
  #folds: HTMLDetailsElement[];
  /** Watches whether the rollout over time is in sight. */
  #sight;
  #root;
  #onprogress;
  /** What the host has heard last of the study. */
  #progress: Progress | null = null;
  /** The part that is shown alone. */
  #view: string | null = null;
  /** The level of the topmost heading. */
  #level = 2;

  constructor(root: ShadowRoot, store: Store, on: Listener) {
    this.#store = store;
    this.#root = root;
    this.#onprogress = on.onprogress;
    this.#timeline = new Timeline(store);
    this.#flow = new Flow(store);
    this.#learn = new LearnView(store, on.onevent, () => this.#time.scrollIntoView({ block: 'nearest' }));
    const editor = new EditorView(store);
    const [scenario, notice] = [new ScenarioView(store, editor), new ProblemNotice(store, editor)];
    const [preset, seed, history] = [new PresetSelect(store), new SeedField(store), new HistoryButtons(store)];
    const replay = new ReplayStrip(store);
    const [opening, verdict, wall] = [new Opening(store), new Verdict(store), new WallCard(store)];
    const [transport, commands, simulation] = [new Transport(store), new Commands(store), new SimulationNotice(store)];
    const [log, ladder, machine] = [new DecisionLog(store), new Ladder(store), new StateMachine(store)];
    const [measure, find, yours] = [new MeasureView(store), new FindView(store), new YoursView(store)];
    this.#views = [
      ...[preset, seed, history, scenario, replay, notice, simulation],
      ...[opening, transport, this.#timeline, verdict, commands, wall, this.#flow, log, ladder, machine],
      ...[measure, find, yours, this.#learn, editor],
    ];
    const embed = new EmbedDialog(store);
    this.#time = card('time', transport.element, this.#timeline.element);
    this.#time.setAttribute('aria-label', 'The rollout over time');
    // Focus can be put on it, by a click into a chart say, so that its keys act.
    this.#time.tabIndex = -1;
    this.#folds = [
      fold('requests', 'Requests', this.#flow.element),
      fold('decisions', 'Decisions', log.element),
      fold('stages', 'Stages', ladder.element),
      fold('state', 'State', machine.element),
    ];
    const [requests, decisions, stages, state] = this.#folds;
    this.#page = layout(
      {
        preset: preset.element,
        seed: seed.element,
        history: history.element,
        embedButton: embed.button,
        scenario: scenario.element,
        replay: replay.element,
        notice: notice.element,
        linkFaults: this.linkFaults.element,
        hostFaults: this.hostFaults.element,
        learn: this.#learn.element,
        opening: opening.element,
        time: this.#time,
        requests,
        decisions,
        measure: measure.element,
        find: find.element,
        yours: yours.element,
        editor: editor.element,
        verdict: verdict.element,
        wall: wall.element,
        commands: card('commands', heading('Commands'), commands.element),
        stages,
        state,
        simulation: simulation.element,
      },
      (place) => store.go(place),
    );
    this.#time.addEventListener('keydown', (event) => onKey(event, store));
    this.#page.addEventListener('keydown', (event) => onHistoryKey(event, store));
    // A field's change, typed letter by letter, is one step.
    this.#page.addEventListener('change', () => store.settle());
    this.#measured = [this.#timeline, this.#flow, machine];
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

  /** The course: what of it is open. */
  get course() {
    return this.#learn.course;
  }

  connect() {
    adoptStyle(this.#root);
    for (const { element } of this.#measured) this.#resizes.observe(element);
    this.#sight.observe(this.#time);
    this.#store.study.open();
    this.#store.yours.resume();
    const isWide = this.#page.clientWidth > NARROW || this.#view !== null;
    for (const one of this.#folds) one.open = isWide;
    // At once, so that what is painted first does not move.
    this.#timeline.resize(this.#timeline.element.clientWidth);
  }

  disconnect() {
    this.#resizes.disconnect();
    this.#sight.disconnect();
    this.#flow.rest();
    this.#store.study.close();
    this.#store.search.close();
    this.#store.yours.close();
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
    if (view !== null) for (const one of this.#folds) one.open = true;
    this.update('page');
  }

  update(change: Change) {
    const store = this.#store;
    if (change === 'page') this.#arrange();
    // Whatever a host configures, there is a rollout to show, if only that of the first preset.
    const isShown = change === 'rollout' ? store.session !== null : store.seed !== null;
    if (!isShown) return;
    for (const view of this.#views) if (!this.#hidden.has(view)) view.update(change);
    if (change === 'rollout' && !store.isWaiting) {
      this.#page.classList.toggle('veiled', store.veiled);
      if (store.veiled) store.study.close();
      else store.study.show(store.session, store.dragging);
    }
    if (change === 'study') this.#reportProgress();
    this.#setLevels();
  }

  /** Shows the place; its views are brought up to date, for hidden ones are left alone. */
  #arrange() {
    const { place, editor } = this.#store;
    showPlace(this.#page, place, this.#view, editor !== null);
    const before = this.#hidden;
    this.#hidden = new Set(this.#views.filter(({ element }) => element.closest('[data-out]')));
    if (this.#store.seed === null) return;
    for (const view of before) if (!this.#hidden.has(view)) view.update('rollout');
  }

  #reportProgress() {
    const { progress } = this.#store.study;
    if (progress && progress !== this.#progress && progress.done > 0) this.#onprogress(progress.done, progress.runs);
    this.#progress = progress;
  }

  #setLevels() {
    setLevels(this.#page, this.course.source !== null, this.#level);
  }
}

/** No landmark: a page may hold several elements, whose landmarks would have one name. */
function card(name: string, ...content: HTMLElement[]) {
  const section = document.createElement('section');
  section.className = `card ${name}`;
  section.setAttribute('part', name);
  section.role = 'group';
  section.append(...content);
  return section;
}

/** A card that can be folded up. */
function fold(name: string, title: string, content: HTMLElement) {
  const details = document.createElement('details');
  details.className = `card ${name}`;
  details.setAttribute('part', name);
  details.setAttribute('aria-label', title);
  details.open = true;
  const summary = document.createElement('summary');
  summary.append(heading(title));
  details.append(summary, content);
  return details;
}

function heading(words: string) {
  return Object.assign(document.createElement('h3'), { textContent: words });
}
