// The recent batches of one partition in a bounded ring of bytes, and the index of where each lies.
// Called by produce.ts (append), fetch.ts and list-offsets.ts. Must never hold more than its
// capacity, nor copy a batch more than once on the way in.
import {
  baseTimestamp,
  BATCH,
  codecOf,
  lastOffsetDelta,
  maxTimestamp,
  recordCount,
  totalBytes,
  writeInt64At,
} from '../../../wire/index.js';
import { recordTimestamps } from './record-timestamps.js';

/** Bytes that rings may still take, over all partitions of a cluster. */
export interface RingBudget {
  left: number;
}

const FIRST_RING_BYTES = 256 * 1024;
const FIRST_INDEX_ENTRIES = 64;

/** A record's place in the log by its time. */
export interface TimedOffset {
  readonly offset: number;
  readonly timestamp: number;
}

export class PartitionLog {
  /** Offset of the oldest record kept. */
  logStartOffset = 0;
  /**
   * Offset of the next record: log end offset and, as replication is modelled on the answers only,
   * high watermark.
   */
  nextOffset = 0;

  private ring = Buffer.alloc(0);
  /** Where the next batch goes. */
  private tail = 0;
  // The index: batch i of 0..count is at slot (first + i) & mask. Its size stands in its own
  // header.
  private offsets = new Float64Array(FIRST_INDEX_ENTRIES);
  private positions = new Float64Array(FIRST_INDEX_ENTRIES);
  private first = 0;
  private count = 0;

  constructor(
    private capacity: number,
    private readonly budget: RingBudget,
  ) {}

  /**
   * Copies the batch in and patches its base offset and leader epoch; gives its base offset.
   * Neither field is under the CRC.
   */
  append(source: Buffer, at: number, bytes: number, leaderEpoch: number): number {
    const place = this.makeRoom(bytes);
    source.copy(this.ring, place, at, at + bytes);
    const offset = this.nextOffset;
    writeInt64At(this.ring, place + BATCH.baseOffset, offset);
    this.ring.writeInt32BE(leaderEpoch, place + BATCH.leaderEpoch);
    if (this.count === this.offsets.length) this.growIndex();
    const slot = (this.first + this.count) & (this.offsets.length - 1);
    this.offsets[slot] = offset;
    this.positions[slot] = place;
    this.count++;
    this.tail = place + bytes;
    this.nextOffset = offset + recordCount(this.ring, place);
    return offset;
  }

  /**
   * Bytes of whole batches from the one that holds `offset` on, at most `maxBytes`, or one if
   * `atLeastOne`; of those that begin before `before`.
   */
  availableBytes(offset: number, maxBytes: number, atLeastOne: boolean, before = Infinity): number {
    let bytes = 0;
    for (let i = this.find(offset); i < this.count && this.offset(i) < before; i++) {
      const size = totalBytes(this.ring, this.position(i));
      if (bytes + size > maxBytes && !(atLeastOne && bytes === 0)) break;
      bytes += size;
      if (bytes >= maxBytes) break;
    }
    return bytes;
  }

  /** A copy of what availableBytes counts: the ring may move on while a socket still writes. */
  read(offset: number, maxBytes: number, atLeastOne: boolean, before = Infinity): Buffer {
    const copy = Buffer.allocUnsafe(this.availableBytes(offset, maxBytes, atLeastOne, before));
    for (let i = this.find(offset), at = 0; at < copy.length; i++) {
      const position = this.position(i);
      at += this.ring.copy(copy, at, position, position + totalBytes(this.ring, position));
    }
    return copy;
  }

  /**
   * The first record at or after a time; null if there is none. To the record where batches are not
   * compressed, else to the batch.
   */
  findByTime(timestamp: number): TimedOffset | null {
    for (let i = 0; i < this.count; i++) {
      const at = this.position(i);
      if (maxTimestamp(this.ring, at) < timestamp) continue;
      const offset = this.offset(i);
      if (codecOf(this.ring, at) === 0) {
        for (const record of recordTimestamps(this.ring, at)) {
          if (record.timestamp >= timestamp)
            return { offset: offset + record.offsetDelta, timestamp: record.timestamp };
        }
      }
      return { offset, timestamp: Math.max(timestamp, baseTimestamp(this.ring, at)) };
    }
    return null;
  }

