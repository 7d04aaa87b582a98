// OpenMessaging Benchmark's result JSON (TestResult), a file for each counted run: for its chart script and for results kept in that form. Publish
// latency is from send to acknowledgement, our service time, in ms; publish delay is our delay, in microseconds. What kbench does not measure is
// empty as in a TestResult never filled: nothing is consumed here, and delay by interval is not kept.
import type { Latency, RunResult } from '../../contract/run-result.js';
import type { Scalar } from '../../contract/settings.js';
import { valuesAtPercentiles, type HistogramCounts } from '../decode-histogram.js';
import { harmlessJson } from '../escape-controls.js';
import type { NamedFile, RenderOptions } from '../formats.js';
import { fileNames, pointLabel } from '../point-label.js';
import type { Report } from '../report-model.js';
import { withHistogram, type Kind } from '../saved-histograms.js';
import { isCounted } from '../verdicts.js';

const PERCENTILES = {
  '50pct': 50,
  '75pct': 75,
  '95pct': 95,
  '99pct': 99,
  '999pct': 99.9,
  '9999pct': 99.99,
  '99999pct': 99.999,
};
/** 0, 50, 75, 87.5 ... and four steps between each, as far as the chart script draws; 0 is told as the lowest. */
const QUANTILES = Array.from({ length: 17 * 5 }, (_, step) => {
  const left = 100 / 2 ** Math.floor(step / 5);
  return 100 - left + (left / 2) * ((step % 5) / 5);
});

const WANTED = [...new Set([...QUANTILES, ...Object.values(PERCENTILES), 100])].sort((a, b) => a - b);
const AT = new Map(WANTED.map((percentile, index) => [percentile, index]));

export function renderOmb(report: Report, options: RenderOptions): { readonly files: Iterable<NamedFile> } {
  return { files: files(report, options) };
}

function* files({ results, rows }: Report, options: RenderOptions): Generator<NamedFile> {
  const points = new Map(rows.map((row) => [row.point.id, row]));
  const runs = results.runs.filter((run) => isCounted(run) && points.has(run.point));
  const planned = new Map(results.plan.points.map((point) => [point.id, point]));
  const names = fileNames(runs.map((run) => `${run.point}-${run.run}`));
  for (const [index, run] of runs.entries()) {
    const row = points.get(run.point)!;
    const settings = planned.get(run.point)?.settings ?? {};
    const result = {
      workload: results.name,
      driver: `kbench: ${pointLabel(row.point)}`,
      ...shape(settings),
      beginTime: run.startedAt,
      endTime: run.endedAt,
      ...intervals(run),
      ...latencies(run, options),
    };
    yield { name: `${names[index]}.json`, text: `${harmlessJson(result, 2)}\n` };
  }
}

/** Sizes and counts, as far as the plan tells them. */
function shape(settings: object): Record<string, number> {
  const at = (...path: readonly string[]): Scalar | undefined => {
    let value: unknown = settings;
    for (const name of path)
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Record<string, unknown>)[name]
          : undefined;
    return typeof value === 'number' ? value : undefined;
  };
  const told = {
    messageSize: at('workload', 'valueBytes') ?? rounded(at('workload', 'payload', 'content', 'meanBytes')),
    partitions: at('topic', 'partitions'),
    producersPerTopic: at('workload', 'workers'),
  };
  const known = Object.entries(told).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return { topics: 1, consumersPerTopic: 0, ...Object.fromEntries(known) };
}

/** Values of a payload file have sizes of their own: their mean. */
const rounded = (size: Scalar | undefined): Scalar | undefined =>
  typeof size === 'number' ? Math.round(size) : undefined;

/** One entry for each of our intervals, about a second; OMB's own are ten. */
function intervals(run: RunResult): Record<string, readonly number[]> {
  const { intervals: all, latencyMs } = run.measurement!;
  const rate = (count: number, ms: number): number => (ms > 0 ? (count * 1000) / ms : 0);
  // In an open loop the intervals hold response times, which are not what OMB calls publish latency.
  const service = latencyMs.response === null ? all : [];
  const values = (field: 'p50' | 'p99' | 'max'): number[] => service.flatMap((each) => each[field] ?? []);
  return {
    publishRate: all.map(({ acked, durationMs }) => rate(acked, durationMs)),
    publishErrorRate: all.map(({ failed, durationMs }) => rate(failed, durationMs)),
    consumeRate: all.map(() => 0),
    backlog: [],
    publishLatencyAvg: [],
    publishLatency50pct: values('p50'),
    ...{ publishLatency75pct: [], publishLatency95pct: [] },
    publishLatency99pct: values('p99'),
    ...{ publishLatency999pct: [], publishLatency9999pct: [], publishLatency99999pct: [] },
    publishLatencyMax: values('max'),
    publishDelayLatency99pct: [],
    ...{ endToEndLatencyAvg: [], endToEndLatency95pct: [] },
  };
}

function latencies(run: RunResult, { leaveOut }: RenderOptions): Record<string, unknown> {
  const of = (kind: Kind, name: string, unit: number): Record<string, unknown> =>
    withHistogram(run, kind, leaveOut, (latency, counts) => aggregated(name, latency, counts, unit)) ?? {
      [`aggregated${name}Quantiles`]: {},
    };
  return {
    ...of('service', 'PublishLatency', 1000),
    ...of('delay', 'PublishDelayLatency', 1),
    aggregatedEndToEndLatencyQuantiles: {},
  };
}

function aggregated(
  name: string,
  latency: Latency,
  counts: HistogramCounts,
  microsPerUnit: number,
): Record<string, unknown> {
  const named = Object.entries(PERCENTILES);
  const most = latency.max * 1000;
  const values = valuesAtPercentiles(counts, WANTED);
  const at = (percentile: number): number => Math.min(most, values[AT.get(percentile)!]) / microsPerUnit;
  return {
    [`aggregated${name}Avg`]: (latency.mean * 1000) / microsPerUnit,
    ...Object.fromEntries(named.map(([suffix, percentile]) => [`aggregated${name}${suffix}`, at(percentile)])),
    [`aggregated${name}Max`]: most / microsPerUnit,
    [`aggregated${name}Quantiles`]: Object.fromEntries(
      [...QUANTILES, 100].map((percentile) => [percentile, at(percentile)]),
    ),
  };
}
