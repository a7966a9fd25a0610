/** The lessons to choose from, and the course's other questions with their answers. */

import { h } from '../base/dom.js';
import { COURSE, LESSONS } from './library.js';

/** @import { Start } from './lesson.js' */

/**
 * @param {{ onlesson: (name: string) => void, onstart: (start: Start) => void }} on
 */
export const lessonList = ({ onlesson, onstart }) =>
  h(
    'section',
    { class: 'card lessons', part: 'lessons', role: 'group', 'aria-label': 'Lessons' },
    h('h3', {}, 'Six lessons'),
    h('p', { class: 'quiet' }, 'Predict what a rollout does, watch it, then do better. Nothing about you is kept or sent.'),
    h(
      'ol',
      { class: 'lesson-cards' },
      ...Object.entries(LESSONS).map(([name, { title, summary, predict, task }]) =>
        h(
          'li',
          {},
          h('button', { type: 'button', 'data-lesson': name, onclick: () => onlesson(name) }, title),
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
            { type: 'button', onclick: () => (typeof seen === 'string' ? onlesson(seen) : onstart(seen)) },
            question,
          ),
          h('p', {}, answer),
        ),
      ),
    ),
  );
