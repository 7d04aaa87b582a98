// Counts what one consumer of the whole log receives, and how long each record took. Told of every
// record by its stamp: nothing is allocated for one. Knows no Kafka and no clock of its own.
import type { WorkerShare } from '../../contract/run-spec.js';
import { BitTable } from '../audit/bit-table.js';
import { LatencyHistogram, toMicros, type PackedHistogram } from '../measure/histogram.js';
import { WARMUP, type OriginTimes } from './origin-times.js';

export interface EndToEndCounts {
  readonly kept: number;
  readonly negative: number;
  readonly duplicated: number;
  /** Of no worker of the run. */
  readonly foreign: number;
  /** Of the run's workers in other processes: when those were due stands on their clocks. */
  readonly elsewhere: number;
  /** Received, but from when their time counts is forgotten. */
  readonly untimed: number;
}

/** What was received in an interval. */
export interface ReceivedPart {
  readonly received: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export class EndToEnd {
  private readonly total = new LatencyHistogram();
  private readonly interval = new LatencyHistogram();
  private readonly seen: readonly BitTable[];
  private kept = 0;
  private negative = 0;
  private duplicated = 0;
  private foreign = 0;
  private elsewhere = 0;
  private untimed = 0;
  private received = 0;
  /** Neighbours of one latency go in with one call. */
  private pendingMicros = -1;
  private pending = 0;

  private readonly first: number;
  private readonly workers: number;
  private readonly of: number;

  /** `run`: what all stamps of the run carry; `share`: whose records are timed here. */
  constructor(
    private readonly run: number,
    share: WorkerShare,
    private readonly origins: OriginTimes,
  ) {
    this.first = share.first;
    this.workers = share.workers;
    this.of = share.of;
    this.seen = Array.from({ length: share.workers }, () => new BitTable(1));
  }

  /** A record with this stamp was received, at a time of the common clock. */
  record(run: number, stamped: number, sequence: number, receivedMs: number): void {
    const worker = stamped - this.first;
    if (run !== this.run || worker < 0 || worker >= this.workers) {
      if (run === this.run && stamped < this.of) this.elsewhere += 1;
      else this.foreign += 1;
      return;
    }
    const originMs = this.origins.of(worker, sequence);
    if (originMs === WARMUP) return;
    const seen = this.seen[worker];
    const index = this.origins.indexOf(worker, sequence);
    if (seen.get(index) === 1) {
      this.duplicated += 1;
      return;
    }
    seen.set(index, 1);
    this.received += 1;
    if (originMs !== originMs) {
      this.untimed += 1;
      return;
    }
    this.kept += 1;
    if (receivedMs < originMs) this.negative += 1;
    const micros = toMicros(receivedMs - originMs);
    if (micros !== this.pendingMicros) this.flush(micros);
    this.pending += 1;
  }

  /** A record without the bytes of a stamp: not one of ours. */
  recordForeign(): void {
    this.foreign += 1;
  }

  /** What came since the last call. */
  endInterval(): ReceivedPart {
    this.flush(-1);
    const { interval, received } = this;
    const some = interval.count > 0;
    const part = {
      received,
      p50: some ? interval.percentileMs(50) : null,
      p99: some ? interval.percentileMs(99) : null,
      max: some ? interval.maxMs : null,
    };
    this.total.add(interval);
    interval.reset();
    this.received = 0;
    return part;
  }

  counts(): EndToEndCounts {
    const { kept, negative, duplicated, foreign, elsewhere, untimed } = this;
    return { kept, negative, duplicated, foreign, elsewhere, untimed };
  }

  /** Ends the interval. */
  pack(): PackedHistogram {
    this.endInterval();
    return this.total.pack();
  }

  destroy(): void {
    this.total.destroy();
    this.interval.destroy();
  }

  private flush(nextMicros: number): void {
    if (this.pending > 0) this.interval.record(this.pendingMicros, this.pending);
    this.pendingMicros = nextMicros;
    this.pending = 0;
  }
}
