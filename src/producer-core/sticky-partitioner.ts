// Where records without a key go (KIP-794, Java's BuiltInPartitioner): stay on a partition for about batch.size bytes, then choose another,
// more likely one with a shorter queue. One object a topic. Called by the accumulator for every such record, so it allocates nothing but at a
// switch.

/** What of a partition the choice depends on. */
export interface StickyPartition {
  readonly index: number;
  /** Null while nobody leads; clock times for partitioner.availability.timeout.ms. */
  readonly leader: { readonly readyMs: number; readonly drainMs: number } | null;
  /** Batches to send. */
  readonly queue: { readonly length: number };
  /** A record was appended at some time. */
  readonly used: boolean;
}

export interface StickyOptions {
  readonly batchBytes: number;
  readonly adaptive: boolean;
  readonly availabilityTimeoutMs: number;
  /** 0 <= random() < 1. */
  readonly random: () => number;
}

export class StickyPartitioner {
  private current = -1;
  private producedBytes = 0;

  constructor(private readonly options: StickyOptions) {}

  /** The partition in force. */
  peek(partitions: readonly StickyPartition[]): number {
    if (this.current < 0 || this.current >= partitions.length) this.current = this.choose(partitions);
    return this.current;
  }

  /**
   * Counts what was appended to the partition in force. Switches at batch.size bytes when its last batch is full or absent (so that no
   * half-filled batch is left behind), and at twice that in any case.
   */
  update(partitions: readonly StickyPartition[], appendedBytes: number, lastBatchFull: boolean): void {
    this.producedBytes += appendedBytes;
    const { batchBytes } = this.options;
    if ((this.producedBytes >= batchBytes && lastBatchFull) || this.producedBytes >= batchBytes * 2) {
      this.current = this.choose(partitions);
      this.producedBytes = 0;
    }
  }

  private choose(partitions: readonly StickyPartition[]): number {
    const random = Math.floor(this.options.random() * 0x80000000);
    return (
      (this.options.adaptive ? this.chooseByLoad(partitions, random) : null) ?? chooseUniformly(partitions, random)
    );
  }

  /** Weighted by maxQueue + 1 - queue, or null where the weights say nothing (Java's updatePartitionLoadStats). */
  private chooseByLoad(partitions: readonly StickyPartition[], random: number): number | null {
    if (partitions.length < 2 || !partitions.every((partition) => partition.used)) return null;
    const { availabilityTimeoutMs } = this.options;
    const candidates = partitions.filter(({ leader, queue }) => {
      if (leader === null) return false;
      // An empty queue makes no node ready, so nothing but this brings its partitions back (as in RecordAccumulator.partitionReady).
      if (availabilityTimeoutMs <= 0 || queue.length === 0) return true;
      return leader.readyMs - leader.drainMs <= availabilityTimeoutMs;
    });
    if (candidates.length === 0) return null;
    const longest = Math.max(...candidates.map((partition) => partition.queue.length));
    const allEqual = candidates.every((partition) => partition.queue.length === longest);
    if (allEqual && candidates.length === partitions.length) return null;
    let total = 0;
    const cumulative = candidates.map((partition) => (total += longest + 1 - partition.queue.length));
    const point = random % total;
    return candidates[cumulative.findIndex((weight) => point < weight)].index;
  }
}

/** Uniform among partitions with a leader, or among all where none has one. Comes about with every batch, so it allocates nothing. */
function chooseUniformly(partitions: readonly StickyPartition[], random: number): number {
  let led = 0;
  for (const partition of partitions) if (partition.leader !== null) led++;
  if (led === 0 || led === partitions.length) return random % partitions.length;
  let left = random % led;
  for (const partition of partitions) if (partition.leader !== null && left-- === 0) return partition.index;
  throw new Error('unreachable: fewer partitions with a leader than counted');
}
