// Reads a record batch (format v2) without any of the producer's code, straight from Kafka's documentation: what tests compare with.
import { makeCrc32cInJavaScript } from '../producer-core/crc32c.js';

export interface ReadRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly offsetDelta: number;
}

export interface ReadBatch {
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly lastOffsetDelta: number;
  readonly attributes: number;
  readonly records: readonly ReadRecord[];
}

const crc32c = makeCrc32cInJavaScript();

/** Throws on anything that a broker would refuse. */
export function readBatch(bytes: Buffer): ReadBatch {
  if (bytes.readInt32BE(8) !== bytes.length - 12)
    throw new Error(`batch says ${bytes.readInt32BE(8)}, has ${bytes.length - 12}`);
  if (bytes[16] !== 2) throw new Error(`magic ${bytes[16]}`);
  if (bytes.readUInt32BE(17) !== crc32c(bytes.subarray(21))) throw new Error('CRC does not match');
  const baseTimestamp = Number(bytes.readBigInt64BE(27));
  const count = bytes.readInt32BE(57);
  const records: ReadRecord[] = [];
  let at = 61;
  const varlong = () => {
    let zigzag = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      zigzag |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return Number((zigzag >> 1n) ^ -(zigzag & 1n));
  };
  const field = () => {
    const length = varlong();
    if (length < 0) return null;
    at += length;
    return Buffer.from(bytes.subarray(at - length, at));
  };
  for (let i = 0; i < count; i++) {
    const length = varlong();
    const end = at + length;
    if (bytes[at++] !== 0) throw new Error('record attributes');
    const timestamp = baseTimestamp + varlong();
    const offsetDelta = varlong();
    if (offsetDelta !== i) throw new Error(`record ${i} has offset delta ${offsetDelta}`);
    const key = field();
    const value = field();
    if (varlong() !== 0) throw new Error('headers were not expected');
    if (at !== end) throw new Error(`record ${i} says ${length} bytes, ends ${at - end} past`);
    records.push({ key, value, timestamp, offsetDelta });
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the last record`);
  return {
    baseTimestamp,
    maxTimestamp: Number(bytes.readBigInt64BE(35)),
    lastOffsetDelta: bytes.readInt32BE(23),
    attributes: bytes.readInt16BE(21),
    records,
  };
}
