// What tests see of the modelled brokers' requests, and what they script for each: delay, silence,
// errors, drops. Read by sim-broker and sim-transactional-apis, written by tests and sim-weather.
import type { ReadBatch } from './sim-batch.js';
import type { ErrorCode } from '../../../wire/error-codes.js';
import type { ApiKey } from '../../../wire/api-keys.js';

export interface SeenProduce {
  readonly atMs: number;
  readonly node: number;
  readonly version: number;
  readonly acks: number;
  readonly bytes: number;
  readonly transactionalId: string | null;
  readonly parts: readonly {
    topic: string;
    partition: number;
    records: number;
    bytes: number;
    batch: ReadBatch;
  }[];
}

/** What to do with one produce request; what is left out is as a healthy broker does it. */
export interface ProduceScript {
  afterMs?: number;
  silent?: boolean;
  drop?: 'before append' | 'after append' | 'in the middle of the answer';
  throttleMs?: number;
  /** Error code of a partition; it is then not appended, unless `appendAnyway`. */
  error?: (topic: string, partition: number) => ErrorCode;
  appendAnyway?: boolean;
  /** Answered instead of the right bytes (behind size and correlation id). */
  raw?: Buffer;
}

/** A request of any other API. */
export interface SeenRequest {
  readonly atMs: number;
  readonly node: number;
  readonly api: ApiKey;
  readonly version: number;
}

/** What to do with it; what is left out is as a healthy broker does it. */
export interface RequestScript {
  afterMs?: number;
  silent?: boolean;
  /** The connection breaks before the request is looked at, or after it was carried out. */
  drop?: 'before' | 'after';
  /** Error code to answer; nothing is carried out then. */
  error?: ErrorCode;
}
