// What a run's consumers measured (`consumers:` in a sweep): end-to-end times, lag, what was not
// received and why. Part of runs/NNNN.json; absent where nothing consumed. Written by
// workloads/consumers, read by report. Times in ms from the measured start; warm-up is in nothing.
import { z } from 'zod';
import { latencySchema } from './latency.js';
import { codeOrLater, withLaterSections } from './later.js';

const count = z.number().int().min(0);

/** Why a record that was acknowledged has no end-to-end time. */
export const dropReasons = [
  'unread', // still in the log when the wait for it was over
  'undecided', // behind a transaction that was open when the wait was over
  'gone', // deleted by retention before it was read
  'unreadable', // in a batch that cannot be taken apart
  'not-in-log', // read to the end, and it was not there
  'time-forgotten', // closed loop: received so late that its sent time is not kept any more
] as const;

/**
 * From the intended time (open loop) or the sent time (closed loop) of a record to its reception.
 * `negative` are kept, as 0: clocks that differ by so much as `clockErrorMs` can make them.
 */
export const endToEndSchema = latencySchema.extend({
  kept: count,
  dropped: count,
  negative: count,
  clockErrorMs: z.number(),
});

export const consumerIntervalSchema = z.object({
  atMs: z.number(),
  durationMs: z.number(),
  /** By the time of reception; copies of a record are not among them. */
  received: count,
  p50: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
  /** Offsets behind the end of the log at the interval's end; null before anything is known. */
  lag: z.number().nullable(),
  /** By partition, where there are not too many. */
  partitionLags: z.array(z.number().nullable()).optional(),
});

export const backlogSchema = z.object({
  startedAtMs: z.number(),
  records: count,
  caughtUpAtMs: z.number().nullable(),
  /** Received a second until then, what came meanwhile included. */
  recordsPerSecond: z.number().nullable(),
});

/** One group, or a reader: whoever reads all of the log once. */
const stream = z.object({
  /** Null where nothing was kept. */
  endToEndMs: endToEndSchema.nullable(),
  /** That are to be seen: acknowledged ones, without those of aborted transactions. */
  expected: count,
  kept: count,
  negative: count,
  dropped: z.array(z.object({ reason: codeOrLater(dropReasons), records: count })),
  /** Further receptions of a record, and records of others. */
  duplicated: count,
  foreign: count,
  /**
   * Records of the run by other agents' workers, warm-up and copies too, left out: when they were
   * due stands on other clocks. Absent: none came.
   */
  elsewhere: count.optional(),
  /** The largest lag while records were sent, and what it was at the end of that. */
  maxLag: z.number().nullable(),
  endLag: z.number().nullable(),
  /** The longest time without a record while records were sent; null where none came. */
  longestPauseMs: z.number().nullable(),
  longestPauseAtMs: z.number().nullable(),
  /** After the last acknowledgement, until all was received or given up. */
  drainMs: z.number(),
  /** With startAfter. Null: not caught up in this run. */
  backlog: backlogSchema.optional(),
  intervals: z.array(consumerIntervalSchema),
});

/** Who joined, left, was killed or reassigned. */
export const groupEventSchema = z.object({ atMs: z.number(), member: count, what: z.string() });

/** One of several readers of the whole log, with its members. */
const group = stream.extend({
  name: z.string(),
  members: count,
  /** In order of time. */
  events: z.array(groupEventSchema),
});

const consumers = stream.extend({
  kind: codeOrLater(['reader', 'group']),
  isolation: codeOrLater(['read_uncommitted', 'read_committed']),
  /** CPU of consuming for one record, and the busy share of its thread; null where not known. */
  cpuMicrosPerRecord: z.number().nullable(),
  threadUtilisation: z.number().nullable(),
  /**
   * Of kind group. What stands beside it is over all of them (and all agents' readers or groups),
   * intervals those of the slowest.
   */
  groups: z.array(group).optional(),
  driver: z.string().optional(),
});

/** What the consumers of one of several agents received, in that agent's own figures. */
export const agentConsumersSchema = z.object({
  endToEndP50Ms: z.number().nullable(),
  endToEndP99Ms: z.number().nullable(),
  kept: count,
  /** Of other agents' records: see above. */
  elsewhere: count,
});

export const consumersSchema = withLaterSections(consumers);

export type Consumers = z.infer<typeof consumersSchema>;
export type ConsumedGroup = z.infer<typeof group>;
export type ConsumedStream = z.infer<typeof stream>;
export type ConsumerInterval = z.infer<typeof consumerIntervalSchema>;
export type DropReason = (typeof dropReasons)[number];
