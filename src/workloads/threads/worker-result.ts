// What passes between the main thread and a run's workers: the task, the intervals under way, the
// outcome. Plain data that can be cloned.
import type { MessagePort } from 'node:worker_threads';
import type { PackedLedger } from '../audit/ledger.js';
import type { PackedGaps } from '../measure/ack-gaps.js';
import type { PackedPartitionGaps } from '../measure/partition-gaps.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { MetricWindow } from '../../producer-core/harness.js';
import type { Health } from '../measure/health.js';
import type { LoadedPayload } from '../payload/file/load-payload-file.js';
import type { PackedLatencies } from '../measure/recorder.js';
import type { FailureTally, IntervalPart } from '../measure/tracker.js';
import type { WorkerTransactions } from '../load/transactions.js';

export interface WorkerTask {
  readonly spec: RunSpec;
  /** From 0, among the workers of this process. */
  readonly worker: number;
  /** The buffer of a SharedState for the workers of this process. */
  readonly shared: SharedArrayBuffer;
  /** Where the payload is a file: its records, which all workers share. */
  readonly payload?: LoadedPayload;
  /** Where values are stamped: the number that all the run's stamps carry. */
  readonly stamp?: number;
  /** A ledger is kept of them. */
  readonly audited?: true;
  /** Closed loop with consumers: where to note when records are sent. */
  readonly sentTimes?: SharedArrayBuffer;
  /** Where the coordinating thread's probes arrive; measure/ack-delay.ts says what they are for. */
  readonly probes?: MessagePort;
}

/** Posted at the end of each interval, apart from the task's outcome. */
export interface IntervalMessage {
  readonly kind: 'kbench-interval';
  readonly part: IntervalPart;
}

/** One worker's measured part; warm-up is in none of it. Times in ms from the agreed start. */
export interface WorkerResult {
  /** From 0, among all workers of the run, whichever process has them. */
  readonly worker: number;
  /** When it began to measure: 0 unless its thread woke later than the agreed start. */
  readonly beganAtMs: number;
  readonly records: { readonly sent: number; readonly acked: number; readonly failed: number };
  /** Bytes of the acknowledged records' values. */
  readonly ackedValueBytes: number;
  /** Null when nothing was acknowledged, or sent. */
  readonly firstAckAtMs: number | null;
  readonly lastAckAtMs: number | null;
  readonly lastSentAtMs: number | null;
  /** When the phase of sending was over, also where it could send nothing any more. */
  readonly sendingEndedAtMs: number;
  readonly gaps: PackedGaps;
  readonly partitionGaps: readonly PackedPartitionGaps[];
  readonly blockedMs: number;
  /** Null without transactions; when the last one ended, null where none did. */
  readonly transactions: WorkerTransactions | null;
  readonly lastTransactionAtMs: number | null;
  readonly latencies: PackedLatencies;
  /** The measured part's share of the producer's totals and metrics. */
  readonly metrics: MetricWindow;
  /** Brokers that the producer wrote to, before the measured part too. */
  readonly brokersWritten: number;
  readonly failures: readonly FailureTally[];
  readonly health: Health;
  /**
   * CPU of this thread's waiting for due times, apart from the producer's; 0 in a closed loop, null
   * where it cannot be told.
   */
  readonly pacingCpuMs: number | null;
  /** How many interval messages were posted. */
  readonly intervals: number;
}

export interface WorkerFailure {
  readonly message: string;
  readonly remedy?: string;
}

export type WorkerOutcome = Outcome<WorkerResult>;

/**
 * Of a worker, whatever client it drives. `ledger`: what an audited one sent, as far as it came to
 * that.
 */
export type Outcome<Result> = { readonly ledger?: PackedLedger } & (
  | { readonly kind: 'measured'; readonly result: Result }
  /** Stopped before the measured part began. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly failure: WorkerFailure }
);
