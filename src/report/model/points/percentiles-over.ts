// Percentiles per run, then the median over runs. Pure; called by the summaries of a point.
import type { Latency } from '../../../contract/latency.js';
import type { Quantity } from '../../../contract/summary.js';
import { quantity } from '../../statistics/quantity.js';
import { PERCENTILES, percentileMs, type Percentile } from '../percentiles.js';

export function percentiles(runs: readonly Latency[]): Record<Percentile, Quantity | null> {
  const over = (field: Percentile): Quantity | null =>
    quantity(runs.flatMap((latency) => percentileMs(latency, field) ?? []));
  const entries = PERCENTILES.map((field) => [field, over(field)] as const);
  return Object.fromEntries(entries) as Record<Percentile, Quantity | null>;
}
