// What one worker's driver came to: made by driver-run, merged by merge-reports. Types alone.
import type { DriverHello, DriverResult } from '../../contract/driver-protocol.js';
import type { GroupUsage } from './group-usage.js';

export interface WorkerReport {
  readonly hello: DriverHello;
  readonly result: DriverResult;
  readonly startupMs: number;
  /** After the agreed start of the measured part: when it had been told that, 0 if before. */
  readonly beganAtMs: number;
  /** At the end of start-up, before the measured part, after it. */
  readonly usage: readonly [GroupUsage | null, GroupUsage | null, GroupUsage | null];
}
