// Runs of which not all share a cluster: in the plan's order, each block of them on a cluster of
// its own, which is closed before the next one is opened. A cluster that cannot be had fails its
// runs and no others. Called by commands/run/make-runs, which hands over how a cluster is opened.
import { RunError, StoppedError } from '../base/errors.js';
import { clusterBlocks, type ClusterBlock } from '../plan/points/cluster-blocks.js';
import { executeSweep, type SweepExecution, type SweepOutcome } from './execute.js';

/** What of an execution belongs to one cluster. */
export type ClusterRoom = Pick<SweepExecution, 'target' | 'topics' | 'leastInSync' | 'openFaults'>;

export interface Clusters {
  /** Gives the open one where it is the block's. Throws RunError, StoppedError. */
  room(block: ClusterBlock): Promise<ClusterRoom>;
}

/** Blocks in a row that got no cluster, before the rest is left for --resume. */
const MAX_BLOCKS_WITHOUT_CLUSTER = 3;

/** As executeSweep. */
export async function executeOnClusters(
  execution: Omit<SweepExecution, keyof ClusterRoom>,
  clusters: Clusters,
): Promise<SweepOutcome> {
  const { plan, todo, stop, mayStart, position = { before: 0, total: todo.length } } = execution;
  let outcome: SweepOutcome = NOTHING;
  let { before } = position;
  let without = 0;
  for (const block of clusterBlocks(plan, todo)) {
    const { runs } = block;
    if (stop.aborted) return { ...outcome, stopped: true };
    if (mayStart?.() === false) return outcome;
    const room = await clusters.room(block).catch((error: unknown) => {
      if (error instanceof StoppedError) return null;
      if (error instanceof RunError) return error;
      throw error;
    });
    if (room === null) return { ...outcome, stopped: true };
    without = room instanceof RunError ? without + 1 : 0;
    const made = await executeSweep({
      ...execution,
      ...(room instanceof RunError ? noCluster(room) : room),
      todo: runs,
      position: { before, total: position.total },
    });
    before += runs.length;
    outcome = {
      ...made,
      completed: outcome.completed + made.completed,
      failed: outcome.failed + made.failed,
    };
    if (made.stopped || made.error !== null || made.gate !== null) return outcome;
    if (without >= MAX_BLOCKS_WITHOUT_CLUSTER) return { ...outcome, error: room as RunError };
  }
  return outcome;
}

const NOTHING: SweepOutcome = { completed: 0, failed: 0, stopped: false, error: null, gate: null };

/** Whatever is tried on it fails with the reason why it is not there. */
const noCluster = (reason: RunError): ClusterRoom => ({
  target: { kind: 'kafka', bootstrap: [], outage: () => Promise.resolve(null) },
  topics: { prepare: () => Promise.reject(reason), release: () => Promise.resolve(null) },
});
