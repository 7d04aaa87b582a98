// One record batch (format v2), written once in its slot: records as they are appended, the header when it closes. Knows its life: open,
// closed, in flight, done; and pins its slot while the kernel or a broker's answer may still concern it.
// Called by the accumulator (append), the sender (close, pins) and seen by callers as BatchView. Must never allocate per record.
import { crc32c } from './crc32c.js';
import type { Slot } from './buffer-pool.js';
import type { PartitionState } from './topic-state.js';
import type { BatchView } from './producer-api.js';
import { varintBytes, varlongBytes, writeLength, writeVarlong } from './varint.js';

/**
 * Bytes of a v2 batch header:
 * baseOffset i64 (0) + length i32 (8) + leaderEpoch i32 (12) + magic i8 (16) + crc u32 (17) + attributes i16 (21) + lastOffsetDelta i32 (23)
 * + baseTimestamp i64 (27) + maxTimestamp i64 (35) + producerId i64 (43) + producerEpoch i16 (51) + baseSequence i32 (53) + count i32 (57).
 */
export const BATCH_HEADER_BYTES = 61;

/** Most that a record's own fields take: length 5 + attributes 1 + timestamp delta 10 + offset delta 5 (DefaultRecord.MAX_RECORD_OVERHEAD). */
const RECORD_OVERHEAD_BYTES = 21;

/** Zigzag of -1: the length of a null key or value. */
const NULL_LENGTH = 1;

const TWO_32 = 4294967296;

/** Upper bound of a batch that holds just this record, as Java checks it against max.request.size and buffer.memory. */
export function recordUpperBound(keyBytes: number, valueBytes: number): number {
  // Key and value with their length varints (-1 for null), and the header count.
  return (
    BATCH_HEADER_BYTES +
    RECORD_OVERHEAD_BYTES +
    varintBytes(keyBytes) +
    Math.max(0, keyBytes) +
    varintBytes(valueBytes) +
    Math.max(0, valueBytes) +
    1
  );
}

export class RecordBatch implements BatchView {
  partitionState!: PartitionState;
  recordCount = 0;
  attachment: unknown = null;
  baseOffset = -1;

  /** Position behind the last record, in the slot's buffer. */
  private position = 0;
  private limit = 0;
  // NaN, as 0 would make V8 take these fields for small integers first: every batch's shape would change under the hot loop.
  private baseTimestamp = NaN;
  private maxTimestamp = NaN;
  /** Timestamp of the last append tried, its delta to the first, and that delta's bytes. NaN before the first. */
  private lastTimestamp = NaN;
  private delta = 0;
  private deltaBytes = 1;
  /** No more appends: a record did not fit, or the batch was drained. */
  private appendsClosed = false;
  /** Header and CRC are in place. */
  private sealed = false;

  /** Clock times in ms: creation (delivery.timeout.ms counts from it) and last attempt or re-queueing (linger, backoff). */
  createdMs = NaN;
  lastAttemptMs = NaN;
  attempts = 0;
  /** How long a retry waits, drawn when it was queued again. */
  backoffMs = 0;
  /** Flush generation it was made in, see Accumulator.awaitSettled. */
  generation = 0;
  /** Leader epoch that the next attempt is meant for, and at which attempt it last changed: a new leader needs no backoff. */
  leaderEpoch = -1;
  attemptsWhenLeaderChanged = 0;

  /** Id of its topic when it was last sent: the answer names that one, though the topic may have been made anew since. */
  topicId: Buffer | null = null;

  /** Its outcome was told; only the slot may still be waiting. */
  done = false;
  /** A socket write of this slot has not ended. */
  writing = false;
  /** A request with it is outstanding on a live connection. */
  awaitingAnswer = false;
  /** The slot went back to the pool. */
  released = false;

  next: RecordBatch | null = null;
  previous: RecordBatch | null = null;

  constructor(readonly slot: Slot) {}

  get topic(): string {
    return this.partitionState.topic.name;
  }

  get partition(): number {
    return this.partitionState.index;
  }

  /** Makes the object ready for a new life in the same slot. */
  open(partition: PartitionState, nowMs: number): void {
    this.partitionState = partition;
    this.recordCount = 0;
    this.attachment = null;
    this.baseOffset = -1;
    this.position = this.slot.start + BATCH_HEADER_BYTES;
    this.limit = this.slot.start + this.slot.capacity;
    this.lastTimestamp = NaN;
    this.appendsClosed = false;
    this.sealed = false;
    this.createdMs = nowMs;
    this.lastAttemptMs = nowMs;
    this.attempts = 0;
    this.leaderEpoch = -1;
    this.attemptsWhenLeaderChanged = 0;
    this.done = false;
    this.writing = false;
    this.awaitingAnswer = false;
    this.released = false;
  }

  /** Bytes on the wire so far, header included. */
  get bytes(): number {
    return this.position - this.slot.start;
  }

