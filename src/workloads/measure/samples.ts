// The latest figures of one kind, their median, and the mean of all. For pacing-meter: adding
// allocates nothing.

const KEPT = 512;

export class Samples {
  count = 0;
  private sum = 0;
  private readonly latest = new Float64Array(KEPT);

  add(figure: number): void {
    this.latest[this.count % KEPT] = figure;
    this.count += 1;
    this.sum += figure;
  }

  /** 0 where there are none, as the median. */
  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  get median(): number {
    const sorted = this.latest.slice(0, Math.min(this.count, KEPT)).sort();
    return sorted.length === 0 ? 0 : sorted[sorted.length >> 1];
  }

  clear(): void {
    this.count = this.sum = 0;
  }
}
