/**
 * The plan in the hand: each stage a step, whose top edge is dragged to another
 * share of traffic and whose end to another length; more stages and fewer. It
 * shows what is planned; the charts show what came of it.
 *
 * Heights go by the root of the share, so that 1 % and 5 % can be told apart and
 * taken hold of.
 */

import { addButton, removeButton } from './buttons.js';
import * as plan from './plan-edit.js';
import { h, replace, set } from '../base/dom.js';
import { count, counted, share, tickUnit } from '../base/format.js';

/** @import { ResolvedConfig } from '../base/engine.js' */
/** @import { OnSet } from '../charts/limit-handle.js' */
/** @import { OnChange, PlannedStage } from './plan-edit.js' */
/** What of a stage is held. @typedef {"share" | "length"} Side */
/** `end` is where the axis of time ends, in ticks; it stays while something is held. */
/** @typedef {{ side: Side, i: number, value: number, end: number, moved: boolean }} Held */

/** The shares that have a line, in percent. */
const LINES = [1, 5, 25, 50, 100];
/** Steps that a key goes. */
const KEYS = /** @type {Record<string, number>} */ ({
  ArrowUp: 1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageUp: 10,
  PageDown: -10,
  Home: -Infinity,
  End: Infinity,
});
/** What is free behind the plan to make it longer, of its length. */
const ROOM = 0.25;

