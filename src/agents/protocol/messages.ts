// What coordinator and agents say to each other, each message checked when it comes in. A message
// names plain data only: plans and references, never code and never a secret.
import { z } from 'zod';
import {
  agentConsumersSchema,
  backlogSchema,
  consumerIntervalSchema,
  groupEventSchema,
} from '../../contract/consumers.js';
import { driverHelloSchema, driverResultSchema } from '../../contract/driver-protocol.js';
import { CLIENTS } from '../../contract/driver.js';
import { verdictReasonSchema } from '../../contract/run-result.js';
import type { RunSpec } from '../../contract/run-spec.js';
import { MOST_PAUSES } from '../../workloads/consumers/stream-meter.js';
import type { IntervalPart } from '../../workloads/measure/tracker.js';
import type { AnyResult } from '../../workloads/share-outcome.js';
import { PHASES } from '../../workloads/threads/shared-state.js';
import { MOST_EVENTS, MOST_INTERVALS, MOST_STREAMS } from './consumed-parts.js';
import { FrameError } from './frames.js';

/** Goes up when a message changes its meaning. Beside it kbench's own version must be the same. */
export const PROTOCOL = 3;

const MAX_NAME = 100;
const MAX_TEXT = 64 * 1024;
const name = z
  .string()
  .regex(/^[\w.:@-]+$/)
  .max(MAX_NAME);
const text = z.string().max(MAX_TEXT);
const count = z.number().int().min(0);
const ms = z.number().refine(Number.isFinite);
const nonce = z.string().regex(/^[0-9a-f]{32}$/);
const proof = z.string().regex(/^[0-9a-f]{64}$/);

/** Where an agent runs, as base/process-identity tells it. */
const hostSchema = z.object({
  host: z.string().max(300),
  boot: z.string().max(100),
  pidNamespace: z.string().max(100),
  machine: z.string().max(100).optional(),
});

export const helloSchema = z.object({
  kind: z.literal('hello'),
  protocol: count,
  kbench: z.string().max(100),
  name,
  /** Of this process alone: tells an agent that is back from another of its name. */
  instance: nonce,
  nonce,
  /** Absent where the agent has no token. */
  proof: proof.optional(),
  host: hostSchema,
  cpus: count,
  node: z.string().max(100),
});
export type Hello = z.infer<typeof helloSchema>;

const failureSchema = z.object({ message: text, remedy: text.optional() });
const meeting = z.union([z.literal(0), z.literal(1)]);

const verdictSchema = z.object({
  valid: z.boolean(),
  reasons: z.array(verdictReasonSchema).max(100),
});

/** An agent's own figures of its share, as it would tell them of a run. */
export const shareFiguresSchema = z.object({
  measuredMs: z.number(),
  records: z.object({ sent: count, acked: count, failed: count }),
  recordsPerSecond: z.number(),
  latencyP50Ms: z.number().nullable(),
  latencyP99Ms: z.number().nullable(),
  cpuMicrosPerRecord: z.number(),
  consumers: agentConsumersSchema.optional(),
  verdict: verdictSchema,
});
export type ShareFigures = z.infer<typeof shareFiguresSchema>;

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const histogram = z.object({
  bytes,
  count,
  minMicros: z.number().or(z.literal(Infinity)),
  maxMicros: z.number(),
});
/** Infinite ages and maxima are numbers, too. */
const numbers = z.custom<Readonly<Record<string, number>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => typeof each === 'number'),
);
const metricWindow = z.object({
  producerMs: z.number(),
  producers: count,
  totals: numbers,
  maxima: numbers,
  gauges: numbers,
});
const intervalPart = z.object({
  worker: count,
  index: count.max(10_000_000),
  durationMs: z.number(),
  sent: count,
  acked: count,
  failed: count,
  failures: z.record(z.string().max(200), count),
  metrics: metricWindow.nullable(),
  latency: histogram,
});
const packedGaps = z.looseObject({
  gaps: z.custom<Float64Array>((value) => value instanceof Float64Array),
});
const workerResult = z.looseObject({
  worker: count,
  beganAtMs: z.number(),
  records: z.object({ sent: count, acked: count, failed: count }),
  ackedValueBytes: z.number(),
  gaps: packedGaps,
  partitionGaps: z.array(z.object({ partition: count, gaps: packedGaps })),
  latencies: z.object({
    response: histogram.nullable(),
    service: histogram,
    delay: histogram.nullable(),
  }),
  metrics: metricWindow,
  health: z.looseObject({
    ...{ spanMs: z.number(), lag: histogram, ackDelay: histogram.optional() },
  }),
  failures: z.array(z.object({ name: text, message: text, records: count })).max(1000),
  intervals: count,
});

