// What one partition knows of transactions: where those that are open began, and which were
// aborted, as consumers that read committed records need it. Called by produce.ts, fetch.ts and
// transaction-coordinator.ts; must never hold more than the log's oldest record needs.

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the ABORT marker. */
  readonly lastOffset: number;
}

/** Aborted transactions remembered per partition, beyond what the log's start already forgets. */
const MAX_ABORTED = 10_000;

export class PartitionTransactions {
  /** First offset by producer id; those that began first come first. */
  private readonly open = new Map<number, number>();
  private aborted: AbortedTransaction[] = [];

  get anyOpen(): boolean {
    return this.open.size > 0;
  }

  isOpen(producerId: number): boolean {
    return this.open.has(producerId);
  }

  begin(producerId: number, firstOffset: number): void {
    this.open.set(producerId, firstOffset);
  }

  /**
   * The marker stands at `lastOffset`. Nothing happens where the producer wrote nothing to this
   * partition.
   */
  end(producerId: number, lastOffset: number, committed: boolean, logStartOffset: number): void {
    const firstOffset = this.open.get(producerId);
    if (firstOffset === undefined) return;
    this.open.delete(producerId);
    if (committed) return;
    if (this.aborted.length > 0 && this.aborted[0].lastOffset < logStartOffset) {
      this.aborted = this.aborted.filter((each) => each.lastOffset >= logStartOffset);
    }
    if (this.aborted.length >= MAX_ABORTED) this.aborted.shift();
    this.aborted.push({ producerId, firstOffset, lastOffset });
  }

  /**
   * The first offset that may still be aborted: consumers that read committed records get nothing
   * from it on.
   */
  lastStableOffset(nextOffset: number): number {
    let offset = nextOffset;
    for (const first of this.open.values()) offset = Math.min(offset, first);
    return offset;
  }

  /**
   * Aborted transactions with records in [from, to). One that ended before `from` would make a
   * consumer drop what follows it.
   */
  abortedIn(from: number, to: number): AbortedTransaction[] {
    return this.aborted.filter(
      ({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < to,
    );
  }
}
