/** What stands in the element's shadow: the parts, their places, who is told what. */

import { version } from './base/engine.js';
import { HistoryButtons, onHistoryKey } from './edit/history-buttons.js';
import { Tell, Transport, onKey } from './rollout/controls.js';
import { DecisionLog } from './rollout/decisions.js';
import { h } from './base/dom.js';
import { Flow } from './flow/flow.js';
import { counted } from './base/format.js';
import { FaultList } from './link/fault-list.js';
import { JsonEditor } from './edit/json-editor.js';
import { LessonDesk } from './lessons/lesson-desk.js';
import { lessonList } from './lessons/lesson-list.js';
import { startOf } from './lessons/start.js';
import { Ladder } from './rollout/ladder.js';
import { ReleasePresets } from './edit/release-presets.js';
import { releasePanel, worldPanel } from './edit/panels.js';
import { policyPanel } from './edit/policy-panel.js';
import { Scenario } from './rollout/scenario.js';
import { StateMachine } from './rollout/state-machine.js';
import { Strategies } from './strategies/strategies.js';
import { StudyDesk } from './study/study-desk.js';
import { style } from './style/style.js';
import { Surprise } from './rollout/surprise.js';
import { Timeline } from './charts/timeline.js';
import { EmbedDialog } from './embed/embed-dialog.js';
import { Verdict } from './rollout/verdict.js';

/** @import { Problem } from './base/engine.js' */
/** @import { Json } from './base/json-path.js' */
/** @import { OnEdit } from './edit/field.js' */
/** @import { OnChange } from './edit/plan-edit.js' */
/** @import { Workbench } from './workbench.js' */

export class View {
  #scenario;
  #surprise;
  #study;
  #strategies;
  #verdict = new Verdict();
  #transport;
  #timeline;
  #tell;
  #flow = new Flow();
  #ladder = new Ladder();
  #machine = new StateMachine();
  #log = new DecisionLog();
  #panels;
  #releases;
  #history;
  #json;
  #lesson;
  #notice = h('div', { class: 'notice', part: 'notice', role: 'status' });
  #linkFaults = new FaultList();
  #resizes;
  /** What is drawn at its measured width. */
  #measured;
  /** Whether the rollout over time is in sight. */
  #sight;
  #overTime;

  #page;
  #formsShown = false;
  /** The level of the topmost heading. */
  #level = 2;

