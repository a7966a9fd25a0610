/** The lessons to choose from, and the course's other questions with their answers. */

import { h } from '../base/dom.ts';
import type { Store } from '../store/store.ts';
import type { Start } from './lesson.ts';
import type { LessonPlayer } from './lesson-player.ts';
import { COURSE, LESSONS } from './library.ts';
import { startOf } from './start.ts';

/**
 * @param desk where lessons are played
 * @param onstart told when a rollout was chosen, which is no lesson
 */
export function lessonList(store: Store, desk: LessonPlayer, onstart: () => void) {
  const play = (name: string) => {
    desk.open(name);
    desk.focus();
  };
  const start = (chosen: Start) => {
    desk.close();
    store.load({ ...startOf(chosen), tick: chosen.tick ?? null });
    onstart();
  };
  return h(
    'section',
    { class: 'card lessons', part: 'lessons', role: 'group', 'aria-label': 'Lessons' },
    h('h3', {}, 'Six lessons'),
    h(
      'p',
      { class: 'quiet' },
      'Predict what a rollout does, watch it, then do better. Nothing about you is kept or sent.',
    ),
    h(
      'ol',
      { class: 'lesson-cards' },
      ...Object.entries(LESSONS).map(([name, { title, summary, predict, task }]) =>
        h(
          'li',
          {},
          h('button', { type: 'button', 'data-lesson': name, onclick: () => play(name) }, title),
          h('p', {}, summary),
          h('p', { class: 'quiet' }, `${predict.kind}, then ${task.kind}`),
        ),
      ),
    ),
    h('h4', {}, 'More from the course'),
    h(
      'ul',
      { class: 'course' },
      ...COURSE.map(([question, answer, seen]) =>
        h(
          'li',
          {},
          h(
            'button',
            { type: 'button', onclick: () => (typeof seen === 'string' ? play(seen) : start(seen)) },
            question,
          ),
          h('p', {}, answer),
        ),
      ),
    ),
  );
}
