// The face of the producer towards its callers (kbench's workloads, library users).
// core-producer.ts implements it. The hot call is `append`: no promise, no object per record. One
// call back a batch tells the outcome of all its records.
import type { BatchView, RecordHeader, TopicHandle } from './batching/batch-view.js';
import type { ProducerError } from './errors.js';
import type { MetricSample, ProducerTotals } from './metrics/metric-counters.js';
import type { ProducerMetrics } from './metrics/metrics.js';
import type { ConsumerGroupMetadata, OffsetToCommit } from './transactions/group-offsets.js';

export type {
  BatchView,
  ProducerHooks,
  RecordHeader,
  RefusedRecord,
  SenderWatch,
  TopicHandle,
} from './batching/batch-view.js';
export type { ProducerSettingValues } from '../connect/security/index.js';
export type { ConsumerGroupMetadata, OffsetToCommit } from './transactions/group-offsets.js';
export type { ProducerMetrics, ProducerTotals };

export interface ProducerCore {
  readonly totals: ProducerTotals;
  /**
   * Values under Java's names (group producer-metrics), over the producer's life; see
   * metrics-table.ts for what each one means.
   */
  metrics(): ProducerMetrics;
  /**
   * Totals, gauges, and the maxima since the last call: two of them make a window (metricsBetween).
   * For one caller.
   */
  metricSample(): MetricSample;
  /**
   * Finds the cluster. Rejects with a ProducerError that names each bootstrap address and what
   * happened there.
   */
  connect(): Promise<void>;
  /** Waits at most max.block.ms for the topic's metadata. */
  topic(name: string): Promise<TopicHandle>;
  /**
   * Writes one record into the open batch of its partition; `partition` -1 lets the partitioner
   * choose (key hash, else sticky). Returns the batch that it is in, or null when buffer.memory is
   * exhausted: nothing was written, call awaitMemory. Null as well once close was called:
   * awaitMemory then tells so. Throws ProducerStateError when a fatal error ended the producer or
   * its transaction has to be aborted, IllegalStateError outside of a transaction where
   * transactional.id is set, RecordTooLargeError and UnknownPartitionError. `timestampMs` is whole
   * milliseconds since 1970; `nowMs`, on the clock's now(), is when the application handed the
   * record over: linger.ms and delivery.timeout.ms of a batch count from its first record's. Read
   * once a burst, or the time at which the record was due.
   */
  append(
    topic: TopicHandle,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
    headers?: readonly RecordHeader[] | null,
  ): BatchView | null;
  /**
   * Queues for the memory that the last refused append lacked. Calls back once: null when append
   * may be tried again (at once, inside the call back), or a BufferExhaustedError after
   * max.block.ms. One waiter at a time per caller.
   */
  awaitMemory(callback: (error: ProducerError | null) => void): void;
  /** Lets the sender look at what was appended. Call once after each burst of appends. */
  wake(): void;
  /**
   * Sends everything at once, whatever linger says, and resolves when every record appended before
   * has its outcome.
   */
  flush(): Promise<void>;
  /**
   * The calls of a producer with transactional.id, as Java's of the same names; each waits at most
   * max.block.ms. They reject (beginTransaction throws) with a ProducerError: ProducerStateError
   * `abortable` (abort, then go on) or not (fatal: close; another producer with this id took over,
   * a right is missing, ...), TimeoutError (make the same call again), IllegalStateError (not
   * allowed in this state).
   */
  initTransactions(): Promise<void>;
  beginTransaction(): void;
  /** Sends what was appended, waits for all of it, then commits. */
  commitTransaction(): Promise<void>;
  /** Drops what was not sent (TransactionAbortedError), waits for the rest, then aborts. */
  abortTransaction(): Promise<void>;
  /** Offsets that a consumer group has read up to, committed with the transaction. */
  sendOffsetsToTransaction(
    offsets: readonly OffsetToCommit[],
    group: ConsumerGroupMetadata,
  ): Promise<void>;
  /**
   * As Java's close(timeout): waits for what is outstanding, then fails the rest, frees sockets and
   * timers. Never rejects.
   */
  close(timeoutMs?: number): Promise<void>;
}
