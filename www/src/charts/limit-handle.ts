/**
 * The limit in the hand: a handle on the line in the chart, for pointer and
 * keyboard, and a number to type. What is held stays the same limit until it is
 * let go, even if another one decides meanwhile.
 */

import { h } from '../base/dom.ts';
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

/** By what a rule limits: the unit in words, and the step. What is not here is not held. */
const QUANTITIES = {
  rate: { unit: '%', step: 0.0005 },
  difference: { unit: 'points over the baseline', step: 0.0005 },
  ratio: { unit: 'times the baseline', step: 0.05 },
} as Partial<Record<Quantity, { unit: string; step: number }>>;

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
  #grip = h('div', { class: 'limit-grip', role: 'slider', tabindex: 0, 'aria-orientation': 'vertical' });
  #number = h('input', { type: 'number', min: 0, step: 'any', inputmode: 'decimal', 'aria-label': 'Limit' });
  #unit = h('span', { class: 'unit' });
  #typed = h(
    'label',
    { class: 'limit-typed' },
    'Limit',
    this.#number,
    this.#unit,
    h('span', { class: 'quiet' }, 'or drag it in the chart'),
  );
  overlay = this.#grip;
  control = this.#typed;
  #shown: Holdable | null = null;
  #held: { limit: Holdable; y: number | null } | null = null;
  #due: number | null = null;

  constructor(onset: OnSet) {
    this.onset = onset;
    this.#grip.addEventListener('pointerdown', (event) => this.#grab(event));
    this.#grip.addEventListener('keydown', (event) => this.#press(event));
    this.#grip.addEventListener('keyup', (event) => event.key in KEYS && this.#letGo());
    this.#grip.addEventListener('blur', () => (this.#held = null));
    this.#number.addEventListener('input', () => this.#type());
  }

  /** Whether a pointer drags it: the chart’s scale stays then. */
  get dragging() {
    return this.#held?.y !== null && this.#held !== null;
  }

  /** The paths of the limit that is held. */
  get heldPaths() {
    return this.#held?.limit.paths ?? null;
  }

  show(limit: Holdable | null) {
    this.#shown = limit;
    const kind = limit && kindOf(limit.rule);
    this.#grip.hidden = this.#typed.hidden = !kind;
    if (!limit || !kind) return;
    const y = this.#held?.y ?? limit.y;
    this.#grip.style.transform = `translate(${limit.x}px, ${y}px)`;
    const named = { label: `Limit: ${kind.words}`, text: inUnitOf(limit.rule, limit.value) };
    this.#grip.setAttribute('aria-label', named.label);
    this.#grip.setAttribute('aria-valuemin', '0');
    this.#grip.setAttribute('aria-valuemax', String(kind.most * kind.scale));
    this.#grip.setAttribute('aria-valuenow', String(tidy(limit.value * kind.scale)));
    this.#grip.setAttribute('aria-valuetext', named.text);
    this.#grip.title = `${named.label}, ${named.text}. Drag it, or press up and down.`;
    this.#unit.textContent = kind.unit;
    const root = this.#number.getRootNode() as ShadowRoot | Document;
    if (root.activeElement !== this.#number) this.#number.value = String(tidy(limit.value * kind.scale));
  }

  #grab(down: PointerEvent) {
    const limit = this.#shown;
    if (down.button !== 0 || !limit) return;
    down.preventDefault();
    down.stopPropagation();
    this.#grip.focus();
    this.#grip.setPointerCapture(down.pointerId);
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
    this.#grip.addEventListener('pointermove', move, { signal: stop.signal });
    for (const name of ['pointerup', 'pointercancel']) {
      this.#grip.addEventListener(name, end, { signal: stop.signal });
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

  #type() {
    const limit = this.#shown;
    const kind = limit && kindOf(limit.rule);
    const typed = this.#number.valueAsNumber;
    if (!kind || Number.isNaN(typed)) return;
    this.onset(limit.paths, tidy(typed / kind.scale), false);
  }

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

  #letGo() {
    if (!this.#held) return;
    const { limit } = this.#held;
    if (this.#due !== null) cancelAnimationFrame(this.#due);
    this.#due = null;
    this.#held = null;
    this.onset(limit.paths, limit.value, false);
  }
}
