// OpenMessaging Benchmark's result JSON (TestResult), a file for each counted run: for its chart
// script and for results kept in that form. Publish latency is from send to acknowledgement, our
// service time, in ms; publish delay is our delay, in microseconds; end to end is that of our
// consumers, in ms. Only what a TestResult has: its
// reader refuses other keys. What was not measured stands in the file's name and in the driver's.
import type { Interval, Latency, RunResult } from '../../contract/run-result.js';
import type { Scalar } from '../../contract/settings.js';
import { valuesAtPercentiles } from '../results/decode-histogram.js';
import { harmlessJson } from '../text/escape-controls.js';
import type { NamedFile, RenderOptions } from './format-types.js';
import { percentileMs } from '../model/percentiles.js';
import { fileNames, pointLabel } from '../model/point-label.js';
import type { Report } from '../model/report-model.js';
import { latencyOf, withHistogram, type Kind } from '../results/saved-histograms.js';
import { isCounted } from '../notes/verdicts.js';

/** OMB's names, and ours. */
const NAMED = {
  '50pct': 'p50',
  '75pct': 'p75',
  '95pct': 'p95',
  '99pct': 'p99',
  '999pct': 'p999',
  '9999pct': 'p9999',
  Max: 'max',
} as const;
type Named = keyof typeof NAMED;

/**
 * 0, 50, 75, 87.5 ... and four steps between each, as far as the chart script draws; 0 is told as
 * the lowest.
 */
const QUANTILES = Array.from({ length: 17 * 5 }, (_, step) => {
  const left = 100 / 2 ** Math.floor(step / 5);
  return 100 - left + (left / 2) * ((step % 5) / 5);
});

const WANTED = [...QUANTILES, 100];

export function renderOmb(
  report: Report,
  options: RenderOptions,
): { readonly files: Iterable<NamedFile> } {
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
      driver: `kbench: ${pointLabel(row.point)} (not measured: ${notMeasured(run).join(', ')})`,
      ...shape(settings, run),
      ...rates(run),
      ...publishLatency(run),
      ...publishDelay(run),
      ...endToEnd(run),
      ...aggregated('PublishLatency', run, 'service', 1000, options),
      ...aggregated('PublishDelayLatency', run, 'delay', 1, options),
      ...aggregated('EndToEndLatency', run, 'end-to-end', 1000, options),
    };
    yield { name: `${names[index]}${fileSuffix(run)}.json`, text: `${harmlessJson(result, 2)}\n` };
  }
}

/** What has a place in OMB's result and no figure here. */
function notMeasured(run: RunResult): string[] {
  const { latencyMs } = run.measurement!;
  return [
    ...(latencyMs.service === null ? ['publish latency'] : []),
    ...(latencyMs.delay === null ? ['publish delay'] : []),
    ...(latencyOf(run, 'end-to-end') === null ? ['end-to-end'] : []),
  ];
}

/** So that nobody takes the zeros in it for figures. */
const fileSuffix = (run: RunResult): string =>
  notMeasured(run)
    .map((what) => `-no-${what.replaceAll(' ', '-')}`)
    .join('');

/**
 * A series of which nothing was measured. The chart script ends with an error where one is empty,
 * and takes neither null, text nor NaN: only a number. The file's name and the chart's legend say
 * what it stands for.
 */
const NOT_MEASURED: readonly number[] = [0];

/** The latencies that the script draws over time. */
const DRAWN: ReadonlySet<string> = new Set([
  'publishLatency99pct',
  'publishDelayLatency99pct',
  'endToEndLatency95pct',
  'endToEndLatencyAvg',
]);

/** Sizes and counts, as far as the plan tells them. */
function shape(settings: object, { consumers }: RunResult): Record<string, number> {
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
    messageSize:
      at('workload', 'valueBytes') ?? rounded(at('workload', 'payload', 'content', 'meanBytes')),
    partitions: at('topic', 'partitions'),
    producersPerTopic: at('workload', 'workers'),
  };
  const known = Object.entries(told).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return {
    topics: 1,
    consumersPerTopic: consumers === undefined ? 0 : 1,
    ...Object.fromEntries(known),
  };
}

/** Values of a payload file have sizes of their own: their mean. */
const rounded = (size: Scalar | undefined): Scalar | undefined =>
  typeof size === 'number' ? Math.round(size) : undefined;

/** Whole ones: a rate over what is left at the end, a millisecond maybe, is no rate of the run. */
function wholeIntervals(run: RunResult): readonly Interval[] {
  return longEnough(run.measurement!.intervals);
}

function longEnough<T extends { readonly durationMs: number }>(intervals: readonly T[]): T[] {
  const longest = intervals.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
  return intervals.filter(({ durationMs }) => durationMs > 0 && durationMs >= longest / 2);
}

/**
 * One entry for each of our intervals, about a second (OMB's own are ten), or for the whole run
 * where it has none.
 */
