// What takes a run's load, as run-workload sees it. Types only.
import type { FaultEvent } from '../../contract/faults.js';
import type { Measurement, RunResult } from '../../contract/run-result.js';
import type { IntervalMerger } from '../measure/intervals.js';
import type { Launch } from '../threads/crew.js';

/** What takes the load: the core in threads, or another client in processes. */
export interface Load<Result> {
  readonly launch: Launch<Result>;
  /** Interval messages that come apart from the outcomes. */
  messages(results: readonly Result[]): number;
  merge(
    results: readonly Result[],
    intervals: IntervalMerger,
    events: readonly FaultEvent[],
  ): Measurement;
  /** Sections of the result beside the measurement. */
  sections(results: readonly Result[]): Pick<RunResult, 'driver'>;
  close(): void;
}
