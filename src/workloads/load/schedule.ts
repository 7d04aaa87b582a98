// When each record of an open loop is due, from its index alone: no accumulated drift, and the same
// whatever happened before. Also the exact splits of a run's records over its workers. Called by
// the open loop for every record: plain arithmetic only.

/**
 * How many of `total` records fall to worker `worker` of `workers`: record k goes to worker k mod
 * workers.
 */
export function workerShare(total: number, worker: number, workers: number): number {
  return total <= worker ? 0 : Math.ceil((total - worker) / workers);
}

/**
 * How many records over all workers are due in [0, durationMs) at `rate` a second: those with k /
 * rate < duration.
 */
export function recordsIn(durationMs: number, rate: number): number {
  const exact = (durationMs * rate) / 1000;
  const whole = Math.round(exact);
  // A product that misses a whole number by rounding alone must not become one record more.
  return Math.abs(exact - whole) <= whole * 4 * Number.EPSILON ? whole : Math.ceil(exact);
}

/**
 * The intended times of one worker's records: its record i is record k = i * workers + worker of
 * the run, due k / rate after t0.
 */
export class Schedule {
  /** Milliseconds between two records of this worker. */
  readonly gapMs: number;

  /**
   * `t0Ms` on the worker's clock; `rate` in records a second over all workers. Any rate above 0; k
   * below 2^53.
   */
  constructor(
    readonly t0Ms: number,
    readonly rate: number,
    readonly worker: number,
    readonly workers: number,
  ) {
    if (!(rate > 0) || !Number.isFinite(rate))
      throw new RangeError(`a rate must be above 0, not ${rate}`);
    this.gapMs = (workers / rate) * 1000;
  }

  /** Milliseconds on the worker's clock at which its record `i` (from 0) is due. */
  at(i: number): number {
    return this.t0Ms + ((i * this.workers + this.worker) / this.rate) * 1000;
  }

  /** How many of this worker's records are due at `nowMs`: the least n with at(n) > nowMs. */
  dueAt(nowMs: number): number {
    const behind = nowMs - this.t0Ms;
    if (behind < 0) return 0;
    let n = Math.max(0, Math.floor(((behind / 1000) * this.rate - this.worker) / this.workers) + 1);
    // The estimate may miss by one where rounding falls; at() is the law.
    while (n > 0 && this.at(n - 1) > nowMs) n -= 1;
    while (this.at(n) <= nowMs) n += 1;
    return n;
  }
}
