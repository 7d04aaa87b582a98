// summary.json: the sweep in numbers, one entry a point; what scripts and later comparisons read.
// Shape fixed.
import { z } from 'zod';
import { thresholdOutcomeSchema } from './threshold.js';

export const SUMMARY_SCHEMA = 'kbench/summary@1';

/**
 * Median over the point's valid runs with a 95 % interval of it (order statistics); low and high
 * are null with fewer than 6 runs.
 */
const figure = z.number().min(0);
export const quantitySchema = z.object({
  median: figure,
  low: figure.nullable(),
  high: figure.nullable(),
});
const quantity = quantitySchema.nullable();

const percentiles = z.object({
  p50: quantity,
  /** Absent in summaries of older versions, as p95. */
  p75: quantity.optional(),
  p90: quantity,
  p95: quantity.optional(),
  p99: quantity,
  p999: quantity,
  max: quantity,
});

/**
 * Counts are sums over the point's runs. Absent where records were sent outside of transactions.
 */
const transactions = z.object({
  begun: z.number().int(),
  committed: z.number().int(),
  aborted: z.number().int(),
  failed: z.number().int(),
  recordsCommitted: z.number().int(),
  recordsAborted: z.number().int(),
  committedRecordsPerSecond: quantity,
  commitLatencyMs: percentiles,
  abortLatencyMs: percentiles,
});

/**
 * What consumers measured, see consumers.ts. Counts are sums over the point's runs with consumers.
 * Absent where there are none.
 */
const consumers = z.object({
  runs: z.number().int(),
  endToEndMs: percentiles,
  expected: z.number().int(),
  kept: z.number().int(),
  dropped: z.number().int(),
  negative: z.number().int(),
  duplicated: z.number().int(),
  maxLag: quantity,
  /** Absent in older files. */
  longestPauseMs: quantity.optional(),
  drainMs: quantity,
  /** Absent without a backlog that was asked for. */
  drainRecordsPerSecond: quantity.optional(),
  cpuMicrosPerRecord: quantity,
});

/** Sums over the point's audited runs, see audit.ts. Absent where none was asked for. */
const auditTotals = z.object({
  /** Audited runs, and those of which the audit could not be made. */
  runs: z.number().int(),
  notMade: z.number().int(),
  acknowledged: z.number().int(),
  found: z.number().int(),
  lost: z.number().int(),
  gone: z.number().int(),
  duplicated: z.number().int(),
  reordered: z.number().int(),
  corrupt: z.number().int(),
  storedThoughFailed: z.number().int(),
  unknown: z.number().int(),
  unknownFound: z.number().int(),
  foreign: z.number().int(),
  /** Of transactions: hidden though committed, shown though aborted. Absent without any. */
  committedNotSeen: z.number().int().optional(),
  abortedSeen: z.number().int().optional(),
  /** Promises that were broken, over the runs. */
  brokenPromises: z.number().int(),
});

