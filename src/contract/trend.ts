// What `kbench trend` keeps and tells: one line of a history file (all that trend needs of a
// result), and its findings as JSON. Shapes fixed.
import { z } from 'zod';
import { environmentSchema } from './environment.js';

export const HISTORY_SCHEMA = 'kbench/history@1';
export const TREND_SCHEMA = 'kbench/trend@1';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const config = z.record(z.string(), scalar);

/** Open loop: latency is response time; closed loop: service time. The two are never one series. */
const loop = z.enum(['open', 'closed']);

export const historyPointSchema = z.object({
  config,
  loop,
  runs: z.number().int().min(0),
  valid: z.number().int().min(0),
  /**
   * Medians over the valid runs by metric (see report/trend/trend-metrics.ts). What was not
   * measured is left out; null in older histories.
   */
  values: z.record(z.string(), z.number().min(0).nullable()),
});

export const historyEntrySchema = z.object({
  schema: z.literal(HISTORY_SCHEMA),
  /**
   * Of the sweep. With `environment.startedAt` it names the result: a later line with the same two
   * replaces an earlier one.
   */
  name: z.string(),
  environment: environmentSchema,
  /** The settings that all points share, by dotted path; null where they are not known. */
  settings: config.nullable(),
  /** Medians over all points of the machine's canary; null where it was not measured. */
  canary: z
    .object({ cpuMs: z.number().nullable(), sinkRecordsPerSecond: z.number().nullable() })
    .nullable(),
  points: z.array(historyPointSchema),
});

/** A stretch between two change points; `deviation` is the population's, as in Otava. */
const level = z.object({ mean: z.number(), deviation: z.number(), count: z.number().int() });

export const trendChangeSchema = z.object({
  /**
   * Index into `results` of the first result of the new level, and of the last one before it that
   * has this series.
   */
  result: z.number().int(),
  previous: z.number().int(),
  p: z.number(),
  before: level,
  after: level,
  /** after.mean / before.mean - 1; null where the mean before is 0. */
  change: z.number().nullable(),
  /**
   * 95 % interval of the change (Hodges-Lehmann on logarithms); null where a value is not above 0.
   */
  interval: z.object({ low: z.number(), high: z.number() }).nullable(),
  direction: z.enum(['better', 'worse']),
  /** Fewer than 10 results on one side: it may yet move or go. */
  early: z.boolean(),
  /** What the canary says: the machine changed alike, it did not, or that cannot be told. */
  machine: z.enum(['changed', 'steady', 'unknown']),
});

export const trendSeriesSchema = z.object({
  sweep: z.string(),
  config,
  loop,
  metric: z.string(),
  better: z.enum(['higher', 'lower']),
  /** [index into `results`, value]. */
  values: z.array(z.tuple([z.number().int(), z.number()])),
  /** Results of the same sweep between the first and the last value that have none. */
  missing: z.number().int(),
  /** Began after the sweep's first result; ended before its last one. */
  began: z.boolean(),
  ended: z.boolean(),
  changes: z.array(trendChangeSchema),
});

/**
 * Changes at the same result or at neighbouring ones: noise shifts a change point by one, so that
 * one cause shows at two results. `result` and `previous` are those of the surest change; commits
 * and differences are those between `from` and `to`, which enclose all.
 */
export const trendEventSchema = z.object({
  result: z.number().int(),
  previous: z.number().int(),
  from: z.number().int(),
  to: z.number().int(),
  worse: z.number().int(),
  better: z.number().int(),
  /** Worse in at least one series for which the machine is not to blame. */
  regression: z.boolean(),
  revisions: z.object({ before: z.string(), after: z.string() }).nullable(),
  /** Commits in between, newest first, where the working directory's git knows them. */
  commits: z.array(z.object({ revision: z.string(), subject: z.string() })),
  /** What else differs between the two results, a sentence each. */
  differences: z.array(z.string()),
  /** Indexes into `series` and its `changes`. */
  changes: z.array(z.object({ series: z.number().int(), change: z.number().int() })),
});

export const trendSchema = z.object({
  schema: z.literal(TREND_SCHEMA),
  options: z.object({
    metrics: z.array(z.string()),
    maxP: z.number(),
    minChange: z.number(),
    failLast: z.number().int().nullable(),
  }),
  results: z.array(
    z.object({
      sweep: z.string(),
      startedAt: z.string(),
      revision: z.string().nullable(),
      dirty: z.boolean(),
      kbench: z.string(),
      node: z.string(),
      target: z.string(),
    }),
  ),
  leftOut: z.array(z.object({ source: z.string(), reason: z.string() })),
  notes: z.array(z.string()),
  series: z.array(trendSeriesSchema),
  /** Newest first. */
  events: z.array(trendEventSchema),
  /** Indexes of the events for which --fail-on fails. */
  failures: z.array(z.number().int()),
});

export type HistoryPoint = z.infer<typeof historyPointSchema>;
export type HistoryEntry = z.infer<typeof historyEntrySchema>;
export type TrendChange = z.infer<typeof trendChangeSchema>;
export type TrendSeries = z.infer<typeof trendSeriesSchema>;
export type TrendEvent = z.infer<typeof trendEventSchema>;
export type Trend = z.infer<typeof trendSchema>;
