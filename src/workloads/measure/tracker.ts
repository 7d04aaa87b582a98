// Follows the records of a phase from send to outcome: one call back a batch in, counters,
// latencies and intervals out. The generator tells what it sent, the producer what became of it. A
// phase is drained before the next begins, so their records never mix.
import type { Ledger } from '../audit/ledger.js';
import { AckGaps } from './ack-gaps.js';
import { PartitionGaps, type PackedPartitionGaps } from './partition-gaps.js';
import type { PackedGaps } from './ack-gaps.js';
import type { ProducerError } from '../../connect/index.js';
import type { BatchView, MetricWindow } from '../../producer-core/harness.js';
import type { PackedHistogram } from './histogram.js';
import type { MetricWindows } from './metric-windows.js';
import { Recorder } from './recorder.js';
import type { PackedLatencies } from './recorder.js';
import type { SharedState } from '../threads/shared-state.js';
import { StampPool } from './stamps.js';
import type { BatchStamps } from './stamps.js';

/** Length of an interval. */
export const INTERVAL_MS = 1000;
/** Where nothing comes back an interval ends so late: metrics of that time are still its own. */
export const LATEST_END_MS = INTERVAL_MS / 4;

/** One worker's part of an interval; interval `index` of all workers covers the same time. */
export interface IntervalPart {
  readonly worker: number;
  readonly index: number;
  readonly durationMs: number;
  readonly sent: number;
  readonly acked: number;
  readonly failed: number;
  /** Records that failed in it, by name. */
  readonly failures: Readonly<Record<string, number>>;
  /** Null where another client than the core sends. */
  readonly metrics: MetricWindow | null;
  /** Response (open loop) or service latencies of the records acknowledged in it. */
  readonly latency: PackedHistogram;
}

/** Failed records by cause: the name of Kafka's error, and the first message met. */
export interface FailureTally {
  readonly name: string;
  readonly message: string;
  readonly records: number;
}

/** What a measured part came to, beside the counters. */
export interface TrackedPart {
  readonly firstAckMs: number | null;
  readonly lastAckMs: number | null;
  readonly latencies: PackedLatencies;
  readonly failures: readonly FailureTally[];
  readonly gaps: PackedGaps;
  /** Empty where partitions are not looked at. */
  readonly partitionGaps: readonly PackedPartitionGaps[];
}

export interface TrackerOptions {
  readonly now: () => number;
  readonly openLoop: boolean;
  readonly worker: number;
  readonly state: SharedState;
  readonly windows: MetricWindows;
  readonly onInterval: (part: IntervalPart) => void;
  /** Each partition's gaps are kept, too: the run has faults. */
  readonly byPartition?: boolean;
  /** Null where nothing is audited. */
  readonly ledger: Ledger | null;
}

