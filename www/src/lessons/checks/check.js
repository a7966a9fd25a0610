/** What every check has in common, and which there are. */

import { choose } from './choose.js';
import { configure, operate } from './goals.js';
import { connect } from './connect.js';
import { estimate } from './estimate.js';
import { reflect } from './reflect.js';

/** @import { Work } from '../../rollout/replay.js' */
/** @import { Workbench } from '../../workbench.js' */
/** @import { Value } from '../figures.js' */
/** @import { Asked, Check } from '../lesson.js' */
/**
 * What a check judges by: the rollout it started with, the learner's workbench,
 * and a way to the engine's figures.
 * @typedef {{
 *   start: Work & { config: string }, bench: Workbench, tick: string,
 *   measure: (names: string[], work?: Work, asked?: Asked) => Promise<Record<string, Value>>,
 * }} Bearings
 */
/**
 * `given` is the answer, `fact` what was right; `right` is `null` where there is no
 * answer to judge yet. `says` tells what is missing, or why it is right.
 * @typedef {{ right: boolean | null, says: string, given?: string | number, told?: string, fact?: string }} Judgement
 */
/**
 * A question with its controls. `judge` may throw the engine's message; `label` is
 * on the button that asks it to; `after` is done when it was right. `follow` is told when
 * the workbench has changed, and answers whether what was judged holds no more.
 * @typedef {{
 *   element: HTMLElement, judge: () => Promise<Judgement>, label?: string, after?: () => void, follow?: () => boolean,
 * }} Asking
 */

/** @type {Record<Check["kind"], (check: any, bearings: Bearings) => Asking>} */
const KINDS = { choose, estimate, configure, operate, connect, reflect };

/**
 * @param {Check} check
 * @param {Bearings} bearings
 * @returns {Asking}
 */
export const ask = (check, bearings) => KINDS[check.kind](check, bearings);
