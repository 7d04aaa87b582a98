// Puts the parts of each interval together as they come in, from workers or from agents: the
// percentiles of a second are those of all its records, not a mean of the sources'. A histogram lives here only until every
// source has told its part.
import type { Interval } from '../../contract/run-result.js';
import { besideEachOther, type MetricWindow } from '../../producer-core/metrics/metrics.js';
import { LatencyHistogram } from './histogram.js';
import { intervalMetrics } from './metric-windows.js';
import { INTERVAL_MS } from './tracker.js';
import type { IntervalPart } from './tracker.js';

interface Slot {
  parts: number;
  durationMs: number;
  sent: number;
  acked: number;
  failed: number;
  /** Null before the first part. */
  metrics: MetricWindow | null;
  readonly latency: LatencyHistogram;
}

export class IntervalMerger {
  private readonly open = new Map<number, Slot>();
  private readonly done: (Interval | undefined)[] = [];
  /** Parts taken in so far. */
  received = 0;
  /** p99 of the newest complete interval in which something was acknowledged. */
  lastP99Ms: number | null = null;

  /** `onJoined` is handed the sources' parts of an interval as one, to be merged further. */
  constructor(
    private readonly sources: number,
    private readonly onJoined?: (part: IntervalPart) => void,
  ) {}

  add(part: IntervalPart): void {
    this.received += 1;
    let slot = this.open.get(part.index);
    if (slot === undefined) {
      slot = {
        parts: 0,
        durationMs: 0,
        sent: 0,
        acked: 0,
        failed: 0,
        metrics: null,
        latency: new LatencyHistogram(),
      };
      this.open.set(part.index, slot);
    }
    slot.parts += 1;
    slot.durationMs = Math.max(slot.durationMs, part.durationMs);
    slot.sent += part.sent;
    slot.acked += part.acked;
    slot.failed += part.failed;
    slot.metrics =
      slot.metrics === null ? part.metrics : besideEachOther(slot.metrics, part.metrics);
    slot.latency.addPacked(part.latency);
    if (slot.parts === this.sources) this.close(part.index, slot);
  }

  /**
   * All intervals in order. Workers end at different times, so the last ones may have fewer parts.
   */
  finish(): Interval[] {
    for (const [index, slot] of [...this.open]) this.close(index, slot);
    return this.done.filter((interval) => interval !== undefined);
  }

  private close(index: number, slot: Slot): void {
    const { sent, acked, failed, latency, durationMs, metrics } = slot;
    if (metrics !== null) {
      const counts = { sent, acked, failed };
      this.onJoined?.({
        worker: 0,
        index,
        durationMs,
        ...counts,
        metrics,
        latency: latency.pack(),
      });
    }
    const some = latency.count > 0;
    this.done[index] = {
      atMs: index * INTERVAL_MS,
      durationMs,
      sent,
      acked,
      failed,
      p50: some ? latency.percentileMs(50) : null,
      p99: some ? latency.percentileMs(99) : null,
      max: some ? latency.maxMs : null,
      metrics: metrics === null ? {} : intervalMetrics(metrics),
    };
    if (some) this.lastP99Ms = latency.percentileMs(99);
    latency.destroy();
    this.open.delete(index);
  }
}
