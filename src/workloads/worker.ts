// The entry of a worker thread: piscina calls it with one task, which is one whole run of one worker.
import { parentPort } from 'node:worker_threads';
import { createCoreProducer } from './drivers/core.js';
import { runWorker } from './run-worker.js';
import type { IntervalMessage, WorkerOutcome, WorkerTask } from './worker-result.js';

export default function worker(task: WorkerTask): Promise<WorkerOutcome> {
  return runWorker(task, {
    createProducer: createCoreProducer,
    onInterval: (part) => parentPort?.postMessage({ kind: 'kbench-interval', part } satisfies IntervalMessage),
  });
}