  /**
   * The (first) record with the largest timestamp; null in an empty log. To the record where not
   * compressed, else its batch's last.
   */
  findMaxTimestamp(): TimedOffset | null {
    let best = -1;
    let timestamp = -Infinity;
    for (let i = 0; i < this.count; i++) {
      const batchMax = maxTimestamp(this.ring, this.position(i));
      if (batchMax <= timestamp) continue;
      best = i;
      timestamp = batchMax;
    }
    if (best < 0) return null;
    const at = this.position(best);
    if (codecOf(this.ring, at) !== 0)
      return { offset: this.offset(best) + lastOffsetDelta(this.ring, at), timestamp };
    return this.findByTime(timestamp);
  }

  /** Gives the memory back: the topic is gone. */
  drop(): void {
    this.budget.left += this.ring.length;
    this.ring = Buffer.alloc(0);
    this.count = 0;
    this.tail = 0;
    this.logStartOffset = this.nextOffset;
  }

  private slot(i: number): number {
    return (this.first + i) & (this.offsets.length - 1);
  }
  private offset(i: number): number {
    return this.offsets[this.slot(i)];
  }
  private position(i: number): number {
    return this.positions[this.slot(i)];
  }

  /**
   * Number of the batch that holds `offset` (the last one that starts at or before it); `count`
   * past the end.
   */
  private find(offset: number): number {
    if (offset >= this.nextOffset) return this.count;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.offset(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Position for `bytes` contiguous ones; the oldest batches make way. */
  private makeRoom(bytes: number): number {
    if (this.tail + bytes > this.ring.length && this.grow(bytes)) return this.tail;
    if (this.tail + bytes > this.ring.length) {
      // Round the end: what lies behind the tail is a lap old, and older than everything in front.
      while (this.count > 0 && this.position(0) >= this.tail) this.dropOldest();
      this.tail = 0;
    }
    const end = this.tail + bytes;
    while (this.count > 0 && this.position(0) >= this.tail && this.position(0) < end)
      this.dropOldest();
    if (this.count === 0) this.logStartOffset = this.nextOffset;
    return this.tail;
  }

  private dropOldest(): void {
    this.first = (this.first + 1) & (this.offsets.length - 1);
    this.count--;
    this.logStartOffset = this.count > 0 ? this.offsets[this.first] : this.nextOffset;
  }

  /**
   * Doubles the ring within capacity and budget, keeping what is in it. One batch fits always:
   * max.message.bytes bounds it.
   */
  private grow(bytes: number): boolean {
    const size = this.ring.length;
    if (bytes > this.capacity) this.capacity = bytes;
    let wanted = Math.max(FIRST_RING_BYTES, size * 2);
    while (wanted < bytes) wanted *= 2;
    wanted = Math.min(this.capacity, wanted);
    const needed = size < bytes;
    if (wanted <= size || (wanted - size > this.budget.left && !needed)) return false;
    const grown = Buffer.allocUnsafeSlow(wanted);
    let at = 0;
    for (let i = 0; i < this.count; i++) {
      const position = this.position(i);
      this.positions[this.slot(i)] = at;
      at += this.ring.copy(grown, at, position, position + totalBytes(this.ring, position));
    }
    this.budget.left -= wanted - size;
    this.ring = grown;
    this.tail = at;
    return at + bytes <= wanted;
  }

  private growIndex(): void {
    const offsets = new Float64Array(this.offsets.length * 2);
    const positions = new Float64Array(offsets.length);
    for (let i = 0; i < this.count; i++) {
      offsets[i] = this.offset(i);
      positions[i] = this.position(i);
    }
    this.offsets = offsets;
    this.positions = positions;
    this.first = 0;
  }
}
