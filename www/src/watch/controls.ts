/**
 * Two sets of buttons that must not be confused: the transport moves the playhead over a
 * rollout; commands change the rollout itself. What a button did or why it is of no use
 * stands beside it.
 */

import type { TemplateResult } from 'lit/html.js';
import { html, nothing, render } from 'lit/html.js';
import { count, stateWords, tickUnit } from '../base/format.ts';
import { icon } from '../base/icons.ts';
import { commands } from '../engine/catalogue.ts';
import { axisEnd, bands, looksInPause } from '../rollout/series.ts';
import type { Move, Session } from '../rollout/session.ts';
import type { Change, Message, Store, View } from '../store/store.ts';

/** What each move is called, and what it does. */
const MOVES: [Move, string, string][] = [
  ['toStart', 'To the start', 'To the start'],
  ['stepBack', 'Step back', 'One tick back'],
  ['play', 'Play', 'Let time pass'],
  ['step', 'Step', 'One tick on'],
  ['advance', 'Advance', 'To the stage’s verdict'],
  ['toEnd', 'To the end', 'To the end'],
];

/** Buttons that move the playhead, and where it stands. */
export class Transport implements View {
  element = document.createElement('div');
  #store;

  constructor(store: Store) {
    this.#store = store;
  }

  update(change: Change) {
    if (change === 'page' || change === 'progress' || this.#store.isWaiting) return;
    const { session, playing, message } = this.#store;
    const reasons = whyNot(session);
    render(
      html`<div class="transport" role="group" aria-label="Playhead">
          ${MOVES.map(([move, name, does]) => {
            const play = playing ? 'Stop' : session.atEnd && !session.waits ? 'Play again' : 'Play';
            const content = move === 'play' ? html`${icon(playing ? 'stop' : 'play')}<span>${play}</span>` : icon(move);
            return button({
              kind: `move ${move}`,
              name: move === 'play' ? play : name,
              does: move === 'play' && playing ? 'Time stands still' : does,
              whyNot: reasons[move],
              onclick: () =>
                reasons[move] === THERE ? this.#store.say(THERE, 'info', 'playhead') : this.#store.move(move),
              content,
            });
          })}
          ${messageLine(message, 'playhead', where(session))}
        </div>`,
      this.element,
    );
  }
}

const THERE = 'The playhead is already there.';

/** Why a move is of no use now. */
function whyNot({ playhead, atEnd, report, allowedHere }: Session): Partial<Record<Move, string | false>> {
  const unit = tickUnit(report.config.tick_seconds).name;
  const over = `The rollout has ended: there is no later ${unit}. Steps lead on from an earlier one.`;
  return {
    toStart: playhead === 0 && THERE,
    stepBack: playhead === 0 && THERE,
    step: atEnd && !allowedHere.includes('tick') && over,
    advance: atEnd && !allowedHere.includes('advance') && (allowedHere.includes('tick') ? stopped(report) : over),
    toEnd: atEnd && THERE,
  };
}

const stopped = ({ final_state }: Session['report']) =>
  `No stage ends while the rollout is ${stateWords()[final_state]}`;

/** Where the playhead stands, and what holds there. */
function where({ playhead, length, atEnd, waits, veiled, report, series, allowedHere }: Session) {
  const unit = tickUnit(report.config.tick_seconds).name;
  const at = (words: string, holds = '') => html`<span class="where">${words}</span>${holds}`;
  const now = `${unit} ${count(playhead)}`;
  if (veiled) return at(now);
  if (!atEnd) return at(`${now} of ${count(length)}`);
  if (waits) {
    const names = commands().filter(({ name }) => allowedHere.includes(name));
    const words = names.map(({ label }) => label.toLowerCase());
    return at(now, `, ${stateWords()[report.final_state]}, waits for ${listed(words)}`);
  }
  const rest = axisEnd(bands(report, series)) > length ? `; later ${unit}s were only planned` : '';
  return at(`${now} of ${count(length)}`, `, the end${rest}`);
}

const listed = (words: string[]) => words.join(', ').replace(/, ([^,]*)$/, ' or $1');

/** Buttons that change the rollout. */
export class Commands implements View {
  element = document.createElement('div');
  #store;

  constructor(store: Store) {
    this.#store = store;
    this.element.className = 'commands';
  }

  update(change: Change) {
    if (change === 'page' || change === 'progress') return;
    const { session, message } = this.#store;
    const { allowedHere, reportHere, commands: given, playhead } = session;
    const state = stateWords()[reportHere.final_state];
    const isNew = playhead === 0 && given.length === 0 && 'The rollout is at its start, and has no commands.';
    render(
      html`<div class="command-buttons" role="group" aria-label="Commands to the rollout">
          ${commands().map(({ name, label, description }) =>
            button({
              call: name,
              does: description,
              whyNot: !allowedHere.includes(name) && `Not while the rollout is ${state}`,
              onclick: () => this.#store.command(name),
              content: html`${label}`,
            }),
          )}
          ${button({
            call: 'reset',
            does: 'To the start, without commands',
            whyNot: isNew,
            onclick: () => (isNew ? this.#store.say(isNew) : this.#store.reset()),
            content: html`Reset`,
          })}
        </div>
        ${messageLine(message, 'commands', hint(session))}`,
      this.element,
    );
  }
}

/** What a command would do here, or why there is none. */
function hint({ atEnd, waits, reportHere, report, playhead }: Session) {
  const unit = tickUnit(report.config.tick_seconds).name;
  const now = `${unit} ${count(playhead)}`;
  if (reportHere.final_state === 'PAUSED')
    return `Paused at ${now}: traffic stays at this share, and ${looksInPause(report)} until you resume or promote.`;
  if (!atEnd) return `A command at ${now} takes effect there; what came after it is run anew.`;
  return waits ? '' : 'The rollout has ended. Move the playhead back to interfere.';
}

/** The answer to a command or a move, or else what holds now. */
function messageLine({ text, kind, about }: Message, own: Message['about'], now: unknown) {
  const isAnswer = about === own && text !== '';
  return html`<p class="message ${isAnswer ? kind : ''}" role="status">${isAnswer ? text : now}</p>`;
}

/**
 * A button that says what it does, or why it is of no use now. It keeps its focus and can
 * still be pressed: the answer is then the reason.
 */
function button({
  kind = '',
  call,
  name,
  does,
  whyNot,
  onclick,
  content,
}: {
  kind?: string;
  call?: string;
  name?: string;
  does: string;
  whyNot: string | false | undefined;
  onclick: () => void;
  content: TemplateResult;
}) {
  const title = whyNot || does;
  return html`<button type="button" class=${kind} data-call=${call ?? nothing} title=${title} aria-label=${name ?? nothing}
    aria-disabled=${String(Boolean(whyNot))} aria-description=${title} @click=${onclick}>${content}</button>`;
}

/** What keys do while the focus is on the rollout over time. */
const KEYS: Record<string, Move> = {
  ' ': 'play',
  ArrowLeft: 'stepBack',
  ArrowRight: 'step',
  Home: 'toStart',
  End: 'toEnd',
};

/** Moves the playhead by a key, unless what has the focus uses that key itself. */
export function onKey(event: KeyboardEvent, store: { move: (move: Move) => void }) {
  const move = KEYS[event.key];
  const target = event.target as Element;
  if (!move || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.closest(event.key === ' ' ? 'button, input, select, summary' : 'input, select, [role=slider]')) return;
  event.preventDefault();
  store.move(move);
}
