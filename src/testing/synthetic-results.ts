// Results folders that no run made: for tests and benchmarks of reports. Seeded, with real
// histograms, plausible figures and, when asked, invalid, failed and missing runs. No command uses
// them.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Consumers } from '../contract/consumers.js';
import { ENVIRONMENT_SCHEMA, type Environment } from '../contract/environment.js';
import { PLAN_SCHEMA, type Plan, type PlannedPoint, type PlannedRun } from '../contract/plan.js';
import {
  RUN_SCHEMA,
  type Latency,
  type Measurement,
  type RunResult,
} from '../contract/run-result.js';
import type { PointSettings, Scalar } from '../contract/settings.js';
import { type MetricRow, METRICS } from '../producer-core/index.js';

export interface SyntheticOptions {
  readonly name?: string;
  /** The grid; every combination is a point. */
  readonly axes?: Readonly<Record<string, readonly Scalar[]>>;
  readonly repeats?: number;
  readonly seed?: number;
  /** Records a second; `max` is a closed loop. A `workload.rate` axis overrides it. */
  readonly rate?: 'max' | number;
  readonly target?: Environment['target']['kind'];
  /** Seconds of intervals in each run. */
  readonly seconds?: number;
  /** Alters a run before it is saved; null leaves it out, as if it had never been made. */
  readonly alter?: (run: RunResult) => RunResult | null;
}

/** A grid of 16 points. */
export const QUICKSTART_AXES = {
  'batch.size': [16_384, 65_536],
  'linger.ms': [0, 5],
  acks: ['1', 'all'],
  'max.in.flight.requests.per.connection': [1, 5],
} as const;

export interface SyntheticResults {
  readonly plan: Plan;
  readonly runs: readonly RunResult[];
  readonly environment: Environment;
}

/** Makes the results without writing them. */
export function syntheticResults(options: SyntheticOptions = {}): SyntheticResults {
  const seed = options.seed ?? 1;
  const random = uniform(seed);
  const axes = options.axes ?? QUICKSTART_AXES;
  const repeats = options.repeats ?? 5;
  const points = combinations(axes).map((config, index): PlannedPoint => ({
    id: `p${String(index + 1).padStart(2, '0')}`,
    config,
    settings: settingsOf(config, options.rate ?? 'max'),
  }));
  const planned: PlannedRun[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const point of points) {
      const run = String(planned.length + 1).padStart(4, '0');
      planned.push({
        run,
        point: point.id,
        repeat,
        block: repeat,
        seed: seed * 1000 + planned.length,
      });
    }
  }
  const byId = new Map(points.map((point) => [point.id, point]));
  const target = options.target ?? 'external';
  const runs = planned.flatMap((plannedRun, index) => {
    const point = byId.get(plannedRun.point)!;
    const speed = 200_000 + ((points.indexOf(point) * 7919) % 97) * 17_000;
    const run: RunResult = {
      schema: RUN_SCHEMA,
      ...plannedRun,
      config: { ...point.config },
      startedAt: new Date(Date.UTC(2026, 10, 22, 17, 0, index)).toISOString(),
      endedAt: new Date(Date.UTC(2026, 10, 22, 17, 0, index + 1)).toISOString(),
      topic: `kbench-${plannedRun.run}`,
      status: 'completed',
      canary: null,
      failure: null,
      measurement: measurement(point, speed, random, options.seconds ?? 10),
    };
    const altered = (options.alter ?? ((same) => same))(run);
    return altered === null ? [] : fitted(altered);
  });
  const plan: Plan = {
    schema: PLAN_SCHEMA,
    name: options.name ?? 'synthetic',
    seed,
    repeats,
    points,
    runs: planned,
    thresholds: [],
  };
  return { plan, runs, environment: environment(target) };
}

const ORDER = ['min', 'p50', 'p75', 'p90', 'p95', 'p99', 'p999', 'p9999', 'max'] as const;

/** Percentiles that a test did not set fit those that it did, p99 above all. */
function risen(latency: Latency | null): Latency | null {
  if (latency === null) return null;
  const made: Record<string, unknown> = { ...latency };
  const bound = (name: (typeof ORDER)[number], by: number, pick: typeof Math.max): number => {
    const own = latency[name];
    if (own !== undefined) made[name] = pick(own, by);
    return own === undefined ? by : pick(own, by);
  };
  const middle = ORDER.indexOf('p99');
  ORDER.slice(middle + 1).reduce((by, name) => bound(name, by, Math.max), latency.p99);
  ORDER.slice(0, middle).reduceRight((by, name) => bound(name, by, Math.min), latency.p99);
  return { ...(made as Latency), mean: Math.min(latency.mean, latency.p99) };
}

/** What a test alters has the rest to go with it: readers leave out what cannot be. */
function fitted(run: RunResult): RunResult {
  if (run.measurement === null) return run;
  const { response, service, delay } = run.measurement.latencyMs;
  const latencyMs = { response: risen(response), service: risen(service), delay: risen(delay) };
  return withRecords({ ...run, measurement: { ...run.measurement, latencyMs } });
}

