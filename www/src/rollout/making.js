/**
 * Has what is ordered made: at once where it is short, so that it is there when the call
 * returns; else beside the page. Whoever is superseded hears nothing more.
 */

import { atOnce, made, messageOf, new_rollout } from '../base/engine.js';
import { isShort, plannedTicks, runAlone } from './cost.js';
import { Simulator } from './simulator.js';

/** @import { Made, Order, Sight } from './replay.js' */
/**
 * What is under way beside the page: a rollout being run, or one being looked at, which is
 * no change to it.
 * @typedef {{ order: Order, looks: boolean, ticks: number, of: number, since: number }} UnderWay
 */

/** From when on it is worth a word that something is under way, in ms. */
const WORTH_A_WORD_MS = 200;

export class Making {
  #simulator = new Simulator();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  /** @type {UnderWay | null} */
  #now = null;
  /** Who waits for nothing to be under way. @type {(() => void)[]} */
  #waiting = [];
  #onprogress;

  /** @param {() => void} onprogress told while something is under way that takes its time, and after it */
  constructor(onprogress) {
    this.#onprogress = onprogress;
  }

  /** @returns {UnderWay | null} */
  get underWay() {
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
    if (this.#now) await new Promise((/** @type {(value?: unknown) => void} */ done) => this.#waiting.push(done));
  }

  /**
   * Runs what is ordered. Throws the engine's message at once for a wrong configuration or
   * seed, and, where the rollout is short, for a command that its state forbids.
   * @param {Order} order
   * @param {{ onmade: (made: Made) => void, onfailed: (message: string) => void }} on
   */
  run(order, { onmade, onfailed }) {
    const rollout = new_rollout(order.config, order.seed);
    const { config } = rollout.report();
    if (isShort(config, order)) {
      const whole = atOnce(made(rollout, order));
      this.stop();
      return onmade(whole);
    }
    const seeded = { ...order, seed: rollout.seed };
    rollout.free();
    this.#begin(seeded, false, plannedTicks(config));
    this.#simulator.simulate(seeded, {
      onticks: (ticks) => this.#progress(ticks),
      onmade: (whole) => this.#end(() => onmade(whole)),
      onfailed: (message, refused) => {
        if (refused) runAlone();
        const alone = refused && isShort(config, seeded);
        this.#end(() => (alone ? this.run(seeded, { onmade, onfailed }) : onfailed(message)));
      },
    });
  }

  /**
   * Looks at a rollout at a tick, beside the page. What is running takes precedence.
   * @param {Order & { tick: number }} order
   * @param {{ onsight: (sight: Sight) => void, onfailed: (message: string) => void }} on
   */
  look(order, { onsight, onfailed }) {
    this.#begin(order, true, order.tick);
    this.#simulator.look(order, {
      onticks: (ticks) => this.#progress(ticks),
      onsight: (sight) => this.#end(() => onsight(sight)),
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

  /**
   * @param {Order} order
   * @param {boolean} looks
   * @param {number} of ticks
   */
  #begin(order, looks, of) {
    clearTimeout(this.#patience);
    this.#now = { order, looks, ticks: 0, of, since: performance.now() };
    this.#patience = setTimeout(() => this.#onprogress(), WORTH_A_WORD_MS);
  }

  /** @param {number} ticks */
  #progress(ticks) {
    if (!this.#now) return;
    this.#now.ticks = ticks;
    if (this.isSlow) this.#onprogress();
  }

  /** @param {() => void} tell */
  #end(tell) {
    clearTimeout(this.#patience);
    this.#now = null;
    tell();
    this.#onprogress();
    if (this.#now === null) for (const done of this.#waiting.splice(0)) done();
  }
}

/**
 * The report of a rollout at its end.
 * @param {Order} order
 * @returns {Promise<Made>} rejects with the engine's message
 */
export async function madeOf(order) {
  const making = new Making(() => {});
  try {
    return await new Promise((resolve, reject) => {
      making.run(order, { onmade: resolve, onfailed: (message) => reject(new Error(message)) });
    });
  } finally {
    making.close();
  }
}

/**
 * What the engine finds wrong with an order; of a long rollout, only what it says at once.
 * @param {Order} order
 * @returns {string} empty where there is nothing
 */
export function faultOf(order) {
  try {
    const rollout = new_rollout(order.config, order.seed);
    if (isShort(rollout.report().config, order)) atOnce(made(rollout, order));
    else rollout.free();
    return '';
  } catch (error) {
    return messageOf(error);
  }
}
