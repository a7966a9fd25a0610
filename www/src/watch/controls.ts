/**
 * Two sets of buttons that must not be confused: the transport moves the
 * playhead over a rollout; "tell the rollout" changes the rollout itself.
 */

import { h, replace } from '../base/dom.ts';
import { count, tickUnit } from '../base/format.ts';
import { icon } from '../base/icons.ts';
import { commands } from '../engine/catalogue.ts';

import type { Call, Command, State } from '../engine/engine.ts';
import type { Session } from '../rollout/session.ts';
export type Move = 'toStart' | 'stepBack' | 'play' | 'step' | 'advance' | 'toEnd';

/** What each move is called, and what it does. */
const MOVES: [Move, string, string][] = [
  ['toStart', 'To the start', 'To the start'],
  ['stepBack', 'Step back', 'One tick back'],
  ['play', 'Play', 'Play'],
  ['step', 'Step', 'One tick on'],
  ['advance', 'Advance', 'To the stage’s verdict'],
  ['toEnd', 'To the end', 'To the end'],
];

export class Transport {
  #buttons: Map<Move, HTMLButtonElement> = new Map();
  #where = h('span', { class: 'where' });
  element;

  constructor(onmove: (move: Move) => void) {
    for (const [move, name, does] of MOVES) {
      const button = h(
        'button',
        {
          type: 'button',
          class: `move ${move}`,
          title: does,
          'aria-label': name,
          onclick: () => onmove(move),
        },
        icon(move),
      );
      this.#buttons.set(move, button);
    }
    this.element = h(
      'div',
      { class: 'transport', role: 'group', 'aria-label': 'Playhead' },
      ...this.#buttons.values(),
      this.#where,
    );
  }

  show({ playhead, length, atEnd, report, allowedHere }: Session, playing: boolean) {
    const unit = tickUnit(report.config.tick_seconds).name;
    this.#where.textContent = `${unit} ${count(playhead)} of ${count(length)}`;
    const play = this.#buttons.get('play');
    if (play) {
      const name = playing ? 'Freeze' : 'Play';
      replace(play, icon(playing ? 'stop' : 'play'), h('span', {}, name));
      play.title = name;
      play.setAttribute('aria-label', name);
    }
    const there = 'The playhead is already there';
    const over = `Not while the rollout is ${report.final_state}`;
    const whyNot = {
      toStart: playhead === 0 && there,
      stepBack: playhead === 0 && there,
      step: atEnd && !allowedHere.includes('tick') && over,
      advance: atEnd && !allowedHere.includes('advance') && over,
      toEnd: atEnd && there,
    };
    for (const [move, , does] of MOVES) {
      if (move !== 'play') forbid(this.#buttons.get(move), does, whyNot[move] || null);
    }
  }
}

export class CommandButtons {
  /** What each command does, with its button. */
  #buttons: Map<Command, { does: string; button: HTMLButtonElement }> = new Map();
  #message = h('p', { class: 'message', role: 'status' });
  element;

  /**
   * @param ontell also for a forbidden command,
   *   whose error the engine words
   */
  constructor(ontell: (command: Command) => void, onreset: () => void) {
    for (const { name, label, description } of commands()) {
      const button = h('button', { type: 'button', 'data-call': name, onclick: () => ontell(name) }, label);
      this.#buttons.set(name, { does: description, button });
    }
    const reset = h(
      'button',
      { type: 'button', 'data-call': 'reset', title: 'To the start, without commands', onclick: onreset },
      'Reset',
    );
    this.element = h(
      'div',
      { class: 'tell' },
      h(
        'div',
        { class: 'tell-buttons', role: 'group', 'aria-label': 'Tell the rollout' },
        h('span', { class: 'tell-title' }, 'Tell the rollout:'),
        ...Array.from(this.#buttons.values(), ({ button }) => button),
        reset,
      ),
      this.#message,
    );
  }

  /**
   * @param state at the playhead
   * @param allowed the calls it allows
   */
  show(state: State, allowed: Call[]) {
    for (const [command, { does, button }] of this.#buttons) {
      forbid(button, does, allowed.includes(command) ? null : `Not while the rollout is ${state}`);
    }
  }

  say(text: string, kind: 'info' | 'error' = 'info') {
    this.#message.textContent = text;
    this.#message.className = `message ${kind}`;
  }
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

/**
 * What a command did, for people.
 *
 * @param branched whether later ticks were dropped for it
 */
export function commandWords(command: Command, branched: boolean, { playhead, report }: Session) {
  const when = `${tickUnit(report.config.tick_seconds).name} ${count(playhead)}`;
  const branch = ': a new branch begins there; what came after it is gone';
  return `${command} at ${when}${branched ? branch : ''}.`;
}

/**
 * Says what a button does, or why it is of no use now. It keeps its focus and
 * can still be pressed: who does so is told why.
 */
export function forbid(button: HTMLButtonElement | undefined, does: string, whyNot: string | null) {
  if (!button) return;
  button.title = whyNot ?? does;
  button.setAttribute('aria-disabled', String(whyNot !== null));
  button.setAttribute('aria-description', button.title);
}
