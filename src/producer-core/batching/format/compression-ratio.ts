// How small a topic's batches become: Java's CompressionRatioEstimator, in its own 32-bit floats,
// so that batches close at the same record. Called by record-batch.ts and batch-split.ts. Pure
// functions; the estimate itself stands in TopicState.

const IMPROVING_STEP = Math.fround(0.005);
const DETERIORATING_STEP = Math.fround(0.05);
/** Java's COMPRESSION_RATE_ESTIMATION_FACTOR. */
const MARGIN = Math.fround(1.05);

/** `estimate`, or 1 where it is NaN: nothing was seen so far. */
export function currentRatio(estimate: number): number {
  return Number.isNaN(estimate) ? 1 : estimate;
}

/** The estimate after a batch became `observed` times its size. */
export function nextRatio(estimate: number, observed: number): number {
  const current = currentRatio(estimate);
  const seen = Math.fround(observed);
  if (seen > current) return Math.max(Math.fround(current + DETERIORATING_STEP), seen);
  if (seen < current) return Math.max(Math.fround(current - IMPROVING_STEP), seen);
  return current;
}

/**
 * Bytes that `rawBytes` of records are taken to become (MemoryRecordsBuilder.estimatedBytesWritten,
 * without the header).
 */
export function estimatedRecordBytes(rawBytes: number, ratio: number): number {
  return Math.trunc(Math.fround(Math.fround(Math.fround(rawBytes) * ratio) * MARGIN));
}

/** compressed / raw as Java's float. */
export function observedRatio(compressedBytes: number, rawBytes: number): number {
  return Math.fround(compressedBytes / rawBytes);
}
