/** Undo and redo, as buttons and as keys. */

import { h } from '../base/dom.ts';
import { icon } from '../base/icons.ts';
import { forbid } from '../watch/controls.ts';

/** What is undone, and whether there is anything to undo. */
export type Undoable = { canUndo: boolean; canRedo: boolean; undo: () => void; redo: () => void };

export class HistoryButtons {
  #undo;
  #redo;
  element;

  constructor(store: Undoable) {
    const make = (does: 'undo' | 'redo', name: string) =>
      h('button', { type: 'button', class: 'move', 'aria-label': name, onclick: () => store[does]() }, icon(does));
    this.#undo = make('undo', 'Undo');
    this.#redo = make('redo', 'Redo');
    this.element = h('div', { class: 'history', role: 'group', 'aria-label': 'Steps taken' }, this.#undo, this.#redo);
  }

  show({ canUndo, canRedo }: Undoable) {
    forbid(this.#undo, 'Undo the last change (Ctrl+Z)', canUndo ? null : 'Nothing to undo');
    forbid(this.#redo, 'Redo what was undone (Ctrl+Shift+Z)', canRedo ? null : 'Nothing to redo');
  }
}

/** Where a key is the field's own. */
const TEXT_FIELD = 'textarea, input:not([type="range"], [type="checkbox"])';

/** Undoes or redoes by the keys known for it, unless a text is being typed. */
export function onHistoryKey(event: KeyboardEvent, store: Undoable) {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !['z', 'y'].includes(key)) return;
  if ((event.target as Element).closest(TEXT_FIELD)) return;
  event.preventDefault();
  if (key === 'z' && !event.shiftKey) store.undo();
  else store.redo();
}
