/**
 * Has what is ordered made: at once where it is short, so that it is there when the call
 * returns; else beside the page. Whoever is superseded hears nothing more.
 */

import { beginRollout, messageOf, runSteps, runToEnd } from '../engine/engine.ts';
import { planOf } from '../engine/plan.ts';
import type { RunOrder, RunResult, Snapshot } from '../engine/replay.ts';
import { Simulator } from '../engine/simulator.ts';
import { isShort, plannedTicks, runAlone } from './cost.ts';
/**
 * What is under way beside the page: a rollout being run, or one being looked at, which is
 * no change to it.
 */
export type UnderWay = { order: RunOrder; looks: boolean; ticks: number; of: number; since: number };

/** From when on it is worth a word that something is under way, in ms. */
const WORTH_A_WORD_MS = 200;

export class RolloutRunner {
  #simulator = new Simulator();
  #patience: ReturnType<typeof setTimeout> | undefined;
  #now: UnderWay | null = null;
  /** Who waits for nothing to be under way. */
  #waiting: (() => void)[] = [];
  #onprogress;

  /** @param onprogress called while something takes its time, and after it */
  constructor(onprogress: () => void) {
    this.#onprogress = onprogress;
  }

  get underWay(): UnderWay | null {
    return this.#now;
  }

  /** The order that is being carried out, not a look. */
  get order() {
    return this.#now && !this.#now.looks ? this.#now.order : null;
  }

  /** Whether it takes long enough to speak of it. */
  get isSlow() {
    return this.#now !== null && performance.now() - this.#now.since >= WORTH_A_WORD_MS;
  }

  /** Until nothing is under way. */
  async settled() {
    if (this.#now) await new Promise((done: (value?: unknown) => void) => this.#waiting.push(done));
  }

  /**
   * Runs what is ordered. Throws the engine's message at once for a wrong configuration or
   * seed, and, where the rollout is short, for a command that its state forbids.
   */
  run(
    order: RunOrder,
    { onresult, onfailed }: { onresult: (made: RunResult) => void; onfailed: (message: string) => void },
  ) {
    const rollout = beginRollout(order);
    const config = planOf(rollout.report());
    if (isShort(config, order)) {
      const whole = runToEnd(runSteps(rollout, order));
      this.stop();
      return onresult(whole);
    }
    const seeded = { ...order, seed: rollout.seed };
    rollout.free();
    this.#begin(seeded, false, plannedTicks(config));
    this.#simulator.simulate(seeded, {
      onticks: (ticks) => this.#progress(ticks),
      onresult: (whole) => this.#end(() => onresult(whole)),
      onfailed: (message, refused) => {
        if (refused) runAlone();
        const alone = refused && isShort(config, seeded);
        this.#end(() => (alone ? this.run(seeded, { onresult, onfailed }) : onfailed(message)));
      },
    });
  }

  /** Looks at a rollout at a tick, beside the page. What is running takes precedence. */
  look(
    order: RunOrder & { tick: number },
    { onsnapshot, onfailed }: { onsnapshot: (snapshot: Snapshot) => void; onfailed: (message: string) => void },
  ) {
    this.#begin(order, true, order.tick);
    this.#simulator.look(order, {
      onticks: (ticks) => this.#progress(ticks),
      onsnapshot: (snapshot) => this.#end(() => onsnapshot(snapshot)),
      onfailed: (message) => this.#end(() => onfailed(message)),
    });
  }

  /** Ends what is under way, without a word. */
  stop() {
    if (!this.#now) return;
    this.#simulator.stop();
    this.#end(() => {});
  }

  /** Ends everything; what is ordered next begins anew. */
  close() {
    this.stop();
    this.#simulator.close();
  }

  /** @param of ticks */
  #begin(order: RunOrder, looks: boolean, of: number) {
    clearTimeout(this.#patience);
    this.#now = { order, looks, ticks: 0, of, since: performance.now() };
    this.#patience = setTimeout(() => this.#onprogress(), WORTH_A_WORD_MS);
  }

  #progress(ticks: number) {
    if (!this.#now) return;
    this.#now.ticks = ticks;
    if (this.isSlow) this.#onprogress();
  }

  #end(ondone: () => void) {
    clearTimeout(this.#patience);
    this.#now = null;
    ondone();
    this.#onprogress();
    if (this.#now === null) for (const done of this.#waiting.splice(0)) done();
  }
}

/**
 * The report of a rollout at its end.
 *
 * @returns rejects with the engine's message
 */
export async function madeOf(order: RunOrder): Promise<RunResult> {
  const runner = new RolloutRunner(() => {});
  try {
    return await new Promise((resolve, reject) => {
      runner.run(order, { onresult: resolve, onfailed: (message) => reject(new Error(message)) });
    });
  } finally {
    runner.close();
  }
}

/**
 * What the engine finds wrong with an order; of a long rollout, only what it says at once.
 *
 * @returns empty where there is nothing
 */
export function faultOf(order: RunOrder): string {
  try {
    const rollout = beginRollout(order);
    if (isShort(planOf(rollout.report()), order)) runToEnd(runSteps(rollout, order));
    else rollout.free();
    return '';
  } catch (error) {
    return messageOf(error);
  }
}
