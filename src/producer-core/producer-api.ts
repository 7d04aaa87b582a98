// The face of the producer towards its callers (kbench's workloads, library users). core-producer.ts implements it.
// The hot call is `append`: no promise, no object per record. One call back a batch tells the outcome of all its records.
import type { ProducerError } from './errors.js';
import type { MetricSample, ProducerTotals } from './metric-counters.js';
import type { ProducerMetrics } from './metrics.js';

export type { ProducerMetrics, ProducerTotals };

/** Settings as they are passed on, names unknown to TypeScript; see ProducerSettings for those of a constructor. */
export type ProducerSettingValues = Readonly<Record<string, string | number | boolean>>;

/** A header of a record: a text key and bytes, or null. Keys may recur; their order is kept. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A topic whose metadata is known. The same object for the producer's life; partitions may be added to it. */
export interface TopicHandle {
  readonly name: string;
  readonly partitionCount: number;
}

/** A record that the broker found wrong; `index` counts from the first of its batch, or of the part that was told. `message`: the broker's. */
export interface RefusedRecord {
  readonly index: number;
  readonly message: string | null;
}

/** A batch of records for one partition, as a caller sees it. */
export interface BatchView {
  readonly topic: string;
  readonly partition: number;
  /** Records in it so far. The record just appended has index recordCount - 1. */
  readonly recordCount: number;
  /** Anything that the caller hangs on it when it sees recordCount === 1; handed back in onBatchDone. Null at first. */
  attachment: unknown;
  /**
   * 0, but for a batch that was split because the broker called it too large (MESSAGE_TOO_LARGE): each part is told by itself, with the
   * attachment of the batch that the caller saw, and covers that one's records from this index on.
   */
  readonly firstRecordIndex: number;
  /** In onBatchDone: no further part of the same batch, and so no further use of its attachment, follows. False only for parts. */
  readonly lastPart: boolean;
  /** Offset of the first record once acknowledged; -1 with acks=0 or after a duplicate answer. */
  readonly baseOffset: number;
  /** Where the broker refused the batch because of some of its records: which (RecordErrors, Produce v8+). None of the batch was stored. */
  readonly refusedRecords: readonly RefusedRecord[] | null;
}

export interface ProducerHooks {
  /**
   * Called exactly once for each batch that held a record, or for each part of it where it was split: `error` null when acknowledged.
   * The batch object is reused after the call: take what is needed from it.
   */
  onBatchDone(batch: BatchView, error: ProducerError | null): void;
  /**
   * Called in the middle of a drain, after each batch that was closed in it, which takes its time where there is a codec. What has become due
   * since may be appended now, as a Java application's thread does beside its sender's: it still goes out with this request where its
   * partition's turn is yet to come. Must call nothing but append; must not throw. `sinceMs`: when the drain began.
   */
  meanwhile?(sinceMs: number): void;
}

/** A consumer group's next offset of a partition. */
export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch?: number;
  readonly metadata?: string;
}

/** Who commits offsets: as a consumer's groupMetadata() tells. Without member the group's generation is not checked. */
export interface ConsumerGroupMetadata {
  readonly groupId: string;
  readonly generationId?: number;
  readonly memberId?: string;
  readonly groupInstanceId?: string | null;
}

export interface ProducerCore {
  readonly totals: ProducerTotals;
  /** What the codec has taken longer than Java's would have, in ms, since the producer was made (Codec.javaShare). */
  readonly codecLagMs: number;
  /** Values under Java's names (group producer-metrics), over the producer's life; see metrics-table.ts for what each one means. */
  metrics(): ProducerMetrics;
  /** Totals, gauges, and the maxima since the last call: two of them make a window (metricsBetween). For one caller. */
  metricSample(): MetricSample;
  /** Finds the cluster. Rejects with a ProducerError that names each bootstrap address and what happened there. */
  connect(): Promise<void>;
  /** Waits at most max.block.ms for the topic's metadata. */
  topic(name: string): Promise<TopicHandle>;
  /**
   * Writes one record into the open batch of its partition; `partition` -1 lets the partitioner choose (key hash, else sticky).
   * Returns the batch that it is in, or null when buffer.memory is exhausted: nothing was written, call awaitMemory.
   * Null as well once close was called: awaitMemory then tells so. Throws ProducerStateError when a fatal error ended the producer or its
   * transaction has to be aborted, IllegalStateError outside of a transaction where transactional.id is set, RecordTooLargeError and UnknownPartitionError. `timestampMs` is whole milliseconds since 1970; `nowMs`, on the clock's now(), is when the application
   * handed the record over: linger.ms and delivery.timeout.ms of a batch count from its first record's. Read once a burst, or the time at which the record was due.
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
   * Queues for the memory that the last refused append lacked. Calls back once: null when append may be tried again (at once,
   * inside the call back), or a BufferExhaustedError after max.block.ms. One waiter at a time per caller.
   */
  awaitMemory(callback: (error: ProducerError | null) => void): void;
  /** Lets the sender look at what was appended. Call once after each burst of appends. */
  wake(): void;
  /** Sends everything at once, whatever linger says, and resolves when every record appended before has its outcome. */
  flush(): Promise<void>;
  /**
   * The calls of a producer with transactional.id, as Java's of the same names; each waits at most max.block.ms. They reject (beginTransaction
   * throws) with a ProducerError: ProducerStateError `abortable` (abort, then go on) or not (fatal: close; another producer with this id took
   * over, a right is missing, ...), TimeoutError (make the same call again), IllegalStateError (not allowed in this state).
   */
  initTransactions(): Promise<void>;
  beginTransaction(): void;
  /** Sends what was appended, waits for all of it, then commits. */
  commitTransaction(): Promise<void>;
  /** Drops what was not sent (TransactionAbortedError), waits for the rest, then aborts. */
  abortTransaction(): Promise<void>;
  /** Offsets that a consumer group has read up to, committed with the transaction. */
  sendOffsetsToTransaction(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): Promise<void>;
  /** As Java's close(timeout): waits for what is outstanding, then fails the rest, frees sockets and timers. Never rejects. */
  close(timeoutMs?: number): Promise<void>;
}
