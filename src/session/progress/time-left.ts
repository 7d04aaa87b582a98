// How long the rest of a sweep will take, from the runs that have ended: by point where one has
// ended, else by the mean of all. Called by progress; wall time in milliseconds. Pure but for its
// memory.
import type { PlannedRun } from '../../contract/plan.js';

interface Mean {
  sumMs: number;
  runs: number;
}

/** Below this share of a run its speed says nothing yet. */
const MIN_FRACTION = 0.05;

export class TimeLeft {
  private readonly byPoint = new Map<string, Mean>();
  private readonly all: Mean = { sumMs: 0, runs: 0 };
  /** Runs not started, by point. */
  private readonly waiting = new Map<string, number>();

  constructor(todo: readonly PlannedRun[]) {
    for (const { point } of todo) this.waiting.set(point, (this.waiting.get(point) ?? 0) + 1);
  }

  started(point: string): void {
    this.waiting.set(point, (this.waiting.get(point) ?? 1) - 1);
  }

  /** A run that measured something has ended; failed ones would make the rest look short. */
  ended(point: string, tookMs: number): void {
    const mean = this.byPoint.get(point) ?? { sumMs: 0, runs: 0 };
    this.byPoint.set(point, mean);
    for (const each of [mean, this.all]) {
      each.sumMs += tookMs;
      each.runs++;
    }
  }

  /**
   * Milliseconds for the runs not started, and the one under way if there is one; null while
   * nothing is known.
   */
  estimate(
    current: { point: string; elapsedMs: number; fraction: number | null } | null,
  ): number | null {
    const ofCurrent = current === null ? 0 : this.expected(current);
    if (ofCurrent === null) return null;
    let left = current === null ? 0 : Math.max(0, ofCurrent - current.elapsedMs);
    for (const [point, runs] of this.waiting) {
      if (runs > 0) left += runs * (this.meanOf(point) ?? ofCurrent);
    }
    return left;
  }

  private expected({
    point,
    elapsedMs,
    fraction,
  }: {
    point: string;
    elapsedMs: number;
    fraction: number | null;
  }) {
    const mean = this.meanOf(point);
    if (mean !== null) return mean;
    return fraction !== null && fraction >= MIN_FRACTION ? elapsedMs / Math.min(1, fraction) : null;
  }

  private meanOf(point: string): number | null {
    const mean = this.byPoint.get(point) ?? this.all;
    return mean.runs === 0 ? null : mean.sumMs / mean.runs;
  }
}
