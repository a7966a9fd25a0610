/** A worker with the engine, for what would keep the page from answering. */

import { engineBytes, workerScript } from './engine.ts';
import type { CountsRecord } from './recorded.ts';

/** A worker that has the engine. */
export type WorkerHandle = { post: (message: unknown) => void; end: () => void };

/** What is over a record, or not. */
type Over = { recorded?: { record: CountsRecord } | null };

/** A message to a worker that has read the files of its record. */
function withoutFiles(message: { order?: Over; request?: { studies: Over[] } }, record: CountsRecord) {
  const lean = { ...record, files: [] };
  const of = (order: Over) => ({ ...order, recorded: order.recorded && { ...order.recorded, record: lean } });
  const { order, request } = message;
  return {
    ...message,
    ...(order && { order: of(order) }),
    ...(request && { request: { ...request, studies: request.studies.map(of) } }),
  };
}

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
  /** The record whose files were sent last: the worker keeps what it reads of them. */
  let sent: number | null = null;
  const post = (message: unknown) => {
    const { order, request } = message as { order?: Over; request?: { studies: Over[] } };
    const { record } = order?.recorded ?? request?.studies[0]?.recorded ?? {};
    if (!record) return worker?.postMessage(message);
    const isKnown = record.id === sent;
    sent = record.id;
    worker?.postMessage(isKnown ? withoutFiles(message as object, record) : message);
  };
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    refuse();
  });
  worker.addEventListener('message', ({ data }) => {
    // What failed may have been to read the files.
    if (data.kind === 'failed' || data.kind === 'error') sent = null;
    if (data.kind !== 'ready') return onmessage(data);
    clearTimeout(silence);
    onready({ post, end });
  });
  post({ kind: 'engine', bytes: engineBytes });
  return end;
}
