/** From what a lesson is given as, its name or its text, to the lesson. */

import type { Problem } from '../engine/engine.ts';
import type { Lesson } from './lesson.ts';
import { readLesson } from './lesson.ts';
import { LESSONS } from './library.ts';
import { startProblems } from './start.ts';

/** What is no JSON, but could be a lesson's name. */
const NAME = /^[\w-]+$/;

/**
 * A lesson, or what is wrong with it: with its shape, or for the engine with its start.
 *
 * @param source its name in the library, or JSON text
 * @returns `name` is its
 *   title where it has none in the library
 */
export function lessonOf(source: string): { name: string; lesson: Lesson | null; problems: Problem[] } {
  const known = Object.hasOwn(LESSONS, source);
  if (!known && NAME.test(source)) {
    const message = `there is no lesson ${source.slice(0, 40)}; there are ${Object.keys(LESSONS).join(', ')}`;
    return { name: '', lesson: null, problems: [{ path: '', message, line: null, column: null }] };
  }
  const found = readLesson(known ? JSON.stringify(LESSONS[source]) : source);
  const problems = found.lesson ? startProblems(found.lesson) : found.problems;
  const lesson = problems.length > 0 ? null : found.lesson;
  return { name: known ? source : (lesson?.title ?? ''), lesson, problems };
}

/** The name of the lesson after another in the library, if there is one. */
export function lessonAfter(name: string): string | undefined {
  const names = Object.keys(LESSONS);
  return names.includes(name) ? names[names.indexOf(name) + 1] : undefined;
}