export class PlanEditor {
  #plot = h(
    'div',
    { class: 'plan-plot' },
    ...LINES.map((pct) => h('span', { class: 'plan-line', style: `bottom:${heightOf(pct)}%` }, share(pct))),
  );
  #ruler = h('div', { class: 'plan-ruler' });
  #rest = h('div', { class: 'plan-rest' }, h('span', {}, 'then 100\u00a0%'));
  #tools = h('div', { class: 'plan-tools' });
  /** @type {{ column: HTMLElement, label: HTMLElement, ticks: HTMLElement, pin: HTMLElement, share: HTMLElement, length: HTMLElement }[]} */
  #parts = [];
  /** @type {PlannedStage[]} */
  #stages = [];
  #unit = tickUnit(0);
  /** The stage that the buttons are about. */
  #selected = 0;
  /** @type {Held | null} */
  #held = null;
  /** @type {number | null} */
  #due = null;
  element;

  /**
   * @param {OnSet} onset
   * @param {OnChange} onstages
   */
  constructor(onset, onstages) {
    this.onset = onset;
    this.onstages = onstages;
    this.element = h(
      'details',
      { class: 'plan', ontoggle: () => this.#draw() },
      h('summary', {}, 'Edit the plan'),
      h('p', { class: 'quiet' }, 'Drag a stage’s top to another share of traffic, its end to another length.'),
      h('div', { class: 'plan-chart' }, this.#plot, this.#ruler),
      this.#tools,
    );
    // What lies around it moves the playhead.
    this.element.addEventListener('pointerdown', (event) => event.stopPropagation());
  }

  /** @param {ResolvedConfig} config */
  show({ stages, tick_seconds }) {
    this.#stages = stages;
    this.#unit = tickUnit(tick_seconds);
    this.#selected = Math.min(this.#selected, stages.length - 1);
    this.#draw();
  }

  #draw() {
    if (!this.element.open) return;
    const stages = this.#stages;
    if (this.#parts.length !== stages.length) this.#build();
    const end = this.#held?.end ?? this.#end();
    const at = (/** @type {number} */ ticks) => (100 * ticks) / end;
    let from = 0;
    this.#parts.forEach((part, i) => {
      const { traffic_pct, duration_ticks } = stages[i];
      const to = from + duration_ticks;
      const after = to + (stages[i + 1]?.duration_ticks ?? Infinity);
      place(part.column, { left: at(from), width: at(duration_ticks) });
      part.column.style.setProperty('--height', `${heightOf(traffic_pct)}%`);
      part.label.textContent = share(traffic_pct);
      place(part.ticks, { left: at(from), width: at(duration_ticks) });
      part.ticks.textContent = `${count(duration_ticks)}\u00a0${this.#unit.short}`;
      place(part.pin, { left: at(to) });
      // Half the way to the next one is this one's, so no two are under one finger.
      const [left, right] = [(from + to) / 2, Math.min(end, (to + after) / 2)].map(at);
      part.length.style.left = `max(${left}%, ${at(to)}% - 22px)`;
      part.length.style.right = `max(${100 - right}%, ${100 - at(to)}% - 22px)`;
      const [least, most] = plan.shareRange(stages, i);
      tell(part.share, least, most, traffic_pct, share(traffic_pct));
      tell(part.length, 1, plan.mostTicks(stages[i]), duration_ticks, counted(duration_ticks, this.#unit.name));
      from = to;
    });
    place(this.#rest, { left: at(from), width: Math.max(0, 100 - at(from)) });
    this.#showSelected();
  }

  #build() {
    this.#parts = this.#stages.map((_, i) => {
      const label = h('span', { class: 'plan-share', 'aria-hidden': 'true' });
      const handle = this.#handle('share', i);
      return {
        column: h('div', { class: 'plan-stage' }, h('div', { class: 'plan-bar' }), label, handle),
        label,
        share: handle,
        ticks: h('span', { class: 'plan-ticks', 'aria-hidden': 'true' }),
        pin: h('span', { class: 'plan-pin' }),
        length: this.#handle('length', i),
      };
    });
    const lines = this.#plot.querySelectorAll('.plan-line');
    replace(this.#plot, ...lines, this.#rest, ...this.#parts.map(({ column }) => column));
    replace(this.#ruler, ...this.#parts.flatMap(({ ticks, pin, length }) => [ticks, length, pin]));
  }

  /**
   * @param {Side} side
   * @param {number} i
   */
  #handle(side, i) {
    const handle = h('div', {
      class: `plan-handle ${side}`,
      role: 'slider',
      tabindex: 0,
      'aria-label': `Stage ${i + 1}: ${side === 'share' ? 'share of traffic' : 'length'}`,
      'aria-orientation': side === 'share' ? 'vertical' : 'horizontal',
      onfocus: () => {
        this.#selected = i;
        this.#showSelected();
      },
      onblur: () => this.#letGo(),
    });
    handle.addEventListener('keyup', ({ key }) => key in KEYS && this.#letGo());
    handle.addEventListener('keydown', (event) => this.#press(event, side, i));
    handle.addEventListener('pointerdown', (event) => this.#grab(event, side, i));
    return handle;
  }

  #showSelected() {
    const i = this.#selected;
    const { traffic_pct, duration_ticks } = this.#stages[i];
    this.#parts.forEach(({ column }, k) => column.classList.toggle('selected', k === i));
    const told = `Stage ${i + 1} of ${this.#stages.length}: ${share(traffic_pct)} for ${counted(duration_ticks, this.#unit.name)}.`;
    if (this.#tools.firstChild?.textContent === told) return;
    const add = addButton(`Add after stage ${i + 1}`, () => this.#change(i + 1, (c) => plan.withStageAfter(c, i)));
    add.disabled = !plan.hasRoomAfter(this.#stages, i);
    const remove = removeButton(`Remove stage ${i + 1}`, () => this.#remove(i), this.#stages.length < 2);
    replace(this.#tools, h('span', {}, told), add, remove);
  }

  /** @param {number} i */
  #remove(i) {
    if (this.#stages.length > 1) this.#change(i, (config) => plan.withoutStage(config, i));
  }

  /**
   * Changes the stages, and leaves the focus on one of them.
   * @param {number} i of the stage to turn to
   * @param {(config: import('../base/json-path.js').Json) => import('../base/json-path.js').Json} change
   */
  #change(i, change) {
    this.#letGo();
    this.onstages(change);
    this.#parts[Math.min(i, this.#parts.length - 1)].share.focus();
  }

  /** Where the axis of time ends, in ticks. */
  #end() {
    const total = this.#stages.reduce((sum, { duration_ticks }) => sum + duration_ticks, 0);
    return Math.ceil(total * (1 + ROOM)) + 1;
  }

  /**
   * @param {Side} side
   * @param {number} i
   * @returns {Held}
   */
  #hold(side, i) {
    const { traffic_pct, duration_ticks } = this.#stages[i];
    const value = side === 'share' ? traffic_pct : duration_ticks;
    return (this.#held ??= { side, i, value, end: this.#end(), moved: false });
  }

  /**
   * @param {PointerEvent} down
   * @param {Side} side
   * @param {number} i
   */
  #grab(down, side, i) {
    if (down.button !== 0) return;
    down.preventDefault();
    const handle = /** @type {HTMLElement} */ (down.currentTarget);
    handle.focus();
    handle.setPointerCapture(down.pointerId);
    const { value, end } = this.#hold(side, i);
    const { width, height } = this.#plot.getBoundingClientRect();
    const stop = new AbortController();
    handle.addEventListener(
      'pointermove',
      ({ clientX, clientY }) => {
        const raised = heightOf(value) + (100 * (down.clientY - clientY)) / height;
        const longer = (end * (clientX - down.clientX)) / width;
        this.#move(side === 'share' ? (Math.max(0, raised) / 10) ** 2 : value + longer);
      },
      { signal: stop.signal },
    );
    for (const name of ['pointerup', 'pointercancel']) {
      const letGo = () => {
        stop.abort();
        this.#letGo();
      };
      handle.addEventListener(name, letGo, { signal: stop.signal });
    }
  }

  /**
   * @param {KeyboardEvent} event
   * @param {Side} side
   * @param {number} i
   */
  #press(event, side, i) {
    const { key } = event;
    const removes = key === 'Delete' || key === 'Backspace';
    if (!(key in KEYS || removes) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (removes) return this.#remove(i);
    const { value } = this.#hold(side, i);
    const step = side === 'length' ? 1 : plan.shareStep(KEYS[key] > 0 ? value : value - 0.01);
    this.#move(value + KEYS[key] * step);
  }

  /**
   * Moves what is held to the nearest value it can have, once a frame.
   * @param {number} value
   */
  #move(value) {
    const held = this.#held;
    if (!held) return;
    const { side, i } = held;
    const near = side === 'share' ? plan.shareNear(this.#stages, i, value) : plan.lengthNear(this.#stages[i], value);
    if (near === held.value) return;
    held.value = near;
    held.moved = true;
    this.#due ??= requestAnimationFrame(() => {
      this.#due = null;
      this.#set(held, true);
    });
  }

  #letGo() {
    const held = this.#held;
    if (this.#due !== null) cancelAnimationFrame(this.#due);
    this.#due = this.#held = null;
    if (held?.moved) this.#set(held, false);
  }

  /**
   * @param {Held} held
   * @param {boolean} dragging
   */
  #set({ side, i, value }, dragging) {
    this.onset([`stages[${i}].${side === 'share' ? 'traffic_pct' : 'duration_ticks'}`], value, dragging);
  }
}

/**
 * How high a share stands, in percent of the plot.
 * @param {number} pct
 */
function heightOf(pct) {
  return 10 * Math.sqrt(pct);
}

/**
 * @param {HTMLElement} element
 * @param {Record<string, number>} percents by property
 */
function place(element, percents) {
  for (const [property, value] of Object.entries(percents)) element.style.setProperty(property, `${value}%`);
}

/**
 * Tells a slider's value, and between what it can be moved.
 * @param {HTMLElement} slider
 * @param {number} least
 * @param {number} most
 * @param {number} now
 * @param {string} text
 */
function tell(slider, least, most, now, text) {
  const values = { 'aria-valuemin': least, 'aria-valuemax': most, 'aria-valuenow': now, 'aria-valuetext': text };
  set(slider, values);
}
