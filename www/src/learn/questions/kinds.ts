/** The kinds of questions, by the name that a lesson gives them. */

import type { Check } from '../lesson.ts';
import { choose } from './choose.ts';
import { curve } from './curve.ts';
import { estimate } from './estimate.ts';
import { configure, operate, refused } from './goals.ts';
import { connect, match, order } from './match.ts';
import type { Context, Question } from './question.ts';
import { reflect } from './reflect.ts';

// biome-ignore lint/suspicious/noExplicitAny: a kind takes its own check, which its name in the table says
const KINDS: Record<Check['kind'], (check: any, context: Context) => Question> = {
  choose,
  estimate,
  squares: estimate,
  curve,
  configure,
  operate,
  refused,
  match,
  order,
  connect,
  reflect,
};

export const ask = (check: Check, context: Context): Question => KINDS[check.kind](check, context);
