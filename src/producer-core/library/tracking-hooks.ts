// Tells each tracked record its own outcome when that of its batch is told, and then the caller's
// hook. Made by core-producer.ts only where there may be such records; without them a batch's
// outcome goes straight to the caller's hook.
import type {
  BatchView,
  ProducerHooks,
  RecordMetadata,
  SenderWatch,
} from '../batching/batch-view.js';
import { ProducerError, brokerError } from '../errors.js';
import type { RecordBatch } from '../batching/format/record-batch.js';
import type { TrackedRecord } from '../batching/tracked-records.js';
import { failedMetadata, type InterceptorChain } from '../user-code/interceptor-chain.js';
import { ERROR, errorCodeFrom } from '../../wire/error-codes.js';

export class TrackingHooks implements ProducerHooks {
  readonly watch?: SenderWatch;

  constructor(
    private readonly hooks: ProducerHooks,
    private readonly interceptors: InterceptorChain | null,
  ) {
    if (hooks.watch !== undefined) this.watch = hooks.watch;
  }

  onBatchDone(view: BatchView, error: ProducerError | null): void {
    // The core knows no other batches.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    const batch = view as RecordBatch;
    if (batch.tracked !== null) {
      for (const record of batch.tracked) this.tell(batch, record, error);
      batch.dropTracked();
    }
    this.hooks.onBatchDone(view, error);
  }

  private tell(batch: RecordBatch, record: TrackedRecord, outcome: ProducerError | null): void {
    const error = outcome === null ? null : errorOf(batch, record, outcome);
    const metadata =
      error === null ? metadataOf(batch, record) : failedMetadata(batch.topic, batch.partition);
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

/**
 * What this one record failed of, as Java's Sender.failBatch tells it: the records that the broker
 * names by their own cause, the others by theirs.
 */
function errorOf(batch: RecordBatch, record: TrackedRecord, outcome: ProducerError): ProducerError {
  const { refusedRecords } = batch;
  if (refusedRecords === null || outcome.code < 0) return outcome;
  const { name } = batch.partitionState;
  const own = refusedRecords.find(({ index }) => index === record.index - batch.firstRecordIndex);
  if (own === undefined) {
    return new ProducerError(
      'KAFKA',
      `${name}: not stored, as its batch holds ${refusedRecords.length} invalid records`,
    );
  }
  // One code for several records does not tell them apart: Java then calls each invalid and leaves
  // the rest to the message.
  const code = refusedRecords.length === 1 ? errorCodeFrom(outcome.code) : ERROR.INVALID_RECORD;
  return own.message === null && code === outcome.code
    ? outcome
    : brokerError(code, name, own.message);
}
