// What came of a share of a run: figures that can be merged with those of other shares. Made by
// measure-share, merged by drivers/merge-parts. Types alone.
import type { PackedLedger } from './audit/ledger.js';
import type { Consumed } from './consumers/consumer.js';
import type { WorkerReport } from './drivers/worker-report.js';
import type { Throttling } from './measure/cpu-quota.js';
import type { MergedIntervals } from './measure/intervals.js';
import type { WorkerFailure, WorkerResult } from './threads/worker-result.js';

/** Of a worker, whatever client it drove. All of a run's are of one kind. */
export type AnyResult = WorkerResult | WorkerReport;

/** What one process measured of a run. */
export interface MeasuredShare<Result = WorkerResult> {
  /** Empty where it was stopped before the measured part. */
  readonly results: readonly Result[];
  readonly intervals: MergedIntervals;
  /** By the CPU quota, in the measured part; null where it is not told. */
  readonly throttled: Throttling | null;
  /** What consumers received; null where there were none, or nobody waited for them. */
  readonly consumed: Consumed | null;
}

/** What of a share enters the whole. */
export type SharePart<Result = WorkerResult> = Pick<
  MeasuredShare<Result>,
  'results' | 'throttled' | 'consumed'
>;

export type ShareOutcome<Result = WorkerResult> = {
  /** By the user, before its end. */
  readonly stopped: boolean;
  /** Of the audited workers that told of them. */
  readonly ledgers: readonly PackedLedger[];
} & (
  | { readonly kind: 'measured'; readonly share: MeasuredShare<Result> }
  | { readonly kind: 'failed'; readonly failure: WorkerFailure }
);
