// A latency histogram as results carry it. Part of runs/NNNN.json in several places.
import { z } from 'zod';

/**
 * A latency histogram: microseconds in `encoded` (HdrHistogram V2 compressed, base64), milliseconds
 * in the fields.
 */
export const latencySchema = z.object({
  count: z.number().int().min(0),
  min: z.number(),
  mean: z.number(),
  p50: z.number(),
  /** Absent in results of older versions; `encoded` has it all the same (report/percentiles). */
  p75: z.number().optional(),
  p90: z.number(),
  p95: z.number().optional(),
  p99: z.number(),
  p999: z.number(),
  p9999: z.number(),
  max: z.number(),
  encoded: z.string(),
});

export type Latency = z.infer<typeof latencySchema>;
