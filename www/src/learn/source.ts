/** From what a lesson is given as, its name, its text or its address, to the lesson. */

import type { Problem } from '../engine/engine.ts';
import { messageOf } from '../engine/engine.ts';
import type { Lesson } from './lesson.ts';
import { readLesson } from './lesson.ts';
import { LESSONS } from './library.ts';
import { startProblems } from './start.ts';

/** What is no JSON, but could be a lesson's name. */
const NAME = /^[\w-]+$/;

/** A lesson that was read; `name` is its title where it has none in the library. */
export type Source = { name: string; lesson: Lesson | null; problems: Problem[] };

/** That there is no lesson, and why. */
export const noLesson = (message: string): Source => ({
  name: '',
  lesson: null,
  problems: [{ path: '', message, line: null, column: null }],
});

/**
 * A lesson, or what is wrong with it: with its shape, or for the engine with its start.
 *
 * @param source its name in the library, or JSON text
 */
export function lessonOf(source: string): Source {
  const known = Object.hasOwn(LESSONS, source);
  if (!known && NAME.test(source))
    return noLesson(`there is no lesson ${source.slice(0, 40)}; there are ${Object.keys(LESSONS).join(', ')}`);
  const found = readLesson(known ? JSON.stringify(LESSONS[source]) : source);
  const problems = found.lesson ? startProblems(found.lesson) : found.problems;
  const lesson = problems.length > 0 ? null : found.lesson;
  return { name: known ? source : (lesson?.title ?? ''), lesson, problems };
}

/**
 * The text of a lesson from an address, relative to the page's.
 *
 * @returns rejects with a sentence that names the address
 */
export async function lessonText(url: string): Promise<string> {
  const at = new URL(url, document.baseURI).href;
  try {
    const response = await fetch(at);
    if (!response.ok) throw new Error(`the server answers ${response.status} ${response.statusText}`.trim());
    return await response.text();
  } catch (error) {
    throw new Error(`${at}: the lesson cannot be fetched: ${messageOf(error)}`);
  }
}
