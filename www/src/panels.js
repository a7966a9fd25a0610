/** The configuration as forms: the release, the world around it, the policy. */

import { ARRIVALS, INCONCLUSIVE, STAGE_PAUSES, wordOf } from './choice.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { get } from './json-path.js';
import { Panel } from './panel.js';
import { ruleRow, startRule } from './rule-row.js';

/** @import { OnEdit } from "./field.js" */
/** @import { Json } from "./json-path.js" */
/** @import { Kit } from "./panel.js" */

/** @param {OnEdit} onedit */
export const releasePanel = (onedit) =>
  new Panel(
    'The release',
    (_draft, { field, choice }) => [
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
    (draft) => words(draft, ['canary.error_arrival', 'canary.latency_arrival']),
    onedit,
  );

/** @param {OnEdit} onedit */
export const worldPanel = (onedit) =>
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

/** @param {OnEdit} onedit */
export const policyPanel = (onedit) =>
  new Panel(
    'The policy',
    (draft, kit) => [
      h('h4', {}, 'Stages'),
      h(
        'ol',
        { class: 'stage-rows' },
        ...listAt(draft, 'stages').map((_, i, all) => stageRow(kit, i, all.length)),
      ),
      button('Add a stage', 'add', () =>
        kit.edit('stages', [...listAt(draft, 'stages'), nextStage(listAt(draft, 'stages'))]),
      ),
      h('h4', {}, 'Limits at a stage’s end, over the baseline'),
      h(
        'div',
        { class: 'fields' },
        kit.field({
          path: 'error_rate_threshold',
          label: 'Error rate',
          unit: 'points',
          scale: 100,
          placeholder: 'none',
        }),
        kit.field({ path: 'latency_threshold_ms', label: 'Latency p99', unit: 'ms', placeholder: 'none' }),
      ),
      h('h4', {}, 'Rules'),
      listAt(draft, 'rules').length === 0 ? h('p', { class: 'quiet' }, 'None beside the limits.') : null,
      h('ol', { class: 'rule-rows' }, ...listAt(draft, 'rules').map((rule, i) => ruleRow(kit, rule, i))),
      button('Add a rule', 'add', () =>
        kit.edit('rules', [...listAt(draft, 'rules'), startRule('error_rate_delta')]),
      ),
      h('h4', {}, 'Otherwise'),
      h(
        'div',
        { class: 'fields' },
        ...kit.choice('If a rule cannot tell', 'on_inconclusive', INCONCLUSIVE),
        kit.field({ path: 'rollback_ticks', label: 'A rollback takes', unit: 'ticks', otherwise: 0 }),
      ),
    ],
    (draft) =>
      JSON.stringify([
        listAt(draft, 'stages').map((_, i) => words(draft, [`stages[${i}].pause`])),
        listAt(draft, 'rules').map((_, i) => get(draft, `rules[${i}].rule`) ?? null),
        words(draft, ['on_inconclusive']),
      ]),
    onedit,
  );

/**
 * @param {Kit} kit
 * @param {number} i
 * @param {number} count
 */
function stageRow(kit, i, count) {
  const path = `stages[${i}]`;
  return h(
    'li',
    { class: 'stage-row' },
    kit.field({ path: `${path}.traffic_pct`, label: 'Share', unit: '%' }),
    kit.field({ path: `${path}.duration_ticks`, label: 'Lasts', unit: 'ticks' }),
    kit.field({
      path: `${path}.error_rate_threshold`,
      label: 'Errors over',
      unit: 'points',
      scale: 100,
      placeholder: 'as below',
    }),
    kit.field({
      path: `${path}.latency_threshold_ms`,
      label: 'p99 over',
      unit: 'ms',
      placeholder: 'as below',
    }),
    h('div', { class: 'pause-fields' }, ...kit.choice('Then pause', `${path}.pause`, STAGE_PAUSES)),
    kit.field({ path: `${path}.name`, label: 'Name', kind: 'text', placeholder: 'the share' }),
    button('', 'remove', () => kit.edit(path, undefined), `Remove stage ${i + 1}`, count < 2),
  );
}

/**
 * A stage after the last, half the way to all traffic.
 * @param {Json[]} stages
 * @returns {Json}
 */
function nextStage(stages) {
  const last = get(stages[stages.length - 1], 'traffic_pct');
  const share = typeof last === 'number' && last < 100 ? Math.min(100, Math.ceil((last + 100) / 2)) : 100;
  return { traffic_pct: share, duration_ticks: 5 };
}

/**
 * A part of the configuration that is there or not, with its fields.
 * @param {Json} draft
 * @param {OnEdit} edit
 * @param {string} path
 * @param {string} label
 * @param {Json} start
 * @param {() => HTMLElement[]} fields
 * @returns {HTMLElement[]}
 */
function optional(draft, edit, path, label, start, fields) {
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

/**
 * @param {string} text
 * @param {"add" | "remove"} name
 * @param {() => void} onclick
 * @param {string} [label]
 * @param {boolean} [disabled]
 */
export const button = (text, name, onclick, label = text, disabled = false) =>
  h(
    'button',
    { type: 'button', class: name, title: label, 'aria-label': label, disabled, onclick },
    icon(name),
    text,
  );

/**
 * @param {Json} draft
 * @param {string} path
 * @returns {Json[]}
 */
function listAt(draft, path) {
  const list = get(draft, path);
  return Array.isArray(list) ? list : [];
}

/**
 * @param {Json} draft
 * @param {string} path
 */
const isThere = (draft, path) => (get(draft, path) ?? null) !== null;

/**
 * @param {Json} draft
 * @param {string[]} paths
 */
const words = (draft, paths) => paths.map((path) => wordOf(get(draft, path), '')).join();
