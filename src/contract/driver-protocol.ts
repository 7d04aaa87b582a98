// What kbench and a driver say to each other, one JSON object a line: the driver's stdin and
// stdout. docs/drivers.md tells it to authors of drivers. Times are milliseconds from the agreed
// start of the phase; the start itself is nanoseconds of CLOCK_MONOTONIC, as text.
import { z } from 'zod';
import type { Scalar, SecuritySettings } from './settings.js';

export const DRIVER_PROTOCOL = 1;

/**
 * The limits of the contract, in ms. docs/drivers.md tells them and drivers in other languages
 * write `answersMs` down again: a test holds both to what stands here.
 */
export const DRIVER_TIMES = {
  /** From its start until `hello`: a JVM compiles its source first, on a machine that is busy. */
  helloMs: 60_000,
  /** From `hello` until `ready`: connecting, and metadata. max.block.ms of Java is as long. */
  readyMs: 90_000,
  /** Within a phase: progress is due four times a second. */
  silentMs: 30_000,
  /** What a driver that was asked to stop waits for answers at most. */
  answersMs: 3_000,
  /** From the end of its stdin until `result`, where it was asked to stop. */
  resultMs: 4_500,
  /** From the end of its stdin until its own end; then its process group is killed. */
  endMs: 5_000,
} as const;

export type PhaseName = 'warmup' | 'measured';

/** How long a phase is; exactly one of the two is not null. In an open loop always `records`. */
export interface DriverPhase {
  /** Of this worker. */
  readonly records: number | null;
  readonly durationMs: number | null;
  /** What is not sent by then is given up; null: never. Open loops of a duration have it. */
  readonly giveUpMs: number | null;
}

/** The first line to a driver. */
export interface DriverSpec {
  readonly type: 'spec';
  readonly protocol: number;
  readonly bootstrap: readonly string[];
  readonly topic: string;
  /** Java's names, numbers in bytes and ms: what the sweep gives, and Java's defaults of the rest
   * that matters. */
  readonly settings: Readonly<Record<string, Scalar>>;
  /** TLS and SASL by Java's names, secrets resolved; null: plaintext. */
  readonly security: SecuritySettings | null;
  readonly worker: number;
  readonly workers: number;
  /** Record i of this worker is due at start + firstMs + i * gapMs; null: closed loop. */
  readonly due: { readonly firstMs: number; readonly gapMs: number } | null;
  /** Files of lengths (int32, big-endian; -1: null) each followed by so many bytes. Record i of a
   * phase has value i mod the file's count, and key likewise. */
  readonly values: string;
  /** Null: null keys. */
  readonly keys: string | null;
  /** Where values are stamped: for an audit, or for consumers beside the run. */
  readonly audit: {
    readonly run: number;
    /** To be written before `result`: one byte a sequence number, see OUTCOMES. */
    readonly outcomes: string;
  } | null;
  readonly warmup: DriverPhase | null;
  readonly measured: DriverPhase;
  /** Length of an interval. */
  readonly intervalMs: number;
}

/** Opens a phase. The end of stdin asks to stop. */
export interface DriverStart {
  readonly type: 'start';
  readonly phase: PhaseName;
  readonly atNs: string;
}

/** What an outcome file's byte says of a record. `none`: sent, and its outcome was never told. */
export const OUTCOMES = {
  none: 0,
  acknowledged: 1,
  /** It failed, and no attempt of it can have been stored. */
  refused: 2,
  /** It failed, and an attempt of it may have been stored. */
  unknown: 3,
} as const;

const count = z.number().int().min(0);
const ms = z.number();
const text = z.string().max(4000);

/** HdrHistogram V2, compressed, base64, of microseconds; the extremes are exact. */
const histogram = z.object({
  encoded: z.string(),
  count,
  minMicros: z.number().int().min(0),
  maxMicros: z.number().int().min(0),
});
export type DriverHistogram = z.infer<typeof histogram>;

export const driverHelloSchema = z.object({
  type: z.literal('hello'),
  protocol: z.number().int(),
  name: text,
  version: text,
  notHonoured: z.array(z.object({ name: text, why: text })).default([]),
});

const ready = z.object({
  type: z.literal('ready'),
  /** Of CLOCK_MONOTONIC, now: a driver with another clock is found out. */
  nowNs: z.string().regex(/^\d{1,20}$/),
});

const counters = { sent: count, acked: count, failed: count };

const progress = z.object({ type: z.literal('progress'), ...counters });

const interval = z.object({
  type: z.literal('interval'),
  index: count,
  durationMs: z.number().min(0),
  ...counters,
  /** Failed records by the names of Kafka's errors. */
  errors: z.record(z.string(), count).default({}),
  /** Response (open loop) or service times of what was acknowledged in it. */
  histogram: histogram.nullable(),
});

const done = z.object({
  type: z.literal('done'),
  phase: z.literal('warmup'),
  /** Records that it had; left out: as many as were asked for. */
  sent: count.optional(),
});

export const driverResultSchema = z.object({
  type: z.literal('result'),
  ...counters,
  /** Of the acknowledged records' values. */
  valueBytes: count,
  firstAckMs: ms.nullable(),
  lastAckMs: ms.nullable(),
  lastSentMs: ms.nullable(),
  /** When sending was over, also where it could send nothing any more. */
  endedMs: ms,
  /** Time in which it could not hand a record over, as the client's buffer was full. */
  blockedMs: z.number().min(0).default(0),
  histograms: z.object({
    response: histogram.nullable(),
    service: histogram.nullable(),
    delay: histogram.nullable(),
  }),
  errors: z.array(z.object({ name: text, message: text, records: count })).default([]),
  /** Pairs: since when, and for how long, something was waited for and nothing acknowledged. */
  silences: z.array(z.tuple([ms, z.number().min(0)])).optional(),
  /** What the client counts of the measured part. */
  totals: z
    .object({
      batches: count.optional(),
      requests: count.optional(),
      batchBytes: count.optional(),
      retries: count.optional(),
    })
    .default({}),
  /** User + system time, where the driver knows better than /proc. */
  cpuMs: z.number().min(0).optional(),
  rssMiB: z.number().min(0).optional(),
});
export type DriverResult = z.infer<typeof driverResultSchema>;
export type DriverInterval = z.infer<typeof interval>;
export type DriverHello = z.infer<typeof driverHelloSchema>;

const fatal = z.object({ type: z.literal('fatal'), message: text, remedy: text.optional() });

export const driverMessageSchema = z.discriminatedUnion('type', [
  driverHelloSchema,
  ready,
  progress,
  interval,
  done,
  driverResultSchema,
  fatal,
]);
export type DriverMessage = z.infer<typeof driverMessageSchema>;
