// The control batch that ends a transaction in a partition's log: COMMIT or ABORT, one record, one
// offset. Written by transaction-coordinator.ts through partition-transactions.ts; must be what
// Java's consumer reads (EndTransactionMarker.java).
//
//   batch header (61 bytes, attributes transactional + control, no sequence)
//   · record: length · attributes · timestampDelta · offsetDelta
//     · key: version int16 · type int16 (0 ABORT, 1 COMMIT)
//     · value: version int16 · coordinatorEpoch int32 · no headers
import { BATCH, crc32c, LENGTH_OVERHEAD, writeInt64At } from '../../../wire/index.js';

const KEY_BYTES = 4;
const VALUE_BYTES = 6;
/** attributes 1 + two deltas 2 + key length 1 + key + value length 1 + value + header count 1. */
const RECORD_BYTES = 6 + KEY_BYTES + VALUE_BYTES;
const MARKER_BYTES = BATCH.records + 1 + RECORD_BYTES;
const TRANSACTIONAL_CONTROL = 0x30;
const ABORT = 0;
const COMMIT = 1;

/** A whole batch with base offset 0; `timestampMs` is whole. */
export function transactionMarker(
  producerId: number,
  epoch: number,
  committed: boolean,
  coordinatorEpoch: number,
  timestampMs: number,
): Buffer {
  const batch = Buffer.alloc(MARKER_BYTES);
  batch.writeInt32BE(MARKER_BYTES - LENGTH_OVERHEAD, 8);
  batch.writeInt32BE(-1, 12);
  batch[16] = 2;
  batch.writeInt16BE(TRANSACTIONAL_CONTROL, 21);
  writeInt64At(batch, 27, timestampMs);
  writeInt64At(batch, 35, timestampMs);
  writeInt64At(batch, 43, producerId);
  batch.writeInt16BE(epoch, 51);
  batch.writeInt32BE(-1, 53);
  batch.writeInt32BE(1, 57);
  // Lengths below 64 as zigzag varints: one byte of twice the value.
  let at: number = BATCH.records;
  batch[at++] = RECORD_BYTES * 2;
  at += 3; // attributes and deltas: 0
  batch[at++] = KEY_BYTES * 2;
  at = batch.writeInt16BE(committed ? COMMIT : ABORT, at + 2);
  batch[at++] = VALUE_BYTES * 2;
  batch.writeInt32BE(coordinatorEpoch, at + 2);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}
