// Outcomes of single records: a batch that holds records whose own fate somebody waits for (a promise of producer.ts, interceptors) carries a list of
// them, and when its outcome is told each is told its own. Made by core-producer.ts only where there are such records; without them a batch's
// outcome goes straight to the caller's hook.
import type { ProducerError } from './errors.js';
import type { BatchView, ProducerHooks, RecordHeader } from './producer-api.js';
import type { RecordBatch } from './record-batch.js';
import { failedMetadata, type InterceptorChain } from './user-code/interceptor-chain.js';
import type { RecordMetadata } from './user-code/interfaces.js';

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

/** Notes the record that was just appended to `batch`. */
export function track(
  batch: RecordBatch,
  timestampMs: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: readonly RecordHeader[] | null,
  resolve: ((metadata: RecordMetadata) => void) | null,
  reject: ((error: unknown) => void) | null,
): void {
  const keyBytes = key === null ? -1 : key.length;
  const valueBytes = value === null ? -1 : value.length;
  const record = new TrackedRecord(batch.recordCount - 1, timestampMs, keyBytes, valueBytes, headers, resolve, reject);
  if (batch.tracked === null) batch.tracked = [record];
  else batch.tracked.push(record);
}

/** Tells tracked records before the caller's own hook. */
export class TrackingHooks implements ProducerHooks {
  constructor(
    private readonly hooks: ProducerHooks,
    private readonly interceptors: InterceptorChain | null,
  ) {}

  onBatchDone(view: BatchView, error: ProducerError | null): void {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the core knows no other batches
    const batch = view as RecordBatch;
    if (batch.tracked !== null) {
      for (const record of batch.tracked) this.tell(batch, record, error);
      batch.tracked = null;
    }
    this.hooks.onBatchDone(view, error);
  }

  private tell(batch: RecordBatch, record: TrackedRecord, error: ProducerError | null): void {
    const metadata = error === null ? metadataOf(batch, record) : failedMetadata(batch.topic, batch.partition);
    this.interceptors?.onAcknowledgement(metadata, error, record.headers);
    if (error === null) record.resolve?.(metadata);
    else record.reject?.(error);
  }
}

function metadataOf(batch: RecordBatch, record: TrackedRecord): RecordMetadata {
  const { baseOffset, firstRecordIndex, logAppendTimeMs } = batch;
  return {
    topic: batch.topic,
    partition: batch.partition,
    offset: baseOffset < 0 ? -1 : baseOffset + record.index - firstRecordIndex,
    timestamp: logAppendTimeMs >= 0 ? logAppendTimeMs : record.timestampMs,
    serializedKeySize: record.keyBytes,
    serializedValueSize: record.valueBytes,
  };
}