/** For a rate that was made higher. */
function withRecords(run: RunResult): RunResult {
  const { measurement } = run;
  if (measurement === null) return run;
  const { measuredMs, records, throughput } = measurement;
  const needed = Math.ceil((throughput.recordsPerSecond * measuredMs) / 1000);
  if (records.acked === 0 || !(needed > records.acked + 1 && needed < 1e12)) return run;
  return {
    ...run,
    measurement: {
      ...measurement,
      records: { ...records, sent: needed + records.failed, acked: needed },
    },
  };
}

/** Writes a results folder as `kbench run` leaves it, but for summary and reports. */
export function writeSyntheticResults(
  dir: string,
  options: SyntheticOptions = {},
): SyntheticResults {
  const results = syntheticResults(options);
  mkdirSync(path.join(dir, 'runs'), { recursive: true });
  writeFileSync(
    path.join(dir, 'sweep.yaml'),
    `name: ${results.plan.name}\ntarget: embedded\nrepeats: ${results.plan.repeats}\n`,
  );
  writeFileSync(path.join(dir, 'plan.json'), JSON.stringify(results.plan, null, 2));
  writeFileSync(path.join(dir, 'environment.json'), JSON.stringify(results.environment, null, 2));
  for (const run of results.runs) {
    writeFileSync(path.join(dir, 'runs', `${run.run}.json`), JSON.stringify(run, null, 2));
  }
  return results;
}

/** The same run with a reason against it. */
export function withReason(
  run: RunResult,
  code: Measurement['verdict']['reasons'][number]['code'],
  severity: 'invalid' | 'warning',
  message: string,
): RunResult {
  if (run.measurement === null) return run;
  const { valid, reasons } = run.measurement.verdict;
  const verdict = {
    valid: valid && severity === 'warning',
    reasons: [...reasons, { code, severity, message }],
  };
  return { ...run, measurement: { ...run.measurement, verdict } };
}

/** The run as it is saved when it failed before it measured anything. */
export function asFailed(run: RunResult, message: string): RunResult {
  return { ...run, status: 'failed', failure: { message }, measurement: null };
}

