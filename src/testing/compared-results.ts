// Results to compare, made in memory: synthetic runs whose figures a test sets. For tests only.
import type { RunResult } from '../contract/run-result.js';
import type { Results } from '../report/results/read-results.js';
import { syntheticResults, type SyntheticOptions } from './synthetic-results.js';

/** As read from `dir`, which is not there. */
export function resultsInMemory(dir: string, options: SyntheticOptions = {}): Results {
  const { plan, runs, environment } = syntheticResults({ seconds: 1, ...options });
  return {
    dir,
    name: plan.name,
    plan,
    environment,
    runs,
    skipped: [],
    sweepYaml: null,
    invocation: null,
    chosen: null,
  };
}

/**
 * Spread evenly over +-`spread`, by the run's repeat, so that a test's verdict does not hang on
 * luck.
 */
export function steady(run: RunResult, factors: Figures = {}, spread = 0.01): RunResult {
  const { measurement } = run;
  if (measurement === null) return run;
  const noise = 1 + spread * ((((run.repeat * 7) % 11) - 5) / 5 + run.seed / 1e7);
  const latency = { p50: 0.5, p90: 1, p99: 2, p999: 5, p9999: 8, max: 10 };
  const scaled = <T extends object>(of: T): T =>
    Object.fromEntries(
      Object.entries(of).map(([name, value]) => [
        name,
        name in latency
          ? latency[name as keyof typeof latency] * noise * (factors.latency ?? 1)
          : (value as unknown),
      ]),
    ) as T;
  const { response, service, delay } = measurement.latencyMs;
  return {
    ...run,
    measurement: {
      ...measurement,
      throughput: {
        ...measurement.throughput,
        recordsPerSecond: 500_000 * noise * (factors.throughput ?? 1),
      },
      latencyMs: {
        response: response === null ? null : scaled(response),
        service: service === null ? null : scaled(service),
        delay,
      },
      generator: { ...measurement.generator, cpuMicrosPerRecord: 0.3 * noise * (factors.cpu ?? 1) },
    },
  };
}

export interface Figures {
  readonly throughput?: number;
  readonly latency?: number;
  readonly cpu?: number;
}

/** The run with a canary beside it; `slower` 1.1 is a machine that takes a tenth longer. */
export function withCanary(run: RunResult, slower = 1): RunResult {
  const noise = 1 + 0.004 * Math.sin(Number(run.run) * 12.9898 + run.seed);
  return {
    ...run,
    canary: {
      version: 1,
      cpuMs: 100 * slower * noise,
      sinkRecordsPerSecond: 2_000_000 / (slower * noise),
    },
  };
}
