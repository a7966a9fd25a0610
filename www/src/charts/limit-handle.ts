/**
 * The limit that is edited in the chart: a handle on the line, for pointer and keyboard,
 * and a number to type. What is held stays the same limit until it is let go, even if
 * another one decides meanwhile.
 */

import { live } from 'lit/directives/live.js';
import { html, noChange, nothing, render } from 'lit/html.js';
import { inUnitOf, tidy } from '../base/format.ts';
import { ruleNamed } from '../engine/catalogue.ts';
import type { Quantity } from '../engine/engine.ts';
/** Sets a number that is held in a chart, at some paths of the configuration. */
export type OnSet = (paths: string[], value: number, dragging: boolean) => void;
/**
 * A limit that can be held: the rule's value, where it stands in pixels, and
 * what value a height would be.
 */
export type Holdable = {
  rule: string;
  value: number;
  paths: string[];
  x: number;
  y: number;
  valueAt: (y: number) => number;
};

/** In CSS pixels. */
export const GRIP_WIDTH = 26;
export const GRIP_HEIGHT = 16;

/**
 * By what a rule limits: the words before and after the number, as `limitWords` has them,
 * and the step. What is not here is not held.
 */
const QUANTITIES: Partial<Record<Quantity, { before: string; after: string; step: number }>> = {
  rate: { before: '', after: '%', step: 0.0005 },
  difference: { before: 'baseline +', after: 'points', step: 0.0005 },
  ratio: { before: '', after: '× baseline', step: 0.05 },
};

/**
 * How the limit of a rule is held: its name, unit and step, how many of the shown unit
 * are one, and the largest value.
 */
function kindOf(rule: string) {
  const entry = ruleNamed(rule);
  const quantity = entry && QUANTITIES[entry.quantity];
  const parameter = entry?.parameters.find(({ key }) => key === 'max');
  if (!quantity || !parameter) return null;
  return { ...quantity, words: entry.title, scale: parameter.scale ?? 1, most: parameter.max ?? Infinity };
}

type Kind = NonNullable<ReturnType<typeof kindOf>>;

/** Steps that a key goes. */
const KEYS = {
  ArrowUp: 2,
  ArrowRight: 2,
  ArrowDown: -2,
  ArrowLeft: -2,
  PageUp: 10,
  PageDown: -10,
} as Record<string, number>;

export class LimitHandle {
  onset: OnSet;
  /** Over the chart, and under it. */
  overlay = document.createElement('div');
  control = document.createElement('div');
  #shown: Holdable | null = null;
  #held: { limit: Holdable; y: number | null } | null = null;
  #due: number | null = null;

  constructor(onset: OnSet) {
    this.onset = onset;
  }

  /** Whether a pointer drags it: the chart’s scale stays then. */
  get dragging() {
    return this.#held !== null && this.#held.y !== null;
  }

  /** The paths of the limit that is held. */
  get heldPaths() {
    return this.#held?.limit.paths ?? null;
  }

  /** @returns whether there is a limit that can be held */
  show(limit: Holdable | null): boolean {
    this.#shown = limit;
    const kind = limit && kindOf(limit.rule);
    render(limit && kind ? this.#grip(limit, kind) : nothing, this.overlay);
    render(limit && kind ? this.#field(limit, kind) : nothing, this.control);
    return Boolean(kind);
  }

  #grip(limit: Holdable, { words, most, scale }: Kind) {
    const text = inUnitOf(limit.rule, limit.value);
    const y = this.#held?.y ?? limit.y;
    return html`<div class="limit-grip" role="slider" tabindex="0" aria-orientation="vertical"
      .style=${`transform:translate(${limit.x}px,${y}px)`} aria-label="Limit: ${words}" aria-valuemin="0"
      aria-valuemax=${most * scale} aria-valuenow=${tidy(limit.value * scale)} aria-valuetext=${text}
      title="Limit: ${words}, ${text}. Drag it, or press up and down."
      @pointerdown=${(event: PointerEvent) => this.#grab(event)} @keydown=${(event: KeyboardEvent) => this.#press(event)}
      @keyup=${(event: KeyboardEvent) => event.key in KEYS && this.#letGo()} @blur=${() => this.#drop()}></div>`;
  }

  /** The limit as a number, in the words in which the chart says it. */
  #field(limit: Holdable, { before, after, scale }: Kind) {
    // What is being typed is not overwritten: 2. and 2.0 are 2 as well.
    const isTyped = (this.control.getRootNode() as ShadowRoot).activeElement?.matches('.limit-typed input');
    return html`<label class="limit-typed">Limit${before && html`<span class="unit">${before}</span>`}
      <input type="number" min="0" step="any" inputmode="decimal" aria-label="Limit" @input=${this.#type}
        .value=${isTyped ? noChange : live(String(tidy(limit.value * scale)))}>
      <span class="unit">${after}</span><span class="quiet">or drag it in the chart</span></label>`;
  }

  #grab(down: PointerEvent) {
    const limit = this.#shown;
    const grip = down.currentTarget as HTMLElement;
    if (down.button !== 0 || !limit) return;
    down.preventDefault();
    down.stopPropagation();
    grip.focus();
    grip.setPointerCapture(down.pointerId);
    const [from, at] = [limit.y, down.clientY];
    this.#held = { limit, y: from };
    const stop = new AbortController();
    const move = (event: PointerEvent) => {
      if (!this.#held) return stop.abort();
      this.#held.y = from + event.clientY - at;
      this.#set(limit.valueAt(this.#held.y));
    };
    const end = () => {
      stop.abort();
      this.#letGo();
    };
    grip.addEventListener('pointermove', move, { signal: stop.signal });
    for (const name of ['pointerup', 'pointercancel']) {
      grip.addEventListener(name, end, { signal: stop.signal });
    }
  }

  #press(event: KeyboardEvent) {
    const limit = this.#shown;
    const kind = limit && kindOf(limit.rule);
    if (!(event.key in KEYS) || !kind) return;
    event.preventDefault();
    event.stopPropagation();
    this.#held ??= { limit, y: null };
    this.#set(this.#held.limit.value + KEYS[event.key] * kind.step);
  }

  #type = ({ target }: Event) => {
    const limit = this.#shown;
    const kind = limit && kindOf(limit.rule);
    const typed = (target as HTMLInputElement).valueAsNumber;
    if (!kind || Number.isNaN(typed)) return;
    this.onset(limit.paths, tidy(typed / kind.scale), false);
  };

  /** Takes a value on a step, once a frame. */
  #set(value: number) {
    const kind = this.#held && kindOf(this.#held.limit.rule);
    if (!this.#held || !kind) return;
    const { limit } = this.#held;
    const { step, most } = kind;
    limit.value = tidy(Math.min(most, Math.max(0, Math.round(value / step) * step)));
    this.#due ??= requestAnimationFrame(() => {
      this.#due = null;
      this.onset(limit.paths, limit.value, true);
    });
  }

  /** Ends what is held, at its last value. */
  #drop() {
    this.#held = null;
  }

  #letGo() {
    if (!this.#held) return;
    const { limit } = this.#held;
    if (this.#due !== null) cancelAnimationFrame(this.#due);
    this.#due = null;
    this.#held = null;
    this.onset(limit.paths, limit.value, false);
  }
}
