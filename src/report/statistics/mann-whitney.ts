// Mann-Whitney's U test: do two samples of runs come from one distribution? No assumption about its
// shape. Exact where samples are small, which repeats of a benchmark are. Held to R's wilcox.test
// and to enumeration.
import { erfc } from './special-functions.js';
import { doubledMidranks, rankSumMass, untiedRankSumMass } from './rank-sum.js';

export interface MannWhitney {
  /** Pairs in which the first sample's value is the greater; ties count one half. */
  readonly u: number;
  /** Probability, two-sided, of a U at least so far from its mean if there is no difference. */
  readonly p: number;
  readonly exact: boolean;
}

/** Largest samples for which all ways to deal out the ranks are counted. */
const EXACT_UP_TO = 50;
const EXACT_WITH_TIES_UP_TO = 25;

/** Two-sided. Both samples must hold at least one value. */
export function mannWhitney(x: readonly number[], y: readonly number[]): MannWhitney {
  const [m, n] = [x.length, y.length];
  if (m === 0 || n === 0) throw new RangeError('mannWhitney: an empty sample');
  const ranks = doubledMidranks([...x, ...y]);
  const doubledSum = ranks.slice(0, m).reduce((sum, rank) => sum + rank, 0);
  const u = (doubledSum - m * (m + 1)) / 2;
  const tied = new Set(ranks).size < ranks.length;
  const exact = Math.max(m, n) <= (tied ? EXACT_WITH_TIES_UP_TO : EXACT_UP_TO);
  return {
    u,
    p: exact
      ? exactP(tied ? rankSumMass(ranks, m) : untiedRankSumMass(m, n), m * (m + n + 1), doubledSum)
      : normalP(ranks, m, n, u),
    exact,
  };
}

/**
 * With ties the distribution is not symmetric: what counts is the distance from the mean, on both
 * sides.
 */
function exactP(mass: Float64Array, mean: number, doubledSum: number): number {
  const distance = Math.abs(doubledSum - mean);
  let p = 0;
  for (let sum = 0; sum < mass.length; sum++) {
    if (Math.abs(sum - mean) >= distance) p += mass[sum];
  }
  return Math.min(1, p);
}

/** Normal approximation with the correction for ties and for continuity. */
function normalP(ranks: readonly number[], m: number, n: number, u: number): number {
  const total = m + n;
  const counts = new Map<number, number>();
  for (const rank of ranks) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  let ties = 0;
  for (const count of counts.values()) ties += count ** 3 - count;
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance === 0) return 1;
  const z = Math.max(0, Math.abs(u - (m * n) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, erfc(z / Math.SQRT2));
}

/** The least p that m against n runs can reach: 2 / (m + n choose m). */
export function smallestP(m: number, n: number): number {
  let ways = 1;
  for (let i = 1; i <= m; i++) ways = (ways * (n + i)) / i;
  return Math.min(1, 2 / ways);
}
