// One record batch (format v2), written once in its slot: records as they are appended (with a
// codec into a staging buffer, from where they are compressed into the slot when the batch closes),
// the header when it is sealed. What becomes of it stands in batch-life.ts. Called by the
// accumulator (append, seal) and seen by callers as BatchView. Must never allocate per record.
import { BATCH_HEADER_BYTES, CRC_FROM, writeBatchHeader } from './batch-header.js';
import type { Slot } from '../memory/buffer-pool.js';
import { NO_IDENTITY, NO_SEQUENCE, type ProducerIdentity } from '../identity.js';
import {
  currentRatio,
  estimatedRecordBytes,
  nextRatio,
  observedRatio,
} from './compression-ratio.js';
import { BatchLife, type BatchPartition } from '../batch-life.js';
import type { RecordHeader } from '../batch-view.js';
import { headersBytes, writeHeaders } from './record-headers.js';
import { RECORD_OVERHEAD_BYTES } from './record-size.js';
import { MOST_RAW_BYTES, type Staging } from './staging.js';
import { varintBytes, varlongBytes, writeLength, writeVarlong } from '../../../wire/index.js';

/** Zigzag of -1: the length of a null key or value. */
const NULL_LENGTH = 1;

/**
 * `Partition`: what its user knows of it besides; the batch itself looks at no more than
 * BatchPartition.
 */
export class RecordBatch<Partition extends BatchPartition = BatchPartition> extends BatchLife<
  Partition,
  RecordBatch<Partition>
