/**
 * `match`, `order` and `connect`: items to be put where they belong. A wrong one shows the
 * reason beside it.
 */

import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import type { Connect, Match, Order } from '../lesson.ts';
import { diagram } from './diagram.ts';
import type { Context, Question } from './question.ts';
import { mark } from './question.ts';

type Row = { label: string; name: string; right: string; says?: string };

/** Each item with the bin that it belongs into. */
export const match = ({ question, bins, items }: Match, context: Context): Question =>
  rows(
    question,
    items.map(({ text, bin, says }) => ({ label: text, name: text, right: bin, says })),
    bins,
    context,
  );

/** A diagram to complete: where does each edge lead? It is drawn as it is chosen. */
export const connect = ({ question, nodes, edges }: Connect, context: Context): Question =>
  rows(
    question,
    edges.map(({ from, label, to, says }) => ({
      label: `${from}: ${label} →`,
      name: `${from}, ${label}, leads to`,
      right: to,
      says,
    })),
    nodes,
    context,
    (chosen) =>
      diagram(
        nodes,
        edges.map(({ from }, i) => ({ from, to: chosen[i] })),
      ),
  );

/** @param picture of what is chosen */
function rows(
  question: string,
  items: Row[],
  choices: string[],
  { redraw }: Context,
  picture?: (chosen: string[]) => TemplateResult,
): Question {
  const chosen = items.map(() => '');
  /** Of each whether it was right; `null` since it was changed. */
  const judged: (boolean | null)[] = items.map(() => null);
  const choose = (i: number, choice: string) => {
    chosen[i] = choice;
    judged[i] = null;
    redraw();
  };
  return {
    template: () => html`<p>${question}</p>
      <div class="match ${picture ? 'connect' : ''}">
        <ol>
          ${items.map(
            ({ label, name, says }, i) => html`<li>
              <b>${i + 1}</b><span>${label}</span>
              <select aria-label=${name} @change=${(event: Event) => choose(i, (event.target as HTMLSelectElement).value)}>
                <option value="">…</option>
                ${choices.map((choice) => html`<option value=${choice}>${choice}</option>`)}
              </select>
              ${judged[i] === null ? html`<span></span>` : mark(judged[i] === true)}
              ${judged[i] === false && says ? html`<p class="why">${says}</p>` : nothing}
            </li>`,
          )}
        </ol>
        ${picture?.(chosen) ?? nothing}
      </div>`,
    judge: async () => {
      const open = chosen.filter((choice) => !choice).length;
      if (open > 0) return { right: null, says: `Answer all of them first: ${open} to go.` };
      items.forEach(({ right }, i) => {
        judged[i] = chosen[i] === right;
      });
      return verdict(judged, 'The reasons stand there.');
    },
    answer: async () => items.map(({ label, right }) => `${label} ${picture ? '' : '→ '}${right}`),
  };
}

/** Lines to be put in order. */
export function order({ question, lines }: Order, { redraw }: Context): Question {
  // Every second line first: never the right order, and always the same.
  const placed = [...lines.filter((_, i) => i % 2), ...lines.filter((_, i) => i % 2 === 0)];
  let judged: boolean[] | null = null;
  const move = (i: number, step: 1 | -1, button: HTMLElement) => {
    const to = i + step;
    if (!placed[to]) return;
    [placed[i], placed[to]] = [placed[to], placed[i]];
    judged = null;
    redraw();
    // The focus goes with the line.
    const row = button.closest('ol')?.children[to];
    row?.querySelector<HTMLElement>(step < 0 ? 'button' : 'button:last-of-type')?.focus();
  };
  const button = (i: number, step: 1 | -1, text: string) => {
    const there = placed[i + step] !== undefined;
    return html`<button type="button" aria-label="${step < 0 ? 'Up' : 'Down'}: ${text}" aria-disabled=${!there}
      @click=${(event: Event) => move(i, step, event.currentTarget as HTMLElement)}>${step < 0 ? '↑' : '↓'}</button>`;
  };
  return {
    template: () => {
      const wrong = judged?.indexOf(false) ?? -1;
      return html`<p>${question}</p>
        <ol class="order">
          ${placed.map(
            ({ text, says }, i) => html`<li>
              <code>${text}</code>${button(i, -1, text)}${button(i, 1, text)}
              ${judged ? mark(judged[i]) : html`<span></span>`}
              ${i === wrong && says ? html`<p class="why">Not here. ${says}</p>` : nothing}
            </li>`,
          )}
        </ol>`;
    },
    judge: async () => {
      judged = placed.map((line, i) => line === lines[i]);
      return verdict(judged, 'The reason stands at the first of them.');
    },
    answer: async () => lines.map(({ text }) => text),
  };
}

function verdict(judged: (boolean | null)[], where: string) {
  const wrong = judged.flatMap((right, i) => (right ? [] : [i + 1]));
  if (wrong.length === 0) return { right: true, says: 'All of them are right.' };
  const right = judged.length - wrong.length;
  return {
    right: false,
    says: `${right} of ${judged.length} are right. Look again at ${wrong.join(', ')}. ${where}`,
  };
}
