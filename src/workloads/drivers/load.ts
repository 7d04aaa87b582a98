// What takes a run's load, as run-workload and measure-share see it. Types only.
import type { FaultEvent } from '../../contract/faults.js';
import type { Measurement, RunResult } from '../../contract/run-result.js';
import type { MeasuredShare } from '../share-outcome.js';
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
  /** The whole run was measured in this process; `events`: what was broken on purpose meanwhile. */
  merge(share: MeasuredShare<Result>, events: readonly FaultEvent[]): Merged;
  close(): void;
}
