/**
 * The frame of the page: header, scenario, and which part stands in which place
 * (`store/store.ts`) and in which part shown alone (`link/views.ts`).
 */

import { html, render } from 'lit/html.js';
import { version } from '../engine/engine.ts';
import type { Place } from '../store/store.ts';
import { PLACES } from '../store/store.ts';

/** The parts of the page, each made in its own folder. */
export type Parts = Record<
  | 'preset'
  | 'seed'
  | 'history'
  | 'embedButton'
  | 'scenario'
  | 'replay'
  | 'linkFaults'
  | 'hostFaults'
  | 'learn'
  | 'opening'
  | 'time'
  | 'requests'
  | 'decisions'
  | 'measure'
  | 'find'
  | 'yours'
  | 'wall'
  | 'editor'
  | 'verdict'
  | 'commands'
  | 'stages'
  | 'state'
  | 'notice'
  | 'simulation',
  HTMLElement
>;

/** What each place is called, and what one does there. */
const PLACE_WORDS: Record<Place, [name: string, does: string]> = {
  watch: ['Watch', 'One rollout, minute by minute'],
  measure: ['Measure', 'This policy over thousands of releases, beside another'],
  find: ['Find', 'A better policy: it keeps your bounds, and fails least'],
  yours: ['Yours', 'The file of the controller that you run, or the counts of your service'],
  learn: ['Learn', 'The course, and lessons'],
};

/** Where each part stands: its places, and the parts shown alone that it belongs to. */
const WHERE: Partial<Record<keyof Parts, [places: string, views: string]>> = {
  learn: ['learn', 'rollout flow errors study ladder'],
  replay: ['watch measure find', 'rollout flow errors study ladder slide'],
  opening: ['watch', 'slide'],
  time: ['watch learn', 'rollout errors flow ladder slide'],
  requests: ['watch', 'flow'],
  decisions: ['watch', 'rollout'],
  measure: ['measure', 'study'],
  find: ['find', ''],
  yours: ['yours', ''],
  wall: ['watch', ''],
  editor: ['watch measure find yours learn', ''],
  verdict: ['watch learn', 'rollout flow errors ladder'],
  commands: ['watch learn', 'rollout flow errors ladder'],
  stages: ['watch', 'ladder'],
  state: ['watch learn', 'ladder'],
};

/**
 * Makes the page of its parts.
 *
 * @param ongo called with the place that a reader chooses
 */
export function layout(parts: Parts, ongo: (place: Place) => void) {
  // The page is in English, whatever the language around it.
  const page = Object.assign(document.createElement('div'), { className: 'page', dir: 'ltr', lang: 'en' });
  for (const [name, [places, views]] of Object.entries(WHERE)) {
    const part = parts[name as keyof Parts];
    part.dataset.places = places;
    part.dataset.views = views;
  }
  render(
    html`
      <div class="bar" part="bar" data-places="watch measure find yours learn" data-views="">
        <slot name="title"></slot>
        <div class="places" role="tablist" aria-label="Places" @keydown=${moveAmongTabs}>
          ${PLACES.map(
            (place) =>
              html`<button type="button" role="tab" id="tab-${place}" title=${PLACE_WORDS[place][1]}
                aria-controls="place" @click=${() => ongo(place)}>${PLACE_WORDS[place][0]}</button>`,
          )}
        </div>
        <div class="bar-tools">${parts.preset} ${parts.seed} ${parts.history} ${parts.embedButton}</div>
      </div>
      <div data-places="watch measure find yours learn" data-views="">${parts.scenario}</div>
      ${parts.replay}
      ${parts.notice} ${parts.linkFaults} ${parts.hostFaults}
      <div class="place" id="place" role="tabpanel" tabindex="-1">
        ${parts.learn}
        <div class="main">
          <div class="column left">
            ${parts.opening} ${parts.time} ${parts.requests} ${parts.decisions} ${parts.measure} ${parts.find} ${parts.yours}
          </div>
          <div class="column right">
            ${parts.editor} ${parts.verdict} ${parts.wall} ${parts.commands} ${parts.stages} ${parts.state}
          </div>
        </div>
      </div>
      <div class="notices">${parts.simulation}</div>
      <p class="quiet colophon" part="colophon" data-places="watch measure find yours learn" data-views="">
        Canary Rollout Simulator ${version()}. Every figure comes from the engine in this page; nothing is sent anywhere.
      </p>
    `,
    page,
  );
  return page;
}

/**
 * Shows one place of a page or, where `view` names one, a part of it alone.
 *
 * @param editing whether an editor stands beside the charts
 */
export function showPlace(page: HTMLElement, place: Place, view: string | null, editing: boolean) {
  for (const part of page.querySelectorAll<HTMLElement>('[data-places]')) {
    const where = view === null ? part.dataset.places : part.dataset.views;
    part.toggleAttribute('data-out', !where?.split(' ').includes(view ?? place));
  }
  for (const tab of page.querySelectorAll<HTMLElement>('[role=tab]')) {
    const chosen = tab.id === `tab-${place}`;
    tab.ariaSelected = String(chosen);
    tab.tabIndex = chosen ? 0 : -1;
  }
  page.querySelector('#place')?.setAttribute('aria-labelledby', `tab-${place}`);
  page.dataset.place = place;
  page.toggleAttribute('data-editing', editing && view === null);
  if (view) page.dataset.view = view;
  else delete page.dataset.view;
}

/**
 * Puts a page's headings at the levels that its host wants. In the templates the topmost
 * is of level 2, or of 3 where a part is shown alone without a lesson.
 *
 * @param lesson whether a lesson is open
 * @param level of the topmost heading
 */
export function setLevels(page: HTMLElement, lesson: boolean, level: number) {
  const first = page.hasAttribute('data-view') && page.dataset.view !== 'slide' && !lesson ? 3 : 2;
  for (const heading of page.querySelectorAll('h2, h3, h4')) {
    heading.ariaLevel = String(Math.min(6, Number(heading.tagName[1]) - first + level));
  }
}

/** Arrow keys, Home and End move among the tabs, as in every list of tabs. */
function moveAmongTabs(event: KeyboardEvent) {
  const tabs = [...(event.currentTarget as HTMLElement).children] as HTMLElement[];
  const now = tabs.indexOf(event.target as HTMLElement);
  const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const tab = tabs[(to + tabs.length) % tabs.length];
  tab.click();
  tab.focus();
}
