// By how much two samples are apart: the median of all differences, with an exact interval from their order (the inversion of Mann-Whitney's
// test). Held to R's wilcox.test(conf.int = TRUE). Pure.
import { median } from '../quantity.js';
import { mannWhitneyMass } from './rank-sum.js';

export interface Shift {
  /** x - y. */
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** The confidence that the interval really has; below the one asked for when the samples are too small for any better. */
  readonly coverage: number;
}

/** Beyond this the quantile of U comes from the normal approximation. */
const EXACT_UP_TO = 50;

export function hodgesLehmann(x: readonly number[], y: readonly number[], confidence = 0.95): Shift {
  const differences = x.flatMap((a) => y.map((b) => a - b)).sort((a, b) => a - b);
  const estimate = median(differences);
  if (estimate === null) throw new RangeError('hodgesLehmann: an empty sample');
  const { rank, coverage } = intervalRank(x.length, y.length, confidence);
  return { estimate, low: differences[rank - 1], high: differences[differences.length - rank], coverage };
}

/** The interval runs from the rank-th difference to the rank-th from the end. */
function intervalRank(m: number, n: number, confidence: number): { rank: number; coverage: number } {
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

/** Acklam's rational approximation, relative error below 1.2e-9; here only for p > 0.5. */
function normalQuantile(p: number): number {
  if (p > 0.97575) {
    const q = Math.sqrt(-2 * Math.log(1 - p));
    return -(
      (((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q +
        4.374664141464968) *
        q +
        2.938163982698783) /
      ((((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
    );
  }
  const q = p - 0.5;
  const r = q * q;
  return (
    ((((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) * r -
      3.066479806614716e1) *
      r +
      2.506628277459239) *
      q) /
    (((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r -
      1.328068155288572e1) *
      r +
      1)
  );
}
