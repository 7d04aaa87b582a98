// What consumes while a run produces, as run-consumers sees it, and what it tells in the end. A
// LogTail is one; tail-proxy.ts is one that lives in another thread.
import type { ConsumedGroup, Consumers, ConsumerInterval } from '../../contract/consumers.js';
import type { MemberChange } from '../../contract/faults.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { Isolation } from '../../reader/index.js';
import type { PackedHistogram } from '../measure/histogram.js';
import type { EndToEndCounts } from './end-to-end.js';

/** Plain data that can be cloned. */
export interface ConsumerTask {
  readonly spec: RunSpec;
  /** The number that the run's stamps carry. */
  readonly stamp: number;
  /** The buffer of the run's SharedState. */
  readonly shared: SharedArrayBuffer;
  /** Of a closed loop. */
  readonly sentTimes: SharedArrayBuffer | null;
}

export type Backlog = NonNullable<Consumers['backlog']>;

/** One consumer of the whole log. Times in ms from the measured start. */
export interface MeteredStream {
  readonly endToEnd: PackedHistogram;
  readonly counts: EndToEndCounts;
  /** Offsets that could not be read. */
  readonly gone: number;
  readonly unreadable: number;
  readonly backlog: Backlog | null;
  readonly intervals: readonly ConsumerInterval[];
  /** Times without a record, in order. */
  readonly pauses: readonly Pause[];
}

export interface Pause {
  readonly atMs: number;
  readonly forMs: number;
}

export interface StreamConsumed extends MeteredStream {
  /** Offsets that were still in the log; markers of transactions are among them. */
  readonly unread: number;
  /** Behind an open transaction. */
  readonly undecided: number;
  /** From the end of producing to the last reception. */
  readonly drainMs: number;
  /** Of a group. */
  readonly group?: GroupFacts;
}

export type GroupFacts = Pick<ConsumedGroup, 'name' | 'members' | 'events'>;

export interface Consumed {
  readonly isolation: Isolation;
  readonly clockErrorMs: number;
  /** One at least: each has read all of the log. */
  readonly streams: readonly StreamConsumed[];
  /** CPU of the thread over the measured part and its drain; null where it is not told. */
  readonly cpuMs: number | null;
  readonly utilisation: number | null;
}

export interface Consumer {
  /** In place: all that is produced from now on is received. Rejects where that cannot be. */
  begin(): Promise<void>;
  /** Rejects when it cannot go on, as soon as that is so; never resolves. */
  readonly failure: Promise<never>;
  /**
   * Nothing more is produced: waits for what is in the log, within limits, and gives what came.
   * Null where the measured part never began.
   */
  finish(): Promise<Consumed | null>;
  /** Of the first group. Rejects where there is none, or none left. */
  changeMember(change: MemberChange): Promise<void>;
  close(): Promise<void>;
}