function rates(run: RunResult): Record<string, readonly number[]> {
  const { measuredMs, records } = run.measurement!;
  const intervals = wholeIntervals(run);
  const all = intervals.length > 0 ? intervals : [{ ...records, durationMs: measuredMs }];
  const rate = (count: number, ms: number): number => (ms > 0 ? (count * 1000) / ms : 0);
  return {
    publishRate: all.map(({ acked, durationMs }) => rate(acked, durationMs)),
    publishErrorRate: all.map(({ failed, durationMs }) => rate(failed, durationMs)),
    ...consumed(run, all.length),
  };
}

/** Where there are no consumers (consumersPerTopic), none consumed anything. */
function consumed(
  { consumers }: RunResult,
  intervals: number,
): Record<'consumeRate' | 'backlog', readonly number[]> {
  const own = consumers?.intervals ?? [];
  if (own.length === 0) return { consumeRate: new Array<number>(intervals).fill(0), backlog: [] };
  const whole = longEnough(own);
  return {
    consumeRate: whole.map(({ received, durationMs }) => (received * 1000) / durationMs),
    backlog: whole.map(({ lag }) => lag ?? 0),
  };
}

/**
 * A closed loop's intervals hold service times. An open loop's hold response times, which are not
 * what OMB calls publish latency: there one entry stands for the whole run.
 */
function publishLatency(run: RunResult): Record<string, readonly number[]> {
  const { latencyMs } = run.measurement!;
  const intervals = latencyMs.response === null ? wholeIntervals(run) : [];
  const told = intervals.filter(({ p99 }) => p99 !== null);
  if (told.length === 0) return series('publishLatency', latencyMs.service, 1);
  const of = (field: 'p50' | 'p99' | 'max'): number[] => told.flatMap((each) => each[field] ?? []);
  return {
    ...EMPTY('publishLatency'),
    publishLatency50pct: of('p50'),
    publishLatency99pct: of('p99'),
    publishLatencyMax: of('max'),
  };
}

/** Microseconds, one entry for the whole run: delay by interval is not kept. */
const publishDelay = (run: RunResult): Record<string, readonly number[]> =>
  series('publishDelayLatency', run.measurement!.latencyMs.delay, 1000);

/** By interval, as OMB has it; the rest, which intervals do not have, as one entry. */
function endToEnd(run: RunResult): Record<string, readonly number[]> {
  const name = 'endToEndLatency';
  const whole = series(name, latencyOf(run, 'end-to-end'), 1);
  const told = longEnough(run.consumers?.intervals ?? []).filter(({ p99 }) => p99 !== null);
  if (told.length === 0) return whole;
  const of = (field: 'p50' | 'p99' | 'max'): number[] => told.flatMap((each) => each[field] ?? []);
  return {
    ...whole,
    [`${name}50pct`]: of('p50'),
    [`${name}99pct`]: of('p99'),
    [`${name}Max`]: of('max'),
  };
}

const SUFFIXES = ['Avg', ...(Object.keys(NAMED) as Named[])];
const EMPTY = (name: string): Record<string, readonly number[]> =>
  Object.fromEntries(SUFFIXES.map((suffix) => [name + suffix, []]));

/** A whole run as the one entry of each series; `scale` from milliseconds. */
function series(
  name: string,
  latency: Latency | null,
  scale: number,
): Record<string, readonly number[]> {
  if (latency === null) {
    const drawn = SUFFIXES.map((suffix) => name + suffix).filter((each) => DRAWN.has(each));
    return { ...EMPTY(name), ...Object.fromEntries(drawn.map((each) => [each, NOT_MEASURED])) };
  }
  const values = figures(latency).map(
    ([suffix, ms]) => [name + suffix, [scaled(ms, scale)]] as const,
  );
  return { ...EMPTY(name), ...Object.fromEntries(values) };
}

/** Those that the run has. */
function figures(latency: Latency): (readonly [suffix: string, ms: number])[] {
  const named = (Object.entries(NAMED) as [Named, (typeof NAMED)[Named]][]).flatMap(
    ([suffix, field]) => {
      const ms = field === 'p9999' ? latency.p9999 : percentileMs(latency, field);
      return ms === null ? [] : [[suffix, ms] as const];
    },
  );
  return [['Avg', latency.mean], ...named];
}

/** Times are whole microseconds, as OMB's delays are. */
const scaled = (ms: number, scale: number): number => (scale === 1 ? ms : Math.round(ms * scale));

/** Over the whole run. Nothing where the kind was not measured, as in a TestResult never filled. */
function aggregated(
  name: string,
  run: RunResult,
  kind: Kind,
  microsPerUnit: number,
  { leaveOut }: RenderOptions,
): Record<string, unknown> {
  const quantiles = withHistogram(run, kind, leaveOut, (latency, counts) => {
    const values = valuesAtPercentiles(counts, WANTED);
    const at = WANTED.map((percent, index) => [
      percent,
      Math.min(latency.max * 1000, values[index]) / microsPerUnit,
    ]);
    return Object.fromEntries(at) as Record<string, number>;
  });
  const latency = latencyOf(run, kind);
  const scale = 1000 / microsPerUnit;
  const values = latency === null ? [] : figures(latency);
  return {
    ...Object.fromEntries(
      values.map(([suffix, ms]) => [`aggregated${name}${suffix}`, scaled(ms, scale)]),
    ),
    [`aggregated${name}Quantiles`]: quantiles ?? {},
  };
}
