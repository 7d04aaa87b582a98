// Whom a fault hits, when it is due: words become nodes. Called by time-line.ts a moment before.
import { targetLabel } from '../../contract/fault-label.js';
import type { FaultTarget } from '../../contract/faults.js';
import { RunError } from '../../base/errors.js';
import type { ClusterState } from '../../targets/external/cluster-state.js';
import type { FaultableCluster, FaultNode } from '../../targets/faultable-cluster.js';

/** Of the run's topic: the partition that `leader` and `follower` are about. */
const PARTITION = 0;

export const nodeName = ({ kind, id }: FaultNode): string => `${kind} ${id}`;

/** Throws RunError where there is nobody at the moment. */
export async function nodesOf(
  target: FaultTarget,
  cluster: FaultableCluster,
  state: () => Promise<ClusterState>,
): Promise<FaultNode[]> {
  const broker = (id: number | null | undefined): FaultNode[] => {
    if (id === null || id === undefined || id < 0)
      throw new RunError(`the cluster has no ${targetLabel(target)} at the moment`);
    return [{ kind: 'broker', id }];
  };
  switch (target.kind) {
    case 'broker':
    case 'zookeeper':
      return [{ kind: target.kind, id: target.id }];
    case 'all':
      return cluster.brokers.map((id) => ({ kind: 'broker', id }));
    case 'zookeepers':
      return cluster.zookeepers.map((id) => ({ kind: 'zookeeper', id }));
    case 'controller':
      return broker((await state()).controller);
    case 'leader':
    case 'follower': {
      const { partitions } = await state();
      const found = partitions.find(({ partition }) => partition === PARTITION);
      if (target.kind === 'leader') return broker(found?.leader);
      return broker(found?.replicas.find((id) => id !== found.leader && found.inSync.includes(id)));
    }
  }
}