  /** Where the batch ends in the slot's buffer. */
  get end(): number {
    return this.position;
  }

  get full(): boolean {
    return this.appendsClosed || this.position >= this.limit;
  }

  /** The memory may be reused: the outcome is told, no write is under way, and no answer can come (KAFKA-19012, CVE-2026-35554). */
  get releasable(): boolean {
    return this.done && !this.writing && !this.awaitingAnswer;
  }

  /** Writes the record if it fits; the first always fits. A record that does not closes the batch for appends. */
  tryAppend(key: Uint8Array | null, value: Uint8Array | null, timestampMs: number): boolean {
    const count = this.recordCount;
    const keyBytes = key === null ? 0 : key.length;
    const valueBytes = value === null ? 0 : value.length;
    if (timestampMs !== this.lastTimestamp) this.setTimestamp(timestampMs);
    // attributes 1, header count 1, and the fields between; null has the length -1, one byte.
    const body =
      2 +
      this.deltaBytes +
      varintBytes(count) +
      (key === null ? 1 : varintBytes(keyBytes) + keyBytes) +
      (value === null ? 1 : varintBytes(valueBytes) + valueBytes);
    let at = this.position;
    if (count > 0 && (this.appendsClosed || at + varintBytes(body) + body > this.limit)) {
      this.appendsClosed = true;
      return false;
    }
    const buffer = this.slot.buffer;
    at = writeLength(buffer, at, body);
    buffer[at++] = 0; // attributes: none are defined
    if (this.delta === 0) buffer[at++] = 0;
    else at = writeVarlong(buffer, at, this.delta);
    at = writeLength(buffer, at, count);
    if (key === null) buffer[at++] = NULL_LENGTH;
    else {
      at = writeLength(buffer, at, keyBytes);
      if (keyBytes > 0) buffer.set(key, at);
      at += keyBytes;
    }
    if (value === null) buffer[at++] = NULL_LENGTH;
    else {
      at = writeLength(buffer, at, valueBytes);
      if (valueBytes > 0) buffer.set(value, at);
      at += valueBytes;
    }
    buffer[at] = 0; // header count
    this.position = at + 1;
    this.recordCount = count + 1;
    if (timestampMs > this.maxTimestamp) this.maxTimestamp = timestampMs;
    return true;
  }

  /** Records of one burst share their timestamp: its delta is worked out when it changes. */
  private setTimestamp(timestampMs: number): void {
    if (this.recordCount === 0) {
      this.baseTimestamp = timestampMs;
      this.maxTimestamp = timestampMs;
    }
    this.lastTimestamp = timestampMs;
    this.delta = timestampMs - this.baseTimestamp;
    this.deltaBytes = varlongBytes(this.delta);
  }

  /** Closes for appends and writes header and CRC, once. */
  seal(): void {
    if (this.sealed) return;
    this.appendsClosed = true;
    this.sealed = true;
    const { buffer, start } = this.slot;
    buffer.writeInt32BE(0, start); // base offset: the broker assigns it
    buffer.writeInt32BE(0, start + 4);
    buffer.writeInt32BE(this.bytes - 12, start + 8);
    buffer.writeInt32BE(-1, start + 12); // partition leader epoch
    buffer[start + 16] = 2; // magic
    buffer.writeInt16BE(0, start + 21); // attributes: no codec, create time
    buffer.writeInt32BE(this.recordCount - 1, start + 23);
    // Each int64 as two int32: a double handed to a function would be an object on the heap.
    const baseHigh = Math.floor(this.baseTimestamp / TWO_32);
    const maxHigh = Math.floor(this.maxTimestamp / TWO_32);
    buffer.writeInt32BE(baseHigh, start + 27);
    buffer.writeInt32BE((this.baseTimestamp - baseHigh * TWO_32) | 0, start + 31);
    buffer.writeInt32BE(maxHigh, start + 35);
    buffer.writeInt32BE((this.maxTimestamp - maxHigh * TWO_32) | 0, start + 39);
    buffer.writeInt32BE(-1, start + 43); // producer id: none
    buffer.writeInt32BE(-1, start + 47);
    buffer.writeInt16BE(-1, start + 51); // producer epoch
    buffer.writeInt32BE(-1, start + 53); // base sequence
    buffer.writeInt32BE(this.recordCount, start + 57);
    buffer.writeUInt32BE(crc32c(this.crcView()), start + 17);
  }

  private crcCache: Buffer | null = null;

  /** Byte 21 to the end, what the CRC covers. Cached apart from the slot's write view, as both recur with each life. */
  private crcView(): Buffer {
    const length = this.bytes - 21;
    if (this.crcCache === null || this.crcCache.length !== length) {
      this.crcCache = this.slot.buffer.subarray(this.slot.start + 21, this.position);
    }
    return this.crcCache;
  }
}
