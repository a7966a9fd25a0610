// The engine the page was built with, in Node: what the page shows is held against it.
import { readFileSync } from 'node:fs';
import * as engine from '../../pkg/canary_rollout.js';

engine.initSync({ module: readFileSync(new URL('../../pkg/canary_rollout_bg.wasm', import.meta.url)) });

export const { default_config, new_rollout, presets, validate, version } = engine;

/** The report of a rollout run to its end, or to a pause that waits for a person. */
export function reportOf(config, seed) {
  const rollout = new_rollout(config, seed);
  while (['PROGRESSING', 'ROLLING_BACK'].includes(rollout.state)) rollout.tick();
  return rollout.report();
}
