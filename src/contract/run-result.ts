// runs/NNNN.json: what one run measured. Written by workloads (through sweep's store), read by
// report. Versioned by `schema`.
import { z } from 'zod';
import { faultEventSchema, faultRecoverySchema } from './faults.js';
import { auditSchema } from './audit.js';
import { agentConsumersSchema, consumersSchema } from './consumers.js';
import { driverSchema } from './driver.js';
import { latencySchema } from './latency.js';
import { codeOrLater, withLaterSections } from './later.js';

export type { Latency } from './latency.js';

export const RUN_SCHEMA = 'kbench/run@1';

const count = z.number().int().min(0);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

/**
 * What became of a run's transactions. Records of aborted ones are acknowledged too: consumers that
 * read committed records do not see them.
 */
export const transactionsSchema = z.object({
  /**
   * `failed` ended otherwise than meant: by the abort that an error asks for, or not at all. The
   * other three make up `begun`.
   */
  begun: count,
  committed: count,
  aborted: count,
  failed: count,
  /** Acknowledged records by what became of their transaction; together the run's records.acked. */
  recordsCommitted: count,
  recordsAborted: count,
  /** Over the time from the agreed start to the end of the last transaction. */
  committedRecordsPerSecond: z.number(),
  /**
   * From the call of commitTransaction (abortTransaction, the flush before it included) to its end.
   */
  commitLatencyMs: latencySchema.nullable(),
  abortLatencyMs: latencySchema.nullable(),
  /**
   * Share of the measured time in which a worker waited for the end of a transaction, 0 to 1 (mean
   * over workers).
   */
  endingShare: z.number(),
});

/**
 * Values under Java's producer metrics' names (producer-core/metrics-table.ts says what each is);
 * null where nothing was recorded. Over all workers: totals, rates and gauges are sums, averages
 * are over all that was recorded, maxima are the largest, shares of time are means.
 */
const metricsSchema = z.custom<Record<string, number | null>>(
  isMetrics,
  'must hold numbers and nulls',
);

/**
 * By hand: a report reads hundreds of thousands of these, and a record schema takes three times as
 * long.
 */
function isMetrics(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => each === null || typeof each === 'number');
}

/**
 * One slice of the measured time, about a second. Times in ms from its start; latencies in ms
 * (service when closed loop).
 */
export const intervalSchema = z.object({
  atMs: z.number(),
  durationMs: z.number(),
  sent: count,
  acked: count,
  failed: count,
  p50: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
  /** Those that tell something within seconds. Empty in results of older versions. */
  metrics: metricsSchema.default({}),
  /** Records that failed in it, by cause. Absent where none did. */
  errors: z.record(z.string(), count).optional(),
  /** What befell connections and batches in it. Absent where nothing did. */
  events: z
    .object({ recordRetries: count, connectionsLost: count, leaderChanges: count })
    .optional(),
});

/**
 * Why a run must not be trusted (`invalid`) or must be read with care (`warning`). Each has its
 * advice in report/verdicts.
 */
export const verdictCodes = [
  'generator-saturated', // it could not send on time, or was itself the limit
  'event-loop-lag', // sockets waited, so acks were timed late
  'gc-pause', // the garbage collector stood in the way
  'clock-jump', // the wall clock and the monotonic clock parted
  'cpu-throttled', // a quota of the container kept the client from running
  'agents-uneven', // an agent's rate was another than its share of the whole
  'agents-apart', // agents did not begin together
  'errors', // records failed
  'backlog-growing', // open loop: the broker did not keep up, latencies depend on the run's length
  // buffer.memory holds fewer batches than there are partitions: appends waited for it, not for the
  // broker
  'buffer-memory',
  'outage', // the cluster, or a part of it, did not answer for a while: what happened counts
  'driver-behind', // another client than the core could not send at the rate
  'no-records', // nothing was acknowledged in the measured part
  'consumer-lag', // consumers did not keep up: end-to-end times depend on the run's length
  'target-embedded', // figures describe kbench, not Kafka
] as const;

export const severities = ['invalid', 'warning'] as const;

export const verdictReasonSchema = z.object({
  code: codeOrLater(verdictCodes),
  severity: codeOrLater(severities),
  message: z.string(),
  /** What to do, where the cause asks for other advice than the code's (report/verdicts). */
  advice: z.string().optional(),
  /**
   * How many times the limit: the worst run is the one that reports quote. Absent in older results.
   */
  size: z.number().optional(),
});

/** A time in which the cluster did not acknowledge, in ms from the measured start. */
export const outageSchema = z.object({
  atMs: z.number(),
  forMs: z.number(),
  /** Others were acknowledged meanwhile: a part of the cluster did not answer. */
  partial: z.boolean(),
  /** It lies within what a fault of the plan was to do. */
  asked: z.boolean().optional(),
});

