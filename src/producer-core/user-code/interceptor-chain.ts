// The interceptors of a producer, in order, as Java's ProducerInterceptors calls them. Called by
// user-append.ts and producer.ts (onSend, onSendError) and tracked-records.ts (onAcknowledgement).
// Must never let what an interceptor throws go on.
import type { RecordHeader } from '../batching/batch-view.js';
import type { ProducerSettingValues } from '../../connect/security/index.js';
import { takeRecord } from '../library/record-fields.js';
import type {
  ProducerInterceptor,
  ProducerRecord,
  RecordMetadata,
  WarningHook,
} from './interfaces.js';

const NO_HEADERS: readonly RecordHeader[] = [];

export class InterceptorChain {
  /** Filled once they are loaded. */
  interceptors: readonly ProducerInterceptor[] = [];

  constructor(private readonly warn: WarningHook) {}

  configure(settings: ProducerSettingValues): void {
    for (const interceptor of this.interceptors) interceptor.configure?.(settings);
  }

  /**
   * The record to send. One that throws, or gives no record, is passed over: the next one sees what
   * it was given.
   */
  onSend(record: ProducerRecord): ProducerRecord {
    let current = record;
    for (const interceptor of this.interceptors) {
      if (interceptor.onSend === undefined) continue;
      try {
        const next: unknown = interceptor.onSend(current);
        if (typeof next !== 'object' || next === null) throw new TypeError('it returned no record');
        // As in Java, where no record can be made that is none: its mistake is its own, and the
        // record goes on without it.
        current = takeRecord(next);
      } catch (error) {
        this.warn(
          'interceptor.classes: onSend of an interceptor failed, its change is left out',
          error,
        );
      }
    }
    return current;
  }

  onAcknowledgement(
    metadata: RecordMetadata,
    error: Error | null,
    headers: readonly RecordHeader[] | null,
  ): void {
    for (const interceptor of this.interceptors) {
      try {
        interceptor.onAcknowledgement?.(metadata, error, headers ?? NO_HEADERS);
      } catch (thrown) {
        this.warn('interceptor.classes: onAcknowledgement of an interceptor failed', thrown);
      }
    }
  }

  /** The record failed before it was in a batch. `partition` -1: none was chosen yet. */
  onSendError(record: ProducerRecord, partition: number, error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    this.onAcknowledgement(failedMetadata(record.topic, partition), cause, record.headers ?? null);
  }

  close(): void {
    for (const interceptor of this.interceptors) {
      try {
        interceptor.close?.();
      } catch (error) {
        this.warn('interceptor.classes: close of an interceptor failed', error);
      }
    }
  }
}

/** What is told of a record that has no place in a log. */
export function failedMetadata(topic: string, partition: number): RecordMetadata {
  return {
    topic,
    partition,
    offset: -1,
    timestamp: -1,
    serializedKeySize: -1,
    serializedValueSize: -1,
  };
}