export const summaryPointSchema = z.object({
  id: z.string(),
  config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /**
   * By workload.rate: latency is response time in an open loop, service time in a closed one.
   * Absent in older files.
   */
  loop: z.enum(['open', 'closed']).optional(),
  /** Runs made (failed ones too), and how many of them are valid. */
  runs: z.number().int(),
  valid: z.number().int(),
  /**
   * How many of the runs measured anything; sums over none of them are no figures. Absent in older
   * files.
   */
  measured: z.number().int().optional(),
  /** Acknowledged records, those of aborted transactions too. */
  throughput: z.object({ recordsPerSecond: quantity, mebibytesPerSecond: quantity }),
  /** Closed-loop points have `service` only. */
  latencyMs: z.object({
    response: percentiles.optional(),
    service: percentiles.optional(),
    delay: percentiles.optional(),
  }),
  /** Sums over the point's runs, warm-up excluded. */
  records: z.object({ sent: z.number().int(), acked: z.number().int(), failed: z.number().int() }),
  /**
   * Over the point's runs: the longest, and sums. Absent where no run tells (older versions); see
   * run-result.ts.
   */
  continuity: z
    .object({
      longestGapMs: z.number().nullable(),
      longestWaitMs: z.number(),
      connectionsLost: z.number().int(),
      connectionsFailed: z.number().int(),
      leaderChanges: z.number().int(),
      recordRetries: z.number().int(),
      outages: z.number().int(),
    })
    .optional(),
  transactions: transactions.optional(),
  /**
   * What was broken on purpose, and the recovery from it (see contract/faults): one entry a fault.
   * `runs`: those that count; `recovered`: in how many p99 came back. Absent without faults.
   */
  faults: z
    .array(
      z.object({
        fault: z.number().int(),
        label: z.string(),
        runs: z.number().int(),
        atMs: quantity,
        longestGapMs: quantity,
        longestPartitionGapMs: quantity,
        /** Absent without consumers, as in the runs. */
        consumerPauseMs: quantity.optional(),
        recoveredMs: quantity,
        recovered: z.number().int(),
        p99Ms: z.object({ before: quantity, during: quantity, after: quantity }),
        /** Sums over the runs. */
        errors: z.array(z.object({ name: z.string(), records: z.number().int() })),
        recordRetries: quantity,
        connectionsLost: quantity,
        leaderChanges: quantity,
      }),
    )
    .optional(),
  consumers: consumers.optional(),
  audit: auditTotals.optional(),
  achieved: z.object({
    batchBytes: quantity,
    recordsPerRequest: quantity,
    requestsPerSecond: quantity,
    inFlight: quantity,
    compressionRatio: quantity,
  }),
  /** The main ones under Java's names, see run-result.ts. Absent where no counted run has any. */
  metrics: z.record(z.string(), quantity).optional(),
  generator: z.object({
    cpuMicrosPerRecord: quantity,
    /**
     * See run-result.ts: there, cpuMicrosPerRecord is without it. Absent where a counted run does
     * not tell.
     */
    pacingMicrosPerRecord: quantity.optional(),
    eventLoopLagP99Ms: quantity,
    /** See run-result.ts. Absent where no counted run tells it. */
    ackDelayP50Ms: quantity.optional(),
    ackDelayP99Ms: quantity.optional(),
    rssMiB: quantity,
  }),
  /** The machine beside the runs, see run-result.ts. Absent where no counted run has any. */
  canary: z.object({ cpuMs: quantity, sinkRecordsPerSecond: quantity }).optional(),
  /** The gates that apply to the point. Absent where there are none. */
  thresholds: z.array(thresholdOutcomeSchema).optional(),
  /** Absent where no precision was asked for (--until-precise). */
  precision: z
    .object({
      /**
       * Half widths of 95 % intervals as shares of their medians: what was asked for, and the
       * widest of the point's metrics.
       */
      target: z.number(),
      /** Null with fewer than 6 valid runs, or where a metric has no figure. */
      halfWidth: z.number().nullable(),
      /** The metric that is the widest. */
      metric: z.string(),
      reached: z.boolean(),
      /**
       * About how many more valid runs it would take; 0 once reached, null where that cannot be
       * told.
       */
      moreRuns: z.number().int().nullable(),
    })
    .optional(),
  /**
   * `code: message` of every distinct reason over the runs, with how many runs have it; and the
   * severity, where one code has two.
   */
  verdicts: z.array(z.string()),
});

export const summarySchema = z.object({
  schema: z.literal(SUMMARY_SCHEMA),
  name: z.string(),
  points: z.array(summaryPointSchema),
});

export type Quantity = z.infer<typeof quantitySchema>;
export type AuditTotals = z.infer<typeof auditTotals>;
export type SummaryPoint = z.infer<typeof summaryPointSchema>;
export type Summary = z.infer<typeof summarySchema>;
