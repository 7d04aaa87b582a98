// From counters to Java's metrics: windows between two samples, put together over time and over
// producers, and the values that metrics-table.ts makes of them. Called by the producer (metrics())
// and by those who measure; never on the hot path.
import {
  MetricCounters,
  type MetricGauges,
  type MetricMaxima,
  type MetricSample,
  type ProducerTotals,
} from './metric-counters.js';
import { METRICS, type MetricRow } from './metrics-table.js';

/**
 * Values by Java's names. NaN where nothing was recorded, as in Java; a value need not be whole
 * where Java's would be.
 */
export type ProducerMetrics = Readonly<Record<string, number>>;

/**
 * What happened between two samples of one producer, or of several at the same time. Plain data
 * that can be cloned.
 */
export interface MetricWindow {
  /** Sum over the producers of their windows' lengths. */
  readonly producerMs: number;
  readonly producers: number;
  readonly totals: ProducerTotals;
  readonly maxima: MetricMaxima;
  /** As of the window's end; summed over producers, but the age of the oldest metadata. */
  readonly gauges: MetricGauges;
}

/**
 * The window from `before` to `after`, which must have been taken right after each other for the
 * maxima to be the window's own.
 */
export function windowBetween(before: MetricSample, after: MetricSample): MetricWindow {
  return {
    producerMs: after.atMs - before.atMs,
    producers: 1,
    totals: combine(after.totals, before.totals, (a, b) => a - b),
    maxima: after.maxima,
    gauges: after.gauges,
  };
}

/** Windows of several producers over the same time. */
export function besideEachOther(a: MetricWindow, b: MetricWindow): MetricWindow {
  const gauges = combine(a.gauges, b.gauges, (x, y) => x + y);
  return {
    producerMs: a.producerMs + b.producerMs,
    producers: a.producers + b.producers,
    totals: combine(a.totals, b.totals, (x, y) => x + y),
    maxima: combineMaxima(a.maxima, b.maxima),
    gauges: {
      ...gauges,
      metadataAgeSeconds: Math.max(a.gauges.metadataAgeSeconds, b.gauges.metadataAgeSeconds),
    },
  };
}

/** Windows of the same producers, one after the other: gauges become their means over time. */
export function afterEachOther(a: MetricWindow, b: MetricWindow): MetricWindow {
  const producerMs = a.producerMs + b.producerMs;
  const share = producerMs > 0 ? b.producerMs / producerMs : 1;
  return {
    producerMs,
    producers: a.producers,
    totals: combine(a.totals, b.totals, (x, y) => x + y),
    maxima: combineMaxima(a.maxima, b.maxima),
    // Equal ones stay as they are: infinite ages and whole numbers.
    gauges: combine(a.gauges, b.gauges, (x, y) => (x === y ? x : x + (y - x) * share)),
  };
}

/**
 * Java's metrics over a window. Java's own rates, averages and maxima are over samples of the last
 * 30 s or so; these are over the window. Rates are sums over the producers, shares of time are
 * means of theirs, averages are over all that was recorded.
 */
export function metricsOf(
  window: MetricWindow,
  rows: readonly MetricRow[] = METRICS,
): ProducerMetrics {
  const metrics: Record<string, number> = {};
  for (const row of rows) metrics[row.name] = valueOf(window, row);
  return metrics;
}

/** The same between two samples of one producer, with rates over `spanMs`. */
export function metricsBetween(
  before: MetricSample,
  after: MetricSample,
  spanMs: number,
): ProducerMetrics {
  return metricsOf({ ...windowBetween(before, after), producerMs: spanMs });
}

function valueOf(
  { producerMs, producers, totals, maxima, gauges }: MetricWindow,
  row: MetricRow,
): number {
  const spanMs = producerMs / producers;
  switch (row.is) {
    case 'average':
      return totals[row.of] / totals[row.per]; // 0 / 0 is NaN
    case 'rate':
      return spanMs > 0 ? (totals[row.of] * 1000) / spanMs : NaN;
    case 'total':
      return totals[row.of];
    case 'nanoseconds':
      return Math.round(totals[row.of] * 1e6);
    case 'share':
      return producerMs > 0 ? totals[row.of] / producerMs : NaN;
    case 'number':
      return spanMs > 0 ? totals[row.of] / spanMs : NaN;
    case 'maximum':
      return maxima[row.of] === -Infinity ? NaN : maxima[row.of];
    case 'gauge':
      return gauges[row.of];
  }
}

export const combineMaxima = (a: MetricMaxima, b: MetricMaxima): MetricMaxima =>
  combine(a, b, Math.max);

/** Nothing was recorded. */
export const NO_MAXIMA = new MetricCounters().maxima;

function combine<T extends object>(a: T, b: T, how: (a: number, b: number) => number): T {
  const result: Record<string, number> = {};
  const right = b as Record<string, number>;
  for (const [name, value] of Object.entries(a) as [string, number][])
    result[name] = how(value, right[name]);
  return result as T;
}
