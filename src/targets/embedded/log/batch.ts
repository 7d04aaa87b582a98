// The record batch v2 as a broker sees it: where its fields lie, and the checks that Kafka's broker
// makes before it appends one. Called by produce.ts for every batch and by partition-log.ts. Must
// never look at the records themselves, which may be compressed.
import { crc32c } from '../../../wire/index.js';

/** Positions of the header's fields (org.apache.kafka.common.record.DefaultRecordBatch). */
export const BASE_OFFSET = 0;
export const LENGTH = 8;
export const LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const COUNT = 57;
export const HEADER_BYTES = 61;

/** `length` counts what follows it. */
export const LENGTH_OVERHEAD = 12;

const CODEC_MASK = 0x07;
const ZSTD = 4;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/**
 * Why a batch is not appended: Kafka's error code, and a sentence for the answer's errorMessage.
 */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

const refusal = (code: number, message: string): Refusal => ({ code, message });
const CORRUPT_MESSAGE = 2;
const MESSAGE_TOO_LARGE = 10;
const UNSUPPORTED_COMPRESSION_TYPE = 76;
const INVALID_RECORD = 87;

const NOT_ONE_BATCH = refusal(
  INVALID_RECORD,
  'a produce request must hold exactly one whole record batch per partition',
);
const WRONG_MAGIC = refusal(INVALID_RECORD, 'only record batches of magic version 2 are accepted');
const ZSTD_TOO_EARLY = refusal(
  UNSUPPORTED_COMPRESSION_TYPE,
  'zstd needs produce version 7 or newer',
);
const TOO_LARGE = refusal(MESSAGE_TOO_LARGE, 'the batch is larger than max.message.bytes');
const WRONG_CRC = refusal(CORRUPT_MESSAGE, 'the CRC-32C of the batch does not match');
const WRONG_BASE = refusal(INVALID_RECORD, 'the base offset of a produced batch must be 0');
const WRONG_COUNT = refusal(
  INVALID_RECORD,
  'the record count does not match the last offset delta',
);
const IS_CONTROL = refusal(INVALID_RECORD, 'clients may not write control records');
const NO_PRODUCER = refusal(INVALID_RECORD, 'a transactional batch needs a producer id');
const NO_SEQUENCE = refusal(INVALID_RECORD, 'a batch with a producer id needs a sequence number');

/**
 * An int64 as a double: exact up to 2^53, which offsets, times and the producer ids given out here
 * never pass.
 */
export const int64 = (buffer: Buffer, at: number) =>
  buffer.readInt32BE(at) * 4294967296 + buffer.readUInt32BE(at + 4);

export function writeInt64(buffer: Buffer, at: number, value: number): void {
  buffer.writeInt32BE(Math.floor(value / 4294967296), at);
  buffer.writeUInt32BE(value >>> 0, at + 4);
}

export const totalBytes = (buffer: Buffer, at: number) =>
  buffer.readInt32BE(at + LENGTH) + LENGTH_OVERHEAD;
export const recordCount = (buffer: Buffer, at: number) => buffer.readInt32BE(at + COUNT);
export const maxTimestamp = (buffer: Buffer, at: number) => int64(buffer, at + MAX_TIMESTAMP);
export const baseTimestamp = (buffer: Buffer, at: number) => int64(buffer, at + BASE_TIMESTAMP);
export const lastOffsetDelta = (buffer: Buffer, at: number) =>
  buffer.readInt32BE(at + LAST_OFFSET_DELTA);
export const isCompressed = (buffer: Buffer, at: number) =>
  (buffer[at + ATTRIBUTES + 1] & CODEC_MASK) !== 0;
export const isTransactional = (buffer: Buffer, at: number) =>
  (buffer[at + ATTRIBUTES + 1] & TRANSACTIONAL) !== 0;
/** -1 for none. */
export const producerId = (buffer: Buffer, at: number) => int64(buffer, at + PRODUCER_ID);
export const producerEpoch = (buffer: Buffer, at: number) =>
  buffer.readInt16BE(at + PRODUCER_EPOCH);
export const baseSequence = (buffer: Buffer, at: number) => buffer.readInt32BE(at + BASE_SEQUENCE);

/**
 * Whether a partition's records are one v2 batch at all: Kafka's ProduceRequest.validateRecords.
 * Null when they are.
 */
export function checkShape(
  buffer: Buffer,
  at: number,
  bytes: number,
  apiVersion: number,
): Refusal | null {
  // A magic-2 batch can't be shorter; an older one can, and has its magic byte at the same place.
  if (bytes <= MAGIC) return NOT_ONE_BATCH;
  if (buffer[at + MAGIC] !== 2) return WRONG_MAGIC;
  if (bytes < HEADER_BYTES || totalBytes(buffer, at) !== bytes) return NOT_ONE_BATCH;
  if (apiVersion < 7 && (buffer[at + ATTRIBUTES + 1] & CODEC_MASK) === ZSTD) return ZSTD_TOO_EARLY;
  return null;
}

/**
 * The checks of UnifiedLog.analyzeAndValidateRecords and LogValidator.validateBatch, in their
 * order. Null when the batch passes.
 */
export function checkBatch(
  buffer: Buffer,
  at: number,
  bytes: number,
  maxMessageBytes: number,
): Refusal | null {
  if (int64(buffer, at + BASE_OFFSET) !== 0) return WRONG_BASE;
  if (bytes > maxMessageBytes) return TOO_LARGE;
  if (crc32c(buffer.subarray(at + ATTRIBUTES, at + bytes)) !== buffer.readUInt32BE(at + CRC))
    return WRONG_CRC;
  const count = recordCount(buffer, at);
  if (count <= 0 || count - 1 !== lastOffsetDelta(buffer, at)) return WRONG_COUNT;
  const attributes = buffer[at + ATTRIBUTES + 1];
  if ((attributes & CONTROL) !== 0) return IS_CONTROL;
  if (producerId(buffer, at) >= 0) return baseSequence(buffer, at) < 0 ? NO_SEQUENCE : null;
  if ((attributes & TRANSACTIONAL) !== 0) return NO_PRODUCER;
  return null;
}
