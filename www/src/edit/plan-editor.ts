/**
 * The plan in the hand: each stage a step, whose top edge is dragged to another
 * share of traffic and whose end to another length; more stages and fewer. It
 * shows what is planned; the charts show what came of it.
 */

import { h, replace } from '../base/dom.ts';
import { counted, share, tickUnit } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import type { OnSet } from '../charts/limit-handle.ts';
import type { ResolvedConfig } from '../engine/engine.ts';
import { addButton, removeButton } from './buttons.ts';
import type { OnChange, PlannedStage } from './plan-edit.ts';
import * as plan from './plan-edit.ts';
import type { Side } from './plan-steps.ts';
import { heightOf, PlanSteps, shareAt } from './plan-steps.ts';
/** `end` is where the axis of time ends, in ticks; it stays while something is held. */
export type Held = { side: Side; i: number; value: number; end: number; moved: boolean };

/** Steps that a key goes. */
const KEYS = {
  ArrowUp: 1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageUp: 10,
  PageDown: -10,
  Home: -Infinity,
  End: Infinity,
} as Record<string, number>;
/** What is free behind the plan to make it longer, of its length. */
const ROOM = 0.25;

export class PlanEditor {
  onset: OnSet;
  onstages: OnChange;
  #steps = new PlanSteps((handle, side, i) => this.#listen(handle, side, i));
  #tools = h('div', { class: 'plan-tools' });
  #stages: PlannedStage[] = [];
  #unit = tickUnit(0);
  /** The stage that the buttons are about. */
  #selected = 0;
  #held: Held | null = null;
  #due: number | null = null;
  element;

  constructor(onset: OnSet, onstages: OnChange) {
    this.onset = onset;
    this.onstages = onstages;
    this.element = h(
      'details',
      { class: 'plan', ontoggle: () => this.#draw() },
      h('summary', {}, 'Edit the plan'),
      h('p', { class: 'quiet' }, 'Drag a stage’s top to another share of traffic, its end to another length.'),
      this.#steps.element,
      this.#tools,
    );
    // What lies around it moves the playhead.
    this.element.addEventListener('pointerdown', (event) => event.stopPropagation());
  }

  show({ stages, tick_seconds }: ResolvedConfig) {
    this.#stages = stages;
    this.#unit = tickUnit(tick_seconds);
    this.#selected = Math.min(this.#selected, stages.length - 1);
    this.#draw();
  }

  #draw() {
    if (!this.element.open) return;
    this.#steps.show(this.#stages, this.#unit, this.#held?.end ?? this.#end());
    this.#showSelected();
  }

  /** Listens to a handle. */
  #listen(handle: HTMLElement, side: Side, i: number) {
    handle.addEventListener('focus', () => {
      this.#selected = i;
      this.#showSelected();
    });
    handle.addEventListener('blur', () => this.#letGo());
    handle.addEventListener('keyup', ({ key }) => key in KEYS && this.#letGo());
    handle.addEventListener('keydown', (event) => this.#press(event, side, i));
    handle.addEventListener('pointerdown', (event) => this.#grab(event, side, i));
  }

  #showSelected() {
    const i = this.#selected;
    const { traffic_pct, duration_ticks } = this.#stages[i];
    this.#steps.select(i);
    const told = `Stage ${i + 1} of ${this.#stages.length}: ${share(traffic_pct)} for ${counted(duration_ticks, this.#unit.name)}.`;
    if (this.#tools.firstChild?.textContent === told) return;
    const add = addButton(`Add after stage ${i + 1}`, () => this.#change(i + 1, (c) => plan.withStageAfter(c, i)));
    add.disabled = !plan.hasRoomAfter(this.#stages, i);
    const remove = removeButton(`Remove stage ${i + 1}`, () => this.#remove(i), this.#stages.length < 2);
    replace(this.#tools, h('span', {}, told), add, remove);
  }

  #remove(i: number) {
    if (this.#stages.length > 1) this.#change(i, (config) => plan.withoutStage(config, i));
  }

  /**
   * Changes the stages, and leaves the focus on one of them.
   *
   * @param i of the stage to turn to
   */
  #change(i: number, change: (config: Json) => Json) {
    this.#letGo();
    this.onstages(change);
    this.#steps.focus(Math.min(i, this.#stages.length - 1));
  }

  /** Where the axis of time ends, in ticks. */
  #end() {
    const total = this.#stages.reduce((sum, { duration_ticks }) => sum + duration_ticks, 0);
    return Math.ceil(total * (1 + ROOM)) + 1;
  }

  #hold(side: Side, i: number): Held {
    const { traffic_pct, duration_ticks } = this.#stages[i];
    const value = side === 'share' ? traffic_pct : duration_ticks;
    return (this.#held ??= { side, i, value, end: this.#end(), moved: false });
  }

  #grab(down: PointerEvent, side: Side, i: number) {
    if (down.button !== 0) return;
    down.preventDefault();
    const handle = down.currentTarget as HTMLElement;
    handle.focus();
    handle.setPointerCapture(down.pointerId);
    const { value, end } = this.#hold(side, i);
    const { width, height } = this.#steps.box;
    const stop = new AbortController();
    handle.addEventListener(
      'pointermove',
      ({ clientX, clientY }) => {
        const raised = heightOf(value) + (100 * (down.clientY - clientY)) / height;
        const longer = (end * (clientX - down.clientX)) / width;
        this.#move(side === 'share' ? shareAt(raised) : value + longer);
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

  #press(event: KeyboardEvent, side: Side, i: number) {
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

  /** Moves what is held to the nearest value it can have, once a frame. */
  #move(value: number) {
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

  #set({ side, i, value }: Held, dragging: boolean) {
    this.onset([`stages[${i}].${side === 'share' ? 'traffic_pct' : 'duration_ticks'}`], value, dragging);
  }
}
