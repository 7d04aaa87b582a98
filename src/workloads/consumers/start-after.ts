// A consumer whose start (`consumers.startAfter`) had not come when the load ended. Only runs whose
// length nobody knows before come to that, the plan refuses the others. Called by whoever consumes.
import { RunError } from '../../base/errors.js';
import { formatMs } from '../../base/units.js';

/** When it is to begin and when producing ended, in ms from the measured start. */
export interface LateStart {
  readonly startAfterMs: number | undefined;
  readonly producedMs: number;
}

export const startWasMissed = ({ startAfterMs = 0, producedMs }: LateStart): boolean =>
  producedMs < startAfterMs;

export function missedStart({ startAfterMs = 0, producedMs }: LateStart): RunError {
  return new RunError(
    `nobody consumed: consumers.startAfter is ${formatMs(startAfterMs)}, and the last record was ` +
      `answered ${formatMs(Math.round(producedMs))} after the start`,
    'lower consumers.startAfter, or raise workload.records',
  );
}
