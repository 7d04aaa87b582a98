// How far a consumer is behind the end of each partition: offsets between where it reads on and the
// high watermark (reading committed records: the last stable offset), as the last answer had them.

/** More partitions are told as a sum only: every interval of a result has them. */
const MOST_TOLD = 64;

export class PartitionLags {
  private readonly positions: Float64Array;
  private readonly ends: Float64Array;
  /** Partitions that were read up to an answer's end since `watchCatchUp`. */
  private readonly caughtUp: Uint8Array;
  private missing = 0;

  /** `from`: where reading begins, by partition. */
  constructor(from: readonly number[]) {
    this.positions = Float64Array.from(from);
    this.ends = new Float64Array(from.length).fill(NaN);
    this.caughtUp = new Uint8Array(from.length).fill(1);
  }

  ended(partition: number, end: number): void {
    this.ends[partition] = end;
  }

  /** Whether it is further on than before. */
  reached(partition: number, next: number): boolean {
    const moved = next > this.positions[partition];
    this.positions[partition] = next;
    if (this.caughtUp[partition] === 0 && next >= this.ends[partition]) {
      this.caughtUp[partition] = 1;
      this.missing -= 1;
    }
    return moved;
  }

  /** From now on until each partition was read up to where its log ended in one answer. */
  watchCatchUp(): void {
    this.caughtUp.fill(0);
    this.missing = this.caughtUp.length;
  }

  get isCaughtUp(): boolean {
    return this.missing === 0;
  }

  /** Null before anything is known. */
  get total(): number | null {
    let [sum, known] = [0, false];
    for (const lag of this.each()) {
      sum += lag ?? 0;
      known ||= lag !== null;
    }
    return known ? sum : null;
  }

  /** Up to ends that were looked up. */
  behind(ends: readonly number[]): number {
    return ends.reduce((sum, end, at) => sum + Math.max(0, end - this.positions[at]), 0);
  }

  /** By partition; undefined where there are too many. */
  get told(): (number | null)[] | undefined {
    return this.positions.length > MOST_TOLD ? undefined : this.each();
  }

  private each(): (number | null)[] {
    return Array.from(this.ends, (end, partition) =>
      Number.isNaN(end) ? null : Math.max(0, end - this.positions[partition]),
    );
  }
}
