// The partitions of the transaction under way: to be told to the coordinator, being told, known to
// it. Plain sets, kept by transaction-manager.ts; looked at once a batch.
import type { PartitionState } from '../batching/topic-state.js';

export class TransactionPartitions {
  private readonly fresh = new Set<PartitionState>();
  private readonly pending = new Set<PartitionState>();
  private readonly known = new Set<PartitionState>();

  get hasFresh(): boolean {
    return this.fresh.size > 0;
  }

  /** Partitions that the coordinator knows to be in the transaction. */
  get hasKnown(): boolean {
    return this.known.size > 0;
  }

  isKnown(partition: PartitionState): boolean {
    return this.known.has(partition);
  }

  /** `implicit`: the first batch tells of it (transaction.version 2). */
  add(partition: PartitionState, implicit: boolean): void {
    if (implicit) this.known.add(partition);
    else if (!this.known.has(partition) && !this.pending.has(partition)) this.fresh.add(partition);
  }

  /** All that the coordinator has yet to say yes to. */
  take(): PartitionState[] {
    for (const partition of this.fresh) this.pending.add(partition);
    this.fresh.clear();
    return [...this.pending];
  }

  /**
   * Whatever the answer: if it was no, the transaction has to be aborted, and what is retried
   * elsewhere has to go on until then.
   */
  answered(partitions: readonly PartitionState[], added: boolean): void {
    for (const partition of partitions) {
      this.pending.delete(partition);
      if (added) this.known.add(partition);
    }
  }

  /** An abort is under way: nothing further is told. */
  dropFresh(): void {
    this.fresh.clear();
  }

  clear(): void {
    this.fresh.clear();
    this.pending.clear();
    this.known.clear();
  }
}
