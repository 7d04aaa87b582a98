// The entry of a worker thread: piscina calls it with one task, which is one whole run of one
// worker.
import { parentPort } from 'node:worker_threads';
import { dataWithoutSecrets, noteSecret, withoutSecrets } from '../../base/secrets/secrets.js';
import { keepSecrets } from '../../connect/security/index.js';
import { createCoreProducer } from '../drivers/core.js';
import { runWorker } from './run-worker.js';
import type { IntervalMessage, WorkerOutcome, WorkerTask } from './worker-result.js';

keepSecrets({ note: noteSecret, without: withoutSecrets });

export default async function worker(task: WorkerTask): Promise<WorkerOutcome> {
  const outcome = await runWorker(task, {
    createProducer: createCoreProducer,
    onInterval: (part) =>
      parentPort?.postMessage({ kind: 'kbench-interval', part } satisfies IntervalMessage),
  });
  // The main thread knows no token that was given to this one. The ledger is memory and no text.
  const { ledger, ...told } = outcome;
  return { ...dataWithoutSecrets(told), ...(ledger === undefined ? {} : { ledger }) };
}