> {
  /**
   * Where records are written: the slot's memory, with a codec the staging buffer until the batch
   * closes.
   */
  private buffer: Buffer;
  /** Position behind the last record, in `buffer`. */
  private position = 0;
  /**
   * Where the next record must end. With a codec it moves with each record, as the estimate says.
   */
  private limit = 0;
  /**
   * Compressed records that are not in the slot: the codec has memory of its own, or they are
   * larger than the slot.
   */
  body: Buffer | null = null;
  /**
   * With a codec: the topic's ratio when the batch was opened, and what header and records are
   * taken to become with it.
   */
  private ratio = NaN;
  private estimatedBytes = 0;
  /** With a codec: bytes of the records before they were compressed. */
  private rawBytes = 0;
  // NaN, as 0 would make V8 take these fields for small integers first: every batch's shape would
  // change under the hot loop.
  baseTimestamp = NaN;
  maxTimestamp = NaN;
  /**
   * Timestamp of the last append tried, its delta to the first, and that delta's bytes. NaN before
   * the first.
   */
  private lastTimestamp = NaN;
  private delta = 0;
  private deltaBytes = 1;
  /** Most that one record's key, value and headers take, with their lengths. */
  private largestFields = 0;
  /** No more appends: a record did not fit, or the batch was drained. */
  private appendsClosed = false;
  /** Header and CRC are in place. */
  private sealed = false;

  /**
   * Producer id and epoch that it goes under, and its first record's sequence; none until it is
   * first drained.
   */
  identity: ProducerIdentity = NO_IDENTITY;
  baseSequence = NO_SEQUENCE;
  transactional = false;
  /** Its sequence was changed after it was sealed, and it was not drained since. */
  reopened = false;

  /** `staging`: null without a codec. */
  constructor(
    readonly slot: Slot<RecordBatch<Partition>>,
    partition: Partition,
    private readonly staging: Staging | null = null,
  ) {
    super(partition);
    this.buffer = slot.buffer;
  }

  /** Makes the object ready for a new life in the same slot. */
  open(partition: Partition, nowMs: number): void {
    this.begin(partition, nowMs);
    this.body = null;
    if (this.staging === null) {
      this.position = this.slot.start + BATCH_HEADER_BYTES;
      this.limit = this.slot.start + this.slot.capacity;
    } else this.openStaging(this.staging);
    this.lastTimestamp = NaN;
    this.largestFields = 0;
    this.appendsClosed = false;
    this.sealed = false;
    this.identity = NO_IDENTITY;
    this.baseSequence = NO_SEQUENCE;
    this.transactional = false;
    this.reopened = false;
  }

  private openStaging(staging: Staging): void {
    if (this.buffer === this.slot.buffer) this.buffer = staging.take(this.slot.capacity);
    this.position = 0;
    this.rawBytes = 0;
    this.ratio = currentRatio(this.partitionState.topic.compressionRatio);
    this.estimatedBytes = BATCH_HEADER_BYTES;
    this.limit = this.slot.capacity;
  }

  /**
   * Bytes on the wire, header included; with a codec an estimate until it is sealed
   * (estimatedSizeInBytes).
   */
  get bytes(): number {
    if (this.staging !== null && !this.sealed) return this.estimatedBytes;
    return this.position - this.slot.start + (this.body === null ? 0 : this.body.length);
  }

  /** Bytes before compression, header included. */
  get uncompressedBytes(): number {
    if (this.staging === null) return this.bytes;
    return BATCH_HEADER_BYTES + (this.appendsClosed ? this.rawBytes : this.position);
  }

  /** Of a sealed batch: its records' bytes divided by what they were before compression. */
  get compressionRatio(): number {
    return observedRatio(
      this.bytes - BATCH_HEADER_BYTES,
      this.uncompressedBytes - BATCH_HEADER_BYTES,
    );
  }

  /** Attributes, bits 0 to 2; 0 without a codec. */
  get codecId(): number {
    return this.staging === null ? 0 : this.staging.codec.id;
  }

  /**
   * Upper bound of its largest record as Java counts it (maxRecordSize): batch header and the most
   * that a record's own fields take included.
   */
  get largestRecordBytes(): number {
    return BATCH_HEADER_BYTES + RECORD_OVERHEAD_BYTES + this.largestFields;
  }

  /** Where the batch, or what of it is not in `body`, ends in the slot's buffer. */
  get end(): number {
    return this.position;
  }

  get full(): boolean {
    return this.appendsClosed || this.position >= this.limit;
  }

  /**
   * Writes the record if it fits; the first always fits. A record that does not closes the batch
   * for appends.
   */
  tryAppend(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers: readonly RecordHeader[] | null = null,
  ): boolean {
    const count = this.recordCount;
    const keyBytes = key === null ? 0 : key.length;
    const valueBytes = value === null ? 0 : value.length;
    if (timestampMs !== this.lastTimestamp) this.setTimestamp(timestampMs);
    // attributes 1, the fields between, and the headers; null has the length -1, one byte.
    const fields =
      (headers === null ? 1 : headersBytes(headers)) +
      (key === null ? 1 : varintBytes(keyBytes) + keyBytes) +
      (value === null ? 1 : varintBytes(valueBytes) + valueBytes);
    const body = 1 + this.deltaBytes + varintBytes(count) + fields;
    const size = varintBytes(body) + body;
    if (count > 0 && (this.appendsClosed || this.position + size > this.limit)) {
      this.closeAppends();
      return false;
    }
    if (this.staging !== null) this.stage(this.staging, size);
    const { buffer } = this;
    let at = this.position;
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
    if (headers === null)
      buffer[at++] = 0; // header count
    else at = writeHeaders(buffer, at, headers);
    this.position = at;
    this.recordCount = count + 1;
    if (fields > this.largestFields) this.largestFields = fields;
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

  /** Room for the next record's bytes, and the limit that the estimate will then set. */
  private stage(staging: Staging, size: number): void {
    const end = this.position + size;
    if (end > this.buffer.length) this.buffer = staging.grow(this.buffer, this.position, end);
    this.estimatedBytes = BATCH_HEADER_BYTES + estimatedRecordBytes(end, this.ratio);
    this.limit = end >= MOST_RAW_BYTES ? end : end + this.slot.capacity - this.estimatedBytes;
  }

  /**
   * No more records; with a codec they are compressed now, so that the staging buffer can go back.
   */
  closeAppends(): void {
    if (this.appendsClosed) return;
    this.appendsClosed = true;
    if (this.staging !== null) this.compress(this.staging);
  }

  private compress(staging: Staging): void {
    const { codec } = staging;
    const { buffer: into, start, capacity } = this.slot;
    const from = start + BATCH_HEADER_BYTES;
    this.rawBytes = this.position;
    const end = staging.compress(this.buffer, this.rawBytes, into, from, start + capacity);
    if (end < 0) this.body = codec.takeOutput();
    this.position = end < 0 ? from : end;
    this.dropStaging();
  }

  /** Gives the staging buffer back: after compression, or when the batch ends without it. */
  dropStaging(): void {
    if (this.buffer === this.slot.buffer) return;
    this.staging?.give(this.buffer);
    this.buffer = this.slot.buffer;
  }

  /** True: its memory is to be given back, now and never again in this life. */
  release(): boolean {
    if (!this.releasable || this.released) return false;
    this.released = true;
    this.dropStaging();
    return true;
  }

  get hasSequence(): boolean {
    return this.baseSequence !== NO_SEQUENCE;
  }

  /**
   * Before it is sealed: under whom, from which sequence on, and whether as part of a transaction.
   */
  setProducerState(identity: ProducerIdentity, baseSequence: number, transactional: boolean): void {
    this.identity = identity;
    this.baseSequence = baseSequence;
    this.transactional = transactional;
  }

  /**
   * Another identity or sequence for the next attempt. The slot is left as it is until then: the
   * kernel may still read it.
   */
  resetProducerState(identity: ProducerIdentity, baseSequence: number): void {
    this.identity = identity;
    this.baseSequence = baseSequence;
    this.reopened = true;
    this.sealed = false;
  }

  /**
   * Closes for appends and writes header and CRC, once, and again if the producer's state in it was
   * reset.
   */
  seal(): void {
    this.reopened = false;
    if (!this.sealed) {
      this.closeAppends();
      this.sealed = true;
      writeBatchHeader(this);
    }
    // As Java at each drain, retries included (ProducerBatch.close).
    if (this.staging !== null) {
      const { topic } = this.partitionState;
      topic.expectRatio(nextRatio(topic.compressionRatio, this.compressionRatio));
    }
  }

  private crcCache: Buffer | null = null;

  /**
   * What the CRC covers of the slot. Cached apart from the slot's write view, as both recur with
   * each life.
   */
  get crcView(): Buffer {
    const length = this.position - this.slot.start - CRC_FROM;
    if (this.crcCache === null || this.crcCache.length !== length) {
      this.crcCache = this.slot.buffer.subarray(this.slot.start + CRC_FROM, this.position);
    }
    return this.crcCache;
  }

  /**
   * The records as they were appended, of a sealed batch: for a split. With a codec they are
   * decompressed.
   */
  rawRecords(): Buffer {
    const records =
      this.body ?? this.slot.buffer.subarray(this.slot.start + BATCH_HEADER_BYTES, this.position);
    return this.staging === null ? records : this.staging.codec.decompress(records, this.rawBytes);
  }
}
