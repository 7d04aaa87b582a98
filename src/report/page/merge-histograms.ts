// Latencies of several runs merged into one distribution: counts are added slot by slot, in one
// array for all runs of a point. Called by page-data. Held to hdr-histogram-js by its test.
import type { HistogramCounts } from '../results/decode-histogram.js';
import { ReadTrouble } from '../results/read-trouble.js';

const MAX_SLOTS = 65_537;

/** Counts by HdrHistogram's index, and what turns an index into a value. */
export interface MergedLatency {
  readonly counts: Float64Array;
  readonly subBucketHalf: number;
  readonly unit: number;
  total: number;
  /** One past the greatest index with a count. */
  end: number;
}

/**
 * Adds `counts` to `into`, or begins with it. Throws ReadTrouble, `into` unchanged, where they are
 * of another resolution.
 */
export function mergeLatency(into: MergedLatency | null, counts: HistogramCounts): MergedLatency {
  const { length, slot, count, total, unit } = counts;
  const subBucketHalf = counts.subBuckets / 2;
  if (into !== null && (into.subBucketHalf !== subBucketHalf || into.unit !== unit)) {
    throw new ReadTrouble(
      'holds a histogram of another resolution than those before it',
      'damaged',
    );
  }
  const merged = into ?? {
    counts: new Float64Array(MAX_SLOTS),
    subBucketHalf,
    unit,
    total: 0,
    end: 0,
  };
  for (let at = 0; at < length; at++) merged.counts[slot[at]] += count[at];
  merged.total += total;
  if (length > 0) merged.end = Math.max(merged.end, slot[length - 1] + 1);
  return merged;
}

/**
 * Milliseconds at each of `quantiles` (ascending, 0 to 1), of microseconds counted; a value is the
 * greatest that its bucket stands for, as HdrHistogram tells it. Ends where the records no longer
 * resolve a quantile: 1 / (1 - q) above their number.
 */
export function latencyCurve(merged: MergedLatency, quantiles: readonly number[]): number[] {
  const curve: number[] = [];
  let seen = 0;
  let index = -1;
  for (const quantile of quantiles) {
    if (merged.total * (1 - quantile) < 1 - 1e-9) break;
    const wanted = Math.max(1, Math.ceil(quantile * merged.total - 1e-6));
    while (seen < wanted && index < merged.end - 1) seen += merged.counts[++index];
    // As HdrHistogram does: the 0th is the least that its bucket stands for.
    curve.push((quantile === 0 ? lowestAt(index, merged) : highestAt(index, merged)) / 1000);
  }
  return curve;
}

function lowestAt(index: number, { subBucketHalf, unit }: MergedLatency): number {
  return subBucketOf(index, subBucketHalf) * unit * 2 ** bucketOf(index, subBucketHalf);
}

function highestAt(index: number, merged: MergedLatency): number {
  return lowestAt(index, merged) + merged.unit * 2 ** bucketOf(index, merged.subBucketHalf) - 1;
}

/** The first bucket is twice as long as the others. */
const bucketOf = (index: number, half: number): number => Math.max(0, Math.floor(index / half) - 1);
const subBucketOf = (index: number, half: number): number =>
  index < 2 * half ? index : (index % half) + half;