function combinations(axes: Readonly<Record<string, readonly Scalar[]>>): Record<string, Scalar>[] {
  return Object.entries(axes).reduce<Record<string, Scalar>[]>(
    (points, [name, values]) =>
      points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}

function settingsOf(config: Readonly<Record<string, Scalar>>, rate: 'max' | number): PointSettings {
  const swept = config['workload.rate'];
  return {
    driver: 'core',
    producer: { acks: 'all' },
    topic: { kind: 'fresh', partitions: 6, replicationFactor: 3, config: {} },
    workload: {
      valueBytes: 100,
      payload: { kind: 'random' },
      keys: { kind: 'none' },
      rate: typeof swept === 'number' ? swept : swept === 'max' ? 'max' : rate,
      records: 1_000_000,
      durationMs: null,
      warmup: { records: 50_000, durationMs: null },
      workers: 1,
      pacing: 'auto',
      transaction: null,
    },
  };
}

function measurement(
  point: PlannedPoint,
  speed: number,
  random: () => number,
  seconds: number,
): Measurement {
  const rate = point.settings.workload.rate;
  const open = rate !== 'max';
  const recordsPerSecond = (open ? rate : speed) * (0.97 + 0.06 * random());
  const records = Math.round(recordsPerSecond * seconds);
  const batchBytes = Number(point.config['batch.size'] ?? 16_384) * (0.9 + 0.09 * random());
  shapes ??= Array.from({ length: 12 }, (_, index) => latencyShape(uniform(index + 1)));
  const choices = shapes;
  const shape = (): Latency => choices[Math.floor(random() * choices.length)];
  return {
    measuredMs: seconds * 1000,
    records: { sent: records, acked: records, failed: 0 },
    throughput: { recordsPerSecond, mebibytesPerSecond: (recordsPerSecond * 100) / 2 ** 20 },
    latencyMs: { response: open ? shape() : null, service: shape(), delay: open ? shape() : null },
    achieved: {
      batchBytes,
      recordsPerBatch: batchBytes / 105,
      recordsPerRequest: (batchBytes / 105) * 3,
      requestsPerSecond: recordsPerSecond / ((batchBytes / 105) * 3),
      inFlight: 1 + 4 * random(),
      compressionRatio: 1,
      bufferWaitShare: open ? 0 : random(),
      batches: Math.ceil(records / (batchBytes / 105)),
      requests: Math.ceil(records / ((batchBytes / 105) * 3)),
      retries: 0,
    },
    metrics: metricsOfShape(METRICS, recordsPerSecond, random),
    transactions: null,
    generator: {
      cpuMicrosPerRecord: 0.2 + 0.2 * random(),
      cpuSource: 'process',
      threadUtilisation: 0.4 + 0.3 * random(),
      eventLoopLagMs: { p50: 0.02, p99: 0.3 + random() * 0.2, max: 2 + random() },
      gc: { count: 4, totalMs: 6, maxMs: 2 },
      rssMiB: 120 + 20 * random(),
      pacing: open ? 'auto' : 'none',
    },
    errors: [],
    intervals: Array.from({ length: seconds }, (_, index) => ({
      atMs: index * 1000,
      durationMs: 1000,
      sent: Math.round(recordsPerSecond),
      acked: Math.round(recordsPerSecond),
      failed: 0,
      p50: 0.4 + random() * 0.1,
      p99: 2 + random(),
      max: 5 + random() * 10,
      metrics: metricsOfShape(INTERVAL_METRICS, recordsPerSecond, random),
    })),
    verdict: { valid: true, reasons: [] },
  };
}

/** Every metric that real results hold, in plausible length. */
function metricsOfShape(
  rows: readonly MetricRow[],
  recordsPerSecond: number,
  random: () => number,
): Record<string, number | null> {
  const value = ({ is }: MetricRow): number | null => {
    if (is === 'total' || is === 'gauge') return Math.round(recordsPerSecond * random());
    return is === 'maximum' && random() < 0.1 ? null : Number((100 * random()).toPrecision(6));
  };
  return Object.fromEntries(rows.map((row) => [row.name, value(row)]));
}

const INTERVAL_METRICS = METRICS.filter(({ perInterval }) => perInterval);

const HISTOGRAM = {
  lowestDiscernibleValue: 1,
  highestTrackableValue: 3_600_000_000,
  numberOfSignificantValueDigits: 3,
} as const;

/** Drawn once a process: encoding histograms takes most of the time. */
let shapes: readonly Latency[] | null = null;

/**
 * A latency of `count` values whose p99 is `p99` ms: those below it half of it, p99.9 twice, and
 * the greatest three times as much. With its histogram.
 */
export function latencyWithP99(p99: number, count: number): Latency {
  const [above, far] = [Math.round(count * 0.0099), Math.max(1, Math.round(count * 0.001))];
  return latencyWithCounts([
    [p99 / 2, count - above - far - 1],
    [p99, above],
    [2 * p99, far],
    [3 * p99, 1],
  ]);
}

/** A latency of values in ms, each with how often it occurs. With its histogram. */
export function latencyWithCounts(values: readonly (readonly [number, number])[]): Latency {
  const histogram = build(HISTOGRAM);
  for (const [ms, times] of values) histogram.recordValueWithCount(Math.round(1000 * ms), times);
  return latencyOf(histogram);
}

/** Records that the consumers of consumedWithP99 kept, of 1000. */
export const CONSUMED = 900;

/** What a reader received, in two intervals, with a backlog before. */
export const consumedWithP99 = (p99: number): Consumers => ({
  ...{ kind: 'reader', isolation: 'read_uncommitted', expected: 1000, kept: CONSUMED, negative: 2 },
  endToEndMs: {
    ...latencyWithP99(p99, CONSUMED),
    ...{ kept: CONSUMED, dropped: 100, negative: 2, clockErrorMs: 0.001 },
  },
  dropped: [{ reason: 'unread', records: 100 }],
  ...{ duplicated: 0, foreign: 0, maxLag: 250, endLag: 10, longestPauseMs: 5, longestPauseAtMs: 1 },
  ...{ drainMs: 3, cpuMicrosPerRecord: 0.5, threadUtilisation: 0.1 },
  backlog: { startedAtMs: 1000, records: 500, caughtUpAtMs: 1500, recordsPerSecond: 4000 },
  intervals: [0, 1000].map((atMs) => ({
    ...{ atMs, durationMs: 1000, received: 450, p50: 1, p99, max: p99, lag: 10 },
  })),
});

/** A long-tailed latency: about 0.4 ms at the median, milliseconds at p99.9. */
function latencyShape(random: () => number): Latency {
  const histogram = build(HISTOGRAM);
  const scale = 300 + 200 * random();
  for (let i = 0; i < 4000; i++)
    histogram.recordValue(Math.max(1, Math.round(scale * Math.exp(0.7 * gaussian(random)))));
  return latencyOf(histogram);
}

function latencyOf(histogram: Histogram): Latency {
  const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 1000;
  return {
    count: histogram.totalCount,
    min: histogram.minNonZeroValue / 1000,
    mean: histogram.mean / 1000,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    p9999: at(99.99),
    max: histogram.maxValue / 1000,
    encoded: encodeIntoCompressedBase64(histogram),
  };
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function uniform(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  return () => (generator.next() >>> 0) / 2 ** 32;
}

function environment(kind: Environment['target']['kind']): Environment {
  return {
    schema: ENVIRONMENT_SCHEMA,
    startedAt: '2026-11-22T17:00:00.000Z',
    kbench: '0.1.0',
    node: 'v20.20.2',
    os: 'Linux 6.1 x64',
    cpu: { model: 'Synthetic CPU @ 3 GHz', cores: 2 },
    memoryMiB: 8192,
    git: null,
    target: {
      kind,
      bootstrap: ['127.0.0.1:9092'],
      clusterId: 'synthetic',
      brokers: 3,
      features: { 'metadata.version': 29 },
      version: kind === 'embedded' ? null : '4.3',
    },
  };
}
