/** The page's layout: which part stands where, and in which views. */

import { h } from '../base/dom.ts';
import { version } from '../engine/engine.ts';

/** The parts to lay out, each made elsewhere. */
export type Parts = Record<
  | 'history'
  | 'scenario'
  | 'embedButton'
  | 'linkFaults'
  | 'lesson'
  | 'surprise'
  | 'verdict'
  | 'transport'
  | 'timeline'
  | 'tell'
  | 'flow'
  | 'log'
  | 'figures'
  | 'ladder'
  | 'machine'
  | 'study'
  | 'strategies'
  | 'forms'
  | 'notice'
  | 'simulation'
  | 'lessons',
  HTMLElement
>;

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
 *
 * @returns the page; the
 *   card with the playhead; all of the rollout over time
 */
export function layout(parts: Parts): { page: HTMLElement; time: HTMLElement; overTime: HTMLElement } {
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

/** Shows one part of a page alone, or with `null` all of it. */
export function showView(page: HTMLElement, view: string | null) {
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
 *
 * @param lesson whether one is open
 * @param level of the topmost heading
 */
export function setLevels(page: HTMLElement, lesson: boolean, level: number) {
  const first = page.hasAttribute('data-view') && !lesson ? 3 : 2;
  for (const heading of page.querySelectorAll('h2, h3, h4')) {
    heading.ariaLevel = String(Math.min(6, Number(heading.tagName[1]) - first + level));
  }
}

/** Says in which views an element stands, the whole page aside. */
function part<E extends HTMLElement>(views: string, element: E) {
  element.setAttribute('data-in', views);
  return element;
}

/** @param name its class */
const box = (name: string, views: string, ...content: HTMLElement[]) =>
  part(views, h('div', { class: name }, ...content));

/** No landmark: a page may hold several elements, whose landmarks had one name. */
const card = (name: string, views: string, label: string, ...content: HTMLElement[]) =>
  part(views, h('section', { class: `card ${name}`, part: name, role: 'group', 'aria-label': label }, ...content));

/** A card whose label is a heading. */
const titled = (name: string, views: string, title: string, content: HTMLElement) =>
  part(views, h('section', { class: `card ${name}`, part: name }, h('h3', {}, title), content));

const colophon = () =>
  h(
    'p',
    { class: 'quiet colophon', part: 'colophon' },
    `Canary Rollout Simulator ${version()}. Every figure comes from the engine in this page; nothing is sent anywhere.`,
  );
