// The face of the producer towards its callers (kbench's workloads, library users). core-producer.ts implements it.
// The hot call is `append`: no promise, no object per record. One call back a batch tells the outcome of all its records.
import type { ProducerError } from './errors.js';

/** Any Java setting by its own name: `{ 'bootstrap.servers': 'h:9092', 'batch.size': 16384, acks: 'all' }`. */
export type ProducerSettingValues = Readonly<Record<string, string | number | boolean>>;

/** A topic whose metadata is known. The same object for the producer's life; partitions may be added to it. */
export interface TopicHandle {
  readonly name: string;
  readonly partitionCount: number;
}

/** A batch of records for one partition, as a caller sees it. */
export interface BatchView {
  readonly topic: string;
  readonly partition: number;
  /** Records in it so far. The record just appended has index recordCount - 1. */
  readonly recordCount: number;
  /** Anything that the caller hangs on it when it sees recordCount === 1; handed back in onBatchDone. Null at first. */
  attachment: unknown;
  /** Offset of the first record once acknowledged; -1 with acks=0 or after a duplicate answer. */
  readonly baseOffset: number;
}

export interface ProducerHooks {
  /**
   * Called exactly once for each batch that held a record: `error` null when acknowledged. The batch object is reused after the
   * call: take what is needed from it.
   */
  onBatchDone(batch: BatchView, error: ProducerError | null): void;
}

/** Running totals since the producer was made; read twice and subtract. Plain numbers, cheap to read. */
export interface ProducerTotals {
  readonly recordsAppended: number;
  readonly recordsAcked: number;
  readonly recordsFailed: number;
  /** Produce requests written and answered (acks=0: written). Retries count again. */
  readonly requests: number;
  /** Batches in those requests, and their records and bytes (header included, as on the wire). */
  readonly batches: number;
  readonly batchRecords: number;
  readonly batchBytes: number;
  /** Bytes of those batches before compression; equal to batchBytes without a codec. */
  readonly uncompressedBytes: number;
  /** Batches sent again. */
  readonly retries: number;
  /** Milliseconds of request time: sum over requests of (answered - written). Divided by a span it is the mean number in flight. */
  readonly requestMs: number;
  /** Nodes connected to so far. */
  readonly connectionsOpened: number;
}

export interface ProducerCore {
  readonly totals: ProducerTotals;
  /** Finds the cluster. Rejects with a ProducerError that names each bootstrap address and what happened there. */
  connect(): Promise<void>;
  /** Waits at most max.block.ms for the topic's metadata. */
  topic(name: string): Promise<TopicHandle>;
  /**
   * Writes one record into the open batch of its partition; `partition` -1 lets the partitioner choose (key hash, else sticky).
   * Returns the batch that it is in, or null when buffer.memory is exhausted: nothing was written, call awaitMemory.
   * Null as well once close was called: awaitMemory then tells so. Throws RecordTooLargeError and UnknownPartitionError. `timestampMs` is whole milliseconds since 1970; `nowMs` is the clock's now(), read once a burst.
   */
  append(
    topic: TopicHandle,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
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
  /** As Java's close(timeout): waits for what is outstanding, then fails the rest, frees sockets and timers. Never rejects. */
  close(timeoutMs?: number): Promise<void>;
}
