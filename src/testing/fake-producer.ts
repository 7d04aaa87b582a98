// A ProducerCore without Kafka for tests of the workloads: batches of a fixed number of records,
// answered a fixed time after the wake that closed them, and a buffer of a fixed number of records.
// Works in real and in manual time.
import type { Clock } from '../base/clock.js';
import {
  type BatchView,
  BufferExhaustedError,
  ClosedError,
  type MetricSample,
  metricsBetween,
  type ProducerCore,
  type ProducerError,
  type ProducerHooks,
  type TopicHandle,
} from '../producer-core/index.js';
import {
  MetricCounters,
  type ProducerMetrics,
  type ProducerTotals,
} from '../producer-core/parts.js';

export interface FakeOptions {
  readonly clock: Clock;
  readonly hooks: ProducerHooks;
  readonly batchRecords?: number;
  /** Records that fit in the buffer. */
  readonly bufferRecords?: number;
  readonly answerMs?: number;
  readonly maxBlockMs?: number;
  /** The outcome of batch number `batch` (from 0); null for acknowledged. */
  readonly outcome?: (batch: number) => ProducerError | null;
  /** Called for each record appended; may spend time. */
  readonly onAppend?: (value: Uint8Array | null, key: Uint8Array | null) => void;
  /** Answers nothing until `release`. */
  readonly hold?: boolean;
  readonly connectError?: ProducerError;
  /** Thrown by the append that follows so many others, in place of it. */
  readonly appendError?: (appended: number) => ProducerError | null;
  /** How long a commit or abort takes once everything is answered. */
  readonly endMs?: number;
  /** What commit number `commit` (from 0) comes to; null for success. */
  readonly commitOutcome?: (commit: number) => ProducerError | null;
  readonly abortOutcome?: () => ProducerError | null;
}

class FakeBatch implements BatchView {
  recordCount = 0;
  attachment: unknown = null;
  readonly firstRecordIndex = 0;
  readonly lastPart = true;
  readonly baseOffset = 0;
  readonly refusedRecords = null;
  mayBeStored = false;
  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}
}

export class FakeProducer implements ProducerCore {
  readonly sent: { value: Uint8Array | null; key: Uint8Array | null; nowMs: number }[] = [];
  keepSent = true;
  /** Transactional calls in their order; ends with the number of records appended before. */
  readonly calls: string[] = [];
  private commits = 0;
  closed = false;
  wakes = 0;
  private open: FakeBatch | null = null;
  private ready: FakeBatch[] = [];
  private outstanding = 0;
  private answered = 0;
  private waiter: ((error: ProducerError | null) => void) | null = null;
  private flushes: (() => void)[] = [];
  private held: boolean;
  private counts = { appended: 0, acked: 0, failed: 0, batches: 0 };

  constructor(private readonly options: FakeOptions) {
    this.held = options.hold ?? false;
  }

  get totals(): ProducerTotals {
    const { appended, acked, failed, batches } = this.counts;
    return {
      ...new MetricCounters().totals(0, appended),
      recordsAcked: acked,
      recordsFailed: failed,
      requests: batches,
      batches,
      batchRecords: acked + failed,
      batchBytes: (acked + failed) * 100,
      uncompressedBytes: (acked + failed) * 100,
      requestMs: batches * (this.options.answerMs ?? 1),
      connectionsOpened: 1,
      brokersWritten: 1,
    };
  }

  metricSample(): MetricSample {
    const { maxima } = new MetricCounters();
    const gauges = {
      requestsInFlight: 0,
      metadataAgeSeconds: 0,
      waitingThreads: 0,
      bufferTotalBytes: 1000,
      bufferAvailableBytes: 1000,
      connectionCount: 1,
    };
    return { atMs: this.options.clock.now(), totals: this.totals, maxima, gauges };
  }

  metrics(): ProducerMetrics {
    const sample = this.metricSample();
    return metricsBetween(sample, sample, 1);
  }

  connect(): Promise<void> {
    return this.options.connectError === undefined
      ? Promise.resolve()
      : Promise.reject(this.options.connectError);
  }

  topic(name: string): Promise<TopicHandle> {
    return Promise.resolve({ name, partitionCount: 1 });
  }

  append(
    topic: TopicHandle,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    _timestampMs: number,
    nowMs: number,
  ): BatchView | null {
    if (this.outstanding >= (this.options.bufferRecords ?? Infinity)) return null;
    const refusal = this.options.appendError?.(this.counts.appended) ?? null;
    if (refusal !== null) throw refusal;
    const batch = (this.open ??= new FakeBatch(topic.name, partition));
    batch.recordCount += 1;
    this.outstanding += 1;
    this.counts.appended += 1;
    if (this.keepSent) this.sent.push({ value, key, nowMs });
    this.options.onAppend?.(value, key);
    if (batch.recordCount === (this.options.batchRecords ?? 10)) this.closeBatch();
    return batch;
  }

  awaitMemory(callback: (error: ProducerError | null) => void): void {
    this.waiter = callback;
    this.options.clock.schedule(this.options.maxBlockMs ?? 60_000, () => {
      if (this.waiter === callback)
        this.callWaiter(new BufferExhaustedError('buffer.memory is full'));
    });
  }

  wake(): void {
    this.wakes += 1;
    this.closeBatch();
    this.send();
  }

  flush(): Promise<void> {
    this.wake();
    return this.outstanding === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.flushes.push(resolve));
  }

  initTransactions(): Promise<void> {
    this.calls.push('init');
    return Promise.resolve();
  }

  beginTransaction(): void {
    this.calls.push('begin');
  }

  async commitTransaction(): Promise<void> {
    await this.flush();
    await this.pass(this.options.endMs ?? 0);
    this.calls.push(`commit ${this.counts.appended}`);
    const error = this.options.commitOutcome?.(this.commits++) ?? null;
    if (error !== null) throw error;
  }

  async abortTransaction(): Promise<void> {
    await this.flush();
    await this.pass(this.options.endMs ?? 0);
    this.calls.push(`abort ${this.counts.appended}`);
    const error = this.options.abortOutcome?.() ?? null;
    if (error !== null) throw error;
  }

  sendOffsetsToTransaction(): Promise<void> {
    return Promise.reject(new Error('no workload reads'));
  }

  close(): Promise<void> {
    this.closed = true;
    this.held = false;
    this.closeBatch();
    for (const batch of this.ready.splice(0)) this.finish(batch, new ClosedError());
    return Promise.resolve();
  }

  /** Answers what was held, and from now on everything as it comes. */
  release(): void {
    this.held = false;
    this.send();
  }

  private pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.options.clock.schedule(ms, resolve));
  }

  private closeBatch(): void {
    if (this.open === null) return;
    this.ready.push(this.open);
    this.open = null;
  }

  private send(): void {
    if (this.held || this.ready.length === 0) return;
    const batches = this.ready.splice(0);
    this.options.clock.schedule(this.options.answerMs ?? 1, () => {
      for (const batch of batches)
        this.finish(batch, this.options.outcome?.(this.answered++) ?? null);
    });
  }

  private finish(batch: FakeBatch, error: ProducerError | null): void {
    this.counts.batches += 1;
    this.counts[error === null ? 'acked' : 'failed'] += batch.recordCount;
    this.options.hooks.onBatchDone(batch, error);
    this.outstanding -= batch.recordCount;
    this.callWaiter(null);
    if (this.outstanding > 0) return;
    for (const resolve of this.flushes.splice(0)) resolve();
  }

  private callWaiter(error: ProducerError | null): void {
    const waiter = this.waiter;
    this.waiter = null;
    waiter?.(error);
  }
}
