// Sends of producer.ts that cannot go into a batch at once: for want of the topic's metadata (in
// order, topic by topic) or of memory (in order, all of them). What a send that waits is, and the
// flushes that wait for such sends. Never touched by a send that need not wait.
import { Fifo } from '../../base/fifo.js';
import type { RecordHeader } from '../batching/batch-view.js';
import type { ProducerRecord, RecordMetadata } from '../user-code/interfaces.js';
import type { TopicState } from '../batching/topic-state.js';
import { utf8 } from '../user-code/serializers.js';

export interface WaitingSend {
  /**
   * All of its bytes its own. Once it is `ready` without key and value, which would be held twice.
   */
  readonly record: ProducerRecord;
  /** Its place among all sends that ever waited. */
  readonly number: number;
  /** On the producer's clock: when it was sent, and max.block.ms after that. */
  readonly sinceMs: number;
  readonly deadlineMs: number;
  readonly resolve: (metadata: RecordMetadata) => void;
  readonly reject: (error: unknown) => void;
  /** What it has become behind the user's code; null while it waits for its topic. */
  readonly ready: ReadyRecord | null;
}

export interface ReadyRecord {
  readonly topic: TopicState;
  /** -1: the built-in partitioner chooses. */
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestampMs: number;
}

/** One topic's sends that wait for its metadata; those behind the first wait for their turn. */
export class Lane {
  /** Null until it is known. */
  topic: TopicState | null = null;
  readonly waiting = new Fifo<WaitingSend>();
  /** Somebody asks for the metadata. */
  asking = false;

  constructor(readonly name: string) {}

  /** Whether a record for this partition (null: any) can go on. */
  has(partition: number | null | undefined): boolean {
    return this.topic !== null && this.topic.partitionCount > (partition ?? 0);
  }
}

/** Shorter text makes bytes in Node's pool, which would be kept with them. */
const LONG_TEXT = 4096;

/**
 * A record of the caller's that must outlive its call: bytes are copied, since the caller may use
 * its buffers again. `plain`: no code of the user's will see it, so that long text waits as the
 * bytes that it goes as, which are half as many or less where one character in it is not Latin-1.
 */
export function ownRecord(record: ProducerRecord, plain: boolean): ProducerRecord {
  const { key, value, headers } = record;
  const own = plain ? ownPlain : ownBytes;
  return { ...record, key: own(key), value: own(value), headers: ownHeaders(headers) };
}

function ownPlain(data: unknown): unknown {
  return typeof data === 'string' && data.length > LONG_TEXT ? utf8(data) : ownBytes(data);
}

export function ownHeaders(
  headers: readonly RecordHeader[] | null | undefined,
): readonly RecordHeader[] | null {
  return headers?.map(({ key, value }) => ({ key, value: ownBytes(value) })) ?? null;
}

/** Bytes as they are now; other data as it is. */
export function ownBytes<T>(data: T): T {
  if (data instanceof Uint8Array) {
    // Never a part of Node's pool, which would be kept with it.
    const { length } = data;
    const copy: Uint8Array = Buffer.isBuffer(data)
      ? Buffer.allocUnsafeSlow(length)
      : new Uint8Array(length);
    copy.set(data);
    return copy as T & Uint8Array;
  }
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? structuredClone(data) : data;
}

/**
 * Flushes and closes wait until every send that waited when they began has found its batch, or
 * failed.
 */
export class WaitingCount {
  private next = 0;
  private count = 0;
  private readonly barriers: {
    readonly before: number;
    left: number;
    readonly resolve: () => void;
  }[] = [];

  get any(): boolean {
    return this.count > 0;
  }

  /** The number of a send that begins to wait. */
  enter(): number {
    this.count++;
    return this.next++;
  }

  leave(number: number): void {
    this.count--;
    for (const barrier of this.barriers) if (number < barrier.before) barrier.left--;
    while (this.barriers.length > 0 && this.barriers[0].left === 0)
      this.barriers.shift()!.resolve();
  }

  /** Resolves once all that wait now have left. */
  settled(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) =>
      this.barriers.push({ before: this.next, left: this.count, resolve }),
    );
  }
}
