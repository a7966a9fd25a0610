/**
 * What the engine offers, in its own words: the rules with their parameters, the
 * states, the commands, the limits. No module of the page keeps a list of these.
 * It is read when it is first used, for then the engine has started.
 */

import type { CallEntry, Catalogue, Command, RuleEntry } from './engine.ts';

let ask: () => Catalogue = () => {
  throw new Error('the catalogue has no source yet');
};
let known: Catalogue | null = null;

/** Says where the catalogue comes from. */
export function readFrom(source: () => Catalogue) {
  ask = source;
  known = null;
}

/** All of it. */
export const catalogue = () => (known ??= ask());

/** How large things may be. */
export const limits = () => catalogue().limits;

/** The commands that a person may give. */
export const commands = () =>
  catalogue().calls.filter(({ is_command }) => is_command) as (CallEntry & { name: Command })[];

/** The rule of that name, if there is one. */
export const ruleNamed = (name: string): RuleEntry | undefined => catalogue().rules.find(({ rule }) => rule === name);

/** Whether a rule judges latencies, not errors. */
export const isLatencyRule = (name: string) => ruleNamed(name)?.subject === 'latency';
