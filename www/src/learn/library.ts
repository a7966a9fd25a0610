/** The course: its items in their order, and the lesson of each, by name. */

import course from '../../course.json';
import afterTheEnd from '../../lessons/after-the-end.json';
import argoFile from '../../lessons/argo-file.json';
import burnRate from '../../lessons/burn-rate.json';
import delay from '../../lessons/delay.json';
import fallingShares from '../../lessons/falling-shares.json';
import guard from '../../lessons/guard.json';
import latencySpike from '../../lessons/latency-spike.json';
import lookingEveryMinute from '../../lessons/looking-every-minute.json';
import pause from '../../lessons/pause.json';
import rampUp from '../../lessons/ramp-up.json';
import realPlatforms from '../../lessons/real-platforms.json';
import risingShares from '../../lessons/rising-shares.json';
import run from '../../lessons/run.json';
import sameSeed from '../../lessons/same-seed.json';
import seed from '../../lessons/seed.json';
import slowLeak from '../../lessons/slow-leak.json';
import stageLimits from '../../lessons/stage-limits.json';
import stateMachine from '../../lessons/state-machine.json';
import states from '../../lessons/states.json';
import strategies from '../../lessons/strategies.json';
import testThePause from '../../lessons/test-the-pause.json';
import thresholdZero from '../../lessons/threshold-zero.json';
import thrownAway from '../../lessons/thrown-away.json';
import whatIsACanary from '../../lessons/what-is-a-canary.json';
import whyASeed from '../../lessons/why-a-seed.json';
import whyInSteps from '../../lessons/why-in-steps.json';

import type { Lesson, Transfer } from './lesson.ts';

/** `asks` is the course's own wording; `look_for` is for the teacher. */
export const PARTS: { part: string; items: { name: string; asks: string; look_for: string }[] }[] = course;

const FILES: Record<string, unknown> = {
  'after-the-end': afterTheEnd,
  'argo-file': argoFile,
  'burn-rate': burnRate,
  delay,
  'falling-shares': fallingShares,
  guard,
  'latency-spike': latencySpike,
  'looking-every-minute': lookingEveryMinute,
  pause,
  'ramp-up': rampUp,
  'real-platforms': realPlatforms,
  'rising-shares': risingShares,
  run,
  'same-seed': sameSeed,
  seed,
  'slow-leak': slowLeak,
  'stage-limits': stageLimits,
  'state-machine': stateMachine,
  states,
  strategies,
  'test-the-pause': testThePause,
  'threshold-zero': thresholdZero,
  'thrown-away': thrownAway,
  'what-is-a-canary': whatIsACanary,
  'why-a-seed': whyASeed,
  'why-in-steps': whyInSteps,
};

/** In the order of the course. */
export const LESSONS = Object.fromEntries(
  PARTS.flatMap(({ items }) => items.map(({ name }) => [name, FILES[name] as Lesson])),
);

/** The name of the item before or after another, if there is one. */
export function beside(name: string, step: 1 | -1): string | undefined {
  const names = Object.keys(LESSONS);
  return names.includes(name) ? names[names.indexOf(name) + step] : undefined;
}

/** The questions on policies that no lesson shows, each with the lesson that it ends. */
export const TRANSFERS: { name: string; transfer: Transfer }[] = Object.entries(LESSONS).flatMap(
  ([name, { transfer }]) => (transfer ? [{ name, transfer }] : []),
);
