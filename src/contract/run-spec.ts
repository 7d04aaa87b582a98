// What one run is asked to do: from sweep to workloads. Plain data that can be cloned into a worker thread.
import type { PlannedRun } from './plan.js';
import type { PointSettings } from './settings.js';

export interface RunSpec extends PlannedRun {
  /** `host:port`, at least one. */
  readonly bootstrap: readonly string[];
  /** The topic to produce to; it exists when the run starts. */
  readonly topicName: string;
  readonly settings: PointSettings;
  /** The broker runs in this very process: CPU is then told per thread, and a busy generator is no fault. */
  readonly embeddedTarget: boolean;
}
