// The median of a point's runs and a 95 % interval of it from order statistics: no assumption about
// the distribution. The unit of statistics is the run; percentiles within a run are never averaged,
// only compared from run to run.
import type { Quantity } from '../../contract/summary.js';

const CONFIDENCE = 0.95;

/**
 * Ranks count from 1; null where no order statistic reaches that far (the interval is open at that
 * end).
 */
export interface QuantileRanks {
  readonly low: number | null;
  readonly high: number | null;
  /** The probability that the interval covers the quantile, at least the confidence asked for. */
  readonly coverage: number;
}

/**
 * Which order statistics bound the `quantile` of `n` samples: low = max{k: P(B < k) <= alpha/2},
 * high = min{k: P(B >= k) <= alpha/2}, with B ~ Binomial(n, quantile).
 */
export function quantileRanks(n: number, quantile: number, confidence = CONFIDENCE): QuantileRanks {
  const tail = (1 - confidence) / 2;
  const mass = binomialMass(n, quantile);
  let below = 0; // P(B < k)
  let low = 0;
  for (let k = 1; k <= n; k++) {
    below += mass[k - 1];
    if (below > tail) break;
    low = k;
  }
  let above = 0; // P(B >= k)
  let high = n + 1;
  for (let k = n; k >= 1; k--) {
    above += mass[k];
    if (above > tail) break;
    high = k;
  }
  let coverage = 0;
  for (let k = low; k < high; k++) coverage += mass[k];
  return { low: low === 0 ? null : low, high: high === n + 1 ? null : high, coverage };
}

/** P(B = 0 .. n), by logarithms so that large n neither under- nor overflows. */
function binomialMass(n: number, p: number): Float64Array {
  const mass = new Float64Array(n + 1);
  const odds = Math.log(p) - Math.log1p(-p);
  let log = n * Math.log1p(-p);
  for (let k = 0; k <= n; k++) {
    mass[k] = Math.exp(log);
    log += Math.log(n - k) - Math.log(k + 1) + odds;
  }
  return mass;
}

/** The median of `values`; null when there are none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Median and 95 % interval over runs: null without runs; `low` and `high` null with fewer than 6
 * (no such interval exists).
 */
export function quantity(values: readonly number[]): Quantity | null {
  const middle = median(values);
  if (middle === null) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const { low, high } = quantileRanks(values.length, 0.5);
  return {
    median: middle,
    low: low === null ? null : sorted[low - 1],
    high: high === null ? null : sorted[high - 1],
  };
}
