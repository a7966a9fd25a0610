/**
 * The plan drawn as steps over time: each stage a step, whose top edge is dragged to another
 * share of traffic and whose end to another length. Each edge is a slider for the keyboard,
 * too. It shows what is planned; the charts show what came of it.
 *
 * Heights go by the root of the share, so that 1 % and 5 % can be told apart.
 */

import { ref } from 'lit/directives/ref.js';
import { html, render } from 'lit/html.js';
import { count, counted, share, tickUnit } from '../base/format.ts';
import { planOf } from '../engine/plan.ts';
import type { Store } from '../store/store.ts';
import * as plan from './plan-edit.ts';

/** What of a stage a handle holds. */
type Side = 'share' | 'length';
/** `end` is where the axis of time ends, in ticks; it stays while something is held. */
type Held = { side: Side; i: number; value: number; end: number; moved: boolean };

/** The shares that have a line, in percent. */
const LINES = [1, 5, 25, 50, 100];

/** Steps that a key goes. */
const KEYS: Record<string, number> = {
  ArrowUp: 1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowLeft: -1,
  PageUp: 10,
  PageDown: -10,
  Home: -Infinity,
  End: Infinity,
};

/** What is free behind the plan to make it longer, of its length. */
const ROOM = 0.25;

/** How high a share stands, in percent of the plot; and the share that stands so high. */
const heightOf = (pct: number) => 10 * Math.sqrt(pct);
const shareAt = (height: number) => (Math.max(0, height) / 10) ** 2;

/** A style as text. It is set as a property, because a page's policy may forbid the attribute. */
const css = (style: Record<string, string>) =>
  Object.entries(style)
    .map(([name, value]) => `${name}:${value}`)
    .join(';');

export class PlanEditor {
  #store;
  #plot: Element | undefined;
  #held: Held | null = null;
  #due: number | null = null;
  element = Object.assign(document.createElement('div'), { className: 'plan' });

  constructor(store: Store) {
    this.#store = store;
  }

  update() {
    const stages = this.#stages;
    const end = this.#held?.end ?? this.#end();
    const { tick_seconds } = this.#store.session.report.config;
    const unit = tickUnit(tick_seconds);
    const at = (ticks: number) => `${(100 * ticks) / end}%`;
    const starts = stages.map((_, i) => stages.slice(0, i).reduce((sum, one) => sum + one.duration_ticks, 0));
    render(
      html`
        <p class="quiet">Drag a stage’s top to another share of traffic, its end to another length.</p>
        <div class="plan-plot" ${ref((plot) => {
          this.#plot = plot;
        })}>
          ${LINES.map((pct) => html`<span class="plan-line" .style=${css({ bottom: `${heightOf(pct)}%` })}>${share(pct)}</span>`)}
          <div class="plan-rest" .style=${css({ left: at(this.#total()), right: '0' })}><span>then 100&nbsp;%</span></div>
          ${stages.map(({ traffic_pct, duration_ticks }, i) => {
            const [least, most] = plan.shareRange(stages, i);
            return html`<div class="plan-stage" .style=${css({ left: at(starts[i]), width: at(duration_ticks), '--height': `${heightOf(traffic_pct)}%` })}>
              <div class="plan-bar"></div>
              <span class="plan-share" aria-hidden="true">${share(traffic_pct)}</span>
              ${this.#handle('share', i, { least, most, value: traffic_pct, text: share(traffic_pct) })}
            </div>`;
          })}
        </div>
        <div class="plan-ruler">
          ${stages.map((stage, i) => {
            const { duration_ticks } = stage;
            const to = starts[i] + duration_ticks;
            // Half the way to the next handle is this one's, so that no two are under one finger.
            const left = (starts[i] + to) / 2;
            const right = Math.min(end, to + (stages[i + 1]?.duration_ticks ?? Infinity) / 2);
            const range = { least: 1, most: plan.mostTicks(stage), value: duration_ticks };
            return html`
              <span class="plan-ticks" aria-hidden="true" .style=${css({ left: at(starts[i]), width: at(duration_ticks) })}>
                ${count(duration_ticks)}&nbsp;${unit.short}</span>
              ${this.#handle(
                'length',
                i,
                { ...range, text: counted(duration_ticks, unit.name) },
                {
                  left: `max(${at(left)}, ${at(to)} - 22px)`,
                  right: `max(100% - ${at(right)}, 100% - ${at(to)} - 22px)`,
                },
              )}
              <span class="plan-pin" .style=${css({ left: at(to) })}></span>
            `;
          })}
        </div>
      `,
      this.element,
    );
  }

  get #stages() {
    return planOf(this.#store.session.report).stages;
  }

  #total() {
    return this.#stages.reduce((sum, { duration_ticks }) => sum + duration_ticks, 0);
  }

  /** Where the axis of time ends, in ticks. */
  #end() {
    return Math.ceil(this.#total() * (1 + ROOM)) + 1;
  }

  #handle(
    side: Side,
    i: number,
    { least, most, value, text }: { least: number; most: number; value: number; text: string },
    place: Record<string, string> = {},
  ) {
    return html`<div class="plan-handle ${side}" role="slider" tabindex="0" .style=${css(place)}
      aria-label="Stage ${i + 1}: ${side === 'share' ? 'share of traffic' : 'length'}"
      aria-orientation=${side === 'share' ? 'vertical' : 'horizontal'}
      aria-valuemin=${least} aria-valuemax=${most} aria-valuenow=${value} aria-valuetext=${text}
      @blur=${() => this.#letGo()}
      @keyup=${({ key }: KeyboardEvent) => key in KEYS && this.#letGo()}
      @keydown=${(event: KeyboardEvent) => this.#press(event, side, i)}
      @pointerdown=${(event: PointerEvent) => this.#grab(event, side, i)}></div>`;
  }

  #hold(side: Side, i: number): Held {
    const { traffic_pct, duration_ticks } = this.#stages[i];
    const value = side === 'share' ? traffic_pct : duration_ticks;
    this.#held ??= { side, i, value, end: this.#end(), moved: false };
    return this.#held;
  }

  #grab(down: PointerEvent, side: Side, i: number) {
    const plot = this.#plot?.getBoundingClientRect();
    if (down.button !== 0 || !plot) return;
    down.preventDefault();
    const handle = down.currentTarget as HTMLElement;
    handle.focus();
    handle.setPointerCapture(down.pointerId);
    const { value, end } = this.#hold(side, i);
    const stop = new AbortController();
    const { signal } = stop;
    handle.addEventListener(
      'pointermove',
      ({ clientX, clientY }) => {
        const raised = heightOf(value) + (100 * (down.clientY - clientY)) / plot.height;
        const longer = (end * (clientX - down.clientX)) / plot.width;
        this.#move(side === 'share' ? shareAt(raised) : value + longer);
      },
      { signal },
    );
    const letGo = () => {
      stop.abort();
      this.#letGo();
    };
    for (const name of ['pointerup', 'pointercancel'] as const) handle.addEventListener(name, letGo, { signal });
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

  /** Removes a stage; the focus goes to the one that takes its place. */
  #remove(i: number) {
    if (this.#stages.length < 2) return;
    this.#letGo();
    this.#store.configure(plan.withoutStage(this.#store.drawn, i));
    const handles = this.element.querySelectorAll<HTMLElement>('.plan-handle.share');
    handles[Math.min(i, handles.length - 1)]?.focus();
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
    this.#store.set([`stages[${i}].${side === 'share' ? 'traffic_pct' : 'duration_ticks'}`], value, dragging);
  }
}
