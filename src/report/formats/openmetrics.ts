// OpenMetrics 1.0 text that the format before it takes as well, since node_exporter's textfile
// collector and promtool read that: gauges for medians, their intervals and counts, and true
// histograms of latency over all counted runs of a point. Base units: seconds, bytes. No counters:
// the two formats name them differently, and a result's counts do not count up from one result to
// the next.
import type { RunResult } from '../../contract/run-result.js';
import type { Quantity } from '../../contract/summary.js';
import { plainLine } from '../text/escape-controls.js';
import type { RenderOptions } from './format-types.js';
import { percentileName, PERCENTILES } from '../model/percentiles.js';
import type { PointRow, Report } from '../model/report-model.js';
import {
  KINDS,
  latencyOf,
  percentilesOf,
  withHistogram,
  type Kind,
} from '../results/saved-histograms.js';
import { groupByPoint } from '../model/summarize.js';
import { isCounted } from '../notes/verdicts.js';

type Labels = Readonly<Record<string, string>>;
interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

const BUCKETS_SECONDS = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05],
  ...[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
];
/** Where a latency is above those: minutes to a day; beyond it each is twice the last. */
const LONG_BUCKETS_SECONDS = [
  ...[120, 300, 600, 1200, 1800, 3600],
  ...[7200, 14_400, 21_600, 43_200, 86_400],
];
const MIB = 2 ** 20;

export function renderOpenMetrics(
  report: Report,
  options: RenderOptions,
): { readonly pieces: Iterable<string> } {
  return { pieces: families(report, options) };
}

function* families(report: Report, options: RenderOptions): Generator<string> {
  const labels = new Map(report.rows.map((row) => [row, labelsOf(report, row)]));
  const samples = samplesOf(labels);
  yield* resultGauges(samples);
  yield* achievedGauges(samples);
  yield* generatorGauges(samples);
  yield* consumerGauges(samples);
  yield* auditGauges(samples);
  yield gauge('kbench_gate_passed', 'Whether the gate held: 1 or 0', samples.each(gateSamples));
  yield* histograms(report, labels, options);
  yield '# EOF\n';
}

/** The samples of every point, with the point's own labels. */
interface Samples {
  readonly each: (samples: (row: PointRow) => readonly Sample[]) => Sample[];
  readonly medians: (
    pick: (row: PointRow) => Quantity | null | undefined,
    scale?: number,
  ) => Sample[];
}

function samplesOf(points: ReadonlyMap<PointRow, Labels>): Samples {
  const each: Samples['each'] = (samples) =>
    [...points].flatMap(([row, own]) =>
      samples(row).map(({ labels, value }) => ({ labels: { ...own, ...labels }, value })),
    );
  const medians: Samples['medians'] = (pick, scale = 1) =>
    each((row) => quantitySamples(pick(row), {}, scale));
  return { each, medians };
}

/** What was done, and how fast. */
function* resultGauges({ each, medians }: Samples): Generator<string> {
  yield gauge('kbench_runs', 'Runs of the point: planned, made, and valid ones', each(runSamples));
  yield gauge('kbench_records', 'Records of all runs, warm-up excluded', each(recordSamples));
  yield gauge(
    'kbench_throughput_records_per_second',
    'Acknowledged records a second (acks=0: written)',
    medians((row) => row.point.throughput.recordsPerSecond),
  );
  yield gauge(
    'kbench_throughput_bytes_per_second',
    'Acknowledged value bytes a second (acks=0: written)',
    medians((row) => row.point.throughput.mebibytesPerSecond, MIB),
  );
  yield gauge(
    'kbench_latency_seconds',
    'Latency percentiles, medians over the runs',
    each(latencySamples),
    'seconds',
  );
}

/** What consumers received, where there were any. Their times are among the latencies. */
function* consumerGauges({ each, medians }: Samples): Generator<string> {
  yield gauge(
    'kbench_consumer_records',
    'Records that consumers were to receive, over the runs',
    each(({ point: { consumers } }) => {
      if (consumers === undefined) return [];
      const { kept, dropped, negative, duplicated } = consumers;
      return Object.entries({ kept, dropped, negative, duplicated }).map(([outcome, value]) => ({
        ...{ labels: { outcome }, value },
      }));
    }),
  );
  yield gauge(
    'kbench_consumer_lag_records_max',
    'Offsets that the consumer was behind, at most',
    medians((row) => row.point.consumers?.maxLag),
  );
  yield gauge(
    'kbench_consumer_drain_records_per_second',
    'Records a second until a backlog was caught up with',
    medians((row) => row.point.consumers?.drainRecordsPerSecond),
  );
  yield gauge(
    'kbench_consumer_cpu_per_record_seconds',
    'CPU time of consuming, for a record',
    medians((row) => row.point.consumers?.cpuMicrosPerRecord, 1e-6),
    'seconds',
  );
}

