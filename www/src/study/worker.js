/**
 * What the worker does: studies, and rollouts that are too long for the page's own
 * thread. It is started from a Blob, so it can load nothing: the engine's bytes come in
 * the first message.
 */

import { initSync, new_rollout, new_study, replay } from '../../../pkg/canary_rollout.js';
import { made, replayed, sightOf } from '../rollout/replay.js';
import { StudyLoop } from './study-loop.js';

/** @import { Rollout, Series } from '../base/engine.js' */
/** @import { Made, Order as Simulation, Sight } from '../rollout/replay.js' */
/** @import { StudyRequest } from './study-loop.js' */
/**
 * A rollout is ordered whole, or, of the same configuration, seed and commands, at a tick.
 * @typedef {{ kind: "engine", bytes: BufferSource } | { kind: "start", id: number, request: StudyRequest }
 *   | { kind: "cancel" } | { kind: "simulate", id: number, order: Simulation }
 *   | { kind: "look", id: number, order: Simulation & { tick: number } }} Order
 */
/**
 * @typedef {{ id: number } & (
 *   | { kind: "ticks", ticks: number } | { kind: "made", made: Made } | { kind: "sight", sight: Sight }
 *   | { kind: "failed", message: string, memory: boolean }
 * )} SimulationMessage
 */

/** How long a chunk of a study may take: it can be cancelled after it. In ms. */
const CHUNK_MS = 50;
/** How far apart progress is told, in ms. */
const TELL_MS = 100;

/** Does what is ordered, in a worker. */
export function serve() {
  const loop = new StudyLoop(new_study, CHUNK_MS, (message) => self.postMessage(message));
  /** The rollout that was looked at last, to go on from. @type {{ of: string, rollout: Rollout } | null} */
  let kept = null;

  /** @param {number} id @param {Generator<number, any>} steps */
  const run = (id, steps) => {
    let told = performance.now();
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      if (performance.now() - told < TELL_MS) continue;
      told = performance.now();
      self.postMessage({ id, kind: 'ticks', ticks: step.value });
    }
    return step.value;
  };
  /** @param {number} id @param {Simulation} order */
  const simulate = (id, order) => {
    const whole = run(id, made(new_rollout(order.config, order.seed), order));
    const message = /** @type {SimulationMessage} */ ({ id, kind: 'made', made: whole });
    self.postMessage(message, { transfer: buffersOf(whole.series) });
  };
  /** @param {number} id @param {Simulation & { tick: number }} order */
  const look = (id, { config, seed, commands = [], tick }) => {
    const of = JSON.stringify([config, seed, commands]);
    if (kept?.of !== of || kept.rollout.ticks > tick) {
      kept?.rollout.free();
      kept = null;
      kept = { of, rollout: replay(config, seed, commands, 0) };
    }
    run(id, replayed(kept.rollout, commands, tick));
    self.postMessage({ id, kind: 'sight', sight: sightOf(kept.rollout) });
  };
  const doing = { simulate, look };

  self.addEventListener('message', (/** @type {MessageEvent<Order>} */ { data }) => {
    switch (data.kind) {
      case 'start':
        return loop.start(data.id, data.request);
      case 'cancel':
        return loop.cancel();
      case 'engine':
        initSync({ module: data.bytes });
        return self.postMessage({ kind: 'ready' });
      default:
        try {
          doing[data.kind](data.id, /** @type {Simulation & { tick: number }} */ (data.order));
        } catch (error) {
          // The engine's own faults are `Error`s; others mean that its memory is not to be had.
          const memory = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
          self.postMessage({ id: data.id, kind: 'failed', message: error instanceof Error ? error.message : String(error), memory });
        }
    }
  });
}

/**
 * What the series are held in, to be handed over without a copy.
 * @param {Series} series
 */
function buffersOf({ rules, ...columns }) {
  const all = [columns, ...rules].flatMap((table) => /** @type {ArrayLike<number>[]} */ (Object.values(table)));
  return all.map((column) => /** @type {Float64Array} */ (column).buffer);
}
