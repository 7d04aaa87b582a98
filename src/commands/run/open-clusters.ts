// The target of a sweep while its runs are made: one for all of them, or one after the other where
// points have clusters of their own. Called by run-sweep, which closes it; at most one is open.
import { bounded } from '../../base/time-limit.js';
import type { Plan, PlannedRun } from '../../contract/plan.js';
import type { TargetSettings } from '../../contract/settings.js';
import { clusterBlocks, type ClusterBlock } from '../../plan/points/cluster-blocks.js';
import type { Clusters, ClusterRoom } from '../../session/sweep-clusters.js';
import type { Target } from '../../targets/target.js';

/**
 * A target that does not end is left to the end of the process; so it is soon once the user has
 * stopped.
 */
export const CLOSE_TIMEOUT_MS = 15_000;
export const STOPPED_CLOSE_MS = 500;

/** What is made for each cluster and undone with it. */
export interface OpenRoom extends ClusterRoom {
  /** Before the cluster is closed. */
  leave(): Promise<void>;
}

export interface OpenClustersOptions {
  readonly settings: TargetSettings;
  readonly stop: AbortSignal;
  readonly open: (settings: TargetSettings) => Promise<Target>;
  /** The room of a cluster other than the first. */
  readonly makeRoom: (target: Target) => Promise<OpenRoom>;
  readonly warn: (line: string) => void;
}

/** What has the first run: what is said of the target before there are runs is of its cluster. */
export const firstBlock = (plan: Plan, todo: readonly PlannedRun[]): ClusterBlock =>
  clusterBlocks(plan, todo.slice(0, 1))[0] ?? { key: '', target: null, runs: [] };

export class OpenClusters implements Clusters {
  private current: { readonly key: string; readonly target: Target; room: OpenRoom | null } | null;

  constructor(
    private readonly options: OpenClustersOptions,
    first: { readonly key: string; readonly target: Target },
  ) {
    this.current = { ...first, room: null };
  }

  /** Of the first cluster, once there is one. */
  enter(room: OpenRoom): void {
    this.current!.room = room;
  }

  async room({ key, target: own }: ClusterBlock): Promise<ClusterRoom> {
    if (this.current?.key === key && this.current.room !== null) return this.current.room;
    await this.close();
    const target = await this.options.open(own ?? this.options.settings);
    this.current = { key, target, room: null };
    this.current.room = await this.options.makeRoom(target);
    return this.current.room;
  }

  async close(): Promise<void> {
    const { current } = this;
    this.current = null;
    if (current === null) return;
    await current.room?.leave();
    const { stop, warn } = this.options;
    const closing = { limitMs: CLOSE_TIMEOUT_MS, stop, graceMs: STOPPED_CLOSE_MS };
    await bounded('closing the target', closing, () => current.target.close()).catch(
      (error: unknown) => {
        // Once stopped, what is left of it goes with the process.
        if (!stop.aborted) warn(error instanceof Error ? error.message : String(error));
      },
    );
  }
}