/** Whether the cluster was there all the time. Absent in results of older versions. */
export const continuitySchema = z.object({
  /**
   * The longest time in which something was waited for and no worker got an acknowledgement (with
   * acks=0: wrote anything), and since when. The time until the first one and after the last one
   * count. Null: too short to be told (some milliseconds).
   */
  longestGapMs: z.number().nullable(),
  longestGapAtMs: z.number().nullable(),
  /** The longest that one batch waited for its outcome, from its first record on. */
  longestWaitMs: z.number(),
  longestWaitAtMs: z.number(),
  /**
   * Closed by the other side, reset, or without an answer in time; idle ones are not among them.
   */
  connectionsLost: count,
  /** Attempts to connect that led to no usable connection. */
  connectionsFailed: count,
  /** Partitions that got another leader than their last one. */
  leaderChanges: count,
  /** Records sent again. */
  recordRetries: count,
  /**
   * Gaps that slowness does not explain; workloads/continuity.ts has the rule. In order of time.
   */
  outages: z.array(outageSchema),
});

const achievedSchema = z.object({
  batchBytes: z.number(),
  recordsPerBatch: z.number(),
  recordsPerRequest: z.number(),
  requestsPerSecond: z.number(),
  /**
   * Mean number of requests in flight over the connections (worker and broker) that records were
   * sent on, weighted by time.
   */
  inFlight: z.number(),
  compressionRatio: z.number(),
  /**
   * Share of the measured time in which the generator waited for buffer.memory, 0 to 1 (mean over
   * workers).
   */
  bufferWaitShare: z.number(),
  batches: count,
  requests: count,
  retries: count,
});

/** Everything but what a failed run cannot have. */
const measurement = z.object({
  /**
   * The time that rates are divided by; workloads/rate-window.ts has the rule. Open loop: the
   * schedule's, from the first due time to the end of the last gap. Closed loop: from the agreed
   * start to the last acknowledgement.
   */
  measuredMs: z.number(),
  /**
   * How long after the schedule's end the last acknowledgement came. Absent in a closed loop and in
   * older results.
   */
  drainMs: z.number().optional(),
  /**
   * Warm-up excluded. `sent` were handed to the producer; `acked` + `failed` = `sent` once the run
   * has drained.
   */
  records: z.object({ sent: count, acked: count, failed: count }),
  /**
   * Acknowledged records (those of aborted transactions too), and their value bytes in MiB, a
   * second.
   */
  throughput: z.object({ recordsPerSecond: z.number(), mebibytesPerSecond: z.number() }),
  /** Open loop: all three. Closed loop has no intended time, so `service` only. */
  latencyMs: z.object({
    response: latencySchema.nullable(),
    service: latencySchema.nullable(),
    delay: latencySchema.nullable(),
  }),
  /**
   * What came about, beside what was configured. Means over the measured part. What another client
   * than the core does not tell is absent.
   */
  achieved: achievedSchema.partial(),
  /**
   * Over the measured part, its drain included; rates over measuredMs; gauges are means of what
   * they were at the intervals' ends.
   */
  metrics: metricsSchema.default({}),
  /** Null where records were sent outside of transactions. */
  transactions: transactionsSchema.nullable().default(null),
  generator: z.object({
    /**
     * CPU of the client for one acknowledged record; see cpuSource. Without what the pacing took,
     * where pacingMicrosPerRecord is there; else (older results of open loops, platforms that do
     * not tell a thread's CPU) with it.
     */
    cpuMicrosPerRecord: z.number(),
    /**
     * CPU of waiting for due times, for one acknowledged record; 0 in a closed loop
     * (workloads/pacing-meter).
     */
    pacingMicrosPerRecord: z.number().optional(),
    /**
     * `process`: user + system time of the whole process. `threads`: of the workers' threads
     * (embedded target). `driver`: of the processes of another client.
     */
    cpuSource: codeOrLater(['process', 'threads', 'driver']),
    /** Busy share of the busiest worker's thread, 0 to 1. */
    threadUtilisation: z.number(),
    /** This and `gc` are absent where another client took the load. */
    eventLoopLagMs: z.object({ p50: z.number(), p99: z.number(), max: z.number() }).optional(),
    /**
     * What the workers' event loops may have added to the time of an answer, as probes at random
     * times met it (workloads/measure/ack-delay). Absent in older results and of other clients.
     */
    ackDelayMs: z
      .object({ p50: z.number(), p99: z.number(), max: z.number(), probes: count })
      .optional(),
    gc: z.object({ count, totalMs: z.number(), maxMs: z.number() }).optional(),
    /** Peak resident set of the whole process so far. */
    rssMiB: z.number(),
    pacing: codeOrLater(['none', 'auto', 'spin']),
    /** Open loop; absent in older results, which are all of `java`. See Timing in settings.ts. */
    timing: codeOrLater(['java', 'none']).optional(),
  }),
  continuity: continuitySchema.optional(),
  /** One entry for each fault that was begun. Absent where the point has none. */
  recovery: z.array(faultRecoverySchema).optional(),
  /** Failed records by cause. */
  errors: z.array(z.object({ name: z.string(), message: z.string(), records: count })),
  intervals: z.array(intervalSchema),
  verdict: z.object({ valid: z.boolean(), reasons: z.array(verdictReasonSchema) }),
});

