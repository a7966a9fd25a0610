/** Between a link's state and the workbench. */

import { new_rollout, presetNamed, presets, validate } from '../base/engine.js';
import { parsed, textOf } from '../base/json-path.js';
import { POLICIES } from '../study/policies.js';
import { givenTo } from './commands.js';
import { writeLink } from './link.js';

/** @import { Json } from '../base/json-path.js' */
/** @import { Workbench } from '../workbench.js' */
/** @import { Known, LinkState } from './link.js' */

/**
 * What of a link is neither the rollout's nor, without a link, the page's own.
 * @typedef {Pick<LinkState, "view" | "theme" | "against" | "bad" | "along" | "lesson">} Beside
 */

/**
 * What the engine has names and defaults for.
 * @param {string[]} views
 * @returns {Known}
 */
export function knownWith(views) {
  const rollout = new_rollout({ stages: [{ traffic_pct: 1 }] }, 0);
  const { stages, ...usual } = rollout.report().config;
  rollout.free();
  return {
    presets: presets().map(({ name, json }) => ({ name, config: /** @type {Json} */ (parsed(json)) })),
    usual: /** @type {Json} */ (/** @type {unknown} */ (usual)),
    views,
    policies: Object.keys(POLICIES),
  };
}

/**
 * The workbench as a link.
 * @param {Workbench} bench
 * @param {Beside} beside
 * @param {Known} known
 */
export const linkOf = ({ draft, seed, session: { commands, tick } }, beside, known) =>
  writeLink({ config: draft, seed, commands, tick, ...beside }, known);

/**
 * Puts a link's rollout on the workbench. Commands that it cannot be given are
 * left out; while the configuration is invalid, the seed alone is taken.
 * @param {Workbench} bench
 * @param {Omit<LinkState, keyof Beside>} state
 * @returns {string[]} what was left out, and why
 */
export function openOn(bench, { preset, config, seed, commands, tick }) {
  const text = writtenAs(preset, config);
  if (validate(text).problems.length > 0) {
    bench.load({ config: text });
    bench.reseed(seed);
    return commands.length > 0 ? ['at: the configuration is not valid, so no command was given'] : [];
  }
  const rollout = new_rollout(text, seed);
  try {
    const { given, faults } = givenTo(rollout, commands);
    bench.load({ config: text, seed: rollout.seed, commands: given, tick });
    return faults;
  } finally {
    rollout.free();
  }
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
