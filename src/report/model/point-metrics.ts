// The producer metrics (Java's names) that a summary tells of each point, and the table that shows
// them. Called by summarize and markdown. The runs' files hold more of them, and those of every
// interval.
import type { Measurement } from '../../contract/run-result.js';
import type { SummaryPoint } from '../../contract/summary.js';
import { significant } from '../text/format.js';
import { quantity } from '../statistics/quantity.js';

/** Those that explain a throughput or a latency. */
export const MAIN_METRICS = [
  'batch-size-avg',
  'records-per-request-avg',
  'record-queue-time-avg',
  'request-latency-avg',
  'request-latency-max',
  'requests-in-flight',
  'request-rate',
  'outgoing-byte-rate',
  'compression-rate-avg',
  'bufferpool-wait-ratio',
  'record-retry-rate',
  'record-error-rate',
  'produce-throttle-time-avg',
] as const;

/**
 * Medians over the runs that have a value; null where none has. Nothing where the runs' files are
 * older than the metrics.
 */
export function summarizeMetrics(counted: readonly Measurement[]): Pick<SummaryPoint, 'metrics'> {
  if (counted.every(({ metrics }) => Object.keys(metrics).length === 0)) return {};
  const entries = MAIN_METRICS.map((name) => [
    name,
    quantity(counted.flatMap(({ metrics }) => metrics[name] ?? [])),
  ]);
  return { metrics: Object.fromEntries(entries) as SummaryPoint['metrics'] };
}

/** The rows of a report. */
interface WithRows {
  readonly rows: readonly { readonly point: SummaryPoint }[];
}

/**
 * A row for each point that has metrics, its id first; a metric without a value in any point is
 * left out. Null where there is nothing to show.
 */
export function metricsTable({ rows }: WithRows): { head: string[]; rows: string[][] } | null {
  const told = rows.flatMap(({ point: { id, metrics } }) =>
    metrics === undefined ? [] : [{ id, metrics }],
  );
  const names = MAIN_METRICS.filter((name) =>
    told.some(({ metrics }) => (metrics[name] ?? null) !== null),
  );
  if (names.length === 0) return null;
  const cell = (value: number | undefined): string =>
    value === undefined ? '-' : significant(value);
  return {
    head: ['point', ...names],
    rows: told.map(({ id, metrics }) => [id, ...names.map((name) => cell(metrics[name]?.median))]),
  };
}
