// What report.html carries: the data that page-data.ts makes of a report and the browser's code
// draws from. Types and names only: read by Node and by the browser, so nothing here may import
// anything but types. Columns and short arrays, as a sweep of a thousand points must stay small.
import type { Scalar } from '../../contract/settings.js';

export const PAGE_SCHEMA = 'kbench/page@1';

export type Loop = 'open' | 'closed';

/** Figures of a point and of a run. `better` is null where neither end is. */
export interface PageMetric {
  readonly key: MetricKey;
  readonly label: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower' | null;
}

export const METRIC_KEYS = [
  'rate',
  'mebibytes',
  'p50',
  'p75',
  'p90',
  'p95',
  'p99',
  'p999',
  'max',
  'batchBytes',
  'recordsPerRequest',
  'requests',
  'inFlight',
  'compression',
  'cpu',
  'pacing',
] as const;
export type MetricKey = (typeof METRIC_KEYS)[number];

/** What the limit of the answer may be about, and what it is about at first. */
export const LIMIT_KEYS = [
  'p50',
  'p75',
  'p90',
  'p95',
  'p99',
  'p999',
  'max',
] as const satisfies readonly MetricKey[];
export type LimitKey = (typeof LIMIT_KEYS)[number];
export const FIRST_LIMIT_KEY: LimitKey = 'p99';

const metric = (
  key: MetricKey,
  label: string,
  unit: string,
  better: PageMetric['better'],
): PageMetric => ({
  key,
  label,
  unit,
  better,
});

/** Latencies are response times where the loop is open, service times where it is closed. */
export const PAGE_METRICS: readonly PageMetric[] = [
  metric('rate', 'Throughput', 'records/s', 'higher'),
  metric('mebibytes', 'Throughput', 'MiB/s', 'higher'),
  metric('p50', 'Latency p50', 'ms', 'lower'),
  metric('p75', 'Latency p75', 'ms', 'lower'),
  metric('p90', 'Latency p90', 'ms', 'lower'),
  metric('p95', 'Latency p95', 'ms', 'lower'),
  metric('p99', 'Latency p99', 'ms', 'lower'),
  metric('p999', 'Latency p99.9', 'ms', 'lower'),
  metric('max', 'Latency max', 'ms', 'lower'),
  metric('batchBytes', 'Batch, achieved', 'bytes', null),
  metric('recordsPerRequest', 'Records per request', 'records', null),
  metric('requests', 'Requests', '/s', 'lower'),
  metric('inFlight', 'Requests in flight', 'per connection', null),
  metric('compression', 'Compressed / raw bytes', '', null),
  metric('cpu', 'Generator CPU', 'µs/record', 'lower'),
  metric('pacing', 'Pacing CPU', 'µs/record', 'lower'),
];

/** A setting that takes more than one value over the sweep; `values` in the plan's order. */
export interface PageSetting {
  readonly name: string;
  readonly values: readonly { readonly raw: Scalar; readonly label: string }[];
}

/** Median over the valid runs, and the 95 % interval's ends where there are runs enough. */
export type PageQuantity =
  readonly [median: number, low: number | null, high: number | null] | null;

export interface PagePoint {
  readonly id: string;
  /** Index into each setting's values, -1 where the point leaves it out. */
  readonly values: readonly number[];
  readonly loop: Loop;
  /** Where a latency ends: acks=0 has no acknowledgement. */
  readonly until: 'acknowledged' | 'written';
  readonly runs: number;
  readonly valid: number;
  readonly planned: number;
  readonly metrics: Readonly<Partial<Record<MetricKey, PageQuantity>>>;
  /**
   * The producer's settings that not all points share, and settings of other things
   * (`workload.rate`), as text.
   */
  readonly producer: Readonly<Record<string, string>>;
  readonly other: Readonly<Record<string, string>>;
  /** False where an audit found acknowledged records lost, or a promise broken. */
  readonly kept: boolean;
  /** What an audit found, in short; null where there was none. */
  readonly audit: string | null;
  readonly verdict: { readonly text: string; readonly tone: 'good' | 'care' | 'bad' | 'none' };
  /**
   * By kind of latency: ms at each of `curves.quantiles` up to what the records resolve; merged
   * over the valid runs.
   */
  readonly curves: Readonly<Record<string, readonly number[]>>;
}

/**
 * Runs as columns, in the order in which they were made. Figures are null where nothing was
 * measured.
 */
export interface PageRuns {
  readonly run: readonly string[];
  /** Index into points. */
  readonly point: readonly number[];
  readonly repeat: readonly number[];
  /** Seconds since the first run's start. */
  readonly startedS: readonly number[];
  readonly counted: readonly (0 | 1)[];
  /** Why a run that does not count does not; empty text for the others. */
  readonly reason: readonly string[];
  readonly metrics: Readonly<Partial<Record<MetricKey, readonly (number | null)[]>>>;
  /** Null where no run has one. */
  readonly canary: {
    readonly cpuMs: readonly (number | null)[];
    readonly sinkRate: readonly (number | null)[];
  } | null;
  readonly series: readonly (PageSeries | null)[];
}

/**
 * One run over time. Where there were too many intervals, the least and the greatest of each
 * stretch are kept; `of` is how many there were.
 */
export interface PageSeries {
  readonly of: number;
  readonly rateAtS: readonly number[];
  readonly rate: readonly number[];
  /** Left out where it is rateAtS. */
  readonly p99AtS?: readonly number[];
  readonly p99: readonly (number | null)[];
  /** What was broken on purpose. Left out where nothing was. */
  readonly faults?: readonly PageFault[];
}

/** In seconds; `untilS`: when what it did was undone, null: not within the run. */
export interface PageFault {
  readonly label: string;
  readonly atS: number;
  readonly untilS: number | null;
}

/** A gate and what became of it at the points that it applies to. */
export interface PageGate {
  readonly text: string;
  readonly outcomes: readonly (readonly [point: number, value: number | null, passed: boolean])[];
}

export interface PageData {
  readonly schema: typeof PAGE_SCHEMA;
  readonly name: string;
  readonly embedded: boolean;
  readonly spread: 'interval' | 'min-max';
  readonly settings: readonly PageSetting[];
  /** Producer settings that all points share. */
  readonly producer: Readonly<Record<string, string>>;
  readonly points: readonly PagePoint[];
  readonly runs: PageRuns;
  readonly curves: {
    readonly quantiles: readonly number[];
    /** Kinds of latency that any point has, the one to show first. */
    readonly kinds: readonly string[];
    readonly note: string;
  };
  readonly gates: readonly PageGate[];
  /** The limit to begin with, of FIRST_LIMIT_KEY, in ms; null where nothing was measured. */
  readonly limitMs: number | null;
}