  /**
   * @param {ShadowRoot} root
   * @param {Workbench} bench
   * @param {(done: number, runs: number) => void} onprogress of the study
   */
  constructor(root, bench, onprogress) {
    /** @type {OnEdit} */
    const onedit = (path, value) => bench.edit(path, value);
    /** @type {OnChange} */
    const onchange = (change) => bench.configure(change(bench.draft));
    const onseek = (/** @type {number} */ tick) => bench.seek(tick);
    this.#scenario = new Scenario({
      onpreset: ({ json }) => bench.load({ config: json }),
      onseed: (seed) => bench.reseed(seed),
      onnewseed: () => bench.reseed(null),
    });
    this.#surprise = new Surprise(
      (config) => bench.configure(config),
      () => {
        lessons.scrollIntoView();
        lessons.querySelector('button')?.focus({ preventScroll: true });
      },
    );
    this.#study = new StudyDesk(
      (seed, healthy) => {
        bench.open(seed, healthy);
        // A narrow page has the walls far from what they open.
        this.#verdict.element.scrollIntoView({ block: 'nearest' });
      },
      (result) => this.#surprise.showStudy(result),
      onprogress,
    );
    this.#strategies = new Strategies((config) => {
      bench.configure(config);
      this.#verdict.element.scrollIntoView({ block: 'nearest' });
    });
    this.#transport = new Transport((move) => bench.move(move));
    this.#timeline = new Timeline(onseek, {
      onset: (paths, value, dragging) => bench.set(paths, value, dragging),
      onstages: (change) => bench.configure(change(bench.drawn)),
    });
    this.#history = new HistoryButtons(bench);
    this.#tell = new Tell(
      (command) => bench.tell(command),
      () => bench.reset(),
    );
    this.#releases = new ReleasePresets(onchange);
    const release = releasePanel(onedit, this.#releases.element);
    this.#panels = [release, worldPanel(onedit), policyPanel(onedit, onchange)];
    this.#json = new JsonEditor((text) => bench.load({ config: text }));
    const embed = new EmbedDialog(bench);
    this.#lesson = new LessonDesk(bench, {
      onevent: (type, detail) => root.host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true })),
      onlay: () => this.#setLevels(),
      onwatch: () => time.scrollIntoView({ block: 'nearest' }),
      onleave: () => {
        this.#page.scrollIntoView();
        time.focus({ preventScroll: true });
      },
    });
    const lessons = lessonList({
      onlesson: (name) => {
        this.#lesson.open(name);
        this.#lesson.focus();
      },
      onstart: (start) => {
        this.#lesson.close();
        bench.load({ ...startOf(start), tick: start.tick ?? null });
        (bench.problems.length > 0 ? this.#json : this.#verdict).element.scrollIntoView({ block: 'center' });
      },
    });
    /** @type {{ element: HTMLElement, resize: (width: number) => void }[]} */
    const measured = [this.#timeline, this.#flow, this.#machine, this.#study.curve];
    this.#resizes = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries)
        measured.find(({ element }) => element === target)?.resize(contentRect.width);
    });
    this.#measured = measured.map(({ element }) => element);
    const time = card(
      'time',
      'rollout flow errors ladder',
      'The rollout over time',
      this.#transport.element,
      this.#timeline.element,
      this.#tell.element,
    );
    // Focus can be put on it, by a click into a chart say, so that its keys act.
    time.tabIndex = -1;
    time.addEventListener('keydown', (event) => onKey(event, bench));
    this.#sight = new IntersectionObserver(([{ isIntersecting }]) => bench.rest(!isIntersecting));
    this.#overTime = h(
      'div',
      { class: 'column time', 'data-in': 'rollout flow errors ladder' },
      time,
      card('requests', 'flow', 'Requests', this.#flow.element),
      titled('decisions', 'rollout', 'Decisions', this.#log.element),
    );
    this.#page = h(
      'div',
      { class: 'page' },
      h(
        'div',
        { class: 'bar', part: 'bar', 'data-in': '' },
        h('slot', { name: 'title' }),
        this.#history.element,
        this.#scenario.element,
        embed.button,
      ),
      this.#linkFaults.element,
      part('rollout flow errors study ladder', this.#lesson.element),
      part('', this.#surprise.element),
      h(
        'div',
        { class: 'main', 'data-in': 'rollout flow errors study ladder' },
        part('rollout flow errors ladder', this.#verdict.element),
        this.#overTime,
        h(
          'div',
          { class: 'column', 'data-in': 'study ladder' },
          part('study', this.#study.figures),
          titled('stages', 'ladder', 'Stages', this.#ladder.element),
          titled('state', 'ladder', 'State', this.#machine.element),
        ),
      ),
      part('study', this.#study.element),
      part('', this.#strategies.element),
      h(
        'div',
        { class: 'edit', part: 'edit', 'data-in': '' },
        ...this.#panels.map(({ element }) => element),
        this.#json.element,
      ),
      part('rollout flow errors study ladder', this.#notice),
      part('', lessons),
      h(
        'p',
        { class: 'quiet colophon', part: 'colophon', 'data-in': '' },
        `Canary Rollout Simulator ${version()}. Every figure comes from the engine in this page; nothing is sent anywhere.`,
      ),
    );
    this.#page.addEventListener('keydown', (event) => onHistoryKey(event, bench));
    // A field's change, typed letter by letter, is one step.
    this.#page.addEventListener('change', () => bench.settle());
    root.append(h('style', {}, style), this.#page, embed.element);
  }

  connect() {
    for (const element of this.#measured) this.#resizes.observe(element);
    this.#sight.observe(this.#overTime);
    this.#study.open();
    this.#strategies.open();
    // At once, so that what is painted first does not move.
    this.#timeline.resize(this.#timeline.element.clientWidth);
  }

  disconnect() {
    this.#resizes.disconnect();
    this.#sight.disconnect();
    this.#flow.rest();
    this.#study.close();
    this.#strategies.close();
  }

  /**
   * Shows one part of the page alone, or with `null` all of it.
   * @param {string | null} view
   * @param {number} level of the topmost heading
   */
  arrange(view, level) {
    for (const element of this.#page.querySelectorAll('[data-in]')) {
      const views = element.getAttribute('data-in')?.split(' ') ?? [];
      element.toggleAttribute('data-out', view !== null && !views.includes(view));
    }
    if (view) this.#page.setAttribute('data-view', view);
    else this.#page.removeAttribute('data-view');
    this.#timeline.compact = view !== null;
    this.#level = level;
    this.#setLevels();
  }

  /**
   * Headings are made as of the level 2, or of 3 where neither a lesson nor the first
   * sentence of the page is there; a host may want them elsewhere.
   */
  #setLevels() {
    const first = this.#page.hasAttribute('data-view') && this.#lesson.element.hidden ? 3 : 2;
    for (const heading of this.#page.querySelectorAll('h2, h3, h4')) {
      heading.ariaLevel = String(Math.min(6, Number(heading.tagName[1]) - first + this.#level));
    }
  }

  /** @param {Workbench} bench */
  show(bench) {
    this.#page.classList.toggle('veiled', bench.veiled);
    this.#timeline.show(bench.session);
    this.#flow.show(bench.session);
    if (bench.veiled) this.#study.close();
    else this.#study.show(bench.session, bench.dragging);
    if (!bench.veiled) this.#strategies.show(bench.session);
    // The forms follow when the limit is let go: they are many, and off the screen.
    if (!bench.dragging) this.#showConfig(bench);
    this.#history.show(bench);
    this.showPlayhead(bench);
  }

  /** Where a lesson is played. */
  get lessons() {
    return this.#lesson;
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
    this.#lesson.follow(session);
    if (this.#level !== 2 || this.#page.hasAttribute('data-view')) this.#setLevels();
  }

  /** @param {Workbench} bench */
  #showConfig(bench) {
    const { text, draft, session, problems } = bench;
    this.#scenario.show(text, session.seed);
    if (problems.length === 0) this.#surprise.showConfig(draft, session.report);
    this.#notify(problems);
    // The first paint does not wait for what stands below it.
    if (this.#formsShown) this.#showForms(bench);
    else setTimeout(() => this.#showForms(bench));
  }

  /** @param {Workbench} bench */
  #showForms({ text, draft, session, problems, warnings }) {
    this.#formsShown = true;
    this.#json.show(text, problems, warnings);
    this.#releases.show(session.report.config, warnings);
    // What a list's entries resolve to says nothing about another list's.
    const resolved = /** @type {Json} */ (
      /** @type {object} */ ({ ...session.report.config, rules: [], stages: [] })
    );
    for (const panel of this.#panels) panel.show(draft, resolved, problems);
  }

  /**
   * Says, wherever the reader is, that what is drawn is not what is configured.
   * @param {Problem[]} problems
   */
  #notify(problems) {
    if (problems.length === 0) return this.#notice.replaceChildren();
    const show = h('button', { type: 'button', onclick: () => this.#json.reveal() }, 'Show');
    this.#notice.replaceChildren(
      `${counted(problems.length, 'problem')} in the configuration. The last valid one is drawn.`,
      show,
    );
  }

  /**
   * @param {string} text
   * @param {"told" | "error"} [kind]
   */
  say(text, kind) {
    this.#tell.say(text, kind);
  }

  /** Where what a study is asked is chosen. */
  get desk() {
    return this.#study;
  }

  /** @param {string[]} faults what of a link was not used */
  showLinkFaults(faults) {
    this.#linkFaults.show(faults);
  }

  /** @param {string} message */
  complainOfSeed(message) {
    this.#scenario.complain(message);
  }
}

/**
 * Says in which views an element stands, the whole page aside.
 * @template {HTMLElement} E
 * @param {string} views
 * @param {E} element
 */
function part(views, element) {
  element.setAttribute('data-in', views);
  return element;
}

/**
 * No landmark: a page may hold several elements, whose landmarks had one name.
 * @param {string} name
 * @param {string} views
 * @param {string} label
 * @param {...HTMLElement} content
 */
const card = (name, views, label, ...content) =>
  part(views, h('section', { class: `card ${name}`, part: name, role: 'group', 'aria-label': label }, ...content));

/**
 * A card whose label is a heading.
 * @param {string} name
 * @param {string} views
 * @param {string} title
 * @param {HTMLElement} content
 */
const titled = (name, views, title, content) =>
  part(views, h('section', { class: `card ${name}`, part: name }, h('h3', {}, title), content));
