/**
 * What the page and its worker have in common: the engine's JavaScript and the
 * loops of studies and searches. It is bundled as one function: the page calls it, and its
 * text is the worker's script, so that it stands in the page's script once.
 */

export {
  catalogue,
  error_rate_intervals,
  export_policy,
  import_files,
  initSync,
  is_foreign,
  new_rollout,
  presets,
  validate,
  version,
} from '../../../pkg/canary_rollout.js';
export { beginRollout, beginSearch, beginStudy, countsOf } from './recorded.ts';
export { runSteps, runToEnd, snapshotOf } from './replay.ts';
export { SearchLoop } from './search-loop.ts';
export { StudyLoop } from './study-loop.ts';
export { serve } from './worker.ts';