/** What became of the records, where they were audited. */
function* auditGauges({ each }: Samples): Generator<string> {
  yield gauge(
    'kbench_audit_records',
    'Records of the audited runs by what the log holds of them',
    each(auditSamples),
  );
  yield gauge(
    'kbench_audit_promises_broken',
    'Promises of the settings that were broken, over the runs',
    each(({ point: { audit } }) =>
      audit === undefined ? [] : [{ labels: {}, value: audit.brokenPromises }],
    ),
  );
}

/** Of an audit's totals: these count no records. */
const NO_CLASSES = new Set(['runs', 'notMade', 'brokenPromises']);

function auditSamples({ point: { audit } }: PointRow): Sample[] {
  if (audit === undefined) return [];
  const counts = Object.entries(audit).filter(([name]) => !NO_CLASSES.has(name));
  return counts.map(([outcome, value]) => ({ labels: { outcome }, value }));
}

/** What batches and requests came about. */
function* achievedGauges({ medians }: Samples): Generator<string> {
  yield gauge(
    'kbench_achieved_batch_bytes',
    'Mean bytes of a batch',
    medians((row) => row.point.achieved.batchBytes),
    'bytes',
  );
  yield gauge(
    'kbench_achieved_records_per_request',
    'Mean records of a produce request',
    medians((row) => row.point.achieved.recordsPerRequest),
  );
  yield gauge(
    'kbench_achieved_requests_per_second',
    'Produce requests a second',
    medians((row) => row.point.achieved.requestsPerSecond),
  );
  yield gauge(
    'kbench_achieved_requests_in_flight',
    'Mean requests in flight on a connection',
    medians((row) => row.point.achieved.inFlight),
  );
  yield gauge(
    'kbench_achieved_compression_ratio',
    'Bytes after compression by bytes before',
    medians((row) => row.point.achieved.compressionRatio),
    'ratio',
  );
}

/** What the load generator and its machine took. */
function* generatorGauges({ medians }: Samples): Generator<string> {
  yield gauge(
    'kbench_generator_cpu_per_record_seconds',
    'CPU time of the client for a record, less that of pacing where it is told',
    medians((row) => row.point.generator.cpuMicrosPerRecord, 1e-6),
    'seconds',
  );
  yield gauge(
    'kbench_generator_pacing_cpu_per_record_seconds',
    'CPU time of the client for waiting for due times, for a record',
    medians((row) => row.point.generator.pacingMicrosPerRecord, 1e-6),
    'seconds',
  );
  yield gauge(
    'kbench_generator_event_loop_lag_p99_seconds',
    'Event loop lag of the client',
    medians((row) => row.point.generator.eventLoopLagP99Ms, 1e-3),
    'seconds',
  );
  yield gauge(
    'kbench_generator_resident_bytes',
    'Peak resident memory of the client',
    medians((row) => row.point.generator.rssMiB, MIB),
    'bytes',
  );
  yield gauge(
    'kbench_canary_cpu_seconds',
    'A fixed piece of work beside the runs',
    medians((row) => row.point.canary?.cpuMs, 1e-3),
    'seconds',
  );
}

/** Nothing where there are no samples. */
function gauge(name: string, help: string, samples: readonly Sample[], unit?: string): string {
  if (samples.length === 0) return '';
  const lines = samples.map(
    ({ labels, value }) => `${name}${labelText(labels)} ${number(value)}\n`,
  );
  return header(name, 'gauge', help, unit) + lines.join('');
}

