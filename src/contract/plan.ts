// plan.json: the points of a sweep and the order of its runs. Written by sweep before the first
// run; resume and report read it.
import { z } from 'zod';
import type { PointSettings, Scalar } from './settings.js';
import { thresholdSchema, type Threshold } from './threshold.js';

export const PLAN_SCHEMA = 'kbench/plan@1';

/**
 * A named combination. `config` holds the swept settings only, by dotted path without `producer.`
 * (`batch.size`, `workload.rate`).
 */
export interface PlannedPoint {
  readonly id: string;
  readonly config: Readonly<Record<string, Scalar>>;
  readonly settings: PointSettings;
}

/**
 * One run to make: `run` is its number of four digits or more, also the name of its file; `repeat`
 * and `block` count from 1.
 */
export interface PlannedRun {
  readonly run: string;
  readonly point: string;
  readonly repeat: number;
  readonly block: number;
  /** Seeds the payload and keys of this run. */
  readonly seed: number;
}

export interface Plan {
  readonly schema: typeof PLAN_SCHEMA;
  /** Random: each run of the plan carries it. Left out in plans of older versions. */
  readonly id?: string | undefined;
  readonly name: string;
  readonly seed: number;
  readonly repeats: number;
  readonly points: readonly PlannedPoint[];
  readonly runs: readonly PlannedRun[];
  /** The gates of the YAML, in its order. */
  readonly thresholds: readonly Threshold[];
  /**
   * Set by --until-precise: `runs` then goes on after `repeats` blocks with the runs that were
   * added for it.
   */
  readonly precision?: PrecisionTarget | undefined;
}

/** How narrow the intervals of a point are to be. */
export interface PrecisionTarget {
  /** Half the width of the 95 % interval of the median, as a share of the median: 0.02 is 2 %. */
  readonly target: number;
  /**
   * Paths into a point of summary.json; `latencyMs.p99` is that of the point's own loop (response
   * or service).
   */
  readonly metrics: readonly string[];
}

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/**
 * For reading plan.json back; settings are kept as they are, since only `run --resume` uses them
 * and it plans anew to compare.
 */
export const planSchema = z.object({
  schema: z.literal(PLAN_SCHEMA),
  id: z.string().max(64).optional(),
  name: z.string(),
  seed: z.number(),
  repeats: z.number().int().min(1),
  points: z.array(
    z.object({ id: z.string(), config: z.record(z.string(), scalar), settings: z.looseObject({}) }),
  ),
  runs: z.array(
    z.object({
      run: z.string(),
      point: z.string(),
      repeat: z.number().int(),
      block: z.number().int(),
      seed: z.number(),
    }),
  ),
  /** Absent in plans of older versions. */
  thresholds: z.array(thresholdSchema).default([]),
  precision: z
    .object({ target: z.number().positive(), metrics: z.array(z.string()).min(1) })
    .optional(),
});
