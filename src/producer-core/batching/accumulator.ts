// Records into batches, batches into drains: Java's RecordAccumulator. Owns the queues of every
// partition and the buffer pool. Called by the producer (append, once a record) and the sender
// (ready, drain, expiry, settling). Never touches a socket.
import { backoffMs } from '../cluster/backoff.js';
import { RecordBatch } from './format/record-batch.js';
import { recordUpperBound } from './format/record-size.js';
import { RecordTooLargeError, UnknownPartitionError, type ProducerError } from '../errors.js';
import type { BufferPool, Waiter } from './memory/buffer-pool.js';
import type { FlushGenerations } from './flush-generations.js';
import type { Idempotence, Sequencing } from './idempotence.js';
import type { MetricCounters } from '../metrics/metric-counters.js';
import type { NodeState, PartitionBatch, PartitionState, TopicState } from './topic-state.js';
import { partitionForKey } from './partitioners/murmur2.js';
import type { RecordHeader } from './batch-view.js';
import type { Staging } from './format/staging.js';

export interface AccumulatorOptions {
  readonly batchSize: number;
  readonly lingerMs: number;
  readonly maxRequestSize: number;
  readonly deliveryTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly ignoreKeys: boolean;
  readonly random: () => number;
}

/** Slack of the quick size check: no record's own fields and batch header take more. */
const QUICK_OVERHEAD_BYTES = 128;

/** What it puts together; each may have other users besides. */
export interface AccumulatorParts {
  readonly pool: BufferPool<PartitionBatch>;
  readonly topics: ReadonlyMap<string, TopicState>;
  readonly generations: FlushGenerations;
  readonly counters: MetricCounters;
  /** Null without a codec. */
  readonly staging: Staging | null;
  /** Null without idempotence. */
  readonly idempotence: Idempotence | null;
}

export class Accumulator {
  readonly pool: BufferPool<PartitionBatch>;
  readonly topics: ReadonlyMap<string, TopicState>;
  readonly counters: MetricCounters;
  readonly staging: Staging | null;
  /**
   * Topics that had a batch at some time: what every pass looks at. An array, as iterating a map
   * allocates.
   */
  private readonly active: TopicState[] = [];
  /** Flushes under way, and whether the producer closes: everything is ready at once. */
  private flushes = 0;
  private closing = false;
  private readonly idempotence: Idempotence | null;
  private readonly sequences: Sequencing | null;
  /** A batch was opened or filled since the last pass of the sender. */
  dirty = false;
  /** What the last refused append would have needed, in bytes. */
  private refusedBytes = 0;
  /** Earliest clock time at which a batch may expire. */
  nextExpiryMs = Infinity;
  /**
   * From the last ready(): after how long to look again, and whether a partition with data had no
   * leader.
   */
  nextCheckMs = Infinity;
  leaderMissing = false;
  recordsAppended = 0;

  private readonly generations: FlushGenerations;
  private readonly largestRecord: number;

  constructor(
    parts: AccumulatorParts,
    readonly options: AccumulatorOptions,
  ) {
    this.pool = parts.pool;
    this.topics = parts.topics;
    this.counters = parts.counters;
    this.staging = parts.staging;
    this.idempotence = parts.idempotence;
    this.sequences = parts.idempotence === null ? null : parts.idempotence.sequences;
    this.generations = parts.generations;
    this.largestRecord = Math.min(options.maxRequestSize, parts.pool.totalBytes);
  }

  /** A pass of the sender begins: it sees all that was appended so far. */
  beginPass(): void {
    this.dirty = false;
  }

  /** No batch is opened from now on, and those there are leave at once. */
  startClosing(): void {
    this.closing = true;
  }

  get isClosing(): boolean {
    return this.closing;
  }

  /** Everything there is leaves at once; calls `done` when each batch of it has its outcome. */
  flush(done: () => void): void {
    this.flushes++;
    this.generations.await(() => {
      this.flushes--;
      done();
    });
  }

