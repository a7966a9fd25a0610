/** Which of a link's commands its rollout can be given. */

/** @import { Rollout } from '../base/engine.js' */
/** @import { Told } from '../rollout/replay.js' */

/**
 * @param {Rollout} rollout before its first tick; it is taken on
 * @param {Told[]} commands in the order of their ticks
 * @returns {{ given: Told[], faults: string[] }}
 */
export function givenTo(rollout, commands) {
  /** @type {string[]} */
  const faults = [];
  const given = commands.filter(({ tick, command }) => {
    try {
      while (rollout.ticks < tick) rollout.tick();
      rollout[command]();
      return true;
    } catch (error) {
      const why = rollout.ticks < tick ? `the rollout ends at tick ${rollout.ticks}` : error;
      faults.push(`at=${tick}:${command}: ${why instanceof Error ? why.message : why}`);
      return false;
    }
  });
  return { given, faults };
}
