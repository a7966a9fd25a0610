// The engine the page was built with, in Node: what the page shows is held against it.
// Modules of the page that are tried here ask it for the catalogue, too.
import { readFileSync } from 'node:fs';
import * as engine from '../../pkg/canary_rollout.js';
import { readFrom } from '../../www/src/engine/catalogue.ts';

engine.initSync({ module: readFileSync(new URL('../../pkg/canary_rollout_bg.wasm', import.meta.url)) });
readFrom(engine.catalogue);

export const {
  catalogue,
  config_schema,
  default_config,
  error_rate_intervals,
  import_files,
  is_foreign,
  new_rollout,
  new_search,
  new_study,
  presets,
  read_counts,
  validate,
  version,
} = engine;

/** The report of a rollout run to its end, or to a pause that waits for a person. */
export function reportOf(config, seed) {
  const rollout = new_rollout(config, seed);
  while (['PROGRESSING', 'ROLLING_BACK'].includes(rollout.state)) rollout.tick();
  return rollout.report();
}

/** What a study finds. */
export function studyOf(config, options) {
  const study = new_study(config, options);
  study.advance(study.runs);
  return { report: study.report(), healthy: study.first_runs(true), release: study.first_runs(false) };
}

/** The text of a preset. */
export const preset = (name) => presets().find((one) => one.name === name).json;
