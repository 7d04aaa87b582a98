// Where a history changed for good: E-divisive means with a t-test, as Apache Otava (once Hunter)
// finds change points. A weak first pass over overlapping windows, then the least trustworthy are
// dropped one by one. Pure; its figures are held to Otava's.
import { studentTwoSided } from './special-functions.js';

export interface ChangePoint {
  /** The first value of the new level. */
  readonly index: number;
  readonly p: number;
  readonly before: Level;
  readonly after: Level;
}

/** A stretch between two change points. */
export interface Level {
  readonly mean: number;
  /** Population standard deviation (divided by n), as in Otava. */
  readonly deviation: number;
  readonly count: number;
}

export interface ChangePointOptions {
  /** Change points with a p of this or more are dropped. */
  readonly maxP?: number;
  /** So are those of a relative change of this or less. */
  readonly minMagnitude?: number;
  readonly window?: number;
}

/** In the order of the series. NaN and infinite values must have been left out. */
export function changePoints(
  series: readonly number[],
  options: ChangePointOptions = {},
): ChangePoint[] {
  const { maxP = 0.001, minMagnitude = 0, window = 50 } = options;
  const weakP = maxP < 0.05 ? maxP * 10 : maxP < 0.5 ? maxP * 2 : maxP;
  return merge(split(series, window, weakP), series, maxP, minMagnitude);
}

/** Relative change of the mean, of the smaller level: a doubling and a halving are alike. */
export function magnitude({ before, after }: ChangePoint): number {
  const change = (from: number, to: number) =>
    from === 0 ? (to === 0 ? 0 : Infinity) : Math.abs(to / from - 1);
  return Math.max(change(before.mean, after.mean), change(after.mean, before.mean));
}

function split(series: readonly number[], window: number, maxP: number): ChangePoint[] {
  const step = window >> 1;
  const indexes: number[] = [];
  for (let start = 0; start < series.length;) {
    const found = divide(series.slice(start, start + window), maxP).map((index) => index + start);
    for (const index of found) if (!indexes.includes(index)) indexes.push(index);
    start = Math.max(found.at(-1) ?? 0, start + step);
  }
  indexes.sort((a, b) => a - b);
  return indexes.map((_, i) => changePoint(series, indexes, i));
}

/** Splits at the strongest point of any stretch as long as that is significant. */
function divide(series: readonly number[], maxP: number): number[] {
  const indexes: number[] = [];
  for (;;) {
    const ends = [0, ...indexes, series.length];
    let best: { index: number; strength: number } | null = null;
    for (let i = 0; i + 1 < ends.length; i++) {
      const candidate = strongest(series.slice(ends[i], ends[i + 1]));
      if (candidate !== null && (best === null || candidate.strength > best.strength))
        best = { index: candidate.index + ends[i], strength: candidate.strength };
    }
    if (best === null || indexes.includes(best.index)) return indexes;
    const tried = [...indexes, best.index].sort((a, b) => a - b);
    if (changePoint(series, tried, tried.indexOf(best.index)).p > maxP) return indexes;
    indexes.splice(0, indexes.length, ...tried);
  }
}

/**
 * Where Q(X, Y) is greatest, over the split and over the right end (Matteson and James, 2014): X =
 * series[0, k), Y = series[k, e). Q = (m n / (m + n)) * (2 / (m n) * between - 1 / C(m, 2) * within
 * X - 1 / C(n, 2) * within Y), each a sum of |a - b|.
 */
function strongest(series: readonly number[]): { index: number; strength: number } | null {
  const length = series.length;
  // Sums of distances of one value to all before it (from) and to a stretch: prefix[i][j] = sum
  // over a < j of |series[i] - series[a]|.
  const prefix = series.map((value) => {
    const sums = new Float64Array(length + 1);
    for (let j = 0; j < length; j++) sums[j + 1] = sums[j] + Math.abs(value - series[j]);
    return sums;
  });
  let best: { index: number; strength: number } | null = null;
  let withinX = 0; // pairs among the first k
  for (let k = 1; k < length; k++) {
    withinX += prefix[k - 1][k - 1];
    let between = 0;
    let withinY = 0;
    for (let end = k + 1; end <= length; end++) {
      between += prefix[end - 1][k];
      withinY += prefix[end - 1][end - 1] - prefix[end - 1][k];
      const [m, n] = [k, end - k];
      // A single value has no distances within, and counts as in Otava.
      const ofX = m === 1 ? 0 : ((2 * n) / ((m + n) * (m - 1))) * withinX;
      const ofY = n === 1 ? 0 : ((2 * m) / ((m + n) * (n - 1))) * withinY;
      const strength = (2 / (m + n)) * between - ofX - ofY;
      if (best === null || strength > best.strength) best = { index: k, strength };
    }
  }
  return best;
}

/**
 * Drops the weakest until all hold. Both neighbours of a dropped one get new levels; Otava 0.8.0 by
 * an index off by one leaves the left one's as they were, which decides 1 in 20 of random series
 * otherwise.
 */
function merge(
  weak: ChangePoint[],
  series: readonly number[],
  maxP: number,
  minMagnitude: number,
): ChangePoint[] {
  let points = weak;
  while (points.length > 0) {
    let worst = points.reduce((a, b) => (b.p > a.p ? b : a));
    if (worst.p < maxP) {
      worst = points.reduce((a, b) => (magnitude(b) < magnitude(a) ? b : a));
      if (magnitude(worst) > minMagnitude) return points;
    }
    const indexes = points.filter((point) => point !== worst).map(({ index }) => index);
    points = indexes.map((_, i) => changePoint(series, indexes, i));
  }
  return points;
}

function changePoint(
  series: readonly number[],
  indexes: readonly number[],
  i: number,
): ChangePoint {
  const index = indexes[i];
  const before = levelOf(series.slice(indexes[i - 1] ?? 0, index));
  const after = levelOf(series.slice(index, indexes[i + 1] ?? series.length));
  return { index, p: tTest(before, after), before, after };
}

function levelOf(values: readonly number[]): Level {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return { mean, deviation: Math.sqrt(variance), count };
}

/**
 * Student's t-test with the population deviations where the sample's belong: Otava's figures are
 * those, and so are ours.
 */
function tTest(a: Level, b: Level): number {
  const degrees = a.count + b.count - 2;
  if (degrees <= 0) return 1;
  const pooled = ((a.count - 1) * a.deviation ** 2 + (b.count - 1) * b.deviation ** 2) / degrees;
  const difference = a.mean - b.mean;
  if (difference === 0) return 1;
  return studentTwoSided(difference / Math.sqrt(pooled * (1 / a.count + 1 / b.count)), degrees);
}