  /** Queues for the memory that the last refused append lacked. */
  waitForMemory(waiter: Waiter): void {
    waiter.bytes = this.refusedBytes;
    this.pool.wait(waiter);
  }

  /**
   * See ProducerCore.append. `partition` -1 chooses one. Null: no memory; refusedBytes tells how
   * much.
   */
  append(
    topic: TopicState,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
    headers: readonly RecordHeader[] | null = null,
  ): PartitionBatch | null {
    const size = (key === null ? 0 : key.length) + (value === null ? 0 : value.length);
    if (headers !== null || size + QUICK_OVERHEAD_BYTES > this.largestRecord)
      this.checkSize(key, value, headers);
    if (partition < 0) {
      if (key === null || this.options.ignoreKeys)
        return this.appendSticky(topic, key, value, timestampMs, nowMs, headers);
      partition = partitionForKey(key, topic.partitions.length);
    }
    const state = topic.partitions[partition] as PartitionState | undefined;
    if (state === undefined) {
      this.counters.recordsRefused(1);
      throw this.refused(new UnknownPartitionError(topic.name, partition, topic.partitions.length));
    }
    return this.appendTo(state, key, value, timestampMs, nowMs, headers);
  }

  private appendTo(
    partition: PartitionState,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
    headers: readonly RecordHeader[] | null,
  ): PartitionBatch | null {
    const last = partition.queue.last;
    if (last !== null && last.tryAppend(key, value, timestampMs, headers)) {
      if (last.full) this.dirty = true;
      this.recordsAppended++;
      return last;
    }
    const batch = this.open(partition, key, value, nowMs, headers);
    if (batch === null) return null;
    batch.tryAppend(key, value, timestampMs, headers);
    this.recordsAppended++;
    return batch;
  }

  private appendSticky(
    topic: TopicState,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    nowMs: number,
    headers: readonly RecordHeader[] | null,
  ): PartitionBatch | null {
    const { sticky, partitions } = topic;
    for (;;) {
      const index = sticky.peek(partitions);
      const partition = partitions[index];
      const last = partition.queue.last;
      const room = last !== null && !last.full;
      // A switch that was put off until the last batch is full comes about here.
      if (!room) {
        sticky.update(partitions, 0, true);
        if (sticky.peek(partitions) !== index) continue;
      }
      const before = room ? last.bytes : 0;
      if (room && last.tryAppend(key, value, timestampMs, headers)) {
        this.recordsAppended++;
        if (last.full) this.dirty = true;
        sticky.update(partitions, last.bytes - before, last.full);
        return last;
      }
      if (room) continue; // it has just become full: choose again
      const batch = this.open(partition, key, value, nowMs, headers);
      if (batch === null) return null;
      batch.tryAppend(key, value, timestampMs, headers);
      this.recordsAppended++;
      sticky.update(partitions, batch.bytes, batch.full);
      return batch;
    }
  }

  private checkSize(
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers: readonly RecordHeader[] | null,
  ): void {
    const bytes = recordUpperBound(
      key === null ? -1 : key.length,
      value === null ? -1 : value.length,
      headers,
    );
    if (bytes <= this.largestRecord) return;
    this.counters.recordsRefused(1);
    const setting =
      this.largestRecord === this.options.maxRequestSize ? 'max.request.size' : 'buffer.memory';
    throw this.refused(
      new RecordTooLargeError(
        `a record of ${bytes} bytes is larger than ${setting} = ${this.largestRecord}`,
      ),
    );
  }

  /** A transaction that lacks one of its records has to be aborted, as in Java. */
  private refused<E extends ProducerError>(error: E): E {
    this.idempotence?.recordRefused(error);
    return error;
  }

