// Plans, runs, refusals and silent progress for tests. Made by hand, so that a test shows what it
// needs and no more.
import { ConfigurationError, type Problem } from '../base/errors.js';
import type { Plan, PlannedPoint, PlannedRun } from '../contract/plan.js';
import type { Measurement, RunResult } from '../contract/run-result.js';
import type { RunSpec } from '../contract/run-spec.js';
import type { PointSettings, TopicSettings, WorkloadSettings } from '../contract/settings.js';
import type { Progress } from '../session/progress/progress.js';

export const FRESH: TopicSettings = {
  kind: 'fresh',
  partitions: 1,
  replicationFactor: 1,
  config: {},
};

export function settings(topic: TopicSettings = FRESH): PointSettings {
  return {
    driver: 'core',
    producer: {},
    topic,
    workload: {
      valueBytes: 100,
      payload: { kind: 'random' },
      keys: { kind: 'none' },
      rate: 'max',
      records: 1000,
      durationMs: null,
      warmup: { records: null, durationMs: null },
      workers: 1,
      pacing: 'auto',
      transaction: null,
    },
  };
}

/** 1,000 records as fast as it goes, from one worker to a topic that is there. */
export function runSpec(workload: Partial<WorkloadSettings> = {}): RunSpec {
  const point = settings({ kind: 'existing', name: 'topic' });
  return {
    ...{ run: '0001', point: 'p01', repeat: 1, block: 1, seed: 42 },
    ...{ bootstrap: ['localhost:9092'], topicName: 'topic', transactionalIdPrefix: 'kbench-test' },
    embeddedTarget: false,
    settings: { ...point, workload: { ...point.workload, ...workload } },
  };
}

/** `points` points, `repeats` runs of each, in blocks. */
export function makePlan(points: number, repeats: number, topic?: TopicSettings): Plan {
  const planned: PlannedPoint[] = Array.from({ length: points }, (_, i) => ({
    id: `p0${i + 1}`,
    config: { 'batch.size': 16_384 * (i + 1) },
    settings: settings(topic),
  }));
  const runs: PlannedRun[] = [];
  for (let block = 1; block <= repeats; block++) {
    for (const { id } of planned) {
      const number = runs.length + 1;
      runs.push({
        run: String(number).padStart(4, '0'),
        point: id,
        repeat: block,
        block,
        seed: 1000 + number,
      });
    }
  }
  return {
    schema: 'kbench/plan@1',
    name: 'fixture',
    seed: 42,
    repeats,
    points: planned,
    runs,
    thresholds: [],
  };
}

const latency = {
  count: 1,
  min: 1,
  mean: 1,
  p50: 1,
  p90: 2,
  p99: 3.21,
  p999: 4,
  p9999: 5,
  max: 6,
  encoded: '',
};

export function measurement(acked = 412_345): Measurement {
  return {
    measuredMs: 1000,
    records: { sent: acked, acked, failed: 0 },
    throughput: { recordsPerSecond: acked, mebibytesPerSecond: acked / 10_500 },
    latencyMs: { response: null, service: latency, delay: null },
    achieved: {
      batchBytes: 16_000,
      recordsPerBatch: 100,
      recordsPerRequest: 100,
      requestsPerSecond: 4000,
      inFlight: 2,
      compressionRatio: 1,
      bufferWaitShare: 0,
      batches: 10,
      requests: 10,
      retries: 0,
    },
    metrics: {},
    transactions: null,
    generator: {
      cpuMicrosPerRecord: 0.3,
      cpuSource: 'process',
      threadUtilisation: 0.5,
      eventLoopLagMs: { p50: 0, p99: 0, max: 0 },
      gc: { count: 0, totalMs: 0, maxMs: 0 },
      rssMiB: 100,
      pacing: 'none',
    },
    errors: [],
    intervals: [],
    verdict: { valid: true, reasons: [] },
  };
}

/** A result as the workload gives it. */
export function makeResult(run: PlannedRun, change: Partial<RunResult> = {}): RunResult {
  return {
    schema: 'kbench/run@1',
    ...run,
    config: { 'batch.size': 16_384 * Number(run.point.slice(1)) },
    startedAt: '2026-11-22T10:00:00.000Z',
    endedAt: '2026-11-22T10:00:01.000Z',
    topic: 't',
    status: 'completed',
    canary: null,
    failure: null,
    measurement: measurement(),
    ...change,
  };
}

/** Progress that only remembers what it was told. */
export function rememberingProgress(): Progress & { readonly lines: string[] } {
  const lines: string[] = [];
  const nothing = () => undefined;
  const remember = (text: string) => void lines.push(text);
  return {
    lines,
    runsAdded: nothing,
    runStarted: nothing,
    runProgress: nothing,
    runEnded: nothing,
    note: remember,
    warn: remember,
    close: nothing,
  };
}

/** What a sweep is refused for; empty where it is taken. */
export function problemsOf(attempt: () => unknown): readonly Problem[] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

/** A line each: place, message and remedy. */
export const refusals = (attempt: () => unknown): string[] =>
  problemsOf(attempt).map(
    ({ line, column, message, remedy }) =>
      `${line ?? '?'}:${column ?? '?'} ${message} -> ${remedy ?? ''}`,
  );
