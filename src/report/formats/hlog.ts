// HdrHistogram's interval log, version 1.3, as Java's HistogramLogWriter writes it: a file for each point, in it a line for each counted run and
// kind of latency, tagged `0001-response`. Values are microseconds. The histograms are passed on as saved, after a check.
//
//   Tag=T,start in seconds since BaseTime,length in seconds,max / 1000000,histogram
import type { RunResult } from '../../contract/run-result.js';
import { plainLine } from '../escape-controls.js';
import type { NamedFile, RenderOptions } from '../formats.js';
import { fileNames, pointLabel } from '../point-label.js';
import type { PointRow, Report } from '../report-model.js';
import { KINDS, withHistogram } from '../saved-histograms.js';
import { groupByPoint } from '../summarize.js';
import { isCounted } from '../verdicts.js';

/** Java's default, meant for nanoseconds shown in milliseconds; our microseconds come out as seconds. */
const MAX_VALUE_RATIO = 1_000_000;

export function renderHlog(report: Report, options: RenderOptions): { readonly files: Iterable<NamedFile> } {
  return { files: files(report, options) };
}

function* files(report: Report, options: RenderOptions): Generator<NamedFile> {
  const runs = groupByPoint(report.results.runs);
  const names = fileNames(report.rows.map((row) => row.point.id));
  for (const [index, row] of report.rows.entries()) {
    const counted = (runs.get(row.point.id) ?? []).filter(isCounted).sort((a, b) => startSeconds(a) - startSeconds(b));
    if (counted.length > 0) yield { name: `${names[index]}.hlog`, text: logOf(report, row, counted, options) };
  }
}

function logOf(report: Report, row: PointRow, runs: readonly RunResult[], { leaveOut }: RenderOptions): string {
  const base = startSeconds(runs[0]);
  const lines = runs.flatMap((run) =>
    KINDS.flatMap((kind) => {
      const line = withHistogram(run, kind, leaveOut, ({ max, encoded }) => {
        const { measuredMs } = run.measurement!;
        const maxMicros = max * 1000;
        const numbers = [startSeconds(run) - base, measuredMs / 1000, maxMicros / MAX_VALUE_RATIO];
        return [`Tag=${run.run}-${kind}`, ...numbers.map((number) => number.toFixed(3)), encoded].join(',');
      });
      return line ?? [];
    }),
  );
  const since = `${base.toFixed(3)} (seconds since epoch)`;
  return [
    `#[${plainLine(`kbench ${report.results.name}, ${row.point.id}: ${pointLabel(row.point)}`)}]`,
    '#[Tags are run and kind of latency. Values are microseconds, Interval_Max is seconds: for milliseconds give HistogramLogProcessor -outputValueUnitRatio 1000]',
    '#[A run starts here where its measured part did: at its end less its measured time]',
    '#[Histogram log format version 1.3]',
    `#[BaseTime: ${since}]`,
    `#[StartTime: ${since}, ${new Date(base * 1000).toISOString()}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ...lines,
    '',
  ].join('\n');
}

function startSeconds(run: RunResult): number {
  return (Date.parse(run.endedAt) - (run.measurement?.measuredMs ?? 0)) / 1000;
}
