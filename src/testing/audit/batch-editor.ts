// Takes an uncompressed record batch apart and puts it together again from other records: for tests
// that make a log hold something else than what was sent to it.
import {
  BATCH,
  codecOf,
  crc32c,
  LENGTH_OVERHEAD,
  recordCount,
  varintBytes,
  writeVarlong,
} from '../../wire/index.js';

/** A record without its length and offset delta. */
export interface EditedRecord {
  /** Attributes and timestamp delta; key, value and headers. */
  readonly before: Buffer;
  readonly after: Buffer;
  /** Where the value lies in `after`; -1 for none. */
  readonly valueAt: number;
  readonly valueBytes: number;
}

/** The records of the batch at `at`; copies. */
export function recordsOf(source: Buffer, at: number): EditedRecord[] {
  if (codecOf(source, at) !== 0) throw new Error('a compressed batch');
  let position = at + BATCH.records;
  const varint = (): number => {
    let zigzag = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = source[position++];
      zigzag += (byte & 0x7f) * unit;
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
  };
  return Array.from({ length: recordCount(source, at) }, () => {
    const length = varint();
    const end = position + length;
    const start = position;
    position++; // attributes
    varint(); // timestamp delta
    const before = Buffer.from(source.subarray(start, position));
    varint(); // offset delta
    const from = position;
    const keyBytes = varint();
    position += Math.max(0, keyBytes);
    const valueBytes = varint();
    const after = Buffer.from(source.subarray(from, end));
    const valueAt = valueBytes < 0 ? -1 : position - from;
    position = end;
    return { before, after, valueAt, valueBytes };
  });
}

/**
 * A batch like the one at `at`, of these records; they get new offsets. `deltas`: those that they
 * have, as compaction leaves them.
 */
export function batchOf(
  source: Buffer,
  at: number,
  records: readonly EditedRecord[],
  deltas: readonly number[] = records.map((_, i) => i),
): Buffer {
  const parts: Buffer[] = [Buffer.from(source.subarray(at, at + BATCH.records))];
  records.forEach(({ before, after }, i) => {
    const delta = deltas[i];
    const length = before.length + varintBytes(delta) + after.length;
    const head = Buffer.alloc(varintBytes(length));
    writeVarlong(head, 0, length);
    const offset = Buffer.alloc(varintBytes(delta));
    writeVarlong(offset, 0, delta);
    parts.push(head, before, offset, after);
  });
  const batch = Buffer.concat(parts);
  batch.writeInt32BE(batch.length - LENGTH_OVERHEAD, BATCH.length);
  batch.writeInt32BE(records.length - 1, BATCH.lastOffsetDelta);
  batch.writeInt32BE(records.length, BATCH.count);
  batch.writeUInt32BE(crc32c(batch.subarray(BATCH.attributes)), BATCH.crc);
  return batch;
}
