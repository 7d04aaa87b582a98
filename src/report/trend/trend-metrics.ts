// What a history is kept of: each metric's name, label, direction, and where it stands in a
// summary. A new one is a line here.
import type { SummaryPoint } from '../../contract/summary.js';
import { loopOfSummary } from '../model/loop.js';
import type { Percentile } from '../model/percentiles.js';

export interface TrendMetric {
  readonly label: string;
  readonly better: 'higher' | 'lower';
  /** Latency is response time in an open loop, service time in a closed one. */
  readonly latency: boolean;
  readonly pick: (point: MeasuredPoint) => number | null | undefined;
}

/** The part of a summary's point that trend reads. */
export type MeasuredPoint = Pick<
  SummaryPoint,
  | 'config'
  | 'loop'
  | 'runs'
  | 'valid'
  | 'throughput'
  | 'latencyMs'
  | 'consumers'
  | 'generator'
  | 'canary'
>;

export type MetricName =
  | 'recordsPerSecond'
  | 'mebibytesPerSecond'
  | Percentile
  | 'cpuMicrosPerRecord'
  | 'pacingMicrosPerRecord'
  | 'endToEndP99';

export const METRICS: Readonly<Record<MetricName, TrendMetric>> = {
  recordsPerSecond: {
    label: 'records/s',
    better: 'higher',
    latency: false,
    pick: ({ throughput }) => throughput.recordsPerSecond?.median,
  },
  mebibytesPerSecond: {
    label: 'MiB/s',
    better: 'higher',
    latency: false,
    pick: ({ throughput }) => throughput.mebibytesPerSecond?.median,
  },
  p50: percentile('p50', 'p50'),
  p75: percentile('p75', 'p75'),
  p90: percentile('p90', 'p90'),
  p95: percentile('p95', 'p95'),
  p99: percentile('p99', 'p99'),
  p999: percentile('p999', 'p99.9'),
  max: percentile('max', 'max'),
  cpuMicrosPerRecord: {
    label: 'CPU us/record',
    better: 'lower',
    latency: false,
    pick: ({ generator }) => generator.cpuMicrosPerRecord?.median,
  },
  pacingMicrosPerRecord: {
    label: 'pacing us/record',
    better: 'lower',
    latency: false,
    pick: ({ generator }) => generator.pacingMicrosPerRecord?.median,
  },
  endToEndP99: {
    label: 'end-to-end p99 ms',
    better: 'lower',
    latency: false,
    pick: ({ consumers }) => consumers?.endToEndMs.p99?.median,
  },
};

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];
export const DEFAULT_METRICS: readonly MetricName[] = [
  'recordsPerSecond',
  'p99',
  'cpuMicrosPerRecord',
];

/** `response p99 ms`, `records/s`. */
export function metricLabel(name: string, loop: 'open' | 'closed'): string {
  const metric = METRICS[name as MetricName];
  return metric.latency
    ? `${loop === 'open' ? 'response' : 'service'} ${metric.label}`
    : metric.label;
}

function percentile(field: Percentile, label: string): TrendMetric {
  return {
    label: `${label} ms`,
    better: 'lower',
    latency: true,
    pick: (point) =>
      point.latencyMs[loopOfSummary(point) === 'open' ? 'response' : 'service']?.[field]?.median,
  };
}
