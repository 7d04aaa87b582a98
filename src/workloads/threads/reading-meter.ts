// What an audited run tells once its load is over and its log is being read: the load's last words,
// with how much of the log is read. Used by with-audit.
import type { WorkloadProgress } from './progress-meter.js';
import { LiveRate } from './live-rate.js';

export class ReadingMeter {
  private last: WorkloadProgress | null = null;
  private rate: LiveRate | null = null;
  private readonly startMs = performance.now();

  constructor(private readonly onProgress?: (progress: WorkloadProgress) => void) {}

  /** While the load is on. */
  readonly heard = (progress: WorkloadProgress): void => {
    this.last = progress;
    this.onProgress?.(progress);
  };

  reading(audited: NonNullable<WorkloadProgress['audited']>): void {
    const atMs = performance.now();
    this.rate ??= new LiveRate({ atMs, count: 0 });
    const { sent = 0, acked = 0, failed = 0 } = this.last ?? {};
    this.onProgress?.({
      ...{ sent, acked, failed, phase: 'auditing', audited, p99Ms: null, fraction: 1 },
      recordsPerSecond: this.rate.add({ atMs, count: audited.read }),
      elapsedMs: atMs - this.startMs,
    });
  }
}
