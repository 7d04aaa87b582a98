// What a caller sees of topics, records and batches, and the hooks it is told by. Types only: the
// public face (producer-api.ts) hands them on; the inside of the producer is built over them.
import type { ProducerError } from '../errors.js';

/** A header of a record: a text key and bytes, or null. Keys may recur; their order is kept. */
export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/**
 * A topic whose metadata is known. The same object for the producer's life; partitions may be added
 * to it.
 */
export interface TopicHandle {
  readonly name: string;
  readonly partitionCount: number;
}

/** Where a record went (Java's RecordMetadata). */
export interface RecordMetadata {
  readonly topic: string;
  /** -1 where the record failed before a partition was chosen. */
  readonly partition: number;
  /**
   * -1 where it is not known: acks=0, a duplicate that the broker had already, a failed record.
   * Exact up to 2^53.
   */
  readonly offset: number;
  /**
   * Milliseconds since 1970: the record's own, or the broker's where the topic has
   * message.timestamp.type=LogAppendTime. -1 if it failed.
   */
  readonly timestamp: number;
  /** Bytes of the serialized key and value; -1 for null and for a failed record. */
  readonly serializedKeySize: number;
  readonly serializedValueSize: number;
}

/**
 * A record that the broker found wrong; `index` counts from the first of its batch, or of the part
 * that was told. `message`: the broker's.
 */
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
  /**
   * Anything that the caller hangs on it when it sees recordCount === 1; handed back in
   * onBatchDone. Null at first.
   */
  attachment: unknown;
  /**
   * 0, but for a batch that was split because the broker called it too large (MESSAGE_TOO_LARGE):
   * each part is told by itself, with the attachment of the batch that the caller saw, and covers
   * that one's records from this index on.
   */
  readonly firstRecordIndex: number;
  /**
   * In onBatchDone: no further part of the same batch, and so no further use of its attachment,
   * follows. False only for parts.
   */
  readonly lastPart: boolean;
  /** Offset of the first record once acknowledged; -1 with acks=0 or after a duplicate answer. */
  readonly baseOffset: number;
  /**
   * Where the broker refused the batch because of some of its records: which (RecordErrors, Produce
   * v8+). None of the batch was stored.
   */
  readonly refusedRecords: readonly RefusedRecord[] | null;
  /**
   * Of a batch that failed: an attempt of it ended without an answer that says for sure that the
   * broker did not store it (connection lost, time-out, an error told after the append).
   */
  readonly mayBeStored: boolean;
}

export interface ProducerHooks {
  /**
   * Called exactly once for each batch that held a record, or for each part of it where it was
   * split: `error` null when acknowledged. The batch object is reused after the call: take what is
   * needed from it.
   */
  onBatchDone(batch: BatchView, error: ProducerError | null): void;
  /** Left out: nobody looks on. */
  readonly watch?: SenderWatch;
}

/** Looks on while the producer works. Must not throw. */
export interface SenderWatch {
  /**
   * In the middle of a drain that began at `sinceMs`, after each batch that was closed in it. What
   * is appended now still goes out with this request where its partition's turn is yet to come.
   * Must call nothing but append.
   */
  betweenBatches(sinceMs: number): void;
  /** A batch of `rawBytes` of records was compressed, in `tookMs`. Must call nothing. */
  compressed(rawBytes: number, tookMs: number): void;
}
