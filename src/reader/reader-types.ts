// The reader's own words: what is asked of it and what it tells. Types only.
import type { Access } from '../connect/cold.js';

export type Isolation = 'read_uncommitted' | 'read_committed';

/** Java's fetch settings, in bytes and ms. */
export interface FetchSettings {
  /** fetch.min.bytes; 1. */
  readonly minBytes: number;
  /** fetch.max.wait.ms; 500. */
  readonly maxWaitMs: number;
  /** fetch.max.bytes; 50 MiB. */
  readonly maxBytes: number;
  /** max.partition.fetch.bytes; 1 MiB. */
  readonly maxPartitionBytes: number;
}

export interface ReaderOptions {
  /** `host:port`, at least one. */
  readonly bootstrap: readonly string[];
  /** Left out: PLAINTEXT. */
  readonly access?: Access;
  /** Default read_uncommitted. */
  readonly isolation?: Isolation;
  readonly fetch?: Partial<FetchSettings>;
  /** How long the leaders of what is read may be gone, in ms; 60,000. */
  readonly patienceMs?: number;
}

/** One partition to read: from `from` on, up to but without `to`. */
export interface Assignment {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  /** Left out: for ever, until the signal. */
  readonly to?: number;
}

/** Told of the records, in order within a partition. `slot` is the assignment's index. */
export interface RecordVisitor {
  /**
   * One record, within the call only: the bytes are used again. `keyBytes` and `valueBytes` are -1
   * for null. Called for every record that is visible, control records left out.
   */
  onRecord(
    slot: number,
    offset: number,
    bytes: Buffer,
    keyAt: number,
    keyBytes: number,
    valueAt: number,
    valueBytes: number,
    timestampMs: number,
  ): void;
  /**
   * Before the records of one answer for this partition. `receivedMs`: when its last byte was
   * there, on performance.now(). `highWatermark`, `lastStableOffset`: as the leader has them.
   */
  onAnswer?(
    slot: number,
    receivedMs: number,
    highWatermark: number,
    lastStableOffset: number,
  ): void;
  /** After the records of one answer: where the next fetch of this partition begins. */
  onPosition?(slot: number, next: number): void;
  /**
   * The log begins behind what was asked for: offsets `from` to `to` - 1 are gone. Reading goes on
   * at `to`. Left out: it ends with a ReaderError.
   */
  onGone?(slot: number, from: number, to: number): void;
  /**
   * Offsets `from` to `to` - 1 are in a batch that cannot be read. Reading goes on behind it. Left
   * out: it ends with a ReaderError.
   */
  onCorrupt?(slot: number, from: number, to: number, why: string): void;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
}

export interface Reader {
  /** Throws ReaderError where the cluster does not know the topic. */
  partitions(topic: string): Promise<number>;
  /**
   * Of each partition, by its number. `earliest`: the first offset that is there; `latest`: where
   * the next record goes; with read_committed, the last stable offset.
   */
  offsets(topic: string, which: 'earliest' | 'latest'): Promise<readonly number[]>;
  /**
   * Reads until every assignment has reached its `to`, or the signal is aborted (it then resolves).
   * Leaders that move, restart or are gone for a while are waited for; throws ReaderError where it
   * cannot go on. One call at a time.
   */
  read(
    assignments: readonly Assignment[],
    visitor: RecordVisitor,
    options?: ReadOptions,
  ): Promise<void>;
  close(): void;
}
