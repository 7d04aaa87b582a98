// Takes an uncompressed record batch apart and puts it together again from other records: for tests
// that make a log hold something else than what was sent to it.
import { crc32c, varintBytes, writeVarlong } from '../../wire/index.js';

const LENGTH = 8;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const COUNT = 57;
const HEADER_BYTES = 61;
const LENGTH_OVERHEAD = 12;
const CODEC_MASK = 0x07;

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
  if ((source[at + ATTRIBUTES + 1] & CODEC_MASK) !== 0) throw new Error('a compressed batch');
  let position = at + HEADER_BYTES;
  const varint = (): number => {
    let zigzag = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = source[position++];
      zigzag += (byte & 0x7f) * unit;
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
  };
  return Array.from({ length: source.readInt32BE(at + COUNT) }, () => {
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

/** A batch like the one at `at`, of these records; they get new offsets. */
export function batchOf(source: Buffer, at: number, records: readonly EditedRecord[]): Buffer {
  const parts: Buffer[] = [Buffer.from(source.subarray(at, at + HEADER_BYTES))];
  records.forEach(({ before, after }, delta) => {
    const length = before.length + varintBytes(delta) + after.length;
    const head = Buffer.alloc(varintBytes(length));
    writeVarlong(head, 0, length);
    const offset = Buffer.alloc(varintBytes(delta));
    writeVarlong(offset, 0, delta);
    parts.push(head, before, offset, after);
  });
  const batch = Buffer.concat(parts);
  batch.writeInt32BE(batch.length - LENGTH_OVERHEAD, LENGTH);
  batch.writeInt32BE(records.length - 1, LAST_OFFSET_DELTA);
  batch.writeInt32BE(records.length, COUNT);
  batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES)), CRC);
  return batch;
}
