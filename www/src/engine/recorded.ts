/**
 * Rollouts, studies and searches over recorded counts in place of drawn ones. It runs on the page and in
 * the worker, each of which reads the files of a record once.
 */

import { new_rollout, new_search, new_study, read_counts } from '../../../pkg/canary_rollout.js';
import type { Counts, CountsOptions, ImportSource, ReplayOptions, Rollout, Search, Study } from './engine.ts';
import type { RunOrder } from './replay.ts';
import type { SearchOrder } from './search-loop.ts';
import type { StudyOrder } from './study-loop.ts';

/**
 * Files of recorded counts, and how they are read; its number is no other record's. A worker
 * that has read the files gets none.
 */
type Files = { id: number; files: ImportSource[]; options: CountsOptions };
/** Files that were read: when the first step begins, in seconds since 1970, and what there is. */
export type CountsRecord = Files & { start: number; step_seconds: number; steps: number; versions: 1 | 2 };
/** What is replayed of a record. */
export type Recorded = { record: CountsRecord; replay: ReplayOptions };

/** So many records are kept read: that of a replay, and one that is looked at. */
const MOST_KEPT = 2;

/** Those that were read last, the last one at the end. */
let kept: { id: number; counts: Counts }[] = [];

/** The counts of a record. Throws all faults of its files, one per line. */
export function countsOf({ id, files, options }: Files): Counts {
  const found = kept.find((one) => one.id === id) ?? { id, counts: read_counts(files, options) };
  const others = kept.filter((one) => one !== found);
  for (const { counts } of others.splice(0, others.length - MOST_KEPT + 1)) counts.free();
  kept = [...others, found];
  return found.counts;
}

/** A rollout before its first tick. Throws the engine's message if there is none. */
export const beginRollout = ({ config, seed, recorded }: RunOrder): Rollout =>
  recorded ? countsOf(recorded.record).replay(config, seed, recorded.replay) : new_rollout(config, seed);

/** A study before its first run; over a record, of its days. Throws the engine's message if there is none. */
export const beginStudy = ({ config, options, recorded }: StudyOrder): Study =>
  recorded ? countsOf(recorded.record).new_study(config, options, null) : new_study(config, options);

/** A search before its first rollout; over a record, of its days. Throws the engine's message if there is none. */
export const beginSearch = ({ config, options, recorded }: SearchOrder): Search =>
  recorded ? countsOf(recorded.record).new_search(config, options, null) : new_search(config, options);
