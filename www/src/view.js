/** What stands in the element's shadow: the parts, their places, who is told what. */

import { version } from './base/engine.js';
import { Tell, Transport } from './rollout/controls.js';
import { DecisionLog } from './rollout/decisions.js';
import { h } from './base/dom.js';
import { count, counted, tickUnit } from './base/format.js';
import { JsonEditor } from './edit/json-editor.js';
import { Ladder } from './rollout/ladder.js';
import { releasePanel, worldPanel } from './edit/panels.js';
import { policyPanel } from './edit/policy-panel.js';
import { Scenario } from './rollout/scenario.js';
import { StateMachine } from './rollout/state-machine.js';
import { StudyDesk } from './study/study-desk.js';
import { style } from './style/style.js';
import { Surprise } from './rollout/surprise.js';
import { Timeline } from './charts/timeline.js';
import { Verdict } from './rollout/verdict.js';

/** @import { Move } from './rollout/controls.js' */
/** @import { Call, Preset, Problem, Warning } from './base/engine.js' */
/** @import { OnEdit } from './edit/field.js' */
/** @import { Json } from './base/json-path.js' */
/** @import { OnLimit } from './charts/limit-handle.js' */
/** @import { Session } from './rollout/session.js' */
/**
 * @typedef {{
 *   onseek: (tick: number) => void, onmove: (move: Move) => void, oncall: (call: Call) => void, onreset: () => void,
 *   onedit: OnEdit, onapply: (text: string) => void,
 *   onlimit: OnLimit,
 *   onpolicy: (config: Json) => void, onopen: (seed: number, healthy: boolean) => void,
 *   onpreset: (preset: Preset) => void, onseed: (seed: string) => void, onnewseed: () => void,
 * }} Handlers
 */

export class View {
  #scenario;
  #surprise;
  #study;
  #verdict = new Verdict();
  #transport;
  #timeline;
  #tell;
  #ladder = new Ladder();
  #machine = new StateMachine();
  #log = new DecisionLog();
  #panels;
  #json;
  #notice = h('div', { class: 'notice', role: 'status' });
  #resizes;

  /**
   * @param {ShadowRoot} root
   * @param {Preset[]} presets
   * @param {Handlers} on
   */
  constructor(root, presets, on) {
    this.#scenario = new Scenario(presets, on);
    this.#surprise = new Surprise(on.onpolicy);
    this.#study = new StudyDesk(on.onopen, (result) => this.#surprise.showStudy(result));
    this.#transport = new Transport(on.onmove);
    this.#timeline = new Timeline(on.onseek, on.onlimit);
    this.#tell = new Tell(on.oncall, on.onreset);
    this.#panels = [releasePanel(on.onedit), worldPanel(on.onedit), policyPanel(on.onedit)];
    this.#json = new JsonEditor(on.onapply);
    this.#resizes = new ResizeObserver(() => this.#measure());
    root.append(
      h('style', {}, style),
      h(
        'div',
        { class: 'page' },
        h('div', { class: 'bar' }, h('slot', { name: 'title' }), this.#scenario.element),
        this.#surprise.element,
        h(
          'div',
          { class: 'main' },
          this.#verdict.element,
          h(
            'div',
            { class: 'column time' },
            h(
              'section',
              { class: 'card', 'aria-label': 'The rollout over time' },
              this.#transport.element,
              this.#timeline.element,
              this.#tell.element,
            ),
            h('section', { class: 'card decisions' }, h('h3', {}, 'Decisions'), this.#log.element),
          ),
          h(
            'div',
            { class: 'column' },
            this.#study.figures,
            h('section', { class: 'card' }, h('h3', {}, 'Stages'), this.#ladder.element),
            h('section', { class: 'card' }, h('h3', {}, 'State'), this.#machine.element),
          ),
        ),
        this.#study.element,
        h('div', { class: 'edit' }, ...this.#panels.map(({ element }) => element), this.#json.element),
        this.#notice,
        h(
          'p',
          { class: 'quiet colophon' },
          `Canary Rollout Simulator ${version()}. Every figure comes from the engine in this page; nothing is sent anywhere.`,
        ),
      ),
    );
  }

  connect() {
    this.#resizes.observe(this.#timeline.element);
    this.#resizes.observe(this.#machine.element);
    this.#resizes.observe(this.#study.element);
    this.#study.open();
    this.#measure();
  }

  disconnect() {
    this.#resizes.disconnect();
    this.#study.close();
  }

  #measure() {
    this.#timeline.resize(this.#timeline.element.clientWidth);
    this.#machine.resize(this.#machine.element.clientWidth);
    this.#study.resize();
  }

  /**
   * @param {Session} session
   * @param {boolean} dragging whether a limit is being dragged
   */
  show(session, dragging) {
    this.#timeline.show(session);
    this.#study.show(session, dragging);
  }

  /**
   * @param {Session} session
   * @param {boolean} playing
   */
  showPlayhead(session, playing) {
    const here = session.reportHere;
    const unit = tickUnit(here.config.tick_seconds).name;
    this.#surprise.showHere(here, session.report);
    this.#verdict.show(here, session.report);
    this.#timeline.seek(here);
    this.#ladder.show(here);
    this.#machine.show(here);
    this.#log.show(here);
    this.#tell.show(here.final_state, session.allowedHere);
    this.#transport.show({
      playing,
      atStart: session.playhead === 0,
      atEnd: session.atEnd,
      where: `${unit} ${count(session.playhead)} of ${count(session.length)}`,
    });
  }

  /**
   * @param {string} text
   * @param {Json} draft
   * @param {Session} session
   * @param {Problem[]} problems
   * @param {Warning[]} warnings
   */
  showConfig(text, draft, session, problems, warnings) {
    this.#scenario.show(text, session.seed);
    if (problems.length === 0) this.#surprise.showConfig(draft, session.report);
    this.#json.show(text, problems, warnings);
    this.#notify(problems);
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

  /** @param {string} message */
  complainOfSeed(message) {
    this.#scenario.complain(message);
  }
}
