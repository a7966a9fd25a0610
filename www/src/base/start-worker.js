/** A worker with the engine, for what would keep the page from answering. */

import { engineBytes, workerScript } from './engine.js';

/** A worker that has the engine. @typedef {{ post: (message: unknown) => void, end: () => void }} Hand */

/**
 * Starts one. It is refused by an exception, later by an error, or by silence.
 * @param {number} patience how long it may take to start, in ms
 * @param {{ onready: (hand: Hand) => void, onrefused: () => void, onmessage: (data: any) => void }} on
 *   `onrefused` also where it breaks later
 * @returns {() => void} ends it
 */
export function startWorker(patience, { onready, onrefused, onmessage }) {
  const url = URL.createObjectURL(new Blob([workerScript], { type: 'text/javascript' }));
  /** @type {Worker | null} */
  let worker = null;
  const end = () => {
    clearTimeout(silence);
    URL.revokeObjectURL(url);
    worker?.terminate();
  };
  const refuse = () => {
    end();
    onrefused();
  };
  const silence = setTimeout(refuse, patience);
  try {
    worker = new Worker(url);
  } catch {
    clearTimeout(silence);
    // Told later, as every other refusal is.
    const later = setTimeout(refuse);
    return () => {
      clearTimeout(later);
      end();
    };
  }
  const post = (/** @type {unknown} */ message) => worker?.postMessage(message);
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    refuse();
  });
  worker.addEventListener('message', ({ data }) => {
    if (data.kind !== 'ready') return onmessage(data);
    clearTimeout(silence);
    onready({ post, end });
  });
  post({ kind: 'engine', bytes: engineBytes });
  return end;
}
