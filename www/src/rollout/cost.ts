/**
 * What a rollout costs the engine, so that the page's own thread is given only what it
 * answers beside: a long rollout is run by a worker. An estimate from above, by the
 * configuration alone, so that it is the same on every machine.
 */

import { limits, ruleNamed } from '../engine/catalogue.ts';

import type { Rule } from '../engine/engine.ts';
import type { Planned } from '../engine/plan.ts';
import type { RunOrder } from '../engine/replay.ts';

/**
 * What the page's thread may be given at once. The unit is a microsecond of a processor
 * of 2024; on one that is four times slower it is still less than 50 ms.
 */
const MOST_AT_ONCE = 12_000;
/** And where there is no worker: less than 50 ms on the first. */
const MOST_ALONE = 4 * MOST_AT_ONCE;
let most = MOST_AT_ONCE;

/** Says that this page may start no worker: what is somewhat longer is run on its own thread. */
export const runAlone = () => {
  most = MOST_ALONE;
};

/** Of a tick: to run it, and to put it into report and series. */
const RUN = 1;
const TELL = 60;

/** Ticks that a rollout has at most, if nobody lets it wait. */
export function plannedTicks({ stages, rollback_ticks, on_inconclusive, decides }: Planned) {
  if (decides) return Math.min(decides.most_ticks, limits().ticks);
  const extension = typeof on_inconclusive === 'object' ? on_inconclusive.extend.max_ticks : 0;
  const ticks = stages.map(
    ({ duration_ticks, pause }) => duration_ticks + extension + (typeof pause === 'object' ? (pause?.ticks ?? 0) : 0),
  );
  return ticks.reduce((a, b) => a + b, rollback_ticks);
}

/** Of a rollout with its report and series. */
function costOf(config: Planned, { commands = [], tick = null, waited = 0 }: Omit<RunOrder, 'config'>) {
  // A pause by a person lasts until a command, at most.
  const last = Math.max(0, ...commands.slice(-1).map(({ tick }) => tick));
  const ticks = Math.max(plannedTicks(config) + last, tick ?? 0) + waited;
  return ticks * TELL + costToRun(config, ticks);
}

/** Whether the page's thread may be given it. */
export const isShort = (config: Planned, order: Omit<RunOrder, 'config'>) => costOf(config, order) <= most;

/** Whether the page's thread may be given so many rollouts, without reports. */
export const areShort = (config: Planned, rollouts: number) => rollouts * costToRun(config) <= most;

/** Of so many ticks, without reports, as in a study. */
function costToRun(config: Planned, ticks: number = plannedTicks(config)) {
  const longest = Math.max(...config.stages.map(({ duration_ticks }) => duration_ticks));
  const ofRule = (rule: Rule) => {
    const {
      look_us: look,
      tick_us: each,
      draw_us: draw,
    } = ruleNamed(rule.rule)?.cost ?? { look_us: 1, tick_us: 0, draw_us: 0 };
    const { look: when = 'stage_end', window: what = 'stage' } = rule;
    const window =
      what === 'tick'
        ? 1
        : what === 'rollout'
          ? ticks
          : Math.min(ticks, typeof what === 'object' ? what.last_seconds / config.tick_seconds : longest);
    if (when === 'stage_end') return config.stages.length * look + ticks * (each + draw);
    const looks = typeof when === 'object' ? Math.ceil((ticks * config.tick_seconds) / when.every_seconds) : ticks;
    return looks * (look + (each * (window + 1)) / 2) + ticks * draw;
  };
  return config.rules.map(ofRule).reduce((a, b) => a + b, ticks * RUN);
}
