/** Undo and redo, as buttons and as keys. */

import { h } from '../base/dom.js';
import { icon } from '../base/icons.js';
import { forbid } from '../rollout/controls.js';

/**
 * What is undone, and whether there is anything to undo.
 * @typedef {{ canUndo: boolean, canRedo: boolean, undo: () => void, redo: () => void }} Undoable
 */

export class HistoryButtons {
  #undo;
  #redo;
  element;

  /** @param {Undoable} bench */
  constructor(bench) {
    const make = (/** @type {"undo" | "redo"} */ does, /** @type {string} */ name) =>
      h(
        'button',
        { type: 'button', class: 'move', 'aria-label': name, onclick: () => bench[does]() },
        icon(does),
      );
    this.#undo = make('undo', 'Undo');
    this.#redo = make('redo', 'Redo');
    this.element = h(
      'div',
      { class: 'history', role: 'group', 'aria-label': 'Steps taken' },
      this.#undo,
      this.#redo,
    );
  }

  /** @param {Undoable} bench */
  show({ canUndo, canRedo }) {
    forbid(this.#undo, 'Undo the last change (Ctrl+Z)', canUndo ? null : 'Nothing to undo');
    forbid(this.#redo, 'Redo what was undone (Ctrl+Shift+Z)', canRedo ? null : 'Nothing to redo');
  }
}

/** Where a key is the field's own. */
const TEXT_FIELD = 'textarea, input:not([type="range"], [type="checkbox"])';

/**
 * Undoes or redoes by the keys known for it, unless a text is being typed.
 * @param {KeyboardEvent} event
 * @param {Undoable} bench
 */
export function onHistoryKey(event, bench) {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !['z', 'y'].includes(key)) return;
  if (/** @type {Element} */ (event.target).closest(TEXT_FIELD)) return;
  event.preventDefault();
  if (key === 'z' && !event.shiftKey) bench.undo();
  else bench.redo();
}
