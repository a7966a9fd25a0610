/**
 * Two sets of buttons that must not be confused: the transport moves the
 * playhead over a rollout; "tell the rollout" changes the rollout itself.
 */

import { h, replace } from '../base/dom.js';
import { count, tickUnit } from '../base/format.js';
import { icon } from '../base/icons.js';

/** @import { Call, Command, State } from '../base/engine.js' */
/** @import { Session } from './session.js' */
/** @typedef {"toStart" | "stepBack" | "play" | "step" | "nextStage" | "toEnd"} Move */

/** @type {[Move, string][]} */
const MOVES = [
  ['toStart', 'To the start'],
  ['stepBack', 'Step back'],
  ['play', 'Play'],
  ['step', 'Step'],
  ['nextStage', 'To the next stage'],
  ['toEnd', 'To the end'],
];

export class Transport {
  /** @type {Map<Move, HTMLButtonElement>} */
  #buttons = new Map();
  #where = h('span', { class: 'where' });
  element;

  /** @param {(move: Move) => void} onmove */
  constructor(onmove) {
    for (const [move, name] of MOVES) {
      const button = h(
        'button',
        {
          type: 'button',
          class: `move ${move}`,
          title: name,
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

  /**
   * @param {{ playing: boolean, atStart: boolean, atEnd: boolean, where: string }} now
   */
  show({ playing, atStart, atEnd, where }) {
    this.#where.textContent = where;
    const play = this.#buttons.get('play');
    if (play) {
      const name = playing ? 'Freeze' : 'Play';
      replace(play, icon(playing ? 'stop' : 'play'), h('span', {}, name));
      play.title = name;
      play.setAttribute('aria-label', name);
    }
    for (const [move, name] of MOVES) {
      const stuck = {
        toStart: atStart,
        stepBack: atStart,
        play: false,
        step: atEnd,
        nextStage: atEnd,
        toEnd: atEnd,
      }[move];
      if (move !== 'play')
        forbid(this.#buttons.get(move), name, stuck ? `${name}: the playhead is already there` : null);
    }
  }
}

/** What each call is called, and does. */
const CALLS = /** @type {Record<Call, { name: string, does: string }>} */ ({
  tick: { name: 'Tick', does: 'One interval on' },
  advance: { name: 'Advance', does: 'To the stage’s verdict' },
  pause: { name: 'Pause', does: 'Stop the plan; traffic flows on' },
  resume: { name: 'Resume', does: 'Go on with the plan' },
  promote: { name: 'Promote', does: 'To the next stage at once' },
  abort: { name: 'Abort', does: 'Roll back at once' },
});

export class Tell {
  /** @type {Map<Call, HTMLButtonElement>} */
  #buttons = new Map();
  #message = h('p', { class: 'message', role: 'status' });
  element;

  /**
   * @param {(call: Call) => void} oncall also for a forbidden call, whose
   *   error the engine words
   * @param {() => void} onreset
   */
  constructor(oncall, onreset) {
    for (const call of /** @type {Call[]} */ (Object.keys(CALLS))) {
      const button = h(
        'button',
        { type: 'button', 'data-call': call, onclick: () => oncall(call) },
        CALLS[call].name,
      );
      this.#buttons.set(call, button);
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
        ...this.#buttons.values(),
        reset,
      ),
      this.#message,
    );
  }

  /**
   * @param {State} state at the playhead
   * @param {Call[]} allowed the calls it allows
   */
  show(state, allowed) {
    for (const [call, button] of this.#buttons) {
      forbid(button, CALLS[call].does, allowed.includes(call) ? null : `Not while the rollout is ${state}`);
    }
  }

  /**
   * @param {string} text
   * @param {"told" | "error"} [kind]
   */
  say(text, kind = 'told') {
    this.#message.textContent = text;
    this.#message.className = `message ${kind}`;
  }
}

/**
 * What a command did, for people.
 * @param {Command} command
 * @param {boolean} branched whether later ticks were dropped for it
 * @param {Session} session
 */
export function toldWords(command, branched, { playhead, report }) {
  const when = `${tickUnit(report.config.tick_seconds).name} ${count(playhead)}`;
  const branch = ': a new branch begins there; what came after it is gone';
  return `${command} at ${when}${branched ? branch : ''}.`;
}

/**
 * Says what a button does, or why it is of no use now. It keeps its focus and
 * can still be pressed: who does so is told why.
 * @param {HTMLButtonElement | undefined} button
 * @param {string} does
 * @param {string | null} whyNot
 */
function forbid(button, does, whyNot) {
  if (!button) return;
  button.title = whyNot ?? does;
  button.setAttribute('aria-disabled', String(whyNot !== null));
  button.setAttribute('aria-description', button.title);
}
