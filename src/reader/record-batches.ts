// Walks the batches of one partition's answer and tells their records. Hot: nothing is allocated
// for a record. Every length is checked against its batch, and the CRC before anything is believed.
// Called by fetch-session.ts.
import { decompressRecords, DecompressionError } from '../wire/codecs/index.js';
import {
  BATCH,
  baseTimestamp,
  codecOf,
  crc32c,
  hasLogAppendTime,
  int64At,
  isControl,
  isTransactional,
  lastOffsetDelta,
  maxTimestamp,
  producerId,
  recordCount,
  totalBytes,
} from '../wire/index.js';
import type { AbortedTransactions } from './aborted-transactions.js';
import { visitLegacy } from './legacy-messages.js';
import type { Walk } from './walk.js';

/** What tells a batch's size and format: all formats have these at the same places. */
const HEAD_BYTES = BATCH.magic + 1;
/** Of magic 0 and 1: offset and size. */
const LEGACY_OVERHEAD = 12;
/** A batch that cannot be read: `from` to `to` - 1 are its offsets. */
export class CorruptBatch extends Error {
  constructor(
    readonly from: number,
    readonly to: number,
    why: string,
  ) {
    super(why);
  }
}

/** What of an answer can be read, by its headers alone. */
export interface WholeBatches {
  /** Where the next fetch begins: behind the last of them. */
  readonly next: number;
  /** Where they end in the answer; 0 where the first of it already makes no sense. */
  readonly bytes: number;
}

/**
 * The whole batches at the front of an answer, from offset `from` on and below `end`. They end at a
 * header that cannot be: the next fetch begins there, and meets it first.
 */
export function wholeBatches(bytes: Buffer, from: number, end: number): WholeBatches {
  let next = from;
  let at = 0;
  for (let previous = -1; at + HEAD_BYTES <= bytes.length;) {
    const size = totalBytes(bytes, at);
    if (size < HEAD_BYTES || at + size > bytes.length) break;
    const last = lastOffset(bytes, at, size);
    if (last <= previous || last >= end) break;
    next = Math.max(next, last + 1);
    previous = last;
    at += size;
  }
  return { next, bytes: at };
}

/** Of one whole batch; of what makes no sense, its base. */
function lastOffset(bytes: Buffer, at: number, size: number): number {
  const base = int64At(bytes, at);
  if (bytes[at + BATCH.magic] !== 2 || size < BATCH.records) return base;
  return base + Math.max(0, lastOffsetDelta(bytes, at));
}

/**
 * Tells every record of the batches, which are whole. A batch that cannot be read is told to the
 * visitor, and thrown as CorruptBatch where it takes none.
 */
export function walkBatches(bytes: Buffer, walk: Walk): void {
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    const size = totalBytes(bytes, at);
    const whole = size >= HEAD_BYTES && at + size <= bytes.length;
    const last = whole ? lastOffset(bytes, at, size) : int64At(bytes, at);
    // Batches of before the offset that was asked for may stand in front.
    if (!whole || last >= walk.from) {
      try {
        if (!whole) throw new CorruptBatch(last, last + 1, 'its size is not that of a batch');
        visitBatch(bytes, at, size, walk);
      } catch (error) {
        tellCorrupt(asCorrupt(error, int64At(bytes, at), last), walk);
      }
    }
    if (!whole) return;
    at += size;
  }
}

/** Only of offsets that were asked for: a header that lies is not taken at its word. */
export function tellCorrupt(batch: CorruptBatch, { slot, from, to, visitor }: Walk): void {
  if (visitor.onCorrupt === undefined) throw batch;
  const first = Math.min(Math.max(from, batch.from), to - 1);
  const end = Math.min(Math.max(first + 1, batch.to), to);
  visitor.onCorrupt(slot, first, end, batch.message);
}

/** What the visitor threw is thrown on. */
function asCorrupt(error: unknown, base: number, last: number): CorruptBatch {
  if (error instanceof CorruptBatch) return error;
  if (error instanceof DecompressionError) return new CorruptBatch(base, last + 1, error.message);
  throw error;
}

