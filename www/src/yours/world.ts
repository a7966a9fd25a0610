/** A configuration in a fitted world, as the engine puts it there. */

import type { Json } from '../base/json-path.ts';
import { get, put } from '../base/json-path.ts';

/** What the errors of a record tell, all of it or nothing. */
const OF_ERRORS = ['baseline.error_rate', 'baseline.error_clump', 'noise', 'incidents'];

/**
 * A configuration with what was fitted of a world. What the record does not tell stays.
 *
 * @param world of a fit
 */
export function inWorld(draft: Json, world: object): Json {
  const fitted = world as Json;
  const told = (path: string) => get(fitted, path) !== undefined;
  const paths = [
    'tick_seconds',
    'traffic',
    ...(told('baseline.error_rate') ? OF_ERRORS : []),
    ...(told('baseline.latency_ms') ? ['baseline.latency_ms'] : []),
  ];
  const config = paths.reduce((config, path) => put(config, path, get(fitted, path)), draft);
  // The policy's world, whoever gets the requests.
  return put(config, 'traffic.canary_skew', get(draft, 'traffic.canary_skew'));
}
