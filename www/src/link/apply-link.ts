/** Links of the present state, and the state that a link describes. */

import type { Json } from '../base/json-path.ts';
import { parsed, textOf } from '../base/json-path.ts';
import { presetNamed, presets, resolved } from '../engine/engine.ts';
import type { Store } from '../store/store.ts';
import { PLACES } from '../store/store.ts';
import { POLICIES } from '../study/policies.ts';
import type { Known, LinkState } from './link.ts';
import { readLink, writeLink } from './link.ts';
import { VIEWS } from './views.ts';

/** What of a link is neither the rollout's nor, without a link, the page's own. */
export type Beside = Pick<LinkState, 'view' | 'theme' | 'against' | 'bad' | 'along' | 'search' | 'lesson' | 'place'>;

/** What links can name, the same for every element. */
let found: Known | undefined;

/** What the engine has names and defaults for, and the page has views and policies. */
const known = (): Known => (found ??= findKnown());

function findKnown(): Known {
  const { stages: _, decides: __, ...usual } = resolved('{"stages": [{"traffic_pct": 1}]}');
  return {
    presets: presets().map(({ name, json }) => ({ name, config: parsed(json) as Json })),
    usual: usual as unknown as Json,
    views: VIEWS,
    policies: Object.keys(POLICIES),
    places: PLACES,
  };
}

/** The configuration, its rollout and the playhead as a link. */
export const linkOf = ({ draft, seed, work: { commands = [], tick = null } }: Store, beside: Beside) =>
  writeLink({ config: draft, seed, commands, tick, ...beside }, known());

/** A lesson as a link: it has its own rollout, and who opens it begins at its start. */
export function lessonLink(beside: Pick<Beside, 'lesson' | 'view' | 'theme' | 'place'>) {
  const [{ config }] = known().presets;
  const nothing = { seed: null, commands: [], tick: null, against: null, bad: null, along: null, search: null };
  return writeLink({ config, ...nothing, ...beside }, known());
}

/** What a link says, see `readLink`. */
export const stateOf = (link: string) => readLink(link, known());

/**
 * Shows a link's rollout. Commands that it cannot be given are
 * left out; while the configuration is invalid, the seed alone is taken.
 *
 * @returns what was left out, and why; of a rollout that is still being
 *   simulated, that is known when it is there, as `session.faults`
 */
export function applyLink(
  store: Store,
  { preset, config, seed, commands, tick }: Omit<LinkState, keyof Beside>,
): string[] {
  store.load({ config: writtenAs(preset, config), seed, commands, tick, lenient: true });
  if (store.problems.length === 0) return store.isWaiting ? [] : store.session.faults;
  store.reseed(seed);
  return commands.length > 0 ? ['at: the configuration is not valid, so no command was given'] : [];
}

/** A configuration as text, a preset as it was written. */
function writtenAs(name: string, config: Json) {
  const preset = presetNamed(name);
  const same = preset && JSON.stringify(JSON.parse(preset.json)) === JSON.stringify(config);
  return same ? preset.json : textOf(config);
}
