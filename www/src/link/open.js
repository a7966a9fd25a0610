/** Between a link's state and the workbench. */

import { presetNamed, presets, resolved } from '../base/engine.js';
import { parsed, textOf } from '../base/json-path.js';
import { VIEWS } from '../layout.js';
import { POLICIES } from '../study/policies.js';
import { readLink, writeLink } from './link.js';

/** @import { Json } from '../base/json-path.js' */
/** @import { Workbench } from '../workbench.js' */
/** @import { Known, LinkState } from './link.js' */

/**
 * What of a link is neither the rollout's nor, without a link, the page's own.
 * @typedef {Pick<LinkState, "view" | "theme" | "against" | "bad" | "along" | "lesson">} Beside
 */

/** What links can name, the same for every element. @type {Known | undefined} */
let found;

/**
 * What the engine has names and defaults for, and the page has views and policies.
 * @returns {Known}
 */
const known = () => (found ??= findKnown());

/** @returns {Known} */
function findKnown() {
  const { stages, ...usual } = resolved('{"stages": [{"traffic_pct": 1}]}');
  return {
    presets: presets().map(({ name, json }) => ({ name, config: /** @type {Json} */ (parsed(json)) })),
    usual: /** @type {Json} */ (/** @type {unknown} */ (usual)),
    views: VIEWS,
    policies: Object.keys(POLICIES),
  };
}

/**
 * The workbench as a link.
 * @param {Workbench} bench
 * @param {Beside} beside
 */
export const linkOf = ({ draft, seed, work: { commands = [], tick = null } }, beside) =>
  writeLink({ config: draft, seed, commands, tick, ...beside }, known());

/**
 * A lesson as a link: it has its own rollout, and who opens it begins at its start.
 * @param {Pick<Beside, "lesson" | "view" | "theme">} beside
 */
export function lessonLink(beside) {
  const [{ config }] = known().presets;
  const nothing = { seed: null, commands: [], tick: null, against: null, bad: null, along: null };
  return writeLink({ config, ...nothing, ...beside }, known());
}

/**
 * What a link says, see `readLink`.
 * @param {string} link
 */
export const stateOf = (link) => readLink(link, known());

/**
 * Puts a link's rollout on the workbench. Commands that it cannot be given are
 * left out; while the configuration is invalid, the seed alone is taken.
 * @param {Workbench} bench
 * @param {Omit<LinkState, keyof Beside>} state
 * @returns {string[]} what was left out, and why; of a rollout that is still being
 *   simulated, that is known when it is there, as `session.faults`
 */
export function openOn(bench, { preset, config, seed, commands, tick }) {
  bench.load({ config: writtenAs(preset, config), seed, commands, tick, lenient: true });
  if (bench.problems.length === 0) return bench.isWaiting ? [] : bench.session.faults;
  bench.reseed(seed);
  return commands.length > 0 ? ['at: the configuration is not valid, so no command was given'] : [];
}

/**
 * A configuration as text, a preset as it was written.
 * @param {string} name
 * @param {Json} config
 */
function writtenAs(name, config) {
  const preset = presetNamed(name);
  const same = preset && JSON.stringify(JSON.parse(preset.json)) === JSON.stringify(config);
  return same ? preset.json : textOf(config);
}
