// What a user's own code may be: partitioner, interceptor, serializer; and the records that it
// sees. Types only. Implemented by users, and by the built-in ones beside this file; called through
// user-code.ts.
import type { RecordHeader, RecordMetadata } from '../batching/batch-view.js';
import type { ProducerSettingValues } from '../../connect/security/index.js';

export type { RecordMetadata };

/** A record on its way in, as an interceptor sees and may replace it (Java's ProducerRecord). */
export interface ProducerRecord<K = unknown, V = unknown> {
  readonly topic: string;
  /** From 0; left out or null: the partitioner chooses. */
  readonly partition?: number | null;
  readonly key?: K | null;
  /** Null is a tombstone in compacted topics, and has to be written out. */
  readonly value: V | null;
  readonly headers?: readonly RecordHeader[] | null;
  /** Whole milliseconds since 1970, not negative; left out or null: the time of the send. */
  readonly timestamp?: number | null;
}

/** A header's value as `send` takes it: text goes as UTF-8. */
export type HeaderData = string | Uint8Array | null;

/**
 * The headers of a record as `send` takes them; each list in its order:
 *
 *     { source: 'shop', trace: ['a', 'b'] }            // a list: several headers of that key
 *     new Map([['source', 'shop']])                    // as an object
 *     [['source', 'shop'], ['source', 'again']]
 *     [{ key: 'source', value: Buffer.from('shop') }]
 */
export type HeadersToSend =
  | Readonly<Record<string, HeaderData | readonly HeaderData[]>>
  | ReadonlyMap<string, HeaderData | readonly HeaderData[]>
  | readonly (
      | readonly [key: string, value: HeaderData]
      | { readonly key: string; readonly value: HeaderData }
    )[];

/** A record as `send` takes it, and as an interceptor may give it back. */
export type RecordToSend<K = unknown, V = unknown> = Omit<ProducerRecord<K, V>, 'headers'> & {
  readonly headers?: HeadersToSend | null;
};

/** What a partitioner is told of the topic. */
export interface TopicPartitions {
  readonly partitionCount: number;
  /**
   * Partitions that have a leader at the moment, ascending. Empty when none has. Do not keep or
   * change it.
   */
  readonly availablePartitions: readonly number[];
}

/** Chooses the partition of each record that names none itself: `partitioner.class`. */
export interface Partitioner {
  /** Called once, before the first record, with the producer's settings. */
  configure?(settings: ProducerSettingValues): void;
  /**
   * Called once a record; returns 0 to partitionCount - 1, anything else fails the record with a
   * PartitionerError. `key` and `value` are serialized; `keyData` and `valueData` are what the
   * record held before.
   */
  partition(
    topic: string,
    key: Uint8Array | null,
    value: Uint8Array | null,
    partitions: TopicPartitions,
    keyData: unknown,
    valueData: unknown,
  ): number;
  close?(): void;
}

/**
 * Sees each record before it is sent and after its outcome: `interceptor.classes`. What it throws
 * is warned of and goes no further.
 */
export interface ProducerInterceptor {
  configure?(settings: ProducerSettingValues): void;
  /** Before serialization. Returns the record to send: the same or another one. */
  onSend?(record: ProducerRecord): RecordToSend;
  /**
   * After the outcome, in the order of the records of a batch, before the sender of the record is
   * told.
   */
  onAcknowledgement?(
    metadata: RecordMetadata,
    error: Error | null,
    headers: readonly RecordHeader[],
  ): void;
  close?(): void;
}

/** Turns a key or value into bytes: `key.serializer`, `value.serializer`. */
export interface Serializer<T = unknown> {
  configure?(settings: ProducerSettingValues, isKey: boolean): void;
  /**
   * Called once a record and side, for null as well. Null is a null key or value. Must not wait for
   * anything.
   */
  serialize(topic: string, data: T | null, headers?: readonly RecordHeader[]): Uint8Array | null;
  close?(): void;
}

/** Told of what a user's code threw where it must not disturb (interceptors, close). */
export type WarningHook = (message: string, error: unknown) => void;

/** User's code given as objects. Each takes the place of the setting of the same purpose. */
export interface UserCodeOptions {
  readonly partitioner?: Partitioner;
  readonly interceptors?: readonly ProducerInterceptor[];
  readonly keySerializer?: Serializer;
  readonly valueSerializer?: Serializer;
  /** Default: process.emitWarning, once for each kind of fault. */
  readonly onWarning?: WarningHook;
  /**
   * Folder that relative module paths in the settings start from; default: the working directory.
   */
  readonly modulesFrom?: string;
}
