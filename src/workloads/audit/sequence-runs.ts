// Which numbers the records of one batch have, as runs of neighbours: one run where the sticky
// partitioner fills it, more where keys spread the records. Hung on a batch's stamps, used again
// with them. Called once a record; must allocate nothing then.

const FIRST_RUNS = 4;

export class SequenceRuns {
  runs = 0;
  private firsts = new Float64Array(FIRST_RUNS);
  private counts = new Uint32Array(FIRST_RUNS);

  add(sequence: number): void {
    const last = this.runs - 1;
    if (last >= 0 && this.firsts[last] + this.counts[last] === sequence) {
      this.counts[last] += 1;
      return;
    }
    if (this.runs === this.firsts.length) this.grow();
    this.firsts[this.runs] = sequence;
    this.counts[this.runs] = 1;
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
    for (let run = 0, at = 0; run < this.runs && at < to; run++) {
      const end = at + this.counts[run];
      const [first, last] = [Math.max(at, from), Math.min(end, to)];
      if (last > first) visit(this.firsts[run] + first - at, last - first, first);
      at = end;
    }
  }

  clear(): void {
    this.runs = 0;
  }

  private grow(): void {
    const firsts = new Float64Array(this.runs * 2);
    firsts.set(this.firsts);
    this.firsts = firsts;
    const counts = new Uint32Array(this.runs * 2);
    counts.set(this.counts);
    this.counts = counts;
  }
}