const usage = z.object({ cpuMs: z.number(), rssMiB: z.number() }).nullable();
const workerReport = z.object({
  ...{ hello: driverHelloSchema, result: driverResultSchema },
  ...{ startupMs: z.number(), beganAtMs: z.number(), usage: z.tuple([usage, usage, usage]) },
});

const MOST_WORKERS = 64;

const ledgerPart = z.discriminatedUnion('part', [
  z.object({ part: z.enum(['outcomes', 'fates']), worker: count, bytes }),
  z.object({
    ...{ part: z.literal('places'), worker: count, sent: count, entries: count },
    ...{ doubles: bytes, words: bytes },
  }),
]);

const MOST_PARTITIONS_TOLD = 64;
const consumedPart = z.discriminatedUnion('part', [
  z.object({
    ...{ part: z.literal('intervals'), stream: count.max(MOST_STREAMS - 1) },
    intervals: z
      .array(
        consumerIntervalSchema.extend({
          partitionLags: z.array(z.number().nullable()).max(MOST_PARTITIONS_TOLD).optional(),
        }),
      )
      .max(MOST_INTERVALS)
      .readonly(),
  }),
  z.object({
    ...{ part: z.literal('events'), stream: count.max(MOST_STREAMS - 1) },
    events: z
      .array(groupEventSchema.extend({ what: text }))
      .max(MOST_EVENTS)
      .readonly(),
  }),
]);

const streamCounts = z.object({
  ...{ kept: count, negative: count, duplicated: count, foreign: count, elsewhere: count },
  untimed: count,
});
const consumedStream = z
  .object({
    ...{ endToEnd: histogram, counts: streamCounts, gone: count, unreadable: count },
    ...{ backlog: backlogSchema.nullable(), unread: count, undecided: count },
    pauses: z
      .array(z.object({ atMs: z.number(), forMs: z.number() }))
      .max(MOST_PAUSES)
      .readonly(),
    drainMs: z.number().min(0),
    group: z.object({ name: z.string().max(1000), members: count }).optional(),
  })
  .refine(({ endToEnd, counts }) => endToEnd.count === counts.kept, 'counts what it has not kept');
/** Intervals and events come before it, in pieces. */
const consumedHead = z.object({
  isolation: z.enum(['read_uncommitted', 'read_committed']),
  clockErrorMs: z.number().min(0),
  streams: z.array(consumedStream).min(1).max(MOST_STREAMS).readonly(),
  cpuMs: z.number().nullable(),
  utilisation: z.number().nullable(),
});

