// A ProducerCore without Kafka for tests of the workloads: batches of a fixed number of records, answered a fixed time after the wake that
// closed them, and a buffer of a fixed number of records. Works in real and in manual time.
import type { Clock } from '../producer-core/clock.js';
import { BufferExhaustedError, ClosedError } from '../producer-core/errors.js';
import type { ProducerError } from '../producer-core/errors.js';
import type {
  BatchView,
  ProducerCore,
  ProducerHooks,
  ProducerTotals,
  TopicHandle,
} from '../producer-core/producer-api.js';

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
}

class FakeBatch implements BatchView {
  recordCount = 0;
  attachment: unknown = null;
  readonly baseOffset = 0;
  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}
}

export class FakeProducer implements ProducerCore {
  readonly sent: { value: Uint8Array | null; key: Uint8Array | null; nowMs: number }[] = [];
  keepSent = true;
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
      recordsAppended: appended,
      recordsAcked: acked,
      recordsFailed: failed,
      requests: batches,
      batches,
      batchRecords: acked + failed,
      batchBytes: (acked + failed) * 100,
      uncompressedBytes: (acked + failed) * 100,
      retries: 0,
      requestMs: batches * (this.options.answerMs ?? 1),
      connectionsOpened: 1,
    };
  }

  connect(): Promise<void> {
    return this.options.connectError === undefined ? Promise.resolve() : Promise.reject(this.options.connectError);
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
      if (this.waiter === callback) this.callWaiter(new BufferExhaustedError('buffer.memory is full'));
    });
  }

  wake(): void {
    this.wakes += 1;
    this.closeBatch();
    this.send();
  }

  flush(): Promise<void> {
    this.wake();
    return this.outstanding === 0 ? Promise.resolve() : new Promise((resolve) => this.flushes.push(resolve));
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

  private closeBatch(): void {
    if (this.open === null) return;
    this.ready.push(this.open);
    this.open = null;
  }

  private send(): void {
    if (this.held || this.ready.length === 0) return;
    const batches = this.ready.splice(0);
    this.options.clock.schedule(this.options.answerMs ?? 1, () => {
      for (const batch of batches) this.finish(batch, this.options.outcome?.(this.answered++) ?? null);
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
