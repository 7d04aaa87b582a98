// Which of a run's records are one worker's: w, w + W, w + 2 W, ... as the schedule has it.

import type { RunSpec, WorkerShare } from '../../contract/run-spec.js';

/** The workers of this process, among all of the run's. */
export const shareOf = ({ share, settings: { workload } }: RunSpec): WorkerShare =>
  share ?? { first: 0, workers: workload.workers, of: workload.workers };

export interface RunShare {
  /** Of the run: the same for all its workers. */
  readonly seed: number;
  /** From 0. */
  readonly worker: number;
  readonly workers: number;
}
