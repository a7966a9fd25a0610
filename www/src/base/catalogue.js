/**
 * What the engine offers, in its own words: the rules with their parameters, the
 * states, the commands, the limits. No module of the page keeps a list of these.
 * It is read when it is first used, for then the engine has started.
 */

/** @import { CallEntry, Catalogue, Command, RuleEntry } from './engine.js' */

/** @type {() => Catalogue} */
let ask = () => {
  throw new Error('nobody has said whom to ask for the catalogue');
};
/** @type {Catalogue | null} */
let known = null;

/**
 * Says where the catalogue comes from.
 * @param {() => Catalogue} source
 */
export function readFrom(source) {
  ask = source;
  known = null;
}

/** All of it. */
export const catalogue = () => (known ??= ask());

/** How large things may be. */
export const limits = () => catalogue().limits;

/** What a person may tell a rollout. */
export const commands = () =>
  /** @type {(CallEntry & { name: Command })[]} */ (catalogue().calls.filter(({ is_command }) => is_command));

/**
 * The rule of that name, if there is one.
 * @param {string} name
 * @returns {RuleEntry | undefined}
 */
export const ruleNamed = (name) => catalogue().rules.find(({ rule }) => rule === name);

/** Whether a rule judges latencies, not errors. @param {string} name */
export const isLatencyRule = (name) => ruleNamed(name)?.subject === 'latency';