export const measurementSchema = withLaterSections(measurement);

/**
 * Two fixed pieces of work, the same in every run of every sweep; comparable between results of the
 * same `version` only.
 */
export const canarySchema = z.object({
  version: z.number().int(),
  /** Wall time of a fixed loop of arithmetic on one thread. */
  cpuMs: z.number(),
  /**
   * Acknowledged records a second of a fixed load to an embedded cluster of its own: client,
   * loopback and threads, no Kafka.
   */
  sinkRecordsPerSecond: z.number(),
});

/** One agent's part of a run that several machines or processes made as one. */
export const agentSchema = z.object({
  name: z.string(),
  host: z.string(),
  cpus: count,
  /** Its monotonic clock less the coordinator's at the start; null where it was not measured. */
  clockOffsetMs: z.number().nullable(),
  /** Half of the least round trip: the offset is off by this at most. */
  clockErrorMs: z.number().nullable(),
  /** By how many millionths its clock was faster during the run. Null where it cannot be told. */
  clockDriftPpm: z.number().nullable(),
  /** When it began less the agreed instant, on the coordinator's clock; null before it began. */
  startSkewMs: z.number().nullable(),
  records: z.object({ sent: count, acked: count, failed: count }),
  /** Of the run's workers, its own as a share of 1. */
  share: z.number(),
  /** Over its own measured time. */
  recordsPerSecond: z.number(),
  /** Response of an open loop, service of a closed one. */
  latencyP50Ms: z.number().nullable(),
  latencyP99Ms: z.number().nullable(),
  cpuMicrosPerRecord: z.number().nullable(),
  /** By a CPU quota; null where it is not told. */
  throttledMs: z.number().nullable(),
  /** Absent where nothing consumed. */
  consumers: agentConsumersSchema.optional(),
  /** On its share alone. */
  verdict: z.object({ valid: z.boolean(), reasons: z.array(verdictReasonSchema) }),
});

export const runStatuses = ['completed', 'stopped', 'failed'] as const;

const runResult = z.object({
  schema: z.literal(RUN_SCHEMA),
  /**
   * The plan's id, and settingsHash of all the point's settings: a run counts in the folder that it
   * was made for alone.
   */
  plan: z.string().optional(),
  settingsHash: z.string().optional(),
  run: z.string(),
  point: z.string(),
  repeat: z.number().int().min(1),
  block: z.number().int().min(1),
  seed: z.number(),
  /** The swept settings of the point. */
  config: z.record(z.string(), scalar),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  topic: z.string(),
  /** `stopped`: ended early by the user; what was measured until then is there. */
  status: codeOrLater(runStatuses),
  /**
   * How fast this machine was just before the run: tells a slow machine from a slow product. Null
   * where it was not measured.
   */
  canary: canarySchema.nullable().default(null),
  /** Those that made the run together, in the order of their shares; absent for one process. */
  agents: z.array(agentSchema).optional(),
  /** Null unless failed. */
  failure: z.object({ message: z.string(), remedy: z.string().optional() }).nullable(),
  /**
   * Null when the run failed before it measured anything. A failed run may have one in which
   * nothing was acknowledged.
   */
  measurement: measurementSchema.nullable(),
  /** What was broken on purpose, in order of time. Absent where nothing was. */
  faults: z.array(faultEventSchema).optional(),
  /** What consumers measured meanwhile; absent where nothing consumed. */
  consumers: consumersSchema.optional(),
  /** The client that took the load, where it was not kbench's own producer. */
  driver: driverSchema.optional(),
  /** What became of every record; absent where the run was not audited. */
  audit: auditSchema.optional(),
  /** Why there is no audit where one was asked for. */
  notAudited: z.object({ message: z.string(), remedy: z.string().optional() }).optional(),
});

export const runResultSchema = withLaterSections(runResult);

export type Outage = z.infer<typeof outageSchema>;
export type Continuity = z.infer<typeof continuitySchema>;
export type Interval = z.infer<typeof intervalSchema>;
export type VerdictCode = (typeof verdictCodes)[number];
export type VerdictReason = z.infer<typeof verdictReasonSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
export type AgentResult = z.infer<typeof agentSchema>;
export type Canary = z.infer<typeof canarySchema>;
export type RunResult = z.infer<typeof runResultSchema>;
