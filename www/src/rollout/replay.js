/** What makes a rollout, and the engine taken through its commands. */

/** @import { Command, Rollout } from '../base/engine.js' */
/** @typedef {{ tick: number, command: Command }} Told */
/** What a person may tell a rollout. @type {Command[]} */
export const COMMANDS = ['pause', 'resume', 'promote', 'abort'];

/**
 * A rollout in the making: the configuration as JSON text, and of the rollout
 * what is not left to chance and default. No `tick` is the end. With `veil` it is
 * not run beyond its tick: nothing of its future is known, and nothing moves it.
 * @typedef {{
 *   config: string, seed?: string | number | null, commands?: Told[], tick?: number | null, veil?: boolean,
 * }} Work
 */

/**
 * Takes a rollout on to a tick, with the commands on the way and there.
 * @param {Rollout} rollout
 * @param {Told[]} commands
 * @param {number} until
 */
export function replay(rollout, commands, until) {
  while (rollout.ticks < until) {
    rollout.tick();
    give(rollout, commands);
  }
}

/**
 * Gives a rollout the commands of the tick it has reached.
 * @param {Rollout} rollout
 * @param {Told[]} commands
 */
export function give(rollout, commands) {
  for (const { tick, command } of commands) if (tick === rollout.ticks) rollout[command]();
}
