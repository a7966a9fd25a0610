/**
 * The form of the release. Over it, the engine's releases as buttons: each puts its release
 * into the configuration, whose policy and traffic stay.
 */

import type { TemplateResult } from 'lit/html.js';
import { html, nothing } from 'lit/html.js';
import type { Json } from '../base/json-path.ts';
import { get, put } from '../base/json-path.ts';
import type { ResolvedConfig } from '../engine/engine.ts';
import { presetNamed, resolved } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import type { Form } from './form.ts';
import { notes } from './panels.ts';

/** The presets that are releases, and what their buttons say. */
const RELEASES: [preset: string, label: string][] = [
  ['healthy', 'Healthy'],
  ['twice-the-errors', 'Twice the errors'],
  ['slow-leak', 'Slow leak'],
  ['latency-spike', 'Latency spike'],
  ['cold-start', 'Cold start'],
  ['incident', 'Incident on both versions'],
];

/** What a preset says of the release and of what happens to it. */
const RELEASE_KEYS = ['canary', 'incidents'];

export function releasePanel(store: Store, form: Form): TemplateResult {
  const present = releaseText(store.session.report.config);
  const isRate =
    get(store.draft, 'canary.error_rate') !== undefined && get(store.draft, 'canary.error_ratio') === undefined;
  /** Two keys that say the same: one takes the other's place. */
  const inPlaceOf = (other: string, path: string) => (value: Json | undefined) =>
    get(store.draft, other) === undefined || value === undefined
      ? form.edit(path, value)
      : store.configure(put(put(store.draft, other, undefined), path, value), path);
  const button = ([name, label]: [string, string]) => {
    const preset = presetNamed(name);
    if (!preset) return nothing;
    return html`<button type="button" title=${preset.description} aria-pressed=${String(releaseOf(preset.json) === present)}
      @click=${() => store.configure(withReleaseOf(store.draft, JSON.parse(preset.json)))}>${label}</button>`;
  };
  return html`
    <div class="releases" role="group" aria-label="A release to try">${RELEASES.map(button)}</div>
    ${notes(store, 'release')}
    ${isRate ? nothing : form.field('canary.error_ratio', inPlaceOf('canary.error_rate', 'canary.error_ratio'))}
    <div class="fields">
      ${form.field('canary.error_rate', inPlaceOf('canary.error_ratio', 'canary.error_rate'))}
      ${form.choice('canary.error_arrival')}
    </div>
    ${form.field('canary.latency_ratio')}
    <div class="fields">${form.choice('canary.latency_arrival')}</div>
    ${form.field('name')}
  `;
}

/** The releases of the presets, as text, once they were needed. */
const releases = new Map<string, string>();

function releaseOf(json: string) {
  const known = releases.get(json) ?? releaseText(resolved(json));
  releases.set(json, known);
  return known;
}

const releaseText = (config: ResolvedConfig) => {
  const values = config as object as Json;
  return JSON.stringify(RELEASE_KEYS.map((key) => get(values, key) ?? null));
};

/**
 * A configuration with the release of another. Incidents go where one of these buttons
 * brought them; others stay.
 */
function withReleaseOf(draft: Json, release: Json): Json {
  const incidents = get(draft, 'incidents');
  const ours = RELEASES.map(([name]) => get(JSON.parse(presetNamed(name)?.json ?? '{}'), 'incidents'));
  const kept = ours.some((one) => JSON.stringify(one) === JSON.stringify(incidents)) ? undefined : incidents;
  const next = put(draft, 'canary', get(release, 'canary'));
  return put(next, 'incidents', get(release, 'incidents') ?? kept);
}
