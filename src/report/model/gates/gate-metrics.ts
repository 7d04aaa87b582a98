// The figures of a point that a gate or a precision may name: their paths in summary.json, their
// units, and how to look them up. One table for reading the YAML (sweep), evaluating (thresholds)
// and showing. Pure.
import type { AuditTotals, Quantity, SummaryPoint } from '../../../contract/summary.js';
import { significant } from '../../text/format.js';
import { PERCENTILES } from '../percentiles.js';
import { MAIN_METRICS } from '../point-metrics.js';

/** What a figure counts, which says what its bound may be written in. */
export type GateUnit =
  | 'ms'
  | 'micros'
  | 'bytes'
  | 'mebibytes'
  | 'bytes-per-second'
  | 'mebibytes-per-second'
  | 'rate'
  | 'count'
  | 'share'
  | 'none';

export interface GateMetric {
  /** `latencyMs.response.p99`. */
  readonly path: string;
  readonly unit: GateUnit;
  /** A sum or count over the point's runs; else a median over its valid runs. */
  readonly total: boolean;
}

/** Groups of percentiles, each with all of PERCENTILES. */
export const LATENCY_GROUPS = [
  'latencyMs.response',
  'latencyMs.service',
  'latencyMs.delay',
  'transactions.commitLatencyMs',
  'transactions.abortLatencyMs',
  'consumers.endToEndMs',
] as const;

const MEDIANS: readonly (readonly [path: string, unit: GateUnit])[] = [
  ['throughput.recordsPerSecond', 'rate'],
  ['throughput.mebibytesPerSecond', 'mebibytes-per-second'],
  ...LATENCY_GROUPS.flatMap((group) =>
    PERCENTILES.map((percentile) => [`${group}.${percentile}`, 'ms'] as const),
  ),
  ['transactions.committedRecordsPerSecond', 'rate'],
  ['consumers.maxLag', 'none'],
  ['consumers.longestPauseMs', 'ms'],
  ['consumers.drainMs', 'ms'],
  ['consumers.drainRecordsPerSecond', 'rate'],
  ['consumers.cpuMicrosPerRecord', 'micros'],
  ['achieved.batchBytes', 'bytes'],
  ['achieved.recordsPerRequest', 'none'],
  ['achieved.requestsPerSecond', 'rate'],
  ['achieved.inFlight', 'none'],
  ['achieved.compressionRatio', 'none'],
  ...MAIN_METRICS.map((name) => [`metrics.${name}`, unitOfMetric(name)] as const),
  ['generator.cpuMicrosPerRecord', 'micros'],
  ['generator.pacingMicrosPerRecord', 'micros'],
  ['generator.eventLoopLagP99Ms', 'ms'],
  ['generator.ackDelayP50Ms', 'ms'],
  ['generator.ackDelayP99Ms', 'ms'],
  ['generator.rssMiB', 'mebibytes'],
  ['canary.cpuMs', 'ms'],
  ['canary.sinkRecordsPerSecond', 'rate'],
];

const AUDIT_TOTALS = [
  ...(['acknowledged', 'found', 'lost', 'gone', 'duplicated', 'reordered', 'corrupt'] as const),
  ...(['storedThoughFailed', 'unknown', 'unknownFound', 'foreign', 'brokenPromises'] as const),
  ...(['committedNotSeen', 'abortedSeen'] as const),
] as const satisfies readonly (keyof AuditTotals)[];

const TOTALS = [
  ...['runs', 'valid', 'records.sent', 'records.acked', 'records.failed'],
  ...['begun', 'committed', 'aborted', 'failed', 'recordsCommitted', 'recordsAborted'].map(
    (name) => `transactions.${name}`,
  ),
  ...['expected', 'kept', 'dropped', 'negative', 'duplicated'].map((name) => `consumers.${name}`),
  ...AUDIT_TOTALS.map((name) => `audit.${name}`),
];

export const GATE_METRICS: ReadonlyMap<string, GateMetric> = new Map(
  [
    ...MEDIANS.map(([path, unit]) => ({ path, unit, total: false })),
    ...TOTALS.map((path) => ({ path, unit: 'count' as const, total: true })),
  ].map((metric) => [metric.path, metric]),
);

/** Java's names end in what they measure. */
function unitOfMetric(name: (typeof MAIN_METRICS)[number]): GateUnit {
  if (name === 'batch-size-avg') return 'bytes';
  if (name === 'outgoing-byte-rate') return 'bytes-per-second';
  if (name.endsWith('-ratio')) return 'share';
  if (name.endsWith('-rate')) return 'rate';
  return /-(?:latency|time)-/.test(name) ? 'ms' : 'none';
}

/**
 * The figure at a path: a quantity, a total, or null where the point has none. A sum over no
 * measurement is none.
 */
export function figureAt(point: SummaryPoint, path: string): Quantity | number | null {
  if (point.measured === 0 && path.startsWith('records.')) return null;
  // What one of the audits would have found nobody knows.
  if ((point.audit?.notMade ?? 0) > 0 && path.startsWith('audit.')) return null;
  let at: unknown = point;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return null;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  if (typeof at === 'number') return at;
  return isQuantity(at) ? at : null;
}

function isQuantity(value: unknown): value is Quantity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'median' in value &&
    typeof value.median === 'number'
  );
}

/** A figure of a metric with its unit: `23.4 ms`, `412,345 records/s`, `3`. */
export function figureText(path: string, value: number): string {
  const unit = GATE_METRICS.get(path)?.unit ?? 'none';
  const number = unit === 'count' ? value.toLocaleString('en-US') : significant(value);
  switch (unit) {
    case 'ms':
      return `${number} ms`;
    case 'micros':
      return `${number} us`;
    case 'bytes':
      return `${number} B`;
    case 'mebibytes':
      return `${number} MiB`;
    case 'bytes-per-second':
      return `${number} B/s`;
    case 'mebibytes-per-second':
      return `${number} MiB/s`;
    case 'rate':
      return `${number}/s`;
    case 'share':
    case 'count':
    case 'none':
      return number;
  }
}
