/**
 * The engine, ready at once: its bytes are in the script, so there is nothing
 * to await and nothing to fetch.
 */

import { gunzipSync } from 'fflate';
import shared from '../study/shared.js?function';
import gzipped from '../../../pkg/canary_rollout_bg.wasm?gzip';
import { catalogue, readFrom } from './catalogue.js';

/** @typedef {import("../../../pkg/canary_rollout.js").Report} Report */
/** @typedef {import("../../../pkg/canary_rollout.js").Series} Series */
/** @typedef {import("../../../pkg/canary_rollout.js").State} State */
/** @typedef {import("../../../pkg/canary_rollout.js").Outcome} Outcome */
/** @typedef {import("../../../pkg/canary_rollout.js").Decision} Decision */
/** @typedef {import("../../../pkg/canary_rollout.js").StageReport} StageReport */
/** @typedef {import("../../../pkg/canary_rollout.js").Check} Check */
/** @typedef {import("../../../pkg/canary_rollout.js").Metrics} Metrics */
/** @typedef {import("../../../pkg/canary_rollout.js").Rollout} Rollout */
/** @typedef {import("../../../pkg/canary_rollout.js").Call} Call */
/** @typedef {import("../../../pkg/canary_rollout.js").Command} Command */
/** @typedef {import("../../../pkg/canary_rollout.js").TimedCommand} TimedCommand */
/** @typedef {import("../../../pkg/canary_rollout.js").ReplayError} ReplayError */
/** @typedef {import("../../../pkg/canary_rollout.js").Problem} Problem */
/** @typedef {import("../../../pkg/canary_rollout.js").Warning} Warning */
/** @typedef {import("../../../pkg/canary_rollout.js").Preset} Preset */
/** @typedef {import("../../../pkg/canary_rollout.js").Catalogue} Catalogue */
/** @typedef {import("../../../pkg/canary_rollout.js").RuleEntry} RuleEntry */
/** @typedef {import("../../../pkg/canary_rollout.js").Parameter} Parameter */
/** @typedef {import("../../../pkg/canary_rollout.js").Quantity} Quantity */
/** @typedef {import("../../../pkg/canary_rollout.js").CallEntry} CallEntry */
/** @typedef {import("../../../pkg/canary_rollout.js").Policy} Policy */
/** @typedef {import("../../../pkg/canary_rollout.js").Rule} Rule */
/** @typedef {import("../../../pkg/canary_rollout.js").ResolvedConfig} ResolvedConfig */
/** @typedef {import("../../../pkg/canary_rollout.js").Study} Study */
/** @typedef {import("../../../pkg/canary_rollout.js").StudyOptions} StudyOptions */
/** @typedef {import("../../../pkg/canary_rollout.js").StudyReport} StudyReport */
/** @typedef {import("../../../pkg/canary_rollout.js").StudyCase} StudyCase */
/** @typedef {import("../../../pkg/canary_rollout.js").Estimate} Estimate */
/** @typedef {import("../../../pkg/canary_rollout.js").MeanDifference} MeanDifference */
/** @typedef {import("../../../pkg/canary_rollout.js").FirstRuns} FirstRuns */

/** The engine's module, for a worker to start it again. */
export const engineBytes = gunzipSync(gzipped);
/** The script of the worker that runs studies. */
export const workerScript = `(${shared})().serve()`;

export const {
  error_rate_intervals, new_rollout, new_study, replay, validate, version, initSync, StudyLoop, atOnce, made, sightOf, ...engine
} = shared();
initSync({ module: engineBytes });
readFrom(engine.catalogue);

const all = engine.presets();

/** The configurations known by name, in their order. */
export const presets = () => all;

/**
 * A configuration with all that it leaves out.
 * @param {string} config JSON text, valid
 */
export function resolved(config) {
  const rollout = new_rollout(config, 0);
  try {
    return rollout.report().config;
  } finally {
    rollout.free();
  }
}

/** @param {string | null | undefined} name */
export const presetNamed = (name) => all.find((preset) => preset.name === name);

/** The preset whose text a configuration is. @param {string} config */
export const presetOf = (config) => all.find(({ json }) => json === config);

/**
 * Whether a state is final.
 * @param {State} state
 */
export const isFinal = (state) => catalogue().states.some((one) => one.state === state && one.is_terminal);

/**
 * What was thrown, as a text for people.
 * @param {unknown} error
 */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
