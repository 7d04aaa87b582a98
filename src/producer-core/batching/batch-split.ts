// What becomes of a batch that the broker calls too large (MESSAGE_TOO_LARGE): smaller ones in its
// place, as Java's ProducerBatch.split and RecordAccumulator.splitAndReenqueue make them. Called by
// the settlement; rare. Must never lose or reorder a record.
//
// The parts' memory is outside the pool, as in Java: the large batch gives its own back at once.
// Each part's outcome is told by itself, with the large batch's attachment and the range of its
// records that it covers.
import type { Accumulator } from './accumulator.js';
import { currentRatio } from './format/compression-ratio.js';
import type { RecordHeader } from './batch-view.js';
import { SplitFamily } from './batch-life.js';
import { RecordBatch } from './format/record-batch.js';
import { recordUpperBound } from './format/record-size.js';
import type { PartitionBatch, PartitionState } from './topic-state.js';
import { addToSequence } from './sequences.js';

interface SplitRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[] | null;
  readonly timestampMs: number;
}

/**
 * Puts parts into the queue in place of `large`, which has more than one record and is in no queue.
 */
export function splitBatch(large: PartitionBatch, accumulator: Accumulator): void {
  const { topic } = large.partitionState;
  // The most careful estimate, so that this does not happen again soon.
  const ratio = large.codecId === 0 ? currentRatio(topic.compressionRatio) : large.compressionRatio;
  topic.expectRatio(Math.max(1, ratio));
  const again = large.family !== null;
  const records = readRecords(large);
  const target = again
    ? Math.max(large.largestRecordBytes, Math.floor(large.bytes / 2))
    : accumulator.options.batchSize;
  let parts = makeParts(large, records, target, Infinity, accumulator);
  // Java would send the same bytes over and over until they expire: its bounds of a record are
  // upper ones.
  if (again && parts.length === 1)
    parts = makeParts(large, records, target, Math.ceil(records.length / 2), accumulator);
  const family = large.family ?? new SplitFamily();
  family.grow(parts.length - 1);
  let index = 0;
  for (const part of parts) {
    part.continueFrom(large, family, index);
    if (large.hasSequence) {
      part.setProducerState(
        large.identity,
        addToSequence(large.baseSequence, index),
        large.transactional,
      );
    }
    index += part.recordCount;
  }
  accumulator.replace(large, parts);
}

/** Batches of at least `targetBytes` each, and at most `mostRecords` records. */
function makeParts(
  large: PartitionBatch,
  records: readonly SplitRecord[],
  targetBytes: number,
  mostRecords: number,
  accumulator: Accumulator,
): PartitionBatch[] {
  const parts: PartitionBatch[] = [];
  let part: PartitionBatch | null = null;
  for (const { key, value, headers, timestampMs } of records) {
    if (
      part !== null &&
      part.recordCount < mostRecords &&
      part.tryAppend(key, value, timestampMs, headers)
    )
      continue;
    part?.closeAppends();
    const bound = recordUpperBound(
      key === null ? -1 : key.length,
      value === null ? -1 : value.length,
      headers,
    );
    const slot = accumulator.pool.outside(Math.max(bound, targetBytes));
    part = new RecordBatch<PartitionState>(slot, large.partitionState, accumulator.staging);
    part.open(large.partitionState, large.createdMs);
    part.tryAppend(key, value, timestampMs, headers);
    parts.push(part);
  }
  part?.closeAppends();
  return parts;
}

/** What was written when they were appended; our own bytes, so nothing in them is checked. */
function readRecords(batch: RecordBatch): SplitRecord[] {
  const bytes = batch.rawRecords();
  const records: SplitRecord[] = [];
  let at = 0;
  const varlong = (): number => {
    let zigzag = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++];
      zigzag += (byte & 0x7f) * unit;
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
  };
  const field = (): Buffer | null => {
    const length = varlong();
    if (length < 0) return null;
    at += length;
    return bytes.subarray(at - length, at);
  };
  for (let i = 0; i < batch.recordCount; i++) {
    varlong(); // length
    at++; // attributes
    const timestampMs = batch.baseTimestamp + varlong();
    varlong(); // offset delta
    const key = field();
    const value = field();
    const count = varlong();
    const headers =
      count === 0
        ? null
        : Array.from({ length: count }, () => ({ key: field()!.toString(), value: field() }));
    records.push({ key, value, headers, timestampMs });
  }
  return records;
}
