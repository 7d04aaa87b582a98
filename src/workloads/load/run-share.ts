// Which of a run's records are one worker's: w, w + W, w + 2 W, ... as the schedule has it.

export interface RunShare {
  /** Of the run: the same for all its workers. */
  readonly seed: number;
  /** From 0. */
  readonly worker: number;
  readonly workers: number;
}
