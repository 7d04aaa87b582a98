// CoreProducer.append where the user has code of their own: interceptors, serializers, partitioner,
// in Java's order (KafkaProducer.doSend), then the record goes the usual way. Made once by
// core-producer.ts, so that producers without user code pay one branch a record.
import type { Accumulator } from '../batching/accumulator.js';
import { InvalidRecordError } from './user-code-error.js';
import type { ProducerError } from '../errors.js';
import type { RecordHeader } from '../batching/batch-view.js';
import type { PartitionBatch, TopicState } from '../batching/topic-state.js';
import { track } from '../batching/tracked-records.js';
import type { ProducerRecord } from './interfaces.js';
import { serialize, type SerializerInUse, type UserCode } from './user-code.js';

/** How a record of bytes gets into its batch: CoreProducer's own way. */
export type AppendBytes = (
  topic: TopicState,
  partition: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  timestampMs: number,
  nowMs: number,
  headers: readonly RecordHeader[] | null,
) => PartitionBatch | null;

/**
 * A record that went through the user's code and was refused for want of memory: it must not go
 * through it again.
 */
interface Refused {
  /** What append was given; the retry comes with the same. */
  readonly given: {
    readonly topic: TopicState;
    readonly key: Uint8Array | null;
    readonly value: Uint8Array | null;
  };
  readonly record: ProducerRecord;
  readonly topic: TopicState;
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export class UserAppend {
  private refused: Refused | null = null;

  constructor(
    private readonly code: UserCode,
    private readonly topics: Accumulator['topics'],
    private readonly appendBytes: AppendBytes,
  ) {}

  append(
    topic: TopicState,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
    headers: readonly RecordHeader[] | null,
  ): PartitionBatch | null {
    const { refused, code } = this;
    if (refused !== null) {
      this.refused = null;
      const { given } = refused;
      if (given.topic === topic && given.key === key && given.value === value) {
        return this.hand(refused.record, () => refused, timestampMs, nowMs);
      }
    }
    if (!code.loaded)
      throw new Error(
        'append before connect() has ended: the modules of the settings are not loaded yet',
      );
    const given = { topic, key, value };
    if (code.interceptors === null) {
      const record: ProducerRecord = { topic: topic.name, value, headers };
      return this.hand(
        record,
        () => this.prepare(given, record, topic, partition, key, value),
        timestampMs,
        nowMs,
      );
    }
    const record = code.interceptors.onSend({
      topic: topic.name,
      partition: partition < 0 ? null : partition,
      key,
      value,
      headers,
      timestamp: timestampMs,
    });
    return this.hand(
      record,
      () =>
        this.prepare(
          given,
          record,
          this.known(record, topic),
          record.partition ?? -1,
          record.key,
          record.value,
        ),
      timestampMs,
      nowMs,
    );
  }

  /** An interceptor may send the record elsewhere. */
  private known({ topic: name }: ProducerRecord, topic: TopicState): TopicState {
    const found = name === topic.name ? topic : this.topics.get(name);
    if (found !== undefined && found.partitionCount > 0) return found;
    throw new InvalidRecordError(
      `an interceptor sends a record to ${name}, of which nothing is known: ` +
        `call topic('${name}') first`,
    );
  }

  /** Serialized, and with a partition or -1. */
  private prepare(
    given: Refused['given'],
    record: ProducerRecord,
    topic: TopicState,
    partition: number,
    keyData: unknown,
    valueData: unknown,
  ): Refused {
    const { code } = this;
    const headers = record.headers ?? null;
    const key = bytes(code.key, 'key', topic.name, keyData, headers);
    const value = bytes(code.value, 'value', topic.name, valueData, headers);
    if (partition < 0 && code.partitioner !== null) {
      partition = code.choosePartition(code.partitioner, topic, key, value, keyData, valueData);
    }
    return { given, record, topic, partition, key, value };
  }

  /** Makes it ready and puts it into its batch; interceptors are told if either fails. */
  private hand(
    record: ProducerRecord,
    prepare: () => Refused,
    timestampMs: number,
    nowMs: number,
  ): PartitionBatch | null {
    const { interceptors } = this.code;
    let partition = record.partition ?? -1;
    try {
      const ready = prepare();
      const { topic, key, value } = ready;
      const headers = record.headers ?? null;
      const stampMs = record.timestamp ?? timestampMs;
      ({ partition } = ready);
      const batch = this.appendBytes(topic, partition, key, value, stampMs, nowMs, headers);
      if (batch === null) this.refused = ready;
      else if (interceptors !== null) track(batch, stampMs, key, value, headers, null, null);
      return batch;
    } catch (error) {
      interceptors?.onSendError(record, partition, error);
      throw error;
    }
  }

  /** The wait for memory has ended in vain: the record is given up. */
  giveUp(error: ProducerError): void {
    const { refused } = this;
    this.refused = null;
    if (refused !== null)
      this.code.interceptors?.onSendError(refused.record, refused.partition, error);
  }
}

function bytes(
  side: SerializerInUse | null,
  name: 'key' | 'value',
  topic: string,
  data: unknown,
  headers: readonly RecordHeader[] | null,
): Uint8Array | null {
  if (side !== null && !(side.keepsBytes && data instanceof Uint8Array))
    return serialize(side, topic, data, headers);
  if (data === null || data === undefined) return null;
  if (data instanceof Uint8Array) return data;
  throw new InvalidRecordError(
    `an interceptor's ${name} is ${typeof data}; ` +
      `without ${name}.serializer it must be a Uint8Array or null`,
  );
}
