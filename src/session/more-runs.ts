// Runs beyond the plan's repeats: one more block over the points that need it, numbered and seeded
// as if the plan had had it from the start. Pure; called by until-precise.
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Plan, PlannedRun } from '../contract/plan.js';
import { clusterKey } from '../plan/points/cluster-blocks.js';
import { inClusters, mixSeed } from '../plan/points/order.js';

/** Of all seeds of a plan, the one that orders its added blocks. */
const ADDED_BLOCKS = -1;

/** Each point once, in an order that follows from the plan's seed and the block's number. */
export function nextBlock(plan: Plan, pointIds: readonly string[]): PlannedRun[] {
  const block = plan.runs.reduce((last, run) => Math.max(last, run.block), 0) + 1;
  const digits = plan.runs[0].run.length;
  const repeats = new Map<string, number>();
  for (const { point, repeat } of plan.runs)
    repeats.set(point, Math.max(repeat, repeats.get(point) ?? 0));
  const first =
    plan.runs.reduce((last, { run }) => Math.max(last, Number.parseInt(run, 10)), 0) + 1;
  const random = xoroshiro128plus(mixSeed(mixSeed(plan.seed, ADDED_BLOCKS), block));
  const points = new Map(plan.points.map((point) => [point.id, point]));
  const clusterOf = (id: string): string => clusterKey(points.get(id)!.settings);
  return inClusters(pointIds, clusterOf, random).map((point, index) => ({
    run: String(first + index).padStart(digits, '0'),
    point,
    repeat: (repeats.get(point) ?? 0) + 1,
    block,
    seed: mixSeed(plan.seed, first + index),
  }));
}
