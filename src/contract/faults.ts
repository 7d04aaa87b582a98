// What is broken on purpose while a run is measured, and what came of it. The plan carries
// `FaultSettings`, a run's result the events and the recovery from each fault. Plain data.
import { z } from 'zod';
import { codeOrLater } from './later.js';

/** Whom a fault hits. `leader`, `follower`: of the run's topic, partition 0, when it is due. */
export type FaultTarget =
  | { readonly kind: 'broker' | 'zookeeper'; readonly id: number }
  | { readonly kind: 'leader' | 'follower' | 'controller' | 'zookeepers' | 'all' };

/** What a relay in front of a broker does to the bytes of all its clients. */
export interface NetworkEffect {
  /** Each way, more or less by at most `jitterMs`; the order of bytes stays. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Each way, of all connections together; null for no limit. */
  readonly bytesPerSecond: number | null;
  /** No byte passes, connections stay. */
  readonly cut: boolean;
  /** What clients send arrives, what the broker answers does not. */
  readonly halfOpen: boolean;
  /** Connections are reset, and while it lasts new ones are refused. */
  readonly reset: boolean;
}

interface At {
  /** From the start of the measured part. */
  readonly atMs: number;
}

export interface KillFault extends At {
  readonly kind: 'kill' | 'stop';
  readonly target: FaultTarget;
  /** So long after `atMs`; null: not in this run. */
  readonly restartAfterMs: number | null;
}

export interface PauseFault extends At {
  readonly kind: 'pause';
  readonly target: FaultTarget;
  readonly forMs: number;
}

export interface NetworkFault extends At {
  readonly kind: 'network';
  readonly target: FaultTarget;
  readonly effect: NetworkEffect;
  /** Null for a reset of what is connected at that instant. */
  readonly forMs: number | null;
}

export interface RunFault extends At {
  readonly kind: 'run';
  readonly run: readonly string[];
  /** Undoes it `forMs` later, or once the run has ended. */
  readonly after: readonly string[] | null;
  readonly forMs: number | null;
  /** Of each of the two programs. */
  readonly timeLimitMs: number;
}

/** A consumer group (the first) gets a member more, or loses one: by leaving, or by its death. */
export interface MemberFault extends At {
  readonly kind: 'member';
  readonly member: MemberChange;
}

export type MemberChange = 'add' | 'remove' | 'kill';

export type FaultSettings = KillFault | PauseFault | NetworkFault | RunFault | MemberFault;

/** How long a fault lasts by the plan; null where nothing in the run ends it. */
export function plannedSpanMs(fault: FaultSettings): number | null {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
      return fault.restartAfterMs;
    case 'pause':
      return fault.forMs;
    case 'network':
      return fault.forMs ?? 0;
    case 'run':
      return fault.after === null ? (fault.forMs ?? 0) : fault.forMs;
    case 'member':
      return 0;
  }
}

/** Whether the clients of a sweep are to come by way of relays. */
export function hasNetworkFaults(plan: {
  readonly points: readonly {
    readonly settings: { readonly faults?: readonly FaultSettings[] };
  }[];
}): boolean {
  return plan.points.some(({ settings }) =>
    settings.faults?.some(({ kind }) => kind === 'network'),
  );
}

export const faultActions = [
  ...(['kill', 'stop', 'pause', 'network', 'run', 'member'] as const),
  /** What ends them. */
  ...(['start', 'resume', 'heal', 'after'] as const),
] as const;

const count = z.number().int().min(0);

/** Times in ms from the start of the measured part. */
export const faultEventSchema = z.object({
  /** Of the point's faults, from 0. */
  fault: count,
  /** When it was due, and when it was begun. */
  plannedMs: z.number(),
  atMs: z.number(),
  action: codeOrLater(faultActions),
  /** Whom it hit in the end: `broker 2`; or the program. */
  target: z.string(),
  /** Null where it did not come to its end, or did not succeed. */
  doneAtMs: z.number().nullable(),
  note: z.string(),
  /** Of a program: null where a signal or its time limit ended it. */
  exitCode: z.number().int().nullable().optional(),
  output: z.string().optional(),
});

const ms = z.number().nullable();

/** What a fault did to the load, and how long it took to be over. */
export const faultRecoverySchema = z.object({
  fault: count,
  /** As the YAML says it: `kill leader`. */
  label: z.string(),
  atMs: z.number(),
  /** When what it did was undone; null: not before the run's end. */
  endMs: ms,
  /**
   * The longest time in which something was waited for and no acknowledgement came, over all
   * partitions and of the worst one. Null: too short to be told.
   */
  longestGapMs: ms,
  longestPartitionGapMs: ms,
  /** The partitions that waited longest, worst first. */
  partitions: z.array(z.object({ partition: count, longestGapMs: z.number() })),
  /**
   * The longest time in which a consumer (the reader, or a whole group; of several the worst)
   * received nothing. Null: too short to be told. Absent without consumers.
   */
  consumerPauseMs: ms.optional(),
  /** Of the latency that intervals show; merged from whole intervals. */
  p99Ms: z.object({ before: ms, during: ms, after: ms }),
  /**
   * From `atMs` until p99 was back within twice its value before, to an interval (a second). Null:
   * not in this run, or there was nothing before to hold it against.
   */
  recoveredMs: ms,
  /** From `atMs` until then, or until its effect ended. */
  errors: z.array(z.object({ name: z.string(), records: count })),
  recordRetries: count,
  connectionsLost: count,
  leaderChanges: count,
});

export type FaultEvent = z.infer<typeof faultEventSchema>;
export type FaultRecovery = z.infer<typeof faultRecoverySchema>;
