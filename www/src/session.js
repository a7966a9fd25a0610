/**
 * A rollout in the hand. The engine is deterministic, so a configuration, a
 * seed and the commands given are the whole rollout: it is run ahead as far as
 * it goes by itself, and what people look at is a playhead on it.
 *
 * A command away from the end starts a new branch at the playhead: later
 * commands are dropped, and the rollout runs on from there.
 */

import { isFinal, new_rollout } from "./engine.js";

/** @import { Command, Report, Rollout, Series } from "./engine.js" */
/** @typedef {{ tick: number, command: Command }} Told */

export class Session {
  /** @type {string} */
  #config;
  /** @type {number} */
  #seed;
  /** @type {Told[]} */
  #commands = [];
  /** Ticks asked for while the rollout waits for a person at its end. */
  #waited = 0;
  #playhead = 0;
  /** @type {{ report: Report, series: Series, length: number }} */
  #whole;
  /** The rollout as it stands at the playhead. @type {Rollout | null} */
  #here = null;
  #hereTick = 0;

  /**
   * Throws the engine's message for an invalid configuration or seed.
   * @param {string} config JSON text
   * @param {string | number | null} seed drawn anew if `null`
   */
  constructor(config, seed) {
    this.#config = config;
    const first = new_rollout(config, seed);
    this.#seed = first.seed;
    first.free();
    this.#whole = this.#runAhead(this.#commands, 0);
    this.#playhead = this.length;
  }

  /** As JSON text. */
  get config() {
    return this.#config;
  }

  get seed() {
    return this.#seed;
  }

  /** Ticks of the whole rollout. */
  get length() {
    return this.#whole.length;
  }

  /** Ticks up to where people look. */
  get playhead() {
    return this.#playhead;
  }

  get commands() {
    return this.#commands;
  }

  /** The report of the whole rollout. */
  get report() {
    return this.#whole.report;
  }

  /** What was seen in each tick of the whole rollout. */
  get series() {
    return this.#whole.series;
  }

  get atEnd() {
    return this.#playhead === this.length;
  }

  /** The report of the rollout up to the playhead. @returns {Report} */
  get reportHere() {
    return this.atEnd ? this.#whole.report : this.#rolloutHere().report();
  }

  /** @param {number} tick clipped to the rollout */
  moveTo(tick) {
    this.#playhead = Math.max(0, Math.min(this.length, Math.round(tick)));
  }

  /** One tick on. A rollout that waits for a person goes on waiting for a tick. */
  tick() {
    if (!this.atEnd) return this.moveTo(this.#playhead + 1);
    this.#atPlayhead((rollout) => rollout.tick());
    this.#waited += 1;
    this.#whole = this.#runAhead(this.#commands, this.#waited);
    this.moveTo(this.#playhead + 1);
  }

  /** To the stage's verdict, or to the next command on the way there. */
  advance() {
    const verdict = this.#atPlayhead((rollout) => {
      rollout.advance();
      return rollout.report().metrics.ticks;
    });
    const told = this.#commands.find(({ tick }) => tick > this.#playhead);
    this.moveTo(Math.min(verdict, told?.tick ?? verdict));
  }

  /**
   * Gives a command at the playhead. Throws the engine's message if the state
   * forbids it; nothing has changed then.
   * @param {Command} command
   * @returns {boolean} whether later ticks were replaced by a new branch
   */
  tell(command) {
    const branch = !this.atEnd;
    const told = { tick: this.#playhead, command };
    const commands = [...this.#commands.filter(({ tick }) => tick <= this.#playhead), told];
    const whole = this.#runAhead(commands, 0);
    this.#commands = commands;
    this.#waited = 0;
    this.#whole = whole;
    this.#forget();
    return branch;
  }

  /** Back to the start, without the commands. */
  reset() {
    this.#commands = [];
    this.#waited = 0;
    this.#forget();
    this.#whole = this.#runAhead(this.#commands, 0);
    this.moveTo(0);
  }

  /**
   * The first end of a stage after the playhead, or the rollout's end.
   * @returns {number}
   */
  nextStage() {
    const stages = this.series.stage;
    for (let tick = this.#playhead + 1; tick < stages.length; tick += 1) {
      if (stages[tick] !== stages[tick - 1]) return tick;
    }
    return this.length;
  }

  /** Frees the engine's memory. */
  free() {
    this.#forget();
  }

  #forget() {
    this.#here?.free();
    this.#here = null;
  }

  /** @returns {Rollout} */
  #rolloutHere() {
    if (!this.#here || this.#hereTick > this.#playhead) {
      this.#forget();
      this.#here = new_rollout(this.#config, this.#seed);
      this.#hereTick = 0;
      give(this.#here, this.#commands, 0);
    }
    while (this.#hereTick < this.#playhead) {
      this.#here.tick();
      this.#hereTick += 1;
      give(this.#here, this.#commands, this.#hereTick);
    }
    return this.#here;
  }

  /**
   * Does something to the rollout at the playhead that it does not keep.
   * @template T
   * @param {(rollout: Rollout) => T} act
   * @returns {T}
   */
  #atPlayhead(act) {
    const rollout = this.#rolloutHere();
    this.#here = null;
    try {
      return act(rollout);
    } finally {
      rollout.free();
    }
  }

  /**
   * Runs a rollout until it ends or waits for a person.
   * @param {Told[]} commands
   * @param {number} waited ticks to wait then
   */
  #runAhead(commands, waited) {
    const rollout = new_rollout(this.#config, this.#seed);
    try {
      const lastTold = commands.at(-1)?.tick ?? 0;
      let length = 0;
      let patience = 0;
      let waiting = false;
      give(rollout, commands, 0);
      while (!isFinal(rollout.state)) {
        if (rollout.state !== "PAUSED" || length < lastTold) waiting = false;
        else if (!waiting) {
          waiting = true;
          patience = plannedPause(rollout.report());
        }
        if (waiting && patience > 0) patience -= 1;
        else if (waiting && waited > 0) waited -= 1;
        else if (waiting) break;
        rollout.tick();
        length += 1;
        give(rollout, commands, length);
      }
      return { report: rollout.report(), series: rollout.series(), length };
    } finally {
      rollout.free();
    }
  }
}

/**
 * Gives a rollout the commands of a tick.
 * @param {Rollout} rollout
 * @param {Told[]} commands
 * @param {number} tick
 */
function give(rollout, commands, tick) {
  for (const told of commands) if (told.tick === tick) rollout[told.command]();
}

/**
 * How many ticks a pause of the plan lasts; 0 for one that waits for a person.
 * @param {Report} report
 */
function plannedPause(report) {
  const pause = report.decisions.findLast(({ action }) => action === "pause");
  if (!pause || pause.by !== "policy") return 0;
  const planned = report.config.stages[pause.stage - 1].pause;
  return typeof planned === "object" && planned ? planned.ticks : 0;
}
