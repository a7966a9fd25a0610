/** The forms of the traffic and of the policy, made from the catalogue alone. */

import type { TemplateResult } from 'lit/html.js';
import { html, noChange, nothing } from 'lit/html.js';
import { count, cut, MOST_LISTED, MOST_OF_MESSAGE, share } from '../base/format.ts';
import { icon } from '../base/icons.ts';
import type { Json } from '../base/json-path.ts';
import { get } from '../base/json-path.ts';
import { limits } from '../engine/catalogue.ts';
import type { Parameter } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import { COURSE } from '../study/policies.ts';
import { editorOf, fieldsOf, hasScore, placeWords, ruleAs } from '../words/fields.ts';
import type { Form } from './form.ts';
import { hasRoomAfter, withoutStage, withStageAfter } from './plan-edit.ts';

export const trafficPanel = (store: Store, form: Form): TemplateResult => html`
  ${form.field('traffic.requests_per_second')}
  <div class="fields">
    ${['baseline.error_rate', 'baseline.error_clump', 'baseline.latency_ms.p50', 'baseline.latency_ms.p99', 'tick_seconds'].map((path) => form.field(path))}
  </div>
  <h4>What monitoring sees</h4>
  <div class="fields">${['observation.delay_seconds', 'observation.history_seconds'].map((path) => form.field(path))}</div>
  <h4>Variation</h4>
  <div class="fields">${['traffic.burstiness', 'traffic.canary_skew', 'noise.common', 'noise.per_arm'].map((path) => form.field(path))}</div>
  ${form.optional('traffic.daily_swing', { amplitude: 0.5 }, ['amplitude', 'period_seconds', 'peak_seconds'])}
  ${form.optional('incidents', { at_tick: 8, duration_ticks: 3, error_ratio: 5 }, ['at_tick', 'chance_per_tick', 'duration_ticks', 'error_ratio', 'latency_ratio'])}
  ${notes(store, 'traffic')}
`;

export function policyPanel(store: Store, form: Form, plan: HTMLElement): TemplateResult {
  const stages = form.list('stages');
  const rules = form.list('rules');
  const own = ['error_rate_threshold', 'latency_threshold_ms', 'name'];
  // What is open stays open while its last field is emptied.
  const isOwn = stages.some((stage) => own.some((key) => get(stage, key) !== undefined));
  return html`
    <h4>Stages</h4>
    ${plan} ${form.explain(['traffic_pct', 'duration_ticks', 'pause'].map((key) => `stages[0].${key}`))}
    <div class="stage-rows">
      ${stages.map(
        (_, i) => html`<div class="stage-row" role="group" aria-label="Stage ${i + 1}">
          ${form.field(`stages[${i}].traffic_pct`)} ${form.field(`stages[${i}].duration_ticks`)}
          <div class="pause-fields">${form.choice(`stages[${i}].pause`)}</div>
          <span class="row-buttons"><button type="button" class="insert" title="Add a stage after this one" aria-label="Add after stage ${i + 1}"
            ?disabled=${!hasRoomAfter(stages, i)} @click=${() => store.configure(withStageAfter(store.draft, i))}>${icon('add')}</button>
          ${removeButton(`Remove stage ${i + 1}`, () => store.configure(withoutStage(store.draft, i)), stages.length < 2)}</span>
        </div>`,
      )}
    </div>
    ${stages.length === 0 ? addButton('Add a stage', () => store.configure(withStageAfter(store.draft, -1)), false) : nothing}
    <h4>Limits at each stage’s end, over the baseline</h4>
    <div class="fields">${form.field('error_rate_threshold')} ${form.field('latency_threshold_ms')}</div>
    <details class="more" ?open=${isOwn || form.hasFault(/^stages\[\d+\]\.(error|latency|name)/) || noChange}>
      <summary>Limits and names of single stages</summary>
        ${stages.map((stage, i) => {
          const pct = get(stage, 'traffic_pct');
          return html`<div class="stage-own" role="group" aria-label="Stage ${i + 1}, its own limits">
            <span class="quiet">Stage ${count(i + 1)}${typeof pct === 'number' ? `, ${share(pct)}` : ''}</span>
            <div class="fields">${own.map((key) => form.field(`stages[${i}].${key}`))}</div>
          </div>`;
        })}
    </details>
    <h4>Rules</h4>
    ${rules.length === 0 ? html`<p class="quiet">None beside the limits.</p>` : nothing}
    <div class="rule-rows">
      ${rules.map((rule, i) => ruleRow(form, rule, i))}
    </div>
    ${addButton('Add a rule', () => form.edit(`rules[${rules.length}]`, COURSE[0]), rules.length >= limits().rules)}
    <h4>Otherwise</h4>
    <div class="fields">
      ${form.choice('on_inconclusive')} ${form.field('rollback_ticks')}
      ${hasScore(store.draft) ? form.field('pass_score') : nothing}
    </div>
    ${form.optional('pods', { count: 10 }, ['count', 'ready_ticks'])}
    ${notes(store, 'policy')}
  `;
}

/** The groups of a rule's parameters, in the order of a form. */
const GROUPS: [Parameter['group'], name: string][] = [
  ['method', 'What it measures'],
  ['look', 'When it looks, and at what'],
  ['action', 'What follows'],
];

function ruleRow(form: Form, rule: Json, i: number) {
  const path = `rules[${i}]`;
  // A rule takes its own parameters only, so another one begins anew.
  const become = (name: Json | undefined) => form.edit(path, ruleAs(rule, String(name)));
  return html`<div class="rule-row" role="group" aria-label="Rule ${i + 1}">
    <span class="row-number">${i + 1}</span> ${form.field(`${path}.rule`, become)}
    ${removeButton(`Remove rule ${i + 1}`, () => form.edit(path, undefined))}
    ${GROUPS.map(([group, name]) => {
      const fields = fieldsOf(rule).filter((one) => one.group === group);
      return fields.length === 0
        ? nothing
        : html`<div class="rule-group" role="group" aria-label="Rule ${i + 1}, ${name}">
            <span class="quiet">${name}</span>
            <div class="fields">${fields.map(({ key }) => form.field(`${path}.${key}`))}</div>
          </div>`;
    })}
  </div>`;
}

/** What is valid in a part of the configuration, but likely not meant. */
export function notes(store: Store, editor?: ReturnType<typeof editorOf>) {
  const { warnings, draft } = store;
  const all = warnings.filter(({ path }) => editor === undefined || editorOf(path) === editor);
  if (all.length === 0) return nothing;
  return html`<div class="notes" role="status"><ul class="warning-list">
    ${all
      .slice(0, MOST_LISTED)
      .map(
        ({ path, message }) => html`<li>Note, ${cut(placeWords(path, draft))}: ${cut(message, MOST_OF_MESSAGE)}</li>`,
      )}
  </ul></div>`;
}

const addButton = (label: string, onclick: () => void, disabled: boolean) =>
  html`<button type="button" class="add" ?disabled=${disabled} @click=${onclick}>${icon('add')}${label}</button>`;

/** @param label what is removed */
const removeButton = (label: string, onclick: () => void, disabled = false) =>
  html`<button type="button" class="remove" title=${label} aria-label=${label} ?disabled=${disabled} @click=${onclick}>
    ${icon('remove')}
  </button>`;
