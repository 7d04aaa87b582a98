// Which producers' batches are of aborted transactions, as one walks a read_committed answer in
// order (Java's CompletedFetch). Made for each answer of a partition from what it lists.

export class AbortedTransactions {
  private readonly open = new Set<number>();
  private at = 0;

  /** `listed`: by first offset. */
  constructor(
    private readonly listed: readonly {
      readonly producerId: number;
      readonly firstOffset: number;
    }[],
  ) {}

  /** The walk has come to a batch whose last offset is `lastOffset`. */
  reach(lastOffset: number): void {
    const { listed } = this;
    while (this.at < listed.length && listed[this.at].firstOffset <= lastOffset)
      this.open.add(listed[this.at++].producerId);
  }

  holds(producerId: number): boolean {
    return this.open.has(producerId);
  }

  /** A marker ended the producer's transaction, whichever way. */
  ended(producerId: number): void {
    this.open.delete(producerId);
  }
}
