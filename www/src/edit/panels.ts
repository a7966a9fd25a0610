/** The release and the world around it, as forms. */

import { h } from '../base/dom.ts';
import type { Json } from '../base/json-path.ts';
import { get } from '../base/json-path.ts';
import { ARRIVALS, wordsAt } from './choice.ts';

import type { OnEdit } from './field.ts';
import { Panel } from './panel.ts';

/** @param presets releases to choose from */
export const releasePanel = (onedit: OnEdit, presets: HTMLElement) =>
  new Panel(
    'The release',
    (_draft, { field, choice }) => [
      presets,
      field({ path: 'name', label: 'Name', kind: 'text' }),
      field({
        path: 'canary.error_ratio',
        label: 'Errors, times the baseline’s',
        unit: '×',
        range: [0, 5],
        step: 0.05,
        otherwise: 1,
      }),
      h('div', { class: 'fields' }, ...choice('Errors arrive', 'canary.error_arrival', ARRIVALS)),
      field({
        path: 'canary.latency_ratio',
        label: 'Latency, times the baseline’s',
        unit: '×',
        range: [0.5, 5],
        step: 0.05,
        otherwise: 1,
      }),
      h('div', { class: 'fields' }, ...choice('Latency arrives', 'canary.latency_arrival', ARRIVALS)),
    ],
    (draft) => wordsAt(draft, ['canary.error_arrival', 'canary.latency_arrival']),
    onedit,
  );

export const worldPanel = (onedit: OnEdit) =>
  new Panel(
    'Traffic and baseline',
    (draft, { field, edit }) => [
      field({
        path: 'traffic.requests_per_second',
        label: 'Requests a second',
        unit: '/s',
        range: [1, 500],
        step: 1,
      }),
      field({ path: 'baseline.error_rate', label: 'Baseline: requests that fail', unit: '%', scale: 100 }),
      h(
        'div',
        { class: 'fields' },
        field({ path: 'baseline.latency_ms.p50', label: 'Latency p50', unit: 'ms' }),
        field({ path: 'baseline.latency_ms.p99', label: 'Latency p99', unit: 'ms' }),
        field({ path: 'tick_seconds', label: 'A tick lasts', unit: 's' }),
      ),
      h(
        'details',
        { class: 'more' },
        h('summary', {}, 'Noise, swing and incidents'),
        h('p', { class: 'quiet' }, 'Spread is a coefficient of variation: 0.2 is a fifth of the mean.'),
        h(
          'div',
          { class: 'fields' },
          field({ path: 'traffic.burstiness', label: 'Spread of the load', otherwise: 0 }),
          field({ path: 'noise.common', label: 'Spread of errors, both arms alike', otherwise: 0 }),
          field({ path: 'noise.per_arm', label: 'Spread of errors, each arm', otherwise: 0 }),
        ),
        ...optional(draft, edit, 'traffic.daily_swing', 'Daily swing', { amplitude: 0.5 }, () => [
          field({ path: 'traffic.daily_swing.amplitude', label: 'Swing of the load', unit: '%', scale: 100 }),
          field({ path: 'traffic.daily_swing.period_seconds', label: 'Period', unit: 's', otherwise: 86400 }),
          field({ path: 'traffic.daily_swing.peak_seconds', label: 'Peak after', unit: 's', otherwise: 0 }),
        ]),
        ...optional(
          draft,
          edit,
          'incidents',
          'Incidents on both arms',
          { at_tick: 8, duration_ticks: 3, error_ratio: 5 },
          () => [
            field({ path: 'incidents.at_tick', label: 'One starts at tick' }),
            field({
              path: 'incidents.chance_per_tick',
              label: 'Chance a tick',
              unit: '%',
              scale: 100,
              otherwise: 0,
            }),
            field({ path: 'incidents.duration_ticks', label: 'Each lasts', unit: 'ticks' }),
            field({ path: 'incidents.error_ratio', label: 'Errors', unit: '×', otherwise: 1 }),
            field({ path: 'incidents.latency_ratio', label: 'Latency', unit: '×', otherwise: 1 }),
          ],
        ),
      ),
    ],
    (draft) => ['traffic.daily_swing', 'incidents'].map((path) => isThere(draft, path)).join(),
    onedit,
  );

/** A part of the configuration that is there or not, with its fields. */
function optional(
  draft: Json,
  edit: OnEdit,
  path: string,
  label: string,
  start: Json,
  fields: () => HTMLElement[],
): HTMLElement[] {
  const checked = isThere(draft, path);
  const box = h('input', {
    type: 'checkbox',
    checked,
    'data-path': path,
    onchange: () => edit(path, box.checked ? start : undefined),
  });
  return [
    h('label', { class: 'check-label' }, box, label),
    ...(checked ? [h('div', { class: 'fields' }, ...fields())] : []),
  ];
}

const isThere = (draft: Json, path: string) => (get(draft, path) ?? null) !== null;
