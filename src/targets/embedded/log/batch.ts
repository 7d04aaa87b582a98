// The record batch v2 as a broker sees it: the checks that Kafka's broker makes before it appends
// one. Called by produce.ts for every batch. Must never look at the records themselves, which may
// be compressed.
import {
  baseSequence,
  BATCH,
  codecOf,
  crc32c,
  int64At,
  isControl,
  isTransactional,
  lastOffsetDelta,
  producerId,
  recordCount,
  totalBytes,
} from '../../../wire/index.js';
import { ERROR, type ErrorCode } from '../../../wire/error-codes.js';

const ZSTD = 4;

/**
 * Why a batch is not appended: Kafka's error code, and a sentence for the answer's errorMessage.
 */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

const refusal = (code: ErrorCode, message: string): Refusal => ({ code, message });

const NOT_ONE_BATCH = refusal(
  ERROR.INVALID_RECORD,
  'a produce request must hold exactly one whole record batch per partition',
);
const WRONG_MAGIC = refusal(
  ERROR.INVALID_RECORD,
  'only record batches of magic version 2 are accepted',
);
const ZSTD_TOO_EARLY = refusal(
  ERROR.UNSUPPORTED_COMPRESSION_TYPE,
  'zstd needs produce version 7 or newer',
);
const TOO_LARGE = refusal(ERROR.MESSAGE_TOO_LARGE, 'the batch is larger than max.message.bytes');
const WRONG_CRC = refusal(ERROR.CORRUPT_MESSAGE, 'the CRC-32C of the batch does not match');
const WRONG_BASE = refusal(ERROR.INVALID_RECORD, 'the base offset of a produced batch must be 0');
const WRONG_COUNT = refusal(
  ERROR.INVALID_RECORD,
  'the record count does not match the last offset delta',
);
const IS_CONTROL = refusal(ERROR.INVALID_RECORD, 'clients may not write control records');
const NO_PRODUCER = refusal(ERROR.INVALID_RECORD, 'a transactional batch needs a producer id');
const NO_SEQUENCE = refusal(
  ERROR.INVALID_RECORD,
  'a batch with a producer id needs a sequence number',
);

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
  if (bytes <= BATCH.magic) return NOT_ONE_BATCH;
  if (buffer[at + BATCH.magic] !== 2) return WRONG_MAGIC;
  if (bytes < BATCH.records || totalBytes(buffer, at) !== bytes) return NOT_ONE_BATCH;
  if (apiVersion < 7 && codecOf(buffer, at) === ZSTD) return ZSTD_TOO_EARLY;
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
  if (int64At(buffer, at + BATCH.baseOffset) !== 0) return WRONG_BASE;
  if (bytes > maxMessageBytes) return TOO_LARGE;
  if (
    crc32c(buffer.subarray(at + BATCH.attributes, at + bytes)) !==
    buffer.readUInt32BE(at + BATCH.crc)
  )
    return WRONG_CRC;
  const count = recordCount(buffer, at);
  if (count <= 0 || count - 1 !== lastOffsetDelta(buffer, at)) return WRONG_COUNT;
  if (isControl(buffer, at)) return IS_CONTROL;
  if (producerId(buffer, at) >= 0) return baseSequence(buffer, at) < 0 ? NO_SEQUENCE : null;
  if (isTransactional(buffer, at)) return NO_PRODUCER;
  return null;
}
