// Entry of the embedded cluster's own thread: starts the in-process cluster and passes messages on.
// Started by embedded-cluster.ts only.
import { parentPort, workerData } from 'node:worker_threads';
import { startInProcessCluster } from './in-process.js';
import type { InProcessCluster } from './in-process.js';
import type { ResolvedOptions } from './options.js';
import type { ErrorText, FromThread, ToThread } from './thread-messages.js';

const main = parentPort!;
const tell = (message: FromThread) => main.postMessage(message);

const textOf = (error: unknown): ErrorText => {
  const { name, message, remedy } = error as Error & { remedy?: string };
  return { name, message, remedy };
};

async function serve(cluster: InProcessCluster, message: ToThread): Promise<void> {
  switch (message.kind) {
    case 'inject':
      try {
        await cluster.inject(message.fault);
        tell({ kind: 'injected', id: message.id, error: null });
        return;
      } catch (error) {
        tell({ kind: 'injected', id: message.id, error: textOf(error) });
        return;
      }
    case 'close':
      await cluster.close();
      main.close();
  }
}

try {
  const options = workerData as ResolvedOptions;
  const cluster = await startInProcessCluster(
    { ...options, log: (line) => tell({ kind: 'log', line }) },
    { waiting: 'sleep' },
  );
  main.on('message', (message: ToThread) => void serve(cluster, message));
  const { bootstrap, listening, clusterId } = cluster;
  tell({ kind: 'ready', bootstrap, listening, clusterId });
} catch (error) {
  tell({ kind: 'failed', error: textOf(error) });
}
