/** What a person may tell a rollout. */

/** @import { Command } from '../base/engine.js' */

/** @type {Command[]} */
export const COMMANDS = ['pause', 'resume', 'promote', 'abort'];
