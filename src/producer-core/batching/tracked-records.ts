// Records whose own fate somebody waits for (a promise of producer.ts, interceptors): their batch
// carries a list of them, and tracking-hooks.ts tells each its own outcome. Filled by producer.ts
// and user-append.ts, once a record; empty where nobody waits.
import type { RecordHeader, RecordMetadata } from './batch-view.js';

/** One record of a batch. */
export class TrackedRecord {
  constructor(
    /** Its place in the batch that it was appended to. */
    readonly index: number,
    readonly timestampMs: number,
    /** -1: null. */
    readonly keyBytes: number,
    readonly valueBytes: number,
    /** As they were given; for interceptors. */
    readonly headers: readonly RecordHeader[] | null,
    readonly resolve: ((metadata: RecordMetadata) => void) | null,
    readonly reject: ((error: unknown) => void) | null,
  ) {}
}

/** What of a batch is needed to note its newest record. */
interface TrackingBatch {
  readonly recordCount: number;
  track(record: TrackedRecord): void;
}

/** Notes the record that was just appended to `batch`. */
export function track(
  batch: TrackingBatch,
  timestampMs: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly RecordHeader[] | null,
  resolve: ((metadata: RecordMetadata) => void) | null,
  reject: ((error: unknown) => void) | null,
): void {
  const keyBytes = key === null ? -1 : key.length;
  const valueBytes = value === null ? -1 : value.length;
  const record = new TrackedRecord(
    batch.recordCount - 1,
    timestampMs,
    keyBytes,
    valueBytes,
    headers,
    resolve,
    reject,
  );
  batch.track(record);
}
