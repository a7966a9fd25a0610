/**
 * `configure`, `operate` and `refused`: questions that are answered on the page, with its
 * editors and commands, and judged by its state.
 */

import { html, nothing } from 'lit/html.js';
import { counted } from '../../base/format.ts';
import type { RolloutInput } from '../../engine/replay.ts';
import type { Value } from '../figures.ts';
import { goalWords, isMet, tell } from '../figures.ts';
import type { Configure, Operate, Refused } from '../lesson.ts';
import { figuresHere, policyIn } from '../start.ts';
import type { Context, Question } from './question.ts';
import { faults, mark } from './question.ts';

/** What is judged: its figures, what has to be said beside them, and how to draw it. */
type Found = { values: Record<string, Value>; apart?: string; draw?: () => void };

/** The learner's policy, run on the lesson's release and traffic. */
export const configure = (check: Configure, context: Context): Question =>
  toGoals(check, context, async (names) => {
    const { store, start, measure } = context;
    if (store.problems.length > 0)
      return `The configuration has ${counted(store.problems.length, 'problem')}; correct that first.`;
    const { config, same } = policyIn(store.text, start.config);
    const work = { config, seed: start.seed };
    const values = await measure(names, work, check);
    const { session } = store;
    if (same && session.seed === start.seed && session.commands.length === 0) return { values };
    const apart = same
      ? 'Your policy was tried with the lesson’s seed and without commands, which is what is drawn now.'
      : 'Your policy was tried on the lesson’s release and traffic, not on those you changed; that is what is drawn now.';
    // What is drawn and what is judged are one.
    return { values, apart, draw: () => store.load(same ? { ...work, config: store.text } : work) };
  });

/** The rollout as it goes with the learner's commands. */
export const operate = (check: Operate, { store, start, measure, ...context }: Context): Question =>
  toGoals(check, { store, start, measure, ...context }, async (names) => {
    const { session } = store;
    if (session.config !== start.config || (session.seed !== start.seed && !check.any_seed))
      return 'This is not the lesson’s rollout any more. “Start again” brings it back.';
    if (check.at === 'playhead') return { values: figuresHere(names, session.reportHere) };
    const work: RolloutInput = { config: session.config, seed: session.seed, commands: session.commands };
    return { values: await measure(names, work) };
  });

/** @param find what is judged, or why nothing can be */
function toGoals(
  { question, goals }: Configure | Operate,
  { store, tick, redraw }: Context,
  find: (names: string[]) => Promise<Found | string>,
): Question {
  /** How each goal was judged. */
  let judged: { met: boolean; words: string }[] | null = null;
  /** What was judged; empty when all goals were met, which is not taken back. */
  let subject = '';
  const subjectNow = () => {
    const { text, session } = store;
    return JSON.stringify([text, session.seed, session.commands, session.playhead]);
  };
  const words = () => goals.map((goal) => goalWords(goal, tick));
  return {
    template: () => html`<p>${question}</p>
      <ul class="goals">
        ${words().map((word, i) => {
          const { met, words: found } = judged?.[i] ?? {};
          return html`<li class=${met === undefined ? nothing : met ? 'met' : 'unmet'}>
            ${met === undefined ? html`<span class="mark" aria-hidden="true">○</span>` : mark(met)}<span>${found ?? word}</span>
          </li>`;
        })}
      </ul>
      ${faults(store.problems)}`,
    judge: async () => {
      const found = await find(goals.map(({ figure }) => figure));
      if (typeof found === 'string') {
        judged = null;
        return { right: null, says: found };
      }
      judged = goals.map((goal) => ({
        met: isMet(goal, found.values[goal.figure]),
        words: `${goalWords(goal, tick)}; it is ${tell(goal.figure, found.values[goal.figure], tick)}`,
      }));
      const unmet = judged.filter(({ met }) => !met).map((one) => one.words);
      const missing = unmet.length > 0 ? `Not yet. ${unmet.join('. ')}.` : 'All of it is met.';
      found.draw?.();
      subject = unmet.length > 0 ? subjectNow() : '';
      return { right: unmet.length === 0, says: [missing, found.apart].filter(Boolean).join(' ') };
    },
    outdated: () => {
      if (!judged || subject === '' || subject === subjectNow()) return false;
      judged = null;
      redraw();
      return true;
    },
    answer: async () => words(),
  };
}

/** What the engine must have refused: a configuration, or a call. */
export function refused({ question, path, message = '', call }: Refused, { store }: Context): Question {
  const judge = () => {
    if (call) {
      const { text, kind } = store.message;
      if (kind === 'error' && text.startsWith(call)) return { right: true, says: `It was refused. ${text}` };
      return { right: null, says: `Nothing has refused ${call} yet.` };
    }
    const { problems } = store;
    const problem = problems.find(
      (one) => one.path.replace(/\[\d+\]/g, '[]') === path && one.message.includes(message),
    );
    if (problem) return { right: true, says: `It was refused. ${problem.path}: ${problem.message}` };
    const [other] = problems;
    if (other) return { right: false, says: `It was refused for something else. ${other.path}: ${other.message}` };
    return { right: null, says: 'Nothing was refused yet: the configuration is valid.' };
  };
  return {
    template: () => html`<p>${question}</p>${call ? nothing : faults(store.problems)}`,
    judge: async () => judge(),
    answer: async () => [call ? `The call ${call} is refused.` : `The configuration is refused at ${path}.`],
  };
}
