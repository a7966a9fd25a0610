/** What every check has in common, and which there are. */

import type { RolloutInput } from '../../engine/replay.ts';
import type { Store } from '../../store/store.ts';
import type { Value } from '../figures.ts';
import type { Check, StudyChoices } from '../lesson.ts';
import { choose } from './choose.ts';
import { connect } from './connect.ts';
import { estimate } from './estimate.ts';
import { configure, operate } from './goals.ts';
import { reflect } from './reflect.ts';
/**
 * What a check judges by: the rollout it started with, the learner's workbench,
 * and a way to the engine's figures.
 */
export type Bearings = {
  start: RolloutInput & { config: string };
  store: Store;
  tick: string;
  measure: (names: string[], work?: RolloutInput, asked?: StudyChoices) => Promise<Record<string, Value>>;
};
/**
 * `given` is the answer, `fact` what was right; `right` is `null` where there is no
 * answer to judge yet. `says` tells what is missing, or why it is right.
 */
export type Judgement = { right: boolean | null; says: string; given?: string | number; told?: string; fact?: string };
/**
 * A question with its controls. `judge` may throw the engine's message; `label` is
 * on the button that asks it to; `after` is done when it was right. `follow` is told when
 * the workbench has changed, and answers whether what was judged holds no more.
 */
export type Asking = {
  element: HTMLElement;
  judge: () => Promise<Judgement>;
  label?: string;
  after?: () => void;
  follow?: () => boolean;
};

const KINDS: Record<Check['kind'], (check: any, bearings: Bearings) => Asking> = {
  choose,
  estimate,
  configure,
  operate,
  connect,
  reflect,
};

export const ask = (check: Check, bearings: Bearings): Asking => KINDS[check.kind](check, bearings);
