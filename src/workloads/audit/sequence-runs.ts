// Which numbers the records of one batch have, as runs of neighbours: one run where the sticky
// partitioner fills it, more where keys spread the records. Hung on a batch's stamps, used again
// with them. Called once a record; must allocate nothing then.

const FIRST_RUNS = 4;

export class SequenceRuns {
  runs = 0;
  /** Of each run: its first record's number, and which record of the batch that is. */
  private firsts = new Float64Array(FIRST_RUNS);
  private starts = new Uint32Array(FIRST_RUNS);

  /** The batch's record `index`, in their order. One that continues a run is not even noted. */
  add(sequence: number, index: number): void {
    const last = this.runs - 1;
    if (last >= 0 && this.firsts[last] + index - this.starts[last] === sequence) return;
    if (this.runs === this.firsts.length) this.grow();
    this.firsts[this.runs] = sequence;
    this.starts[this.runs] = index;
    this.runs += 1;
  }

  /**
   * The runs of `count` records from the batch's record `from` on; `index` is the record's of the
   * batch that a run begins with.
   */
  each(
    from: number,
    count: number,
    visit: (first: number, count: number, index: number) => void,
  ): void {
    const to = from + count;
    for (let run = 0; run < this.runs; run++) {
      const start = this.starts[run];
      const end = run + 1 < this.runs ? this.starts[run + 1] : Infinity;
      const [first, last] = [Math.max(start, from), Math.min(end, to)];
      if (last > first) visit(this.firsts[run] + first - start, last - first, first);
    }
  }

  clear(): void {
    this.runs = 0;
  }

  private grow(): void {
    const firsts = new Float64Array(this.runs * 2);
    firsts.set(this.firsts);
    this.firsts = firsts;
    const starts = new Uint32Array(this.runs * 2);
    starts.set(this.starts);
    this.starts = starts;
  }
}
