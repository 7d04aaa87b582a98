// Reads a record batch (format v2) without any of the producer's code, straight from Kafka's
// documentation: what tests and the modelled brokers compare with. Must never trust a length that
// the batch states.
import { makeCrc32cInJavaScript } from '../../../wire/index.js';
import { decompress } from './sim-codecs.js';

export interface ReadHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

export interface ReadRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly offsetDelta: number;
  readonly headers: readonly ReadHeader[];
}

export interface ReadBatch {
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly lastOffsetDelta: number;
  readonly attributes: number;
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly codec: number;
  readonly transactional: boolean;
  /** -1 without idempotence, as epoch and sequence. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly records: readonly ReadRecord[];
}

const HEADER_BYTES = 61;
const TWO_32 = 4294967296;
const NO_HEADERS: readonly ReadHeader[] = [];
const crc32c = makeCrc32cInJavaScript();

/**
 * Throws on anything that a broker would refuse. The records share the memory of `bytes` unless
 * they were compressed.
 */
export function readBatch(bytes: Buffer): ReadBatch {
  if (bytes.readInt32BE(8) !== bytes.length - 12)
    throw new Error(`batch says ${bytes.readInt32BE(8)}, has ${bytes.length - 12}`);
  if (bytes[16] !== 2) throw new Error(`magic ${bytes[16]}`);
  if (bytes.readUInt32BE(17) !== crc32c(bytes.subarray(21))) throw new Error('CRC does not match');
  const attributes = bytes.readInt16BE(21);
  const baseTimestamp = int64(bytes, 27);
  const codec = attributes & 7;
  const body = codec === 0 ? bytes : decompress(codec, bytes.subarray(HEADER_BYTES));
  const records = new RecordReader(body, codec === 0 ? HEADER_BYTES : 0).readAll(
    bytes.readInt32BE(57),
    baseTimestamp,
  );
  const lastOffsetDelta = bytes.readInt32BE(23);
  if (lastOffsetDelta !== records.length - 1)
    throw new Error(`last offset delta ${lastOffsetDelta} of ${records.length} records`);
  return {
    baseTimestamp,
    maxTimestamp: int64(bytes, 35),
    lastOffsetDelta,
    attributes,
    codec,
    transactional: (attributes & 16) !== 0,
    producerId: int64(bytes, 43),
    producerEpoch: bytes.readInt16BE(51),
    baseSequence: bytes.readInt32BE(53),
    records,
  };
}

/** Exact below 2^53. */
function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
}

class RecordReader {
  constructor(
    private readonly bytes: Buffer,
    private at: number,
  ) {}

  readAll(count: number, baseTimestamp: number): ReadRecord[] {
    const records: ReadRecord[] = [];
    for (let i = 0; i < count; i++) {
      const length = this.varlong();
      const end = this.at + length;
      if (this.bytes[this.at++] !== 0) throw new Error('record attributes');
      const timestamp = baseTimestamp + this.varlong();
      const offsetDelta = this.varlong();
      if (offsetDelta !== i) throw new Error(`record ${i} has offset delta ${offsetDelta}`);
      const key = this.field();
      const value = this.field();
      const headers = this.headers();
      if (this.at !== end)
        throw new Error(`record ${i} says ${length} bytes, ends ${this.at - end} past`);
      records.push({ key, value, timestamp, offsetDelta, headers });
    }
    if (this.at !== this.bytes.length)
      throw new Error(`${this.bytes.length - this.at} bytes behind the last record`);
    return records;
  }

  /** Zigzag in base 128; exact below 2^53. */
  private varlong(): number {
    let zigzag = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined || unit > 2 ** 63) throw new Error('a varint that does not end');
      zigzag += (byte & 0x7f) * unit;
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
  }

  private field(): Buffer | null {
    const length = this.varlong();
    if (length < 0) return null;
    if (this.at + length > this.bytes.length)
      throw new Error(`a field of ${length} bytes passes the end of the batch`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private headers(): readonly ReadHeader[] {
    const count = this.varlong();
    if (count === 0) return NO_HEADERS;
    return Array.from({ length: count }, () => {
      const key = this.field();
      if (key === null) throw new Error('a header without a key');
      return { key: key.toString(), value: this.field() };
    });
  }
}
