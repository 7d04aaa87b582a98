// HdrHistogram's percentile distribution as text, to the byte what Java's
// outputPercentileDistribution(out, 5, 1000.0) prints. Made from the counts in one pass: the
// package's own takes milliseconds for each, and a sweep has thousands. Called by formats/hgrm.
import type { HistogramCounts } from '../results/decode-histogram.js';

/**
 * Of the values that count as one: the highest, the middle one, in microseconds, and how many there
 * were.
 */
interface Slot {
  readonly highest: number;
  readonly middle: number;
  count: number;
}

const TICKS_PER_HALF_DISTANCE = 5;
const MICROS_PER_MS = 1000;

/** Values of several histograms together, until they are printed. */
export class PercentileDistribution {
  private readonly values = new Map<number, Slot>();
  private shape = { buckets: 0, subBuckets: 0 };
  private total = 0;

  add(counts: HistogramCounts): void {
    const { length, total, buckets, subBuckets } = counts;
    for (let at = 0; at < length; at++) {
      const [highest, width, count] = [counts.highest[at], counts.width[at], counts.count[at]];
      const known = this.values.get(highest);
      if (known !== undefined) known.count += count;
      else
        this.values.set(highest, {
          highest,
          middle: highest - width + 1 + Math.floor(width / 2),
          count,
        });
    }
    this.total += total;
    this.shape = {
      buckets: Math.max(this.shape.buckets, buckets),
      subBuckets: Math.max(this.shape.subBuckets, subBuckets),
    };
  }

  get isEmpty(): boolean {
    return this.total === 0;
  }

  /** Milliseconds. */
  print(): string {
    const sorted = [...this.values.values()].sort((a, b) => a.highest - b.highest);
    const head = '       Value     Percentile TotalCount 1/(1-Percentile)\n\n';
    return `${head}${this.rows(sorted).join('')}${this.foot(sorted)}`;
  }

  /**
   * Five steps for each half of the distance that is left to 100 %; every step at the first value
   * that reaches it.
   */
  private rows(sorted: readonly Slot[]): string[] {
    const rows: string[] = [];
    let level = 0;
    let below = 0;
    for (const { highest, count } of sorted) {
      below += count;
      while ((100 * below) / this.total >= level) {
        const { share, inverse } = levelText(level);
        rows.push(`${row(highest, share, below)} ${inverse}\n`);
        // The last value has one step, then the line of 100 %.
        if (below === this.total)
          return [...rows, `${row(highest, levelText(100).share, below)}\n`];
        const halvings = Math.floor(Math.log2(100 / (100 - level))) + 1;
        level += 100 / (TICKS_PER_HALF_DISTANCE * 2 ** halvings);
      }
    }
    return rows;
  }

  private foot(sorted: readonly Slot[]): string {
    const sum = (of: (value: Slot) => number): number =>
      sorted.reduce((total, value) => total + of(value), 0);
    const mean = sum(({ middle, count }) => middle * count) / this.total;
    const variance = sum(({ middle, count }) => (middle - mean) ** 2 * count) / this.total;
    const highest = sorted[sorted.length - 1].highest;
    return [
      `#[Mean    = ${milliseconds(mean)}, StdDeviation   = ${milliseconds(Math.sqrt(variance))}]`,
      `#[Max     = ${milliseconds(highest)}, Total count    = ${whole(this.total)}]`,
      `#[Buckets = ${whole(this.shape.buckets)}, SubBuckets     = ${whole(this.shape.subBuckets)}]`,
      '',
    ].join('\n');
  }
}

/**
 * Rounds as Java does, half up by the shortest decimal that is the number; toFixed goes by the
 * binary number itself.
 */
function formatter(digits: number): (value: number) => string {
  const format = new Intl.NumberFormat('en-US', {
    ...{ minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false },
  });
  return (value) => format.format(value);
}

const [twoDigits, threeDigits, twelveDigits] = [formatter(2), formatter(3), formatter(12)];

const milliseconds = (micros: number): string => threeDigits(micros / MICROS_PER_MS).padStart(12);
const whole = (count: number): string => String(count).padStart(12);

/** The same few hundred levels stand in every distribution. */
const levels = new Map<number, { readonly share: string; readonly inverse: string }>();

function levelText(level: number): { readonly share: string; readonly inverse: string } {
  const share = level / 100;
  const known = levels.get(level) ?? {
    share: twelveDigits(share),
    inverse: share === 1 ? '' : twoDigits(1 / (1 - share)).padStart(14),
  };
  levels.set(level, known);
  return known;
}

/** A value of whole microseconds has three digits: nothing is rounded. */
const row = (micros: number, share: string, below: number): string =>
  `${(micros / MICROS_PER_MS).toFixed(3).padStart(12)} ${share} ${String(below).padStart(10)}`;
