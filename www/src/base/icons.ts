/** Icons, drawn on a grid of 16 and coloured by the text around them. */

import { html } from 'lit/html.js';

const PATHS = {
  toStart: 'M3 3v10M13 3.5 6.5 8l6.5 4.5z',
  stepBack: 'M10.5 3.5 5 8l5.5 4.5',
  play: 'M4.5 2.5v11l9-5.5z',
  stop: 'M4 4h8v8H4z',
  step: 'M5.5 3.5 11 8l-5.5 4.5',
  advance: 'M3 3.5 8 8l-5 4.5M8.5 3.5v9M13 3.5v9',
  toEnd: 'M13 3v10M3 3.5 9.5 8 3 12.5z',
  anew: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3',
  embed: 'M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5',
  add: 'M8 3v10M3 8h10',
  remove: 'M4 4l8 8M12 4l-8 8',
  promote: 'M8 13V3.5M3.5 8 8 3.5 12.5 8',
  complete: 'M3 8.5 6.5 12 13 4.5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  resume: 'M5 3v10l8-5z',
  rollback: 'M6 3 2.5 6.5 6 10M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6',
  rolled_back: 'M4 4l8 8M12 4l-8 8',
  note: 'M5 8h6',
  extend: 'M2.5 8h11M10 4.5 13.5 8 10 11.5',
  pass: 'M3 8.5 6.5 12 13 4.5',
  fail: 'M4 4l8 8M12 4l-8 8',
  inconclusive: 'M5.2 6a2.8 2.8 0 1 1 4.2 2.4C8.3 9.1 8 9.5 8 10.3M8 12.8v.4',
  undo: 'M5.5 3 2.5 6l3 3M2.5 6H9a4 4 0 0 1 0 8H6',
  redo: 'M10.5 3l3 3-3 3M13.5 6H7a4 4 0 0 0 0 8h3',
  open: 'M2 12.5v-9h4l1.5 2H14v7z',
  save: 'M8 2.5v7.5M4.5 7 8 10.5 11.5 7M3 13.5h10',
  waiting: 'M4 8h8',
};

/** Those that are filled shapes, not strokes. */
const SOLID = new Set(['play', 'resume', 'stop']);

export type IconName = keyof typeof PATHS;

/** An icon for the eye alone; its button or text carries the meaning. */
export const icon = (name: IconName) =>
  html`<svg class="icon${SOLID.has(name) ? ' solid' : ''}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <path d=${PATHS[name]}></path>
  </svg>`;
