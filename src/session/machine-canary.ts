// The canary of a sweep: an embedded cluster of its own and the thread that measures against it,
// both started once and idle between the runs. Called by commands/run-sweep; execute measures right
// before each run. What goes wrong with it costs a warning, never a run.
import type { Canary } from '../contract/run-result.js';
import { startEmbeddedCluster } from '../targets/embedded/embedded-cluster.js';
import { CANARY_TOPIC } from '../workloads/canary/canary-work.js';
import { openCanaryThread } from '../workloads/canary/canary.js';

const WARM_UPS = 2;
/** Nobody reads what it stores. */
const RETENTION_BYTES = 256 * 1024;

export interface MachineCanary {
  measure(): Promise<Canary | null>;
  close(): Promise<void>;
}

/**
 * Started, and warmed up: the first measurements of a thread tell of its compiler. Null where it
 * cannot be; `warn` hears why, once.
 */
export async function openMachineCanary(
  warn: (text: string) => void,
): Promise<MachineCanary | null> {
  const onTrouble = (why: string) =>
    warn(`the canary is left out, so a slow machine cannot be told: ${why}`);
  try {
    const cluster = await startEmbeddedCluster({
      brokers: 1,
      topics: [{ name: CANARY_TOPIC, partitions: 1 }],
      retentionBytesPerPartition: RETENTION_BYTES,
      log: () => undefined,
    });
    const thread = openCanaryThread({ bootstrap: cluster.bootstrap }, onTrouble);
    for (let time = 0; time < WARM_UPS; time++) await thread.measure();
    return {
      measure: () => thread.measure(),
      async close() {
        await thread.close();
        await cluster.close();
      },
    };
  } catch (error) {
    onTrouble(error instanceof Error ? error.message : String(error));
    return null;
  }
}
