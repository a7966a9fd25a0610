/**
 * What the worker that runs studies does. It is started from a Blob, so it can
 * load nothing: the engine's bytes come in the first message.
 */

import { initSync, new_study } from '../../../pkg/canary_rollout.js';
import { StudyLoop } from './study-loop.js';

/** @import { StudyRequest } from './study-loop.js' */
/**
 * @typedef {{ kind: "engine", bytes: BufferSource } | { kind: "start", id: number, request: StudyRequest }
 *   | { kind: "cancel" }} Order
 */

/** How long a chunk may take: a cancelled study ends after it. */
const CHUNK_MS = 50;

/** Runs the studies that are ordered, in a worker. */
export function serve() {
  const loop = new StudyLoop(new_study, CHUNK_MS, (message) => self.postMessage(message));
  self.addEventListener('message', (/** @type {MessageEvent<Order>} */ { data }) => {
    if (data.kind === 'start') return loop.start(data.id, data.request);
    if (data.kind === 'cancel') return loop.cancel();
    initSync({ module: data.bytes });
    self.postMessage({ kind: 'ready' });
  });
}
