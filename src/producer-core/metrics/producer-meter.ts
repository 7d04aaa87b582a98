// Reads one producer's counters and gauges: totals for those who subtract, samples for those who
// measure in windows, and Java's metrics over the producer's life; and times its calls. Called by
// the producer, once a call or an interval. Never on the hot path.
import type { Accumulator } from '../batching/accumulator.js';
import type { Clock } from '../../base/clock.js';
import type { Connection } from '../cluster/connection.js';
import type {
  CallTime,
  MetricGauges,
  MetricMaxima,
  MetricSample,
  ProducerTotals,
} from './metric-counters.js';
import { NO_MAXIMA, combineMaxima, metricsOf, type ProducerMetrics } from './metrics.js';

/** What of the cluster's metadata is measured. */
interface MeteredMetadata {
  /** Clock time of the last good answer; -Infinity before the first. */
  readonly refreshedMs: number;
  readonly connections: readonly Connection[];
}

export class ProducerMeter {
  private readonly startedMs: number;
  /** Of all samples taken so far. */
  private earlier: MetricMaxima = NO_MAXIMA;

  constructor(
    private readonly accumulator: Accumulator,
    private readonly metadata: MeteredMetadata,
    private readonly clock: Clock,
  ) {
    this.startedMs = clock.now();
  }

  get totals(): ProducerTotals {
    return this.accumulator.counters.totals(this.clock.now(), this.accumulator.recordsAppended);
  }

  /** Counts the time until `done` is fulfilled; where it is rejected, nothing, as in Java. */
  async timed(total: CallTime, done: Promise<void>): Promise<void> {
    const startMs = this.clock.now();
    await done;
    this.accumulator.counters.called(total, this.clock.now() - startMs);
  }

  sample(): MetricSample {
    const { counters, recordsAppended } = this.accumulator;
    const atMs = this.clock.now();
    const { maxima } = counters;
    this.earlier = combineMaxima(this.earlier, maxima);
    counters.resetMaxima();
    return {
      atMs,
      totals: counters.totals(atMs, recordsAppended),
      maxima,
      gauges: this.gauges(atMs),
    };
  }

  metrics(): ProducerMetrics {
    const nowMs = this.clock.now();
    const { maxima } = this.accumulator.counters;
    const gauges = this.gauges(nowMs);
    const life = {
      producerMs: nowMs - this.startedMs,
      producers: 1,
      totals: this.totals,
      maxima: combineMaxima(this.earlier, maxima),
      gauges,
    };
    return { ...metricsOf(life), 'requests-in-flight': gauges.requestsInFlight };
  }

  private gauges(nowMs: number): MetricGauges {
    const { pool, counters } = this.accumulator;
    let connectionCount = 0;
    for (const { state } of this.metadata.connections) if (state !== 'closed') connectionCount++;
    return {
      requestsInFlight: counters.inFlight,
      metadataAgeSeconds: (nowMs - this.metadata.refreshedMs) / 1000,
      waitingThreads: pool.queued,
      bufferTotalBytes: pool.totalBytes,
      bufferAvailableBytes: pool.availableBytes,
      connectionCount,
    };
  }
}
