/** Buttons that add to a list, and take from it. */

import { h } from '../base/dom.ts';
import { icon } from '../base/icons.ts';

export const addButton = (text: string, onclick: () => void) =>
  h('button', { type: 'button', class: 'add', onclick }, icon('add'), text);

/** @param label what is removed */
export const removeButton = (label: string, onclick: () => void, disabled: boolean = false) =>
  h(
    'button',
    { type: 'button', class: 'remove', title: label, 'aria-label': label, disabled, onclick },
    icon('remove'),
  );
