/** The lessons that come with the page, and what else the course asks. */

import lookingEveryMinute from '../../lessons/looking-every-minute.json';
import sameSeed from '../../lessons/same-seed.json';
import slowLeak from '../../lessons/slow-leak.json';
import stateMachine from '../../lessons/state-machine.json';
import thrownAway from '../../lessons/thrown-away.json';
import whyInSteps from '../../lessons/why-in-steps.json';

import type { Lesson, Start } from './lesson.ts';

/** In the order they are best taken. */
export const LESSONS = {
  'why-in-steps': whyInSteps,
  'thrown-away': thrownAway,
  'slow-leak': slowLeak,
  'looking-every-minute': lookingEveryMinute,
  'state-machine': stateMachine,
  'same-seed': sameSeed,
} as unknown as Record<string, Lesson>;

const STEPWISE: Start = { preset: 'default', seed: 1 };

/**
 * The course's other questions, each with a line on its answer and where that is to
 * be seen: a lesson, or a rollout at its end.
 */
export const COURSE: [question: string, answer: string, seen: string | Start][] = [
  [
    'Add a PAUSED state',
    'Paused at minute 7: the canary keeps its 5 %, and the plan stands still until a person resumes it.',
    { ...STEPWISE, commands: [{ tick: 7, command: 'pause' }], tick: 12 },
  ],
  [
    'Test the way out of PAUSED',
    'Resumed at minute 12: the stage ends 5 minutes later than planned, and so does the rollout.',
    {
      ...STEPWISE,
      commands: [
        { tick: 7, command: 'pause' },
        { tick: 12, command: 'resume' },
      ],
      tick: 25,
    },
  ],
  [
    'Give each stage its own limit',
    'A limit in a stage replaces the one for all: here 1 point at 25 % and 50 %, 2 points before.',
    { preset: 'default', config: { 'canary.error_ratio': 2.5 }, seed: 1 },
  ],
  ['Take the seed as a setting', 'Same seed, same requests: only what you change differs.', 'same-seed'],
  [
    'Stages of 50 %, 25 %, 100 %: what happens?',
    'They are refused: each stage must send more traffic than the one before it.',
    { config: { stages: [{ traffic_pct: 50 }, { traffic_pct: 25 }, { traffic_pct: 100 }] }, seed: 1 },
  ],
  [
    'An error threshold of 0: does every stage roll back?',
    'No, but each is a coin toss, for the canary’s rate is above the baseline’s in half of all cases.',
    'thrown-away',
  ],
  [
    'Call advance() after the end',
    'It is an error that names the call and the state, and nothing changes.',
    'state-machine',
  ],
  ['What is a canary, and how does it reduce risk?', 'Few users meet the new version first.', 'why-in-steps'],
  ['How do stages model the rollout?', 'A state machine: stages lead on, rules and people lead out.', 'state-machine'],
  [
    'How do real platforms do it?',
    'Argo Rollouts lists weights and pauses as steps, and analysis runs beside them: here the first stage waits for a person, and a rule must fail twice.',
    {
      preset: 'opening',
      config: { 'stages[0].pause': 'manual', 'rules[0].failure_limit': 2, 'rules[1].failure_limit': 2 },
      seed: 1,
    },
  ],
  [
    'Add a condition: a latency spike',
    'A limit on the slowest 1 % of requests rolls it back.',
    { preset: 'latency-spike', seed: 1 },
  ],
  [
    'What is blue-green?',
    'All traffic at once, and back at once: everybody meets a bad release, but briefly.',
    { preset: 'blue-green', config: { canary: { error_ratio: 2 } }, seed: 1 },
  ],
  [
    'What is rolling?',
    'Instance by instance: the share grows whether or not it is judged long enough, and goes back as slowly.',
    { preset: 'rolling', config: { canary: { error_ratio: 2 } }, seed: 1 },
  ],
];
