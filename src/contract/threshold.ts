// A gate of a sweep: what the YAML's `thresholds` say, parsed. Written into plan.json by sweep;
// evaluated by report over a point's summary, and by sweep while it runs where a failure is to end
// it.
import { z } from 'zod';
import { codeOrLater } from './later.js';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

export const thresholdSchema = z.object({
  /** As the user wrote it, e.g. `latencyMs.response.p99 < 20`: its name in every report. */
  text: z.string(),
  /**
   * Path into a point of summary.json down to a quantity or a number, e.g.
   * `latencyMs.response.p99`, `records.failed`.
   */
  metric: z.string(),
  operator: codeOrLater(['<', '<=', '>', '>=', '==', '!=']),
  /** In the metric's own unit: ms, bytes, MiB, records a second. */
  bound: z.number(),
  /** Only points whose config has these values; empty: all points. */
  where: z.record(z.string(), scalar),
  /**
   * End the sweep as soon as a point fails it, but for a point that has had fewer than
   * `delayAbortEvalRuns` valid runs.
   */
  abortOnFail: z.boolean(),
  delayAbortEvalRuns: z.number().int().min(0),
});

/**
 * What became of one threshold at one point. `value` is null where the point has no figure: that
 * fails as well.
 */
export const thresholdOutcomeSchema = z.object({
  text: z.string(),
  metric: z.string(),
  bound: z.number(),
  value: z.number().nullable(),
  passed: z.boolean(),
  /** Why there is no figure; absent where there is one. */
  reason: z.string().optional(),
});

export type Threshold = z.infer<typeof thresholdSchema>;
export type ThresholdOutcome = z.infer<typeof thresholdOutcomeSchema>;
