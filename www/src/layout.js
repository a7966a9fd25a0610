/** The page's layout: which part stands where, and in which views. */

import { version } from './base/engine.js';
import { h } from './base/dom.js';

/**
 * The parts to lay out, each made elsewhere.
 * @typedef {Record<
 *   | "history" | "scenario" | "embedButton" | "linkFaults" | "lesson" | "surprise" | "verdict"
 *   | "transport" | "timeline" | "tell" | "flow" | "log" | "figures" | "ladder" | "machine"
 *   | "study" | "strategies" | "forms" | "notice" | "simulation" | "lessons",
 *   HTMLElement
 * >} Parts
 */

/** What can be shown alone, by the value of the attribute `view`. */
export const VIEW_WORDS = {
  rollout: 'the rollout over time',
  flow: 'the requests',
  errors: 'the error rates',
  study: 'the policy over many rollouts',
  ladder: 'the stages and the state',
};
export const VIEWS = Object.keys(VIEW_WORDS);

/** In the whole page alone. */
const WHOLE_PAGE = '';
const EVERY_VIEW = VIEWS.join(' ');
/** Where the playhead moves. */
const OVER_TIME = 'rollout flow errors ladder';

/**
 * Puts the parts in their places.
 * @param {Parts} parts
 * @returns {{ page: HTMLElement, time: HTMLElement, overTime: HTMLElement }} the page; the
 *   card with the playhead; all of the rollout over time
 */
export function layout(parts) {
  const time = card('time', OVER_TIME, 'The rollout over time', parts.transport, parts.timeline, parts.tell);
  // Focus can be put on it, by a click into a chart say, so that its keys act.
  time.tabIndex = -1;
  const overTime = box(
    'column time',
    OVER_TIME,
    time,
    card('requests', 'flow', 'Requests', parts.flow),
    titled('decisions', 'rollout', 'Decisions', parts.log),
  );
  const inStages = box(
    'column',
    'study ladder',
    part('study', parts.figures),
    titled('stages', 'ladder', 'Stages', parts.ladder),
    titled('state', 'ladder', 'State', parts.machine),
  );
  const page = h(
    'div',
    // The page is in English, whatever the host around it is.
    { class: 'page', dir: 'ltr', lang: 'en' },
    part(
      WHOLE_PAGE,
      h(
        'div',
        { class: 'bar', part: 'bar' },
        h('slot', { name: 'title' }),
        parts.history,
        parts.scenario,
        parts.embedButton,
      ),
    ),
    parts.linkFaults,
    part(EVERY_VIEW, parts.lesson),
    part(WHOLE_PAGE, parts.surprise),
    box('main', EVERY_VIEW, part(OVER_TIME, parts.verdict), overTime, inStages),
    part('study', parts.study),
    part(WHOLE_PAGE, parts.strategies),
    part(WHOLE_PAGE, parts.forms),
    part(EVERY_VIEW, h('div', { class: 'notices' }, parts.notice, parts.simulation)),
    part(WHOLE_PAGE, parts.lessons),
    part(WHOLE_PAGE, colophon()),
  );
  return { page, time, overTime };
}

/**
 * Shows one part of a page alone, or with `null` all of it.
 * @param {HTMLElement} page
 * @param {string | null} view
 */
export function showView(page, view) {
  for (const element of page.querySelectorAll('[data-in]')) {
    const views = element.getAttribute('data-in')?.split(' ') ?? [];
    element.toggleAttribute('data-out', view !== null && !views.includes(view));
  }
  if (view) page.setAttribute('data-view', view);
  else page.removeAttribute('data-view');
}

/**
 * Puts a page's headings where a host wants them. They are made as of the level 2, or
 * of 3 where neither a lesson nor the first sentence of the page is there.
 * @param {HTMLElement} page
 * @param {boolean} lesson whether one is open
 * @param {number} level of the topmost heading
 */
export function setLevels(page, lesson, level) {
  const first = page.hasAttribute('data-view') && !lesson ? 3 : 2;
  for (const heading of page.querySelectorAll('h2, h3, h4')) {
    heading.ariaLevel = String(Math.min(6, Number(heading.tagName[1]) - first + level));
  }
}

/**
 * Says in which views an element stands, the whole page aside.
 * @template {HTMLElement} E
 * @param {string} views
 * @param {E} element
 */
function part(views, element) {
  element.setAttribute('data-in', views);
  return element;
}

/**
 * @param {string} name its class
 * @param {string} views
 * @param {...HTMLElement} content
 */
const box = (name, views, ...content) => part(views, h('div', { class: name }, ...content));

/**
 * No landmark: a page may hold several elements, whose landmarks had one name.
 * @param {string} name
 * @param {string} views
 * @param {string} label
 * @param {...HTMLElement} content
 */
const card = (name, views, label, ...content) =>
  part(views, h('section', { class: `card ${name}`, part: name, role: 'group', 'aria-label': label }, ...content));

/**
 * A card whose label is a heading.
 * @param {string} name
 * @param {string} views
 * @param {string} title
 * @param {HTMLElement} content
 */
const titled = (name, views, title, content) =>
  part(views, h('section', { class: `card ${name}`, part: name }, h('h3', {}, title), content));

const colophon = () =>
  h(
    'p',
    { class: 'quiet colophon', part: 'colophon' },
    `Canary Rollout Simulator ${version()}. Every figure comes from the engine in this page; nothing is sent anywhere.`,
  );
