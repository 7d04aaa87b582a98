// Checked points -> plan.json: names, the varied settings as one config each, and the seeded order
// of runs.
import { PLAN_SCHEMA, type Plan, type PlannedPoint } from '../contract/plan.js';
import type { Scalar } from '../contract/settings.js';
import { labelOf } from './settings/field.js';
import { clusterKey } from './points/cluster-blocks.js';
import { orderRuns } from './points/order.js';
import { valueAt } from './settings/point-settings.js';
import type { CheckedPoint } from './settings/rules.js';

export interface PlanHead {
  readonly name: string;
  readonly seed: number;
  readonly repeats: number;
}

/** Point ids are p01, p02, ... in the order given, as wide as the last one needs. */
export function buildPlan(
  { name, seed, repeats }: PlanHead,
  points: readonly CheckedPoint[],
): Plan {
  const digits = Math.max(2, String(points.length).length);
  const varied = variedPaths(points);
  const planned = points.map((point, index): PlannedPoint => ({
    id: `p${String(index + 1).padStart(digits, '0')}`,
    config: configOf(point, varied),
    settings: point.settings,
  }));
  const clusters = new Map(planned.map(({ id, settings }) => [id, clusterKey(settings)]));
  const runs = orderRuns(
    planned.map(({ id }) => id),
    repeats,
    seed,
    (id) => clusters.get(id)!,
  );
  return { schema: PLAN_SCHEMA, name, seed, repeats, points: planned, runs, thresholds: [] };
}

/** Every path that some point sets itself, in the order of first mention. */
export function variedPaths(points: readonly CheckedPoint[]): readonly string[] {
  return [...new Set(points.flatMap(({ own }) => [...own.keys()]))];
}

/**
 * A point's values at the varied paths; what its own entry leaves out has the value in force, so
 * that points can be compared.
 */
export function configOf(point: CheckedPoint, varied: readonly string[]): Record<string, Scalar> {
  const config: Record<string, Scalar> = {};
  for (const path of varied) {
    const value = valueAt(point.settings, path);
    if (value !== undefined) config[path] = labelOf(value);
  }
  return config;
}
