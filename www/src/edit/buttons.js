/** Buttons that add to a list, and take from it. */

import { h } from '../base/dom.js';
import { icon } from '../base/icons.js';

/**
 * @param {string} text
 * @param {() => void} onclick
 */
export const addButton = (text, onclick) =>
  h('button', { type: 'button', class: 'add', onclick }, icon('add'), text);

/**
 * @param {string} label what is removed
 * @param {() => void} onclick
 * @param {boolean} [disabled]
 */
export const removeButton = (label, onclick, disabled = false) =>
  h(
    'button',
    { type: 'button', class: 'remove', title: label, 'aria-label': label, disabled, onclick },
    icon('remove'),
  );
