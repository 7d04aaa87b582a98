// The header of a record batch (format v2) and its CRC. Called by record-batch.ts once an attempt
// that changes it. Must never hand a double to a function: it would be an object on the heap.
import { crc32c } from '../../../wire/index.js';
import type { ProducerIdentity } from '../identity.js';

/**
 * Bytes of a v2 batch header: baseOffset i64 (0) + length i32 (8) + leaderEpoch i32 (12) + magic i8
 * (16) + crc u32 (17) + attributes i16 (21) + lastOffsetDelta i32 (23) + baseTimestamp i64 (27) +
 * maxTimestamp i64 (35) + producerId i64 (43) + producerEpoch i16 (51) + baseSequence i32 (53) +
 * count i32 (57).
 */
export const BATCH_HEADER_BYTES = 61;

/** What the CRC covers begins here. */
export const CRC_FROM = 21;

/** Bit 4 of the attributes: the batch is part of a transaction. Bits 0 to 2 are the codec's id. */
const TRANSACTIONAL_BIT = 0x10;

const TWO_32 = 4294967296;

/** What of a batch its header tells, and where the bytes are. */
export interface HeadedBatch {
  readonly slot: { readonly buffer: Buffer; readonly start: number };
  /** Header included. */
  readonly bytes: number;
  readonly codecId: number;
  readonly recordCount: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly identity: ProducerIdentity;
  readonly baseSequence: number;
  readonly transactional: boolean;
  /** Of the slot, from CRC_FROM to the batch's end there. */
  readonly crcView: Buffer;
  /** The records, where they are not in the slot. */
  readonly body: Buffer | null;
}

/** Writes header and CRC around the records, which are in place. */
export function writeBatchHeader(batch: HeadedBatch): void {
  const { buffer, start } = batch.slot;
  buffer.writeInt32BE(0, start); // base offset: the broker assigns it
  buffer.writeInt32BE(0, start + 4);
  buffer.writeInt32BE(batch.bytes - 12, start + 8);
  buffer.writeInt32BE(-1, start + 12); // partition leader epoch
  buffer[start + 16] = 2; // magic
  buffer.writeInt16BE(
    batch.codecId | (batch.transactional ? TRANSACTIONAL_BIT : 0),
    start + CRC_FROM,
  );
  buffer.writeInt32BE(batch.recordCount - 1, start + 23);
  // Each int64 as two int32.
  const baseHigh = Math.floor(batch.baseTimestamp / TWO_32);
  const maxHigh = Math.floor(batch.maxTimestamp / TWO_32);
  buffer.writeInt32BE(baseHigh, start + 27);
  buffer.writeInt32BE((batch.baseTimestamp - baseHigh * TWO_32) | 0, start + 31);
  buffer.writeInt32BE(maxHigh, start + 35);
  buffer.writeInt32BE((batch.maxTimestamp - maxHigh * TWO_32) | 0, start + 39);
  const { identity } = batch;
  buffer.writeInt32BE(identity.idHigh, start + 43);
  buffer.writeInt32BE(identity.idLow, start + 47);
  buffer.writeInt16BE(identity.epoch, start + 51);
  buffer.writeInt32BE(batch.baseSequence, start + 53);
  buffer.writeInt32BE(batch.recordCount, start + 57);
  const crc = crc32c(batch.crcView);
  buffer.writeUInt32BE(batch.body === null ? crc : crc32c(batch.body, crc), start + 17);
}
