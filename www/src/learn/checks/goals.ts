/** Checks by goals: of a configuration, which is run, and of commands that were given. */

import { h, replace } from '../../base/dom.ts';
import { counted } from '../../base/format.ts';
import { icon } from '../../base/icons.ts';
import type { RolloutInput } from '../../engine/replay.ts';
import { goalWords, isMet, tell } from '../figures.ts';
import type { Configure, Operate } from '../lesson.ts';
import { policyIn } from '../start.ts';
import type { Asking, Bearings, Judgement } from './check.ts';

/** The learner's policy, run on the lesson's release and traffic. */
export const configure = (check: Configure, bearings: Bearings): Asking =>
  toGoals(check, bearings, ({ store, start }) => {
    if (store.problems.length > 0)
      return `The configuration has ${counted(store.problems.length, 'problem')}; mend that first.`;
    const { config, same } = policyIn(store.text, start.config);
    const work = { config, seed: start.seed };
    const { session } = store;
    if (same && session.seed === start.seed && session.commands.length === 0) return { work, apart: '' };
    const apart = same
      ? 'Your policy was tried with the lesson’s seed and without commands, which is what is drawn now.'
      : 'Your policy was tried on the lesson’s release and traffic, not on those you changed; that is what is drawn now.';
    // What is drawn and what is judged are one.
    return { work, apart, draw: () => store.load(same ? { ...work, config: store.text } : work) };
  });

/** The rollout as it goes with the learner's commands. */
export const operate = (check: Operate, bearings: Bearings): Asking =>
  toGoals(check, bearings, ({ store: { session }, start }) =>
    session.config === start.config && session.seed === start.seed
      ? { work: { config: session.config, seed: session.seed, commands: session.commands }, apart: '' }
      : 'This is not the lesson’s rollout any more. “Start again” brings it back.',
  );

/**
 * @param workOf what
 *   is to be run, with how to draw it where it is not what is drawn; or why it cannot be run
 */
function toGoals(
  check: Configure | Operate,
  bearings: Bearings,
  workOf: (bearings: Bearings) => { work: RolloutInput; apart: string; draw?: () => void } | string,
): Asking {
  const { measure, tick } = bearings;
  const { question, goals } = check;
  const items = goals.map((goal) => h('li', {}, icon('waiting'), h('span', {}, goalWords(goal, tick))));
  /** What was judged last, while it is not all met. */
  let judged: string | null = null;
  const subject = () => {
    const { text, session } = bearings.store;
    return JSON.stringify([text, session.seed, session.commands]);
  };
  const asking: Asking = {
    element: h('div', {}, h('p', {}, question), h('ul', { class: 'goals' }, ...items)),
    judge,
    follow,
  };

  /** Takes back what was judged, when that was changed. */
  function follow() {
    if (judged === null || judged === subject()) return false;
    judged = null;
    goals.forEach((goal, i) => {
      items[i].className = '';
      replace(items[i], icon('waiting'), h('span', {}, goalWords(goal, tick)));
    });
    return true;
  }

  async function judge() {
    judged = null;
    const found = workOf(bearings);
    if (typeof found === 'string') return { right: null, says: found };
    const values = await measure(
      goals.map(({ figure }) => figure),
      found.work,
      check.kind === 'configure' ? check : {},
    );
    const unmet: string[] = [];
    goals.forEach((goal, i) => {
      const met = isMet(goal, values[goal.figure]);
      const words = `${goalWords(goal, tick)}; it is ${tell(goal.figure, values[goal.figure], tick)}`;
      if (!met) unmet.push(words);
      items[i].className = met ? 'met' : 'unmet';
      replace(items[i], icon(met ? 'pass' : 'fail'), h('span', {}, words));
    });
    const missing = unmet.length > 0 ? `Not yet. ${unmet.join('. ')}.` : 'All of it is met.';
    const judgement: Judgement = { right: unmet.length === 0, says: [missing, found.apart].filter(Boolean).join(' ') };
    found.draw?.();
    if (unmet.length > 0) judged = subject();
    return judgement;
  }
  return asking;
}
