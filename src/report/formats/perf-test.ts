// The last line of kafka-producer-perf-test (ProducerPerformance's Stats.printTotal), for scripts
// that read it: one for each counted run, or the medians of each point. Its latency runs from send
// to acknowledgement: service time. Its MB are 2^20 bytes, its percentiles whole milliseconds. The
// columns are those of 3.9 to 4.4. Warm-up is left out, so the figures are what 4.x with
// --warmup-records prints as "steady state"; the words are not written, as scripts of all versions
// read the line without them.
import type { RunResult } from '../../contract/run-result.js';
import { valuesAtPercentiles } from '../results/decode-histogram.js';
import type { RenderOptions } from './format-types.js';
import { plural } from '../text/format.js';
import { median } from '../statistics/quantity.js';
import type { Report } from '../model/report-model.js';
import { withHistogram } from '../results/saved-histograms.js';
import { groupByPoint } from '../model/summarize.js';
import { isCounted } from '../notes/verdicts.js';

/** In the line's order. */
const FIGURES = [
  'records',
  'perSecond',
  'mebibytes',
  'mean',
  'max',
  'p50',
  'p95',
  'p99',
  'p999',
] as const;
type Figures = Readonly<Record<(typeof FIGURES)[number], number>>;

export function renderPerfTest(
  report: Report,
  options: RenderOptions,
): { readonly pieces: Iterable<string> } {
  const out = report.results.runs.filter((run) => !isCounted(run)).length;
  if (out > 0) options.leaveOut?.(plural(out, 'invalid or failed run'));
  return { pieces: lines(report, options) };
}

function* lines({ results, rows }: Report, { per, leaveOut }: RenderOptions): Generator<string> {
  const byPoint = groupByPoint(results.runs.filter(isCounted));
  for (const { point } of rows) {
    const figures = (byPoint.get(point.id) ?? []).flatMap((run) => figuresOf(run, leaveOut) ?? []);
    if (figures.length > 0) yield* per === 'point' ? [line(medians(figures))] : figures.map(line);
  }
}

function figuresOf(run: RunResult, leaveOut: RenderOptions['leaveOut']): Figures | null {
  return withHistogram(run, 'service', leaveOut, (latency, counts) => {
    const { mean, max, p50, p99, p999 } = latency;
    const { records, throughput } = run.measurement!;
    const p95 = latency.p95 ?? Math.min(max, valuesAtPercentiles(counts, [95])[0] / 1000);
    const { recordsPerSecond: perSecond, mebibytesPerSecond: mebibytes } = throughput;
    return { records: records.acked, perSecond, mebibytes, mean, max, p50, p95, p99, p999 };
  });
}

function medians(figures: readonly Figures[]): Figures {
  const middle = FIGURES.map((name) => [name, median(figures.map((each) => each[name]))!]);
  return Object.fromEntries(middle) as Figures;
}

function line({ records, perSecond, mebibytes, mean, max, ...percentiles }: Figures): string {
  const { p50, p95, p99, p999 } = percentiles;
  const whole = (ms: number): string => Math.round(ms).toFixed(0);
  return (
    `${whole(records)} records sent, ${perSecond.toFixed(6)} records/sec ` +
    `(${mebibytes.toFixed(2)} MB/sec), ` +
    `${mean.toFixed(2)} ms avg latency, ${max.toFixed(2)} ms max latency, ` +
    `${whole(p50)} ms 50th, ${whole(p95)} ms 95th, ${whole(p99)} ms 99th, ` +
    `${whole(p999)} ms 99.9th.\n`
  );
}
