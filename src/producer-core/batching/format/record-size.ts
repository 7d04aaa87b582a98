// How large a record may become in a batch, at most. Asked before each append (so nothing is
// allocated), and by who plans a sweep.
import type { RecordHeader } from '../batch-view.js';
import { varintBytes } from '../../../wire/index.js';
import { BATCH_HEADER_BYTES } from './batch-header.js';
import { headersBytes } from './record-headers.js';

/**
 * Most that a record's own fields take: length 5 + attributes 1 + timestamp delta 10 + offset delta
 * 5 (DefaultRecord.MAX_RECORD_OVERHEAD).
 */
export const RECORD_OVERHEAD_BYTES = 21;

/**
 * Upper bound of a batch that holds just this record, as Java checks it against max.request.size
 * and buffer.memory.
 */
export function recordUpperBound(
  keyBytes: number,
  valueBytes: number,
  headers: readonly RecordHeader[] | null = null,
): number {
  // Key and value with their length varints (-1 for null), and the headers with their count.
  return (
    BATCH_HEADER_BYTES +
    RECORD_OVERHEAD_BYTES +
    varintBytes(keyBytes) +
    Math.max(0, keyBytes) +
    varintBytes(valueBytes) +
    Math.max(0, valueBytes) +
    (headers === null ? 1 : headersBytes(headers))
  );
}
