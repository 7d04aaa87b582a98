// Which points can share a cluster, and the stretches of a plan's runs that do: where points have
// clusters of their own, each stretch is a cluster's life. Pure; called by plan, order and session.
import type { Plan, PlannedRun } from '../../contract/plan.js';
import type { KafkaTargetSettings, PointSettings } from '../../contract/settings.js';

export interface ClusterBlock {
  /** Of one cluster's life. */
  readonly key: string;
  /** Null: the sweep's own target. */
  readonly target: KafkaTargetSettings | null;
  readonly runs: readonly PlannedRun[];
}

/** The same for points that can share a cluster; empty where the whole sweep does. */
export const clusterKey = ({ target }: Pick<PointSettings, 'target'>): string =>
  target === undefined ? '' : JSON.stringify(target);

/**
 * `runs` in their order, cut where the next one needs another cluster. With clusters of their own
 * each block of the plan begins with a new one, so that no point is measured on a warmer cluster
 * than others for want of a restart.
 */
export function clusterBlocks(plan: Plan, runs: readonly PlannedRun[]): ClusterBlock[] {
  const points = new Map(plan.points.map(({ id, settings }) => [id, settings]));
  const blocks: (ClusterBlock & { readonly runs: PlannedRun[] })[] = [];
  for (const run of runs) {
    const settings = points.get(run.point)!;
    const cluster = clusterKey(settings);
    const key = cluster === '' ? '' : `${run.block} ${cluster}`;
    const last = blocks.at(-1);
    if (last?.key === key) last.runs.push(run);
    else blocks.push({ key, target: settings.target ?? null, runs: [run] });
  }
  return blocks;
}
