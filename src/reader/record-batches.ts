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

/**
 * Where the next fetch begins: behind the last batch that is whole. `from` where there is none.
 * Reads headers only. Stops at what makes no sense; walkBatches tells of it.
 */
export function nextOffset(bytes: Buffer, from: number): number {
  let next = from;
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    const size = totalBytes(bytes, at);
    if (size < HEAD_BYTES || at + size > bytes.length) break;
    next = Math.max(next, lastOffset(bytes, at, size) + 1);
    at += size;
  }
  return next;
}

function lastOffset(bytes: Buffer, at: number, size: number): number {
  const base = int64At(bytes, at);
  if (bytes[at + BATCH.magic] !== 2 || size < BATCH.records) return base;
  return base + Math.max(0, lastOffsetDelta(bytes, at));
}

/** True where the answer's first batch is larger than what came of it. */
export function isCutShort(bytes: Buffer): boolean {
  if (bytes.length === 0) return false;
  return bytes.length < HEAD_BYTES || totalBytes(bytes, 0) > bytes.length;
}

/** Tells every record of the whole batches. Throws CorruptBatch where the visitor takes none. */
export function walkBatches(bytes: Buffer, walk: Walk): void {
  for (let at = 0; at + HEAD_BYTES <= bytes.length;) {
    const size = totalBytes(bytes, at);
    if (size >= HEAD_BYTES && at + size > bytes.length) return;
    const last = size < HEAD_BYTES ? NaN : lastOffset(bytes, at, size);
    // Batches of before the offset that was asked for may stand in front.
    if (!(last < walk.from)) {
      try {
        visitBatch(bytes, at, size, walk);
      } catch (error) {
        const corrupt = asCorrupt(error, int64At(bytes, at), last);
        if (corrupt === null || walk.visitor.onCorrupt === undefined) throw corrupt ?? error;
        walk.visitor.onCorrupt(walk.slot, corrupt.from, corrupt.to, corrupt.message);
      }
    }
    if (!(size >= HEAD_BYTES)) return;
    at += size;
  }
}

function asCorrupt(error: unknown, base: number, last: number): CorruptBatch | null {
  if (error instanceof CorruptBatch) return error;
  if (!(error instanceof DecompressionError || error instanceof RangeError)) return null;
  return new CorruptBatch(base, (Number.isNaN(last) ? base : last) + 1, error.message);
}

function visitBatch(bytes: Buffer, at: number, size: number, walk: Walk): void {
  const base = int64At(bytes, at);
  const bad = (why: string): CorruptBatch =>
    new CorruptBatch(base, Math.max(base, lastOffset(bytes, at, size)) + 1, why);
  if (size < HEAD_BYTES) throw new CorruptBatch(base, base + 1, `a batch of ${size} bytes`);
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
