// Puts the parts of each interval together as they come in, from workers or from agents: the
// percentiles of a second are those of all its records, not a mean of the sources'. A histogram
// lives here only until every source has told its part, unless it is asked to keep them.
import type { Interval } from '../../contract/run-result.js';
import { besideEachOther, type MetricWindow } from '../../producer-core/harness.js';
import { LatencyHistogram, type PackedHistogram } from './histogram.js';
import { intervalMetrics } from './metric-windows.js';
import { INTERVAL_MS } from './tracker.js';
import type { IntervalPart } from './tracker.js';

interface Slot {
  parts: number;
  durationMs: number;
  sent: number;
  acked: number;
  failed: number;
  readonly failures: Record<string, number>;
  /** Null before the first part, and where another client than the core sends. */
  metrics: MetricWindow | null;
  readonly latency: LatencyHistogram;
}

export interface IntervalMergerOptions {
  /** Also each interval's histogram, for phases that are known in the end. */
  readonly keeps?: boolean;
  /** Handed the sources' parts of an interval as one, to be merged further. */
  readonly onJoined?: ((part: IntervalPart) => void) | undefined;
}

/** What a merge in the end needs of the intervals. */
export type MergedIntervals = Pick<IntervalMerger, 'finish' | 'p99Ms'>;

export class IntervalMerger {
  private readonly open = new Map<number, Slot>();
  private readonly done: (Interval | undefined)[] = [];
  private readonly kept: (PackedHistogram | undefined)[] = [];
  /** Parts taken in so far. */
  received = 0;
  /** p99 of the newest complete interval in which something was acknowledged. */
  lastP99Ms: number | null = null;

  constructor(
    private readonly sources: number,
    private readonly options: IntervalMergerOptions = {},
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
        failures: {},
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
    for (const [name, records] of Object.entries(part.failures))
      slot.failures[name] = (slot.failures[name] ?? 0) + records;
    if (part.metrics !== null)
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

  /** Of all intervals that lie within, as far as histograms are kept; null where nothing is. */
  p99Ms(fromMs: number, toMs: number): number | null {
    const total = new LatencyHistogram();
    for (const [index, interval] of this.done.entries()) {
      const packed = this.kept[index];
      if (interval === undefined || packed === undefined) continue;
      if (interval.atMs >= fromMs && interval.atMs + interval.durationMs <= toMs)
        total.addPacked(packed);
    }
    const p99 = total.count === 0 ? null : total.percentileMs(99);
    total.destroy();
    return p99;
  }

  private close(index: number, slot: Slot): void {
    const { sent, acked, failed, latency, durationMs, metrics } = slot;
    this.options.onJoined?.({
      ...{ worker: 0, index, durationMs, sent, acked, failed, failures: slot.failures, metrics },
      latency: latency.pack(),
    });
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
      ...(failed === 0 ? {} : { errors: slot.failures }),
      ...eventsOf(metrics),
    };
    if (some && this.options.keeps === true) this.kept[index] = latency.pack();
    if (some) this.lastP99Ms = latency.percentileMs(99);
    latency.destroy();
    this.open.delete(index);
  }
}

function eventsOf(window: MetricWindow | null): Pick<Interval, 'events'> {
  if (window === null) return {};
  const { recordRetries, connectionsLost, leaderChanges } = window.totals;
  if (recordRetries + connectionsLost + leaderChanges === 0) return {};
  return { events: { recordRetries, connectionsLost, leaderChanges } };
}