function header(name: string, type: string, help: string, unit?: string): string {
  const unitLine = unit === undefined ? '' : `# UNIT ${name} ${unit}\n`;
  return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${help}.\n`;
}

function runSamples({ point, planned }: PointRow): Sample[] {
  const counts = { planned, made: point.runs, valid: point.valid };
  return Object.entries(counts).map(([state, value]) => ({ labels: { state }, value }));
}

function recordSamples({ point }: PointRow): Sample[] {
  const { acked, failed } = point.records;
  return Object.entries({ acked, failed }).map(([outcome, value]) => ({
    labels: { outcome },
    value,
  }));
}

function gateSamples({ point }: PointRow): Sample[] {
  return (point.thresholds ?? []).map(({ text, passed }) => ({
    labels: { gate: text },
    value: passed ? 1 : 0,
  }));
}

function latencySamples({ point }: PointRow): Sample[] {
  return KINDS.flatMap((kind) =>
    PERCENTILES.flatMap((field) => {
      const percentile = field === 'max' ? '100' : percentileName(field).slice(1);
      return quantitySamples(percentilesOf(point, kind)?.[field], { kind, percentile }, 1e-3);
    }),
  );
}

function quantitySamples(
  quantity: Quantity | null | undefined,
  labels: Labels,
  scale: number,
): Sample[] {
  if (quantity == null) return [];
  return (['median', 'low', 'high'] as const).flatMap((stat) => {
    const value = quantity[stat];
    return value === null ? [] : [{ labels: { ...labels, stat }, value: value * scale }];
  });
}

function* histograms(
  report: Report,
  labels: ReadonlyMap<PointRow, Labels>,
  { leaveOut }: RenderOptions,
): Generator<string> {
  const name = 'kbench_latency_distribution_seconds';
  const runs = groupByPoint(report.results.runs.filter(isCounted));
  const buckets = bucketsFor(greatestMs([...runs.values()].flat()) / 1000);
  let begun = false;
  for (const row of report.rows) {
    for (const kind of KINDS) {
      const text = histogram(
        name,
        { ...labels.get(row)!, kind },
        kind,
        runs.get(row.point.id) ?? [],
        buckets,
        leaveOut,
      );
      if (text === '') continue;
      if (!begun)
        yield header(name, 'histogram', 'Latency of every record of the counted runs', 'seconds');
      begun = true;
      yield text;
    }
  }
}

const greatestMs = (runs: readonly RunResult[]): number =>
  runs.reduce((most, run) => {
    const all = KINDS.map((kind) => latencyOf(run, kind)?.max ?? 0);
    return Math.max(most, ...all);
  }, 0);

/**
 * The same for all series of a file, so that they can be summed; the last holds the greatest
 * latency.
 */
function bucketsFor(greatestSeconds: number): readonly number[] {
  const all = [...BUCKETS_SECONDS, ...LONG_BUCKETS_SECONDS];
  while (all[all.length - 1] < greatestSeconds) all.push(2 * all[all.length - 1]);
  const last = all.findIndex((limit) => limit >= greatestSeconds);
  return all.slice(0, Math.max(BUCKETS_SECONDS.length, last + 1));
}

function histogram(
  name: string,
  labels: Labels,
  kind: Kind,
  runs: readonly RunResult[],
  bucketsSeconds: readonly number[],
  leaveOut: RenderOptions['leaveOut'],
): string {
  const counts = new Array<number>(bucketsSeconds.length + 1).fill(0);
  const limits = [...bucketsSeconds.map((seconds) => seconds * 1e6), Infinity];
  let sum = 0;
  let total = 0;
  for (const run of runs) {
    withHistogram(run, kind, leaveOut, ({ mean, count: all }, { length, highest, count }) => {
      let bucket = 0;
      for (let at = 0; at < length; at++) {
        while (highest[at] > limits[bucket]) bucket++;
        counts[bucket] += count[at];
      }
      sum += (mean * all) / 1000;
      total += all;
    });
  }
  if (total === 0) return '';
  let below = 0;
  const buckets = counts.map((count, index) => {
    below += count;
    const le = index === bucketsSeconds.length ? '+Inf' : number(bucketsSeconds[index]);
    return `${name}_bucket${labelText({ ...labels, le })} ${below}\n`;
  });
  const own = labelText(labels);
  return `${buckets.join('')}${name}_count${own} ${total}\n${name}_sum${own} ${number(sum)}\n`;
}

const RESERVED = new Set([
  'sweep',
  'point',
  'kind',
  'stat',
  'state',
  'outcome',
  'percentile',
  'gate',
  'le',
  'quantile',
]);

/**
 * Sweep, point and settings. Two settings whose names become one label's are told apart by a
 * number.
 */
function labelsOf({ results }: Report, { point }: PointRow): Labels {
  const labels = new Map([
    ['sweep', results.name],
    ['point', point.id],
  ]);
  for (const [setting, value] of Object.entries(point.config)) {
    const plain = setting.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|__)/, 'x') || 'x';
    const base = RESERVED.has(plain) ? `setting_${plain}` : plain;
    let name = base;
    for (let n = 2; labels.has(name); n++) name = `${base}_${n}`;
    labels.set(name, String(value));
  }
  return Object.fromEntries(labels);
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return `{${parts.join(',')}}`;
}

/** New lines have an escape of their own; what else acts is made visible. */
function escape(text: string): string {
  const lines = text.split('\n').map(plainLine);
  return lines.join('\n').replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

const number = (value: number): string =>
  Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : 'NaN';