  private open(
    partition: PartitionState,
    key: Uint8Array | null,
    value: Uint8Array | null,
    nowMs: number,
    headers: readonly RecordHeader[] | null,
  ): PartitionBatch | null {
    const bound = recordUpperBound(
      key === null ? -1 : key.length,
      value === null ? -1 : value.length,
      headers,
    );
    const bytes = Math.max(this.options.batchSize, bound);
    const slot = this.closing ? null : this.pool.allocate(bytes);
    this.dirty = true;
    if (slot === null) {
      this.refusedBytes = bytes;
      return null;
    }
    const batch =
      slot.batch ?? slot.adopt(new RecordBatch<PartitionState>(slot, partition, this.staging));
    batch.open(partition, nowMs);
    const { topic } = partition;
    topic.use(nowMs);
    if (this.idempotence?.transactional === true) this.idempotence.batchOpened(partition);
    partition.queue.addLast(batch);
    partition.use();
    if (topic.activate()) this.active.push(topic);
    batch.belongTo(this.generations.begin());
    const expiryMs = nowMs + this.options.deliveryTimeoutMs;
    if (expiryMs < this.nextExpiryMs) this.nextExpiryMs = expiryMs;
    return batch;
  }

  /** Marks the nodes that have something to send now; sets nextCheckMs and leaderMissing. */
  ready(nowMs: number): boolean {
    const atOnce =
      this.pool.queued > 0 ||
      this.flushes > 0 ||
      this.closing ||
      this.idempotence?.completing === true;
    this.nextCheckMs = Infinity;
    this.leaderMissing = false;
    let any = false;
    for (const topic of this.active) {
      for (const partition of topic.partitions) {
        const batch = partition.queue.first;
        if (batch === null) continue;
        const { leader } = partition;
        if (leader === null) {
          this.leaderMissing = true;
          continue;
        }
        // A slot of an earlier attempt that the kernel may still read is left alone;
        // exchangeWritten looks again.
        if (leader.ready || partition.muted || batch.writing) continue;
        const waitedMs = nowMs - batch.lastAttemptMs;
        const backingOffMs = batch.backingOffMs(partition.leaderEpoch, waitedMs);
        if (backingOffMs > 0) {
          this.nextCheckMs = Math.min(this.nextCheckMs, backingOffMs);
          continue;
        }
        const full = partition.queue.length > 1 || batch.full;
        if (full || waitedMs >= this.options.lingerMs || atOnce) {
          leader.markReady();
          any = true;
        } else this.nextCheckMs = Math.min(this.nextCheckMs, this.options.lingerMs - waitedMs);
      }
    }
    return any;
  }

  /**
   * Takes at most one batch of each of the node's partitions, round robin from where the last drain
   * stopped, up to max.request.size; seals them and moves them to their partitions' in-flight
   * queues. Returns how many were put into `into`. `betweenBatches`: see SenderWatch.
   */
  drain(
    node: NodeState,
    nowMs: number,
    into: PartitionBatch[],
    betweenBatches: (() => void) | null,
  ): number {
    const { partitions } = node;
    const { sequences } = this;
    let count = 0;
    let bytes = 0;
    if (partitions.length === 0) return 0;
    const start = node.drainIndex % partitions.length;
    let at = start;
    do {
      const partition = partitions[at];
      node.drainFrom(at);
      at = (at + 1) % partitions.length;
      const batch = partition.queue.first;
      if (batch === null || partition.muted || batch.writing) continue;
      if (batch.backingOffMs(partition.leaderEpoch, nowMs - batch.lastAttemptMs) > 0) continue;
      if (sequences !== null && sequences.waits(batch, partition)) continue;
      if (count > 0 && bytes + batch.bytes > this.options.maxRequestSize) break;
      // As in Java, the round ends here: the node's other partitions have to wait as well.
      if (sequences !== null && sequences.holdsBack(batch, partition)) break;
      partition.queue.remove(batch);
      if (sequences !== null) sequences.assign(batch, partition);
      batch.seal();
      if (batch.attempts === 0) batch.aimAt(partition.leaderEpoch);
      partition.inFlight.addLast(batch);
      bytes += batch.bytes;
      into[count++] = batch;
      if (betweenBatches !== null && batch.attempts === 0) betweenBatches();
    } while (at !== start);
    return count;
  }