function visitBatch(bytes: Buffer, at: number, size: number, walk: Walk): void {
  const base = int64At(bytes, at);
  const bad = (why: string): CorruptBatch =>
    new CorruptBatch(base, Math.max(base, lastOffset(bytes, at, size)) + 1, why);
  const magic = bytes[at + BATCH.magic];
  if (magic < 2) {
    if (size < LEGACY_OVERHEAD + 14) throw bad(`a message of ${size} bytes`);
    const why = visitLegacy(bytes, at, size, magic, walk);
    if (why !== null) throw bad(why);
    return;
  }
  if (magic !== 2) throw bad(`a batch of the unknown format ${magic}`);
  if (size < BATCH.records) throw bad(`a batch of ${size} bytes`);
  const crc = bytes.readUInt32BE(at + BATCH.crc);
  if (crc32c(bytes.subarray(at + BATCH.attributes, at + size)) >>> 0 !== crc)
    throw bad('its CRC does not fit');
  if (isHidden(bytes, at, walk.aborted, base)) return;
  const codec = codecOf(bytes, at);
  const count = recordCount(bytes, at);
  const logAppendMs = hasLogAppendTime(bytes, at) ? maxTimestamp(bytes, at) : NaN;
  const from = at + BATCH.records;
  const records = codec === 0 ? bytes : decompressRecords(codec, bytes.subarray(from, at + size));
  const why = visitRecords(
    records,
    codec === 0 ? from : 0,
    codec === 0 ? at + size : records.length,
    base,
    count,
    baseTimestamp(bytes, at),
    logAppendMs,
    walk,
  );
  if (why !== null) throw bad(why);
}

/** Control batches, and those of transactions that were aborted. */
function isHidden(
  bytes: Buffer,
  at: number,
  aborted: AbortedTransactions | null,
  base: number,
): boolean {
  const control = isControl(bytes, at);
  if (aborted === null || !isTransactional(bytes, at)) return control;
  const producer = producerId(bytes, at);
  aborted.reach(base + lastOffsetDelta(bytes, at));
  if (!control) return aborted.holds(producer);
  // A marker's only record says at its key, behind a version, what it is: 0 aborts.
  aborted.ended(producer);
  return true;
}

/** A varint's value; its end is in `after`. -1 bytes past the end make `after` NaN. */
let after = 0;
function varint(bytes: Buffer, at: number, end: number): number {
  let zigzag = 0;
  let scale = 1;
  for (let i = at; i < end && i < at + 10; i++) {
    const byte = bytes[i];
    zigzag += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      after = i + 1;
      return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
    scale *= 128;
  }
  after = NaN;
  return 0;
}

/** Why it cannot be read on; null when all is told. */
function visitRecords(
  bytes: Buffer,
  from: number,
  end: number,
  base: number,
  count: number,
  baseTimestamp: number,
  logAppendMs: number,
  walk: Walk,
): string | null {
  const { slot, visitor } = walk;
  let at = from;
  for (let left = count; left > 0; left--) {
    // Nearly every field's length takes one byte, which is read without a call.
    let byte = bytes[at++];
    let size = (byte >> 1) ^ -(byte & 1);
    if (!(byte < 0x80)) {
      size = varint(bytes, at - 1, end);
      at = after;
    }
    const next = at + size;
    if (!(size > 0 && next <= end)) return 'a record passes the end of its batch';
    at += 1; // attributes
    byte = bytes[at++];
    let timestampDelta = (byte >> 1) ^ -(byte & 1);
    if (!(byte < 0x80)) {
      timestampDelta = varint(bytes, at - 1, next);
      at = after;
    }
    byte = bytes[at++];
    let offsetDelta = (byte >> 1) ^ -(byte & 1);
    if (!(byte < 0x80)) {
      offsetDelta = varint(bytes, at - 1, next);
      at = after;
    }
    byte = bytes[at++];
    let keyBytes = (byte >> 1) ^ -(byte & 1);
    if (!(byte < 0x80)) {
      keyBytes = varint(bytes, at - 1, next);
      at = after;
    }
    const keyAt = at;
    if (keyBytes > 0) at += keyBytes;
    byte = bytes[at++];
    let valueBytes = (byte >> 1) ^ -(byte & 1);
    if (!(byte < 0x80)) {
      valueBytes = varint(bytes, at - 1, next);
      at = after;
    }
    if (!(at + Math.max(0, valueBytes) <= next)) return 'a field passes the end of its record';
    const offset = base + offsetDelta;
    if (offset >= walk.from && offset < walk.to) {
      const timestamp = logAppendMs === logAppendMs ? logAppendMs : baseTimestamp + timestampDelta;
      visitor.onRecord(slot, offset, bytes, keyAt, keyBytes, at, valueBytes, timestamp);
    }
    at = next;
  }
  return at === end ? null : 'bytes behind the last record';
}
