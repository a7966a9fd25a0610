/**
 * The engine, ready at once: its bytes are in the script, so there is nothing
 * to await and nothing to fetch.
 */

import { gunzipSync } from 'fflate';
import gzipped from '../../../pkg/canary_rollout_bg.wasm?gzip';
import { readFrom } from './catalogue.ts';
import { planOf } from './plan.ts';
import shared from './shared.ts?function';

export type Report = import('../../../pkg/canary_rollout.js').Report;
export type Series = import('../../../pkg/canary_rollout.js').Series;
export type State = import('../../../pkg/canary_rollout.js').State;
export type Outcome = import('../../../pkg/canary_rollout.js').Outcome;
export type Decision = import('../../../pkg/canary_rollout.js').Decision;
export type StageReport = import('../../../pkg/canary_rollout.js').StageReport;
export type Check = import('../../../pkg/canary_rollout.js').Check;
export type Rollout = import('../../../pkg/canary_rollout.js').Rollout;
export type Call = import('../../../pkg/canary_rollout.js').Call;
export type Command = import('../../../pkg/canary_rollout.js').Command;
export type TimedCommand = import('../../../pkg/canary_rollout.js').TimedCommand;
export type ReplayError = import('../../../pkg/canary_rollout.js').ReplayError;
export type Problem = import('../../../pkg/canary_rollout.js').Problem;
export type Warning = import('../../../pkg/canary_rollout.js').Warning;
export type Preset = import('../../../pkg/canary_rollout.js').Preset;
export type Catalogue = import('../../../pkg/canary_rollout.js').Catalogue;
export type RuleEntry = import('../../../pkg/canary_rollout.js').RuleEntry;
export type Parameter = import('../../../pkg/canary_rollout.js').Parameter;
export type Quantity = import('../../../pkg/canary_rollout.js').Quantity;
export type CallEntry = import('../../../pkg/canary_rollout.js').CallEntry;
export type Policy = import('../../../pkg/canary_rollout.js').Policy;
export type Rule = import('../../../pkg/canary_rollout.js').Rule;
export type ResolvedRule = import('../../../pkg/canary_rollout.js').ResolvedRule;
export type ControllerReport = import('../../../pkg/canary_rollout.js').ControllerReport;
export type Measures = import('../../../pkg/canary_rollout.js').Measures;
export type Look = import('../../../pkg/canary_rollout.js').Look;
export type ResolvedConfig = import('../../../pkg/canary_rollout.js').ResolvedConfig;
export type Study = import('../../../pkg/canary_rollout.js').Study;
export type StudyOptions = import('../../../pkg/canary_rollout.js').StudyOptions;
export type StudyReport = import('../../../pkg/canary_rollout.js').StudyReport;
export type StudyCase = import('../../../pkg/canary_rollout.js').StudyCase;
export type Estimate = import('../../../pkg/canary_rollout.js').Estimate;
export type MeanDifference = import('../../../pkg/canary_rollout.js').MeanDifference;
export type FirstRuns = import('../../../pkg/canary_rollout.js').FirstRuns;

export type Search = import('../../../pkg/canary_rollout.js').Search;
export type SearchOptions = import('../../../pkg/canary_rollout.js').SearchOptions;
export type SearchReport = import('../../../pkg/canary_rollout.js').SearchReport;
export type SearchCandidate = import('../../../pkg/canary_rollout.js').SearchCandidate;
export type SearchFigure = import('../../../pkg/canary_rollout.js').SearchFigure;
export type HeldBound = import('../../../pkg/canary_rollout.js').HeldBound;
export type FreshFigures = import('../../../pkg/canary_rollout.js').FreshFigures;

export type Import = import('../../../pkg/canary_rollout.js').Import;
export type ImportNote = import('../../../pkg/canary_rollout.js').ImportNote;
export type ImportBinding = import('../../../pkg/canary_rollout.js').ImportBinding;
export type ImportSource = import('../../../pkg/canary_rollout.js').ImportSource;
export type FileProblem = import('../../../pkg/canary_rollout.js').FileProblem;
export type Export = import('../../../pkg/canary_rollout.js').Export;

export type Counts = import('../../../pkg/canary_rollout.js').Counts;
export type CountsOptions = import('../../../pkg/canary_rollout.js').CountsOptions;
export type CountsReading = import('../../../pkg/canary_rollout.js').CountsReading;
export type RecordSeries = import('../../../pkg/canary_rollout.js').RecordSeries;
export type RecordedReport = import('../../../pkg/canary_rollout.js').RecordedReport;
export type ReplayOptions = import('../../../pkg/canary_rollout.js').ReplayOptions;
export type Fit = import('../../../pkg/canary_rollout.js').Fit;
export type FitOptions = import('../../../pkg/canary_rollout.js').FitOptions;
export type Compared = import('../../../pkg/canary_rollout.js').Compared;

/** The engine's module, for a worker to start it again. */
export const engineBytes = gunzipSync(gzipped);
/** The script of the worker that runs studies and searches. */
export const workerScript = `(${shared})().serve()`;

export const {
  beginRollout,
  beginSearch,
  beginStudy,
  countsOf,
  error_rate_intervals,
  export_policy,
  import_files,
  is_foreign,
  new_rollout,
  validate,
  version,
  initSync,
  SearchLoop,
  StudyLoop,
  runToEnd,
  runSteps,
  snapshotOf,
  ...engine
} = shared();
initSync({ module: engineBytes });
readFrom(engine.catalogue);

const all = engine.presets();

/** The configurations known by name, in their order. */
export const presets = () => all;

/**
 * A configuration with all that it leaves out.
 *
 * @param config JSON text, valid
 */
export function resolved(config: string) {
  const rollout = new_rollout(config, 0);
  try {
    return planOf(rollout.report());
  } finally {
    rollout.free();
  }
}

export const presetNamed = (name: string | null | undefined) => all.find((preset) => preset.name === name);

/** The preset whose text a configuration is. */
export const presetOf = (config: string) => all.find(({ json }) => json === config);

/** What was thrown, as a text for people. */
export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
