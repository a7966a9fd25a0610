/**
 * The engine's releases as buttons: each puts its release into the configuration
 * on screen, whose policy and traffic stay.
 */

import { h, replace } from '../base/dom.ts';
import { cut, MOST_LISTED, MOST_OF_MESSAGE } from '../base/format.ts';
import type { Json } from '../base/json-path.ts';
import { get, put } from '../base/json-path.ts';

import type { ResolvedConfig, Warning } from '../engine/engine.ts';
import { presetNamed, resolved } from '../engine/engine.ts';
import type { OnChange } from './plan-edit.ts';

/** The presets that are releases, and what their buttons say. */
const RELEASES: [preset: string, label: string][] = [
  ['healthy', 'Healthy'],
  ['twice-the-errors', 'Twice the errors'],
  ['slow-leak', 'Slow leak'],
  ['latency-spike', 'Latency spike'],
  ['cold-start', 'Cold start'],
  ['incident', 'Incident on both arms'],
];

/** What a preset says of the release and of what happens to it. */
const KEYS = ['canary', 'incidents'];

export class ReleasePresets {
  #buttons;
  #notes = h('div', { class: 'quiet', role: 'status' });
  element;

  constructor(onchange: OnChange) {
    const releases = RELEASES.flatMap(([name, label]) => {
      const preset = presetNamed(name);
      return preset ? [{ label, preset, config: JSON.parse(preset.json) as Json }] : [];
    });
    const ours = releases.map(({ config }) => JSON.stringify(get(config, 'incidents')));
    this.#buttons = releases.map(({ label, preset, config }) => ({
      preset,
      /** Its release as text, once it was needed. */
      release: '',
      button: h(
        'button',
        {
          type: 'button',
          title: preset.description,
          onclick: () => onchange((draft) => withReleaseOf(draft, config, ours)),
        },
        label,
      ),
    }));
    this.element = h(
      'div',
      {},
      h(
        'div',
        { class: 'releases', role: 'group', 'aria-label': 'A release to try' },
        ...this.#buttons.map(({ button }) => button),
      ),
      this.#notes,
    );
  }

  /** Shows which release is in force, and what the engine remarks on it. */
  show(config: ResolvedConfig, warnings: Warning[]) {
    const release = releaseText(config);
    for (const one of this.#buttons) {
      one.release ||= releaseText(resolved(one.preset.json));
      one.button.setAttribute('aria-pressed', String(one.release === release));
    }
    const ours = warnings.filter(({ path }) => KEYS.includes(path.split('.')[0]));
    replace(
      this.#notes,
      ...ours
        .slice(0, MOST_LISTED)
        .map(({ path, message }) => h('p', {}, `Note, ${cut(path)}: ${cut(message, MOST_OF_MESSAGE)}`)),
    );
  }
}

/**
 * A configuration with the release of another. Incidents go where one of these
 * buttons brought them; others stay.
 *
 * @param ours the incidents that the buttons bring, as text
 */
function withReleaseOf(draft: Json, release: Json, ours: string[]): Json {
  const incidents = get(draft, 'incidents');
  const kept = ours.includes(JSON.stringify(incidents)) ? undefined : incidents;
  const next = put(draft, 'canary', get(release, 'canary'));
  return put(next, 'incidents', get(release, 'incidents') ?? kept);
}

const releaseText = (config: ResolvedConfig) => {
  const values = config as object as Json;
  return JSON.stringify(KEYS.map((key) => get(values, key) ?? null));
};
