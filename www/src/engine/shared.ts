/**
 * What the page and its worker have in common: the engine's JavaScript and the
 * loop of a study. It is bundled as one function: the page calls it, and its
 * text is the worker's script, so that it stands in the page's script once.
 */

export {
  catalogue,
  error_rate_intervals,
  initSync,
  new_rollout,
  new_study,
  presets,
  replay,
  validate,
  version,
} from '../../../pkg/canary_rollout.js';
export { runSteps, runToEnd, snapshotOf } from './replay.ts';
export { StudyLoop } from './study-loop.ts';
export { serve } from './worker.ts';
