/** Checks by goals: of a configuration, which is run, and of commands that were given. */

import { h, replace } from '../../base/dom.js';
import { counted } from '../../base/format.js';
import { icon } from '../../base/icons.js';
import { goalWords, isMet, tell } from '../figures.js';
import { policyIn } from '../start.js';

/** @import { Work } from '../../rollout/replay.js' */
/** @import { Configure, Operate } from '../lesson.js' */
/** @import { Asking, Bearings, Judgement } from './check.js' */

/**
 * The learner's policy, run on the lesson's release and traffic.
 * @param {Configure} check
 * @param {Bearings} bearings
 * @returns {Asking}
 */
export const configure = (check, bearings) =>
  toGoals(check, bearings, ({ bench, start }) => {
    if (bench.problems.length > 0)
      return `The configuration has ${counted(bench.problems.length, 'problem')}; mend that first.`;
    const { config, same } = policyIn(bench.text, start.config);
    const work = { config, seed: start.seed };
    const { session } = bench;
    if (same && session.seed === start.seed && session.commands.length === 0) return { work, apart: '' };
    const apart = same
      ? 'Your policy was tried with the lesson’s seed and without commands, which is what is drawn now.'
      : 'Your policy was tried on the lesson’s release and traffic, not on those you changed; that is what is drawn now.';
    // What is drawn and what is judged are one.
    return { work, apart, draw: () => bench.load(same ? { ...work, config: bench.text } : work) };
  });

/**
 * The rollout as it goes with the learner's commands.
 * @param {Operate} check
 * @param {Bearings} bearings
 * @returns {Asking}
 */
export const operate = (check, bearings) =>
  toGoals(check, bearings, ({ bench: { session }, start }) =>
    session.config === start.config && session.seed === start.seed
      ? { work: { config: session.config, seed: session.seed, commands: session.commands }, apart: '' }
      : 'This is not the lesson’s rollout any more. “Start again” brings it back.',
  );

/**
 * @param {Configure | Operate} check
 * @param {Bearings} bearings
 * @param {(bearings: Bearings) => { work: Work, apart: string, draw?: () => void } | string} workOf what
 *   is to be run, with how to draw it where it is not what is drawn; or why it cannot be run
 * @returns {Asking}
 */
function toGoals(check, bearings, workOf) {
  const { measure, tick } = bearings;
  const { question, goals } = check;
  const items = goals.map((goal) => h('li', {}, icon('waiting'), h('span', {}, goalWords(goal, tick))));
  /** What was judged last, while it is not all met. @type {string | null} */
  let judged = null;
  const subject = () => {
    const { text, session } = bearings.bench;
    return JSON.stringify([text, session.seed, session.commands]);
  };
  /** @type {Asking} */
  const asking = { element: h('div', {}, h('p', {}, question), h('ul', { class: 'goals' }, ...items)), judge, follow };

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
    const values = await measure(goals.map(({ figure }) => figure), found.work, check.kind === 'configure' ? check : {});
    /** @type {string[]} */
    const unmet = [];
    goals.forEach((goal, i) => {
      const met = isMet(goal, values[goal.figure]);
      const words = `${goalWords(goal, tick)}; it is ${tell(goal.figure, values[goal.figure], tick)}`;
      if (!met) unmet.push(words);
      items[i].className = met ? 'met' : 'unmet';
      replace(items[i], icon(met ? 'pass' : 'fail'), h('span', {}, words));
    });
    const missing = unmet.length > 0 ? `Not yet. ${unmet.join('. ')}.` : 'All of it is met.';
    /** @type {Judgement} */
    const judgement = { right: unmet.length === 0, says: [missing, found.apart].filter(Boolean).join(' ') };
    found.draw?.();
    if (unmet.length > 0) judged = subject();
    return judgement;
  }
  return asking;
}
