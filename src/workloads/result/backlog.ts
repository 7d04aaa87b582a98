// How many records waited for an answer over the run's time. Pure; for the verdict.
import type { Interval } from '../../contract/run-result.js';

/**
 * Records without outcome at the end of each whole interval of sending; the drain after it would
 * only show them vanish.
 */
export function backlogOf(intervals: readonly Interval[]): number[] {
  let waiting = 0;
  const ends = intervals.map(({ sent, acked, failed }) => (waiting += sent - acked - failed));
  const lastSending = intervals.findLastIndex(({ sent }) => sent > 0);
  return ends.slice(0, Math.max(0, lastSending));
}
