// How long the rest of a sweep will take, from the runs that were made: see RunTimes. Called by
// progress; wall time in milliseconds. Pure but for its memory.
import type { PlannedRun } from '../../contract/plan.js';
import type { RunResult } from '../../contract/run-result.js';
import { RunTimes } from './run-times.js';

/** Below this share of a run its speed says nothing yet. */
const MIN_FRACTION = 0.05;

/** The run under way. */
interface Current {
  readonly point: string;
  readonly elapsedMs: number;
  /** Of its workload alone. */
  readonly workload: { readonly fraction: number | null; readonly elapsedMs: number } | null;
}

export class TimeLeft {
  private readonly times = new RunTimes();
  /** Runs not started, by point. */
  private readonly waiting = new Map<string, number>();

  /** `made`: those of earlier sessions. */
  constructor(todo: readonly PlannedRun[], made: readonly RunResult[] = []) {
    for (const { point } of todo) this.waiting.set(point, (this.waiting.get(point) ?? 0) + 1);
    for (const result of made) this.times.addEarlier(result);
  }

  started(point: string): void {
    this.waiting.set(point, (this.waiting.get(point) ?? 1) - 1);
  }

  ended(result: Pick<RunResult, 'point' | 'status'>, tookMs: number): void {
    this.times.add(result, tookMs);
  }

  /**
   * Milliseconds for the runs not started, and the one under way if there is one; null while
   * nothing is known of one of them.
   */
  estimate(current: Current | null): number | null {
    const ofCurrent = current === null ? null : this.expected(current);
    if (current !== null && ofCurrent === null) return null;
    let left = current === null ? 0 : Math.max(0, ofCurrent! - current.elapsedMs);
    for (const [point, runs] of this.waiting) {
      if (runs <= 0) continue;
      const ofPoint = this.times.expectedMs(point) ?? ofCurrent;
      if (ofPoint === null) return null;
      left += runs * ofPoint;
    }
    return left;
  }

  /** The whole of the run under way. */
  private expected({ point, elapsedMs, workload }: Current): number | null {
    const known = this.times.expectedMs(point);
    if (known !== null) return known;
    const fraction = Math.min(1, workload?.fraction ?? 0);
    if (workload === null || fraction < MIN_FRACTION) return null;
    return elapsedMs + workload.elapsedMs * (1 / fraction - 1);
  }
}