  /** Puts a failed batch back in front of its partition. The caller took it out of inFlight. */
  reenqueue(batch: PartitionBatch, nowMs: number): void {
    const { retryBackoffMs, retryBackoffMaxMs, random } = this.options;
    batch.retry(nowMs, backoffMs(retryBackoffMs, retryBackoffMaxMs, batch.attempts, random));
    this.putBack(batch);
  }

  /**
   * Parts come in the place of a batch that was too large: untried, and awaited by the same
   * flushes. `large` is in no queue.
   */
  replace(large: PartitionBatch, parts: readonly PartitionBatch[]): void {
    const { sequences } = large.partitionState;
    sequences.remove(large);
    if (large.hasSequence) sequences.addParts(large, parts);
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i];
      part.belongTo(large.generation);
      this.generations.join(part.generation);
      this.putBack(part);
    }
    this.nextExpiryMs = Math.min(
      this.nextExpiryMs,
      large.createdMs + this.options.deliveryTimeoutMs,
    );
    large.giveWay();
    this.settled(large);
    this.releaseIfUnused(large);
  }

  /** Into the queue again: by its sequence, or in front where there are none. */
  private putBack(batch: PartitionBatch): void {
    if (this.sequences === null) batch.partitionState.queue.addFirst(batch);
    else this.sequences.insertInOrder(batch);
    this.dirty = true;
  }

  hasExpired(batch: PartitionBatch, nowMs: number): boolean {
    return nowMs - batch.createdMs >= this.options.deliveryTimeoutMs;
  }

  /**
   * Takes out every batch past delivery.timeout.ms, queued or in flight, and tells each to
   * `expire`. Sets the next time to look.
   */
  expireBatches(nowMs: number, expire: (batch: PartitionBatch) => void): void {
    this.nextExpiryMs = Infinity;
    for (const topic of this.active) {
      for (const partition of topic.partitions) {
        for (const queue of [partition.inFlight, partition.queue]) {
          for (let batch = queue.first; batch !== null; batch = queue.first) {
            if (!this.hasExpired(batch, nowMs)) {
              this.nextExpiryMs = Math.min(
                this.nextExpiryMs,
                batch.createdMs + this.options.deliveryTimeoutMs,
              );
              break;
            }
            queue.remove(batch);
            expire(batch);
          }
        }
      }
    }
  }

  /** Every batch that is not settled, taken out of its queue: for close and fatal errors. */
  takeAll(): PartitionBatch[] {
    const taken: PartitionBatch[] = [];
    for (const topic of this.active) {
      for (const partition of topic.partitions) {
        for (const queue of [partition.inFlight, partition.queue]) {
          for (let batch = queue.first; batch !== null; batch = queue.first) {
            queue.remove(batch);
            taken.push(batch);
          }
        }
      }
    }
    return taken;
  }

  /** Every batch that was never sent, taken out of its queue: for a transaction that is aborted. */
  takeUndrained(): PartitionBatch[] {
    const taken: PartitionBatch[] = [];
    for (const topic of this.active) {
      for (const { queue } of topic.partitions) {
        for (let batch = queue.last; batch !== null && !batch.hasSequence; batch = queue.last) {
          queue.remove(batch);
          taken.push(batch);
        }
      }
    }
    return taken.reverse();
  }

  get hasUnsettled(): boolean {
    return this.generations.hasUnsettled;
  }

  /** The batch's outcome was told. */
  settled(batch: PartitionBatch): void {
    this.generations.settled(batch.generation);
  }

  /** Gives the slot back if nothing can touch it any more. */
  releaseIfUnused(batch: PartitionBatch): void {
    if (batch.release()) this.pool.release(batch.slot);
  }
}
