// The package's entry `canary-rollout/engine`. The engine's bytes are in the module, so it
// starts without a request: in Node, in browsers, from a CDN and under every bundler.
import { gunzipSync } from 'fflate';
import load, { initSync as loadSync } from '../pkg/canary_rollout.js';
import gzipped from '../pkg/canary_rollout_bg.wasm?gzip';

export * from '../pkg/canary_rollout.js';

/** Starts the engine, with the bytes in this module unless others are given. */
export default function init(options = { module_or_path: gunzipSync(gzipped) }) {
  return load(options);
}

/** The same at once. */
export function initSync(options = { module: gunzipSync(gzipped) }) {
  return loadSync(options);
}
