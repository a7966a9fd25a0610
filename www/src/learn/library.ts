/** The course: its items in their order, and the lessons that come with the page, by name. */

import course from '../../lessons/course.json';
import lookingEveryMinute from '../../lessons/looking-every-minute.json';
import sameSeed from '../../lessons/same-seed.json';
import slowLeak from '../../lessons/slow-leak.json';
import stateMachine from '../../lessons/state-machine.json';
import thresholdZero from '../../lessons/threshold-zero.json';
import thrownAway from '../../lessons/thrown-away.json';
import whyInSteps from '../../lessons/why-in-steps.json';

import type { Lesson } from './lesson.ts';

/** `asks` is the course's own wording; `look_for` is for the teacher. */
type Item = { name: string; asks: string; look_for: string; lesson?: unknown };

/** Those that have a file of their own. */
const FILES: Record<string, unknown> = {
  'looking-every-minute': lookingEveryMinute,
  'same-seed': sameSeed,
  'slow-leak': slowLeak,
  'state-machine': stateMachine,
  'threshold-zero': thresholdZero,
  'thrown-away': thrownAway,
  'why-in-steps': whyInSteps,
};

export const PARTS = course as { part: string; items: Item[] }[];
const ITEMS = PARTS.flatMap(({ items }) => items);

/** In the order of the course. */
export const LESSONS = Object.fromEntries(
  ITEMS.map(({ name, lesson }) => [name, (lesson ?? FILES[name]) as Lesson]),
) as Record<string, Lesson>;

/** The name of the item before or after another, if there is one. */
export const beside = (name: string, step: 1 | -1): string | undefined => {
  const at = ITEMS.findIndex((item) => item.name === name);
  return at < 0 ? undefined : ITEMS[at + step]?.name;
};

/** Those with a question on a policy that they have not shown. */
export const TRANSFERS = Object.entries(LESSONS).flatMap(([name, { transfer }]) =>
  transfer ? [{ name, transfer }] : [],
);
