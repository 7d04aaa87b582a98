// Where records without a key go (KIP-794 and KIP-1123, Java's BuiltInPartitioner): stay on a
// partition for about batch.size bytes, then choose another, more likely one with a shorter queue;
// of those led in this client's rack where that is asked for. One object a topic. Called by the
// accumulator for every such record, so it allocates nothing but at a switch.

/** What of a node the choice depends on. */
export interface StickyLeader {
  /** Clock times for partitioner.availability.timeout.ms. */
  readonly readyMs: number;
  readonly drainMs: number;
  /** Its broker.rack is client.rack. */
  readonly inClientRack: boolean;
}

/** What of a partition the choice depends on. */
export interface StickyPartition {
  readonly index: number;
  /** Null while nobody leads. */
  readonly leader: StickyLeader | null;
  /** Batches to send. */
  readonly queue: { readonly length: number };
  /** A record was appended at some time. */
  readonly used: boolean;
}

export interface StickyOptions {
  readonly batchBytes: number;
  readonly adaptive: boolean;
  readonly availabilityTimeoutMs: number;
  /** Partitions led in this client's rack come first. Left out: no. */
  readonly rackAware?: boolean;
  /** 0 <= random() < 1. */
  readonly random: () => number;
}

export class StickyPartitioner {
  private current = -1;
  private producedBytes = 0;

  constructor(private readonly options: StickyOptions) {}

  /** The partition in force. */
  peek(partitions: readonly StickyPartition[]): number {
    if (this.current < 0 || this.current >= partitions.length)
      this.current = this.choose(partitions);
    return this.current;
  }

  /**
   * Counts what was appended to the partition in force. Switches at batch.size bytes when its last
   * batch is full or absent (so that no half-filled batch is left behind), and at twice that in any
   * case.
   */
  update(
    partitions: readonly StickyPartition[],
    appendedBytes: number,
    lastBatchFull: boolean,
  ): void {
    this.producedBytes += appendedBytes;
    const { batchBytes } = this.options;
    if (
      (this.producedBytes >= batchBytes && lastBatchFull) ||
      this.producedBytes >= batchBytes * 2
    ) {
      this.current = this.choose(partitions);
      this.producedBytes = 0;
    }
  }

  private choose(partitions: readonly StickyPartition[]): number {
    const random = Math.floor(this.options.random() * 0x80000000);
    return (
      (this.options.adaptive ? this.chooseByLoad(partitions, random) : null) ??
      (this.options.rackAware === true ? chooseUniformly(partitions, random, isNear) : null) ??
      chooseUniformly(partitions, random, isLed) ??
      random % partitions.length
    );
  }

  /**
   * Weighted by maxQueue + 1 - queue, or null where the weights say nothing (Java's
   * updatePartitionLoadStats).
   */
  private chooseByLoad(partitions: readonly StickyPartition[], random: number): number | null {
    if (partitions.length < 2 || !partitions.every((partition) => partition.used)) return null;
    const { availabilityTimeoutMs } = this.options;
    const candidates = partitions.filter(({ leader, queue }) => {
      if (leader === null) return false;
      // An empty queue makes no node ready, so nothing but this brings its partitions back (as in
      // RecordAccumulator.partitionReady).
      if (availabilityTimeoutMs <= 0 || queue.length === 0) return true;
      return leader.readyMs - leader.drainMs <= availabilityTimeoutMs;
    });
    if (candidates.length === 0) return null;
    const longest = Math.max(...candidates.map((partition) => partition.queue.length));
    const allEqual = candidates.every((partition) => partition.queue.length === longest);
    if (allEqual && candidates.length === partitions.length) return null;
    const near = this.options.rackAware === true ? candidates.filter(isNear) : [];
    return near.length > 0 ? weighted(near, random) : weighted(candidates, random);
  }
}

const isLed = ({ leader }: StickyPartition) => leader !== null;
const isNear = ({ leader }: StickyPartition) => leader !== null && leader.inClientRack;

/** By maxQueue + 1 - queue of these. */
function weighted(candidates: readonly StickyPartition[], random: number): number {
  const longest = Math.max(...candidates.map((partition) => partition.queue.length));
  let total = 0;
  const cumulative = candidates.map((partition) => (total += longest + 1 - partition.queue.length));
  const point = random % total;
  return candidates[cumulative.findIndex((weight) => point < weight)].index;
}

/**
 * Uniform among those that are so; null where none is. Comes about with every batch, so it
 * allocates nothing.
 */
function chooseUniformly(
  partitions: readonly StickyPartition[],
  random: number,
  isSo: (partition: StickyPartition) => boolean,
): number | null {
  let count = 0;
  for (const partition of partitions) if (isSo(partition)) count++;
  if (count === 0) return null;
  let left = random % count;
  for (const partition of partitions) if (isSo(partition) && left-- === 0) return partition.index;
  throw new Error('unreachable: fewer partitions than counted');
}
