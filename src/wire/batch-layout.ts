// Where the fields of a record batch v2 lie, and what its header says. Read by the reader, by the
// embedded brokers, and by tests that take batches apart; the producer writes its own.
//
//   0 baseOffset i64, 8 length i32 (of what follows it), 12 leader epoch i32, 16 magic i8,
//   17 crc u32, 21 attributes i16, 23 last offset delta i32, 27 base timestamp i64,
//   35 max timestamp i64, 43 producer id i64, 51 producer epoch i16, 53 base sequence i32,
//   57 count i32, 61 records (org.apache.kafka.common.record.DefaultRecordBatch)

/** Positions in a batch. */
export const BATCH = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  /** What the CRC covers begins here. */
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const;

/** `length` counts what follows it. */
export const LENGTH_OVERHEAD = 12;

/** Of the attributes; bits 0 to 2 are the codec. */
export const CODEC_MASK = 0x07;
/** Of messages of format 1 as well. */
export const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** An int64 as a double: exact up to 2^53, which offsets, times and producer ids never pass. */
export const int64At = (buffer: Buffer, at: number): number =>
  buffer.readInt32BE(at) * 4294967296 + buffer.readUInt32BE(at + 4);

export function writeInt64At(buffer: Buffer, at: number, value: number): void {
  buffer.writeInt32BE(Math.floor(value / 4294967296), at);
  buffer.writeUInt32BE(value >>> 0, at + 4);
}

/** Of the batch that begins at `at`, as far as it says: its end may not be there. */
export const totalBytes = (buffer: Buffer, at: number): number =>
  buffer.readInt32BE(at + BATCH.length) + LENGTH_OVERHEAD;
export const recordCount = (buffer: Buffer, at: number): number =>
  buffer.readInt32BE(at + BATCH.count);
export const maxTimestamp = (buffer: Buffer, at: number): number =>
  int64At(buffer, at + BATCH.maxTimestamp);
export const baseTimestamp = (buffer: Buffer, at: number): number =>
  int64At(buffer, at + BATCH.baseTimestamp);
export const lastOffsetDelta = (buffer: Buffer, at: number): number =>
  buffer.readInt32BE(at + BATCH.lastOffsetDelta);
/** -1 for none. */
export const producerId = (buffer: Buffer, at: number): number =>
  int64At(buffer, at + BATCH.producerId);
export const producerEpoch = (buffer: Buffer, at: number): number =>
  buffer.readInt16BE(at + BATCH.producerEpoch);
export const baseSequence = (buffer: Buffer, at: number): number =>
  buffer.readInt32BE(at + BATCH.baseSequence);

const flags = (buffer: Buffer, at: number): number => buffer[at + BATCH.attributes + 1];
/** 0 for none. */
export const codecOf = (buffer: Buffer, at: number): number => flags(buffer, at) & CODEC_MASK;
export const isTransactional = (buffer: Buffer, at: number): boolean =>
  (flags(buffer, at) & TRANSACTIONAL) !== 0;
export const isControl = (buffer: Buffer, at: number): boolean =>
  (flags(buffer, at) & CONTROL) !== 0;
export const hasLogAppendTime = (buffer: Buffer, at: number): boolean =>
  (flags(buffer, at) & LOG_APPEND_TIME) !== 0;
