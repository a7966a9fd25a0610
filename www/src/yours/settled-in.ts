/** A policy goes into the world that was fitted to a record. */

import type { Json } from '../base/json-path.ts';
import { textOf } from '../base/json-path.ts';
import type { Fit } from '../engine/engine.ts';
import { validate } from '../engine/engine.ts';
import { inWorld } from './world.ts';

/** A configuration in a fitted world; or why its policy cannot be in it. */
export function settledIn(fit: Fit, draft: Json): { config: string } | string {
  const config = textOf(inWorld(draft, fit.world));
  const [fault] = validate(config).problems;
  return fault ? [fault.path, fault.message].filter(Boolean).join(': ') : { config };
}
