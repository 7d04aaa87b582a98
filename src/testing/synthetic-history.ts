// Histories that no run made: seeded nights with the noise of a hosted CI runner, a step where
// asked, as entries or as results folders. For tests and for `npm run bench -- trend`.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { ENVIRONMENT_SCHEMA, type Environment } from '../contract/environment.js';
import { PLAN_SCHEMA } from '../contract/plan.js';
import type { Scalar } from '../contract/settings.js';
import { SUMMARY_SCHEMA, type Quantity, type SummaryPoint } from '../contract/summary.js';
import { HISTORY_SCHEMA, type HistoryEntry } from '../contract/trend.js';

/** Coefficient of variation from night to night on hosted runners. */
export const CI_NOISE = 0.0266;

export interface Step {
  /** Index of the first night of the new level. */
  readonly night: number;
  /** Factors of each figure, e.g. 1.08. */
  readonly p99?: number;
  readonly throughput?: number;
  /** Of the machine: the canary moves by it as well. */
  readonly slower?: number;
}

export interface HistoryOptions {
  readonly nights: number;
  readonly seed: number;
  readonly noise?: number;
  readonly steps?: readonly Step[];
  readonly configs?: readonly Readonly<Record<string, Scalar>>[];
  readonly alterEnvironment?: (environment: Environment, night: number) => Environment;
  readonly canary?: boolean;
  readonly name?: string;
}

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 8, 1, 2, 0);

/** 40 hexadecimal digits that differ from night to night. */
export const revisionOf = (night: number): string =>
  (0xabcdef + night * 0x10203).toString(16).padStart(8, '0').repeat(5);

export function syntheticHistory(options: HistoryOptions): HistoryEntry[] {
  return nightsOf(options).map(({ environment, canary, points }) => ({
    schema: HISTORY_SCHEMA,
    name: options.name ?? 'nightly',
    environment,
    settings: { 'workload.valueBytes': 100, 'producer.acks': '"all"' },
    canary,
    points: points.map(({ config, recordsPerSecond, p99, cpu }) => ({
      config,
      loop: 'open',
      runs: 5,
      valid: 5,
      values: {
        ...{
          recordsPerSecond,
          mebibytesPerSecond: recordsPerSecond / 10_000,
          cpuMicrosPerRecord: cpu,
        },
        ...{ p50: p99 / 8, p90: p99 / 2, p99, p999: p99 * 2, max: p99 * 5 },
      },
    })),
  }));
}

/**
 * Results folders below `dir`, named as kbench names them; as `kbench run` leaves them but for the
 * runs.
 */
export function writeNights(dir: string, options: HistoryOptions): string[] {
  return nightsOf(options).map(({ environment, canary, points }, night) => {
    const began = environment.startedAt.slice(0, 19).replaceAll(':', '-');
    const folder = path.join(dir, `${began}Z-${String(night).padStart(8, '0')}`);
    mkdirSync(path.join(folder, 'runs'), { recursive: true });
    const write = (name: string, value: unknown): void =>
      writeFileSync(path.join(folder, name), JSON.stringify(value));
    const settings = { producer: { acks: 'all' }, workload: { valueBytes: 100 } };
    const config = (at: number) => ({ id: `p${at + 1}`, config: points[at].config, settings });
    const name = options.name ?? 'nightly';
    write('plan.json', {
      schema: PLAN_SCHEMA,
      name,
      seed: 1,
      repeats: 5,
      points: points.map((_, at) => config(at)),
      runs: [],
      thresholds: [],
    });
    write('environment.json', environment);
    write('summary.json', {
      schema: SUMMARY_SCHEMA,
      name,
      points: points.map((point, at) => summaryPoint(point, at, canary)),
    });
    return folder;
  });
}

interface Night {
  readonly environment: Environment;
  readonly canary: HistoryEntry['canary'];
  readonly points: readonly NightPoint[];
}

interface NightPoint {
  readonly config: Readonly<Record<string, Scalar>>;
  readonly recordsPerSecond: number;
  readonly p99: number;
  readonly cpu: number;
}

function nightsOf({
  nights,
  seed,
  noise = CI_NOISE,
  steps = [],
  configs = [{}],
  alterEnvironment,
  canary = false,
}: HistoryOptions): Night[] {
  const gaussian = gaussianFrom(seed);
  const factor = (): number => 1 + noise * gaussian();
  return Array.from({ length: nights }, (_, night): Night => {
    const at = (pick: (step: Step) => number | undefined): number =>
      steps
        .filter((step) => night >= step.night)
        .reduce((product, step) => product * (pick(step) ?? 1), 1);
    const slower = at((step) => step.slower);
    const points = configs.map((config, index) => ({
      config,
      recordsPerSecond: (100_000 * (1 + index) * at((step) => step.throughput) * factor()) / slower,
      p99: 12 * (1 + index / 4) * at((step) => step.p99) * slower * factor(),
      cpu: 0.5 * slower * factor(),
    }));
    const environment = environmentOf(night);
    return {
      environment: alterEnvironment?.(environment, night) ?? environment,
      canary: canary
        ? { cpuMs: 200 * slower * factor(), sinkRecordsPerSecond: (2e6 / slower) * factor() }
        : null,
      points,
    };
  });
}

function summaryPoint(
  { config, recordsPerSecond, p99, cpu }: NightPoint,
  at: number,
  canary: Night['canary'],
): SummaryPoint {
  const of = (median: number): Quantity => ({ median, low: null, high: null });
  const percentiles = {
    p50: of(p99 / 8),
    p90: of(p99 / 2),
    p99: of(p99),
    p999: of(p99 * 2),
    max: of(p99 * 5),
  };
  return {
    id: `p${at + 1}`,
    config: { ...config },
    runs: 5,
    valid: 5,
    throughput: {
      recordsPerSecond: of(recordsPerSecond),
      mebibytesPerSecond: of(recordsPerSecond / 10_000),
    },
    latencyMs: { response: percentiles, service: percentiles, delay: percentiles },
    records: { sent: 1000, acked: 1000, failed: 0 },
    achieved: {
      batchBytes: of(16_000),
      recordsPerRequest: of(150),
      requestsPerSecond: of(700),
      inFlight: of(2),
      compressionRatio: of(1),
    },
    generator: { cpuMicrosPerRecord: of(cpu), eventLoopLagP99Ms: of(0.3), rssMiB: of(120) },
    ...(canary === null
      ? {}
      : {
          canary: {
            cpuMs: of(canary.cpuMs!),
            sinkRecordsPerSecond: of(canary.sinkRecordsPerSecond!),
          },
        }),
    verdicts: [],
  };
}

function environmentOf(night: number): Environment {
  return {
    schema: ENVIRONMENT_SCHEMA,
    startedAt: new Date(START_MS + night * DAY_MS).toISOString(),
    kbench: '0.1.0',
    node: 'v22.20.0',
    os: 'Linux 6.8.0 x64',
    cpu: { model: 'AMD EPYC 7763', cores: 4 },
    memoryMiB: 15_990,
    git: { revision: revisionOf(night), dirty: false },
    target: {
      kind: 'external',
      bootstrap: ['localhost:9092'],
      clusterId: `night-${night}`,
      brokers: 1,
      features: { 'metadata.version': 29 },
      version: '4.3',
    },
  };
}

function gaussianFrom(seed: number): () => number {
  const generator = xoroshiro128plus(seed * 2_654_435_761);
  const uniform = (): number => (generator.next() >>> 0) / 2 ** 32;
  for (let i = 0; i < 20; i++) uniform(); // neighbouring seeds begin alike
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
