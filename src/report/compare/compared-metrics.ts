// What two results are compared by: name, heading, which way is better, and how a run's figure is
// found. Any number of a run's measurement may be asked for by its path; those asked for by default
// stand here. Called by comparison.ts and by the command, which refuses what no run can have.
import { ConfigurationError } from '../../base/errors.js';
import type { Latency, RunResult } from '../../contract/run-result.js';
import { CPU, cpuMicros, tellsPacingApart } from '../model/cpu-figures.js';
import { printable } from '../text/format.js';
import { percentileMs } from '../model/percentiles.js';
import type { Loop } from '../model/report-model.js';
import type { Results } from '../results/read-results.js';

/** `mixed`: an open loop on one side, a closed one on the other. */
export type PairLoop = Loop | 'mixed';

export interface Metric {
  /**
   * Path into `measurement` of a run, e.g. `throughput.recordsPerSecond`, or `consumers.` and one
   * into what consumers measured; `latencyMs.p99` is
   * response time where the loop is open, else service time.
   */
  readonly name: string;
  readonly label: string;
  readonly better: 'higher' | 'lower';
}

const metric = (name: string, label: string, better: Metric['better']): Metric => ({
  name,
  label,
  better,
});

/** A change that nobody would act on; see docs on what the spread of real runs lets tell. */
export const DEFAULT_MARGIN = 0.05;

const THROUGHPUT = 'throughput.recordsPerSecond';

const END_TO_END: Metric = metric('consumers.endToEndMs.p99', 'end-to-end p99 ms', 'lower');

export const DEFAULT_METRICS: readonly Metric[] = [
  metric(THROUGHPUT, 'records/s', 'higher'),
  metric('latencyMs.p50', 'p50 ms', 'lower'),
  metric('latencyMs.p99', 'p99 ms', 'lower'),
  metric('latencyMs.p999', 'p99.9 ms', 'lower'),
  metric(CPU, 'CPU us/record', 'lower'),
];

/** End to end only where every side consumed. */
export const defaultMetrics = (sides: readonly Pick<Results, 'runs'>[]): readonly Metric[] =>
  sides.every(({ runs }) => runs.some(({ consumers }) => consumers !== undefined))
    ? [...DEFAULT_METRICS, END_TO_END]
    : DEFAULT_METRICS;

/** Short names, beside full paths. */
const SHORT: Readonly<Record<string, string>> = {
  throughput: THROUGHPUT,
  'records/s': THROUGHPUT,
  p50: 'latencyMs.p50',
  p75: 'latencyMs.p75',
  p90: 'latencyMs.p90',
  p95: 'latencyMs.p95',
  p99: 'latencyMs.p99',
  p999: 'latencyMs.p999',
  cpu: CPU,
  pacing: 'generator.pacingMicrosPerRecord',
  'end-to-end': 'consumers.endToEndMs.p99',
};

/** Of a measurement's numbers, those of which more is better; of all others less is. */
const HIGHER_IS_BETTER = [
  /^throughput\./,
  /^achieved\.(batchBytes|recordsPerBatch|recordsPerRequest)$/,
  /^transactions\.committedRecordsPerSecond$/,
  /^consumers\.(backlog\.recordsPerSecond|kept|expected)$/,
  /^metrics\.(batch-size-avg|records-per-request-avg)$/,
  /^metrics\.(record-send-rate|outgoing-byte-rate|byte-rate)$/,
];
const MEASURED = /^(throughput|latencyMs|achieved|metrics|transactions|generator|continuity)\./;
/** Beside the measurement, in the run itself. */
const CONSUMERS = /^consumers\./;

/** Throws ConfigurationError for a name that is no path into a measurement. */
export function metricsNamed(names: readonly string[]): Metric[] {
  const unique = [...new Set(names.map((name) => SHORT[name] ?? name))];
  return unique.map((name) => {
    const known = [...DEFAULT_METRICS, END_TO_END].find((each) => each.name === name);
    if (known !== undefined) return known;
    if (!MEASURED.test(name) && !CONSUMERS.test(name)) {
      throw new ConfigurationError(
        `no metric ${printable(name, 60)}`,
        `Short names: ${Object.keys(SHORT).join(', ')}. ` +
          "Others are paths into a run's measurement, such as latencyMs.service.p90, " +
          'achieved.batchBytes or metrics.request-latency-avg.',
      );
    }
    return metric(
      name,
      name,
      HIGHER_IS_BETTER.some((names) => names.test(name)) ? 'higher' : 'lower',
    );
  });
}

/**
 * Whether all of these tell the producer's CPU apart from the pacing's; one that does not makes all
 * stand with it.
 */
export const cpuApart = (runs: readonly RunResult[]): boolean =>
  runs.every(({ measurement }) => measurement === null || tellsPacingApart(measurement.generator));

/** The run's figure; null where it has none. `apart`: cpuApart of all that it is compared with. */
export function valueOf(
  run: RunResult,
  { name }: Metric,
  loop: PairLoop,
  apart: boolean,
): number | null {
  const { measurement } = run;
  if (measurement === null) return null;
  if (name === CPU) return cpuMicros(measurement.generator, apart);
  const parts = name.split('.');
  const path =
    parts[0] === 'latencyMs' && parts.length === 2
      ? ['latencyMs', loop === 'open' ? 'response' : 'service', parts[1]]
      : parts;
  let at: unknown = CONSUMERS.test(name) ? run : measurement;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return null;
    if (!Object.hasOwn(at, part) && !('encoded' in at)) return null;
    const value = (at as Record<string, unknown>)[part];
    // Results that are older than these two have them in their histograms.
    const lacking = value === undefined && (part === 'p75' || part === 'p95') && 'encoded' in at;
    at = lacking ? percentileMs(at as Latency, part) : value;
  }
  return typeof at === 'number' && Number.isFinite(at) ? at : null;
}

/** Why a metric says nothing at a point, however often it is measured; null where it does. */
export function uninformative({ name }: Metric, loop: PairLoop): string | null {
  if (loop !== 'closed' && (name === THROUGHPUT || name === 'throughput.mebibytesPerSecond')) {
    return (
      'open loop: throughput is the rate that was asked for, as long as it is met ' +
      '(a run that misses it is invalid)'
    );
  }
  return null;
}