export class Tracker {
  readonly stamps: StampPool;
  readonly gaps = new AckGaps();
  sent = 0;
  acked = 0;
  failed = 0;
  /** Bytes of the acknowledged records' values. */
  ackedValueBytes = 0;
  private readonly recorder: Recorder;
  private readonly partitionGaps: PartitionGaps | null;
  private readonly failures = new Map<string, { message: string; records: number }>();
  private failuresInInterval: Record<string, number> = {};
  /** Where the current interval began; Infinity while no intervals are kept (warm-up). */
  private intervalStartMs = Infinity;
  private intervalEndMs = Infinity;
  private intervalIndex = 0;
  private atIntervalStart = { sent: 0, acked: 0, failed: 0 };
  private firstAckMs: number | null = null;
  private lastAckMs: number | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: TrackerOptions) {
    this.recorder = new Recorder(options.openLoop);
    this.partitionGaps = options.byPartition === true ? new PartitionGaps() : null;
    this.stamps = new StampPool(options.ledger !== null);
  }

  /** Records that have no outcome yet. */
  get outstanding(): number {
    return this.sent - this.acked - this.failed;
  }

  /**
   * Forgets what came before, which must have been drained; intervals are kept from `startMs` on.
   */
  startMeasuring(startMs: number): void {
    this.recorder.reset();
    this.failures.clear();
    this.failuresInInterval = {};
    this.sent = this.acked = this.failed = this.ackedValueBytes = 0;
    this.firstAckMs = this.lastAckMs = null;
    this.gaps.start(startMs);
    this.partitionGaps?.start(startMs);
    this.atIntervalStart = { sent: 0, acked: 0, failed: 0 };
    this.intervalIndex = 0;
    this.intervalStartMs = startMs;
    this.intervalEndMs = startMs + INTERVAL_MS;
    this.options.windows.start(startMs);
    this.publish();
    this.timer = setInterval(() => this.endIntervals(this.options.now()), LATEST_END_MS);
    this.timer.unref();
  }

  /** The generator handed over this many records more. Told once a burst. */
  addSent(records: number, nowMs: number): void {
    this.sent += records;
    this.gaps.asked(nowMs);
    this.options.state.setSent(this.options.worker, this.sent);
  }

  /**
   * A record that the producer never took (buffer.memory full for max.block.ms): sent and failed.
   */
  refuse(error: ProducerError, nowMs: number): void {
    this.addSent(1, nowMs);
    this.fail(error, 1);
  }

  /** The producer's hook. */
  onBatchDone(batch: BatchView, error: ProducerError | null): void {
    const stamps = batch.attachment as BatchStamps;
    const now = this.options.now();
    if (now >= this.intervalEndMs) this.endIntervals(now);
    if (error === null) {
      // Of a batch that was split each part comes by itself, all with the stamps of the whole.
      const { firstRecordIndex: first, recordCount } = batch;
      const whole = recordCount === stamps.records;
      this.recorder.record(whole ? stamps : stamps.part(first, recordCount), now);
      this.ackedValueBytes += whole
        ? stamps.valueBytes
        : stamps.valueBytesUpTo(first + recordCount) - stamps.valueBytesUpTo(first);
      this.acked += batch.recordCount;
      this.firstAckMs ??= now;
      this.lastAckMs = now;
      this.gaps.acknowledged(now, this.outstanding > 0);
      this.options.state.setAcked(this.options.worker, this.acked);
    } else {
      this.fail(error, batch.recordCount);
    }
    if (stamps.sequences !== null) this.options.ledger?.settle(stamps.sequences, batch, error);
    this.gaps.settled(stamps.sentAt[0], now);
    this.partitionGaps?.settled(batch.partition, stamps.sentAt[0], now, error === null);
    if (batch.lastPart) this.stamps.give(stamps);
  }

  /** Ends the measured part, drained or not: the last, shorter interval goes out. */
  finish(): TrackedPart {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    const now = this.options.now();
    this.endIntervals(now);
    if (now > this.intervalStartMs) this.endInterval(now - this.intervalStartMs);
    const failures = [...this.failures].map(([name, { message, records }]) => ({
      name,
      message,
      records,
    }));
    const latencies = this.recorder.pack();
    const { firstAckMs, lastAckMs } = this;
    const partitionGaps = this.partitionGaps?.pack(now) ?? [];
    const gaps = this.gaps.pack(now);
    return { firstAckMs, lastAckMs, latencies, failures, gaps, partitionGaps };
  }

  destroy(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.recorder.destroy();
  }

  private fail(error: ProducerError, records: number): void {
    this.failed += records;
    this.options.state.setFailed(this.options.worker, this.failed);
    const inInterval = this.failuresInInterval;
    inInterval[error.kafkaName] = (inInterval[error.kafkaName] ?? 0) + records;
    const tally = this.failures.get(error.kafkaName);
    if (tally === undefined)
      this.failures.set(error.kafkaName, { message: error.message, records });
    else tally.records += records;
  }

  private publish(): void {
    const { state, worker } = this.options;
    state.setSent(worker, this.sent);
    state.setAcked(worker, this.acked);
    state.setFailed(worker, this.failed);
  }

  /** Ends every interval whose end has passed; those in which nothing came back go out too. */
  private endIntervals(now: number): void {
    while (now >= this.intervalEndMs) {
      this.endInterval(INTERVAL_MS);
      this.intervalStartMs = this.intervalEndMs;
      this.intervalEndMs += INTERVAL_MS;
    }
  }

  private endInterval(durationMs: number): void {
    const { sent, acked, failed } = this;
    this.options.onInterval({
      worker: this.options.worker,
      index: this.intervalIndex,
      durationMs,
      sent: sent - this.atIntervalStart.sent,
      acked: acked - this.atIntervalStart.acked,
      failed: failed - this.atIntervalStart.failed,
      failures: this.failuresInInterval,
      metrics: this.options.windows.next(),
      latency: this.recorder.interval.pack(),
    });
    this.recorder.endInterval();
    this.failuresInInterval = {};
    this.atIntervalStart = { sent, acked, failed };
    this.intervalIndex += 1;
  }
}
