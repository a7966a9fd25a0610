/**
 * The plan drawn as steps over time, each with two handles: a slider for its share
 * and one for its length.
 *
 * Heights go by the root of the share, so that 1 % and 5 % can be told apart and
 * taken hold of.
 */

import { h, replace, set } from '../base/dom.ts';
import { count, counted, share } from '../base/format.ts';
import type { PlannedStage } from './plan-edit.ts';
import { mostTicks, shareRange } from './plan-edit.ts';
/** What of a stage a handle holds. */
export type Side = 'share' | 'length';

/** The shares that have a line, in percent. */
const LINES = [1, 5, 25, 50, 100];

export class PlanSteps {
  onhandle: (handle: HTMLElement, side: Side, i: number) => void;
  #plot = h(
    'div',
    { class: 'plan-plot' },
    ...LINES.map((pct) => h('span', { class: 'plan-line', style: `bottom:${heightOf(pct)}%` }, share(pct))),
  );
  #ruler = h('div', { class: 'plan-ruler' });
  #rest = h('div', { class: 'plan-rest' }, h('span', {}, 'then 100\u00a0%'));
  #parts: {
    column: HTMLElement;
    label: HTMLElement;
    ticks: HTMLElement;
    pin: HTMLElement;
    share: HTMLElement;
    length: HTMLElement;
  }[] = [];
  element = h('div', { class: 'plan-chart' }, this.#plot, this.#ruler);

  /** @param onhandle takes each handle made */
  constructor(onhandle: (handle: HTMLElement, side: Side, i: number) => void) {
    this.onhandle = onhandle;
  }

  /** Where the steps are, on the screen. */
  get box() {
    return this.#plot.getBoundingClientRect();
  }

  /**
   * @param unit what a tick is called
   * @param end of the axis of time, in ticks
   */
  show(stages: PlannedStage[], unit: { name: string; short: string }, end: number) {
    if (this.#parts.length !== stages.length) this.#build(stages.length);
    const at = (ticks: number) => (100 * ticks) / end;
    let from = 0;
    this.#parts.forEach((part, i) => {
      const { traffic_pct, duration_ticks } = stages[i];
      const to = from + duration_ticks;
      const after = to + (stages[i + 1]?.duration_ticks ?? Infinity);
      place(part.column, { left: at(from), width: at(duration_ticks), '--height': heightOf(traffic_pct) });
      part.label.textContent = share(traffic_pct);
      place(part.ticks, { left: at(from), width: at(duration_ticks) });
      part.ticks.textContent = `${count(duration_ticks)}\u00a0${unit.short}`;
      place(part.pin, { left: at(to) });
      // Half the way to the next one is this one's, so no two are under one finger.
      const [left, right] = [(from + to) / 2, Math.min(end, (to + after) / 2)].map(at);
      part.length.style.left = `max(${left}%, ${at(to)}% - 22px)`;
      part.length.style.right = `max(${100 - right}%, ${100 - at(to)}% - 22px)`;
      const [least, most] = shareRange(stages, i);
      tell(part.share, least, most, traffic_pct, share(traffic_pct));
      tell(part.length, 1, mostTicks(stages[i]), duration_ticks, counted(duration_ticks, unit.name));
      from = to;
    });
    place(this.#rest, { left: at(from), width: Math.max(0, 100 - at(from)) });
  }

  /** Lifts a stage out. */
  select(i: number) {
    this.#parts.forEach(({ column }, k) => column.classList.toggle('selected', k === i));
  }

  /** Puts the focus on a stage. */
  focus(i: number) {
    this.#parts[i]?.share.focus();
  }

  #build(stages: number) {
    this.#parts = Array.from({ length: stages }, (_, i) => {
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

  #handle(side: Side, i: number) {
    const handle = h('div', {
      class: `plan-handle ${side}`,
      role: 'slider',
      tabindex: 0,
      'aria-label': `Stage ${i + 1}: ${side === 'share' ? 'share of traffic' : 'length'}`,
      'aria-orientation': side === 'share' ? 'vertical' : 'horizontal',
    });
    this.onhandle(handle, side, i);
    return handle;
  }
}

/** How high a share stands, in percent of the plot. */
export function heightOf(pct: number) {
  return 10 * Math.sqrt(pct);
}

/**
 * The share that stands so high.
 *
 * @param height in percent of the plot
 */
export const shareAt = (height: number) => (Math.max(0, height) / 10) ** 2;

/** @param percents by property */
function place(element: HTMLElement, percents: Record<string, number>) {
  for (const [property, value] of Object.entries(percents)) element.style.setProperty(property, `${value}%`);
}

/** Tells a slider's value, and between what it can be moved. */
function tell(slider: HTMLElement, least: number, most: number, now: number, text: string) {
  const values = { 'aria-valuemin': least, 'aria-valuemax': most, 'aria-valuenow': now, 'aria-valuetext': text };
  set(slider, values);
}