const fromAgentSchema = z.discriminatedUnion('kind', [
  /** It goes, and not because anything broke: its last word. */
  z.object({ kind: z.literal('leaving'), reason: text }),
  z.object({ kind: z.literal('pong'), id: count, atMs: ms }),
  z.object({ kind: z.literal('arrived'), task: count, meeting }),
  z.object({
    kind: z.literal('progress'),
    task: count,
    phase: z.enum(PHASES),
    sent: count,
    acked: count,
    failed: count,
    fraction: z.number().nullable(),
    p99Ms: z.number().nullable(),
  }),
  z.object({ kind: z.literal('interval'), task: count, part: intervalPart }),
  z.object({
    kind: z.literal('measured'),
    task: count,
    /** Empty where it was stopped before the measured part; no intervals: they came before. */
    results: z.array(workerResult).max(MOST_WORKERS).or(z.array(workerReport).max(MOST_WORKERS)),
    throttled: z.object({ periods: z.number(), ms: z.number() }).nullable(),
    /** Null where nothing consumed, or nobody waited for it. */
    consumed: consumedHead.nullable(),
    /** When its last worker began, in ms of the agent's clock. */
    beganAtMs: ms.nullable(),
    /** Null as well where the run has faults: the agent does not know what was broken when. */
    figures: shareFiguresSchema.nullable(),
    stopped: z.boolean(),
  }),
  z.object({ kind: z.literal('ledger'), task: count, ledger: ledgerPart }),
  z.object({ kind: z.literal('consumed'), task: count, consumed: consumedPart }),
  /** Of a run with consumers: its workers are done, its consumers wait for all-produced. */
  z.object({ kind: z.literal('produced'), task: count }),
  z.object({
    kind: z.literal('changed'),
    task: count,
    id: count,
    /** Null where the member change was made. */
    failure: failureSchema.nullable(),
  }),
  z.object({
    kind: z.literal('failed'),
    task: count,
    failure: failureSchema,
    stopped: z.boolean(),
  }),
]);

type Parsed = z.infer<typeof fromAgentSchema>;
/** As checked, with the types of what measures (the schema looks at what the merge relies on). */
export type FromAgent =
  | Exclude<Parsed, { kind: 'interval' } | { kind: 'measured' }>
  | (Omit<Extract<Parsed, { kind: 'interval' }>, 'part'> & { readonly part: IntervalPart })
  | (Omit<Extract<Parsed, { kind: 'measured' }>, 'results'> & {
      readonly results: readonly AnyResult[];
    });

/** What an agent would start is looked at closely; the rest of a spec says what is sent. */
const driver = z.union([
  z.literal('core'),
  z.object({ kind: z.enum(CLIENTS), version: text.optional() }),
  z.object({ kind: z.literal('exec'), command: z.array(text).min(1).max(1000) }),
]);

/** A file that a run's settings name: an agent takes it only where its own is the very same. */
const namedFile = z.object({ path: text, sha256: proof, what: text });
export type NamedFile = z.infer<typeof namedFile>;

const toAgentSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('challenge'), nonce }),
  z.object({ kind: z.literal('welcome'), proof: proof.optional() }),
  z.object({ kind: z.literal('refused'), message: text, remedy: text.optional() }),
  z.object({ kind: z.literal('ping'), id: count }),
  z.object({
    kind: z.literal('run'),
    task: count,
    spec: z.looseObject({ run: z.string(), settings: z.looseObject({ driver }) }),
    files: z.array(namedFile).max(1000),
    /** The number that all stamps of the run carry, where values are stamped. */
    stamp: count,
  }),
  z.object({ kind: z.literal('start'), task: count, meeting, atMs: ms }),
  /** All agents have produced, and nothing is broken any more. */
  z.object({ kind: z.literal('all-produced'), task: count }),
  /** A fault: the first group's members change. Answered by `changed`. */
  z.object({
    ...{ kind: z.literal('member'), task: count, id: count },
    change: z.enum(['add', 'remove', 'kill']),
  }),
  z.object({ kind: z.literal('stop'), task: count, cause: z.enum(['user', 'failure']) }),
  z.object({ kind: z.literal('goodbye'), message: text }),
]);
type ParsedToAgent = z.infer<typeof toAgentSchema>;
export type ToAgent =
  | Exclude<ParsedToAgent, { kind: 'run' }>
  | (Omit<Extract<ParsedToAgent, { kind: 'run' }>, 'spec'> & { readonly spec: RunSpec });

/** Throws FrameError where a message is none of those. */
export const readHello = (message: unknown): Hello => checked(helloSchema, message);
export const readFromAgent = (message: unknown): FromAgent =>
  checked(fromAgentSchema, message) as unknown as FromAgent;
export const readToAgent = (message: unknown): ToAgent =>
  checked(toAgentSchema, message) as unknown as ToAgent;

function checked<T>(schema: z.ZodType<T>, message: unknown): T {
  const read = schema.safeParse(message);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new FrameError(
    `a message is not as it should be: ${issue.path.join('.')} ${issue.message}`,
  );
}
