// By how much two samples are apart: the median of all differences, with an exact interval from
// their order (the inversion of Mann-Whitney's test). Held to R's wilcox.test(conf.int = TRUE).
// Pure.
import { median } from './quantity.js';
import { mannWhitneyMass } from './rank-sum.js';
import { normalQuantile } from './special-functions.js';

export interface Shift {
  /** x - y. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /**
   * The confidence that the interval really has; below the one asked for when the samples are too
   * small for any better.
   */
  readonly coverage: number;
}

/** Beyond this the quantile of U comes from the normal approximation. */
const EXACT_UP_TO = 50;

export function hodgesLehmann(
  x: readonly number[],
  y: readonly number[],
  confidence = 0.95,
): Shift {
  const differences = x.flatMap((a) => y.map((b) => a - b)).sort((a, b) => a - b);
  const estimate = median(differences);
  if (estimate === null) throw new RangeError('hodgesLehmann: an empty sample');
  const { rank, coverage } = intervalRank(x.length, y.length, confidence);
  return {
    estimate,
    low: differences[rank - 1],
    high: differences[differences.length - rank],
    coverage,
  };
}

interface IntervalRank {
  readonly rank: number;
  readonly coverage: number;
}

/** A comparison asks thousands of times for the same two sizes. */
const known = new Map<string, IntervalRank>();
const MOST_KNOWN = 10_000;

/** The interval runs from the rank-th difference to the rank-th from the end. */
function intervalRank(m: number, n: number, confidence: number): IntervalRank {
  const key = `${m} ${n} ${confidence}`;
  let found = known.get(key);
  if (found === undefined) {
    found = findIntervalRank(m, n, confidence);
    if (known.size < MOST_KNOWN) known.set(key, found);
  }
  return found;
}

function findIntervalRank(m: number, n: number, confidence: number): IntervalRank {
  const tail = (1 - confidence) / 2;
  if (Math.max(m, n) > EXACT_UP_TO) {
    const sigma = Math.sqrt((m * n * (m + n + 1)) / 12);
    const rank = Math.max(1, Math.round((m * n) / 2 - normalQuantile(1 - tail) * sigma));
    return { rank, coverage: confidence };
  }
  const mass = mannWhitneyMass(m, n);
  let below = 0;
  let rank = 0;
  while (below + mass[rank] < tail) below += mass[rank++];
  if (rank === 0) rank = 1; // as R: the whole range, which is less sure than was asked
  let outside = 0;
  for (let u = 0; u < rank; u++) outside += mass[u];
  return { rank, coverage: 1 - 2 * outside };
}
