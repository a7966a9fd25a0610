/** Files of recorded counts: what the engine reads of them, and the world that they describe. */

import type { CountsOptions, CountsReading, Fit, ImportSource } from './engine.ts';
import { beginRollout, beginStudy, countsOf, messageOf } from './engine.ts';
import type { FileFault } from './foreign.ts';
import { faultsOf } from './foreign.ts';
import type { CountsRecord, Recorded } from './recorded.ts';

/** A record that was read. */
export type ReadRecord = { record: CountsRecord; reading: CountsReading };

/** The number of the record that was read last. */
let last = 0;

/** Reads files of counts; or says why not. */
export function readRecord(files: ImportSource[], options: CountsOptions): ReadRecord | FileFault[] {
  const given = { id: ++last, files, options };
  try {
    const counts = countsOf(given);
    const { start, step_seconds, steps, canary } = counts.series();
    return { record: { ...given, start, step_seconds, steps, versions: canary ? 2 : 1 }, reading: counts.reading() };
  } catch (error) {
    return faultsOf(messageOf(error), files);
  }
}

/**
 * The world that a record describes.
 *
 * @param tickSeconds length of its tick
 * @returns why there is none, as a sentence
 */
export function fitOf(record: CountsRecord, tickSeconds: number): Fit | string {
  try {
    return countsOf(record).fit({ tick_seconds: tickSeconds });
  } catch (error) {
    return messageOf(error);
  }
}

/** Why a configuration cannot be replayed over a record; empty if it can. */
export function replayFault(config: string, recorded: Recorded): string {
  try {
    beginRollout({ config, seed: 0, recorded }).free();
    return '';
  } catch (error) {
    return messageOf(error);
  }
}

/** Whether the days of a record can be drawn, which is tried once: of which record and tick, and why not. */
let drawn = { of: '', fault: '' };

/**
 * Why there is no study over the days of a record; empty if there is one.
 *
 * @param config with a tick of so many seconds
 */
export function studyFault(config: string, tickSeconds: number, recorded: Recorded): string {
  if (recorded.record.versions === 2 && !recorded.replay.lay_release) return BOTH;
  const of = `${recorded.record.id} ${tickSeconds}`;
  if (of !== drawn.of) drawn = { of, fault: daysFault(config, recorded) };
  return drawn.fault;
}

function daysFault(config: string, recorded: Recorded): string {
  try {
    beginStudy({ config, options: { runs: 1 }, recorded }).free();
    return '';
  } catch (error) {
    return `There is no study over these counts: ${messageOf(error)}.`;
  }
}

const BOTH =
  'There is no study over these counts: those of both versions are recorded, once, and nobody knows whether the release was bad. ' +
  'Lay the release of the scenario upon the baseline, or return to the simulated world, to measure this policy.';
