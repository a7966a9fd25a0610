/** A worker with the engine, for what would keep the page from answering. */

import { engineBytes, workerScript } from './engine.ts';

/** A worker that has the engine. */
export type WorkerHandle = { post: (message: unknown) => void; end: () => void };

/**
 * Starts one. It is refused by an exception, later by an error, or by silence.
 *
 * @param patience how long it may take to start, in ms
 * @param on `onrefused` also where it breaks later
 * @returns ends it
 */
export function startWorker<Message>(
  patience: number,
  {
    onready,
    onrefused,
    onmessage,
  }: { onready: (worker: WorkerHandle) => void; onrefused: () => void; onmessage: (message: Message) => void },
): () => void {
  const url = URL.createObjectURL(new Blob([workerScript], { type: 'text/javascript' }));
  let worker: Worker | null = null;
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
    // Later, as every other refusal comes.
    const later = setTimeout(refuse);
    return () => {
      clearTimeout(later);
      end();
    };
  }
  const post = (message: unknown) => worker?.postMessage(message);
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
