/** `curve`: a figure at several values of a field, drawn as a line. */

import { html, svg } from 'lit/html.js';
import { significant } from '../../base/format.ts';
import { tell, unitOf } from '../figures.ts';
import type { Curve } from '../lesson.ts';
import { configWith } from '../start.ts';
import { afterKey } from './estimate.ts';
import type { Context, Question } from './question.ts';

/** The drawing, and the room around it for its axes, in px. */
const BOX = { width: 340, height: 200, left: 44, right: 16, top: 10, bottom: 40 };

export function curve(check: Curve, { measure, start, tick, redraw }: Context): Question {
  const { question, figure, tolerance, from, most, along } = check;
  const guess = along.values.map(() => from);
  const unit = unitOf(figure, tick);
  /** On the axis there is room for a sign, not for words. */
  const sign = unit === '%' ? ' %' : '';
  let drawn = false;
  let found: number[] | null = null;
  const find = async () => {
    const values: number[] = [];
    for (const value of along.values) {
      const config = configWith(start.config, { [along.path]: value });
      values.push(Number((await measure([figure], { ...start, config }, check))[figure]));
    }
    return values;
  };
  const words = (values: number[]) => values.map((value) => significant(value)).join(', ');

  const step = (BOX.width - BOX.left - BOX.right) / (along.values.length - 1);
  const x = (i: number) => BOX.left + step * i;
  const y = (value: number) => BOX.top + (BOX.height - BOX.top - BOX.bottom) * (1 - Math.min(value, most) / most);
  const path = (values: number[]) => values.map((value, i) => `${i ? 'L' : 'M'}${x(i)} ${y(value)}`).join('');
  const set = (i: number, value: number) => {
    drawn = true;
    guess[i] = Math.max(0, Math.min(most, Math.round(value)));
    redraw();
  };
  /** The point under a pointer is drawn to its height. */
  const draw = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const scale = BOX.width / box.width;
    const i = Math.round(((event.clientX - box.left) * scale - BOX.left) / step);
    const height = (event.clientY - box.top) * scale;
    const value = most * (1 - (height - BOX.top) / (BOX.height - BOX.top - BOX.bottom));
    set(Math.max(0, Math.min(guess.length - 1, i)), value);
  };

  const axes = () => svg`
    ${[0, most / 2, most].map(
      (value) => svg`<line class="rule" x1=${BOX.left} x2=${BOX.width - BOX.right} y1=${y(value)} y2=${y(value)}></line>
        <text x=${BOX.left - 6} y=${y(value)} dy="0.35em" text-anchor="end">${significant(value)}${sign}</text>`,
    )}
    ${along.values.map((value, i) => svg`<text x=${x(i)} y=${BOX.height - 22} text-anchor="middle">${value}</text>`)}
    <text x=${BOX.width - BOX.right} y=${BOX.height - 5} text-anchor="end">${along.words}</text>`;
  const point = (value: number, i: number) => svg`<circle class="point" cx=${x(i)} cy=${y(value)} r="7"
      role="slider" tabindex="0" aria-orientation="vertical" aria-label="${along.values[i]} ${along.words}"
      aria-valuemin="0" aria-valuemax=${most} aria-valuenow=${value} aria-valuetext="${value} ${unit}"
      @keydown=${(event: KeyboardEvent) => {
        const to = afterKey(event.key, value, most);
        if (to === null) return;
        event.preventDefault();
        set(i, to);
      }}></circle>`;

  return {
    template: () => html`<div class="draw">
      <p>${question} Drag its points up or down, or use the arrow keys.</p>
      <svg class="line" viewBox="0 0 ${BOX.width} ${BOX.height}" role="group" aria-label="Your line"
        @pointerdown=${(event: PointerEvent) => {
          (event.currentTarget as Element).setPointerCapture(event.pointerId);
          draw(event);
        }}
        @pointermove=${(event: PointerEvent) => event.buttons > 0 && draw(event)}>
        ${axes()}<path class="mine" d=${path(guess)}></path>${guess.map(point)}
      </svg>
    </div>`,
    judge: async () => {
      if (!drawn) return { right: null, says: 'Draw your line first.' };
      found = await find();
      const right = off(guess, found) <= tolerance;
      return {
        right,
        says: '',
        given: words(guess),
        answered: `${words(guess)} ${unit}`,
        fact: `${words(found)} ${unit}`,
      };
    },
    result: ({ right }) => html`<div class="draw">
      <p>${question}</p>
      <svg class="line" viewBox="0 0 ${BOX.width} ${BOX.height}" role="img"
        aria-label="At ${words(along.values)} ${along.words}: your line ${words(guess)} ${unit}, truly ${words(found ?? [])} ${unit}">
        ${axes()}<path class="mine" d=${path(guess)}></path><path class="true" d=${path(found ?? [])}></path>
      </svg>
      <p class="gap"><span class="key mine"></span>Your line <b>${words(guess)}</b> ·
        <span class="key true"></span>truly <b>${words(found ?? [])} ${unit}</b> ·
        off by <b>${significant(off(guess, found ?? guess))}</b> ${unit === '%' ? 'points' : unit} on average${right ? ': close' : ''}</p>
    </div>`,
    answer: async () => [
      `${(await find()).map((value, i) => `${tell(figure, value, tick)} at ${along.values[i]}`).join(', ')} ${along.words}`,
      `right within ${significant(tolerance)} ${unit === '%' ? 'points' : unit} on average`,
    ],
  };
}

/** How far two lines are apart on average. */
const off = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
