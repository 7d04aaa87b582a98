// What takes a run's load, as run-workload sees it. Types only.
import type { FaultEvent } from '../../contract/faults.js';
import type { Measurement, RunResult } from '../../contract/run-result.js';
import type { Consumed } from '../consumers/consumer.js';
import type { IntervalMerger } from '../measure/intervals.js';
import type { Launch } from '../threads/crew.js';

/** A run's figures, and the sections of its result beside them. */
export interface Merged {
  readonly measurement: Measurement;
  readonly sections: Pick<RunResult, 'driver' | 'consumers'>;
}

/** What takes the load: the core in threads, or another client in processes. */
export interface Load<Result> {
  readonly launch: Launch<Result>;
  /** Interval messages that come apart from the outcomes. */
  messages(results: readonly Result[]): number;
  /** `consumed`: what consumers received, where there were any. */
  merge(
    results: readonly Result[],
    intervals: IntervalMerger,
    events: readonly FaultEvent[],
    consumed: Consumed | null,
  ): Merged;
  close(): void;
}
