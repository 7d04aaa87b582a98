// HdrHistogram's interval log, version 1.3, as Java's HistogramLogWriter writes it: a file for each
// point, in it a line for each counted run and kind of latency, tagged `0001-response` where there
// are several. Values are microseconds. The histograms are passed on as saved, after a check.
//
//   Tag=T,start in seconds since BaseTime,length in seconds,max / 1000000,histogram
import type { RunResult } from '../../contract/run-result.js';
import { plainLine } from '../text/escape-controls.js';
import type { NamedFile, RenderOptions } from './format-types.js';
import { fileNames, pointLabel } from '../model/point-label.js';
import type { PointRow, Report } from '../model/report-model.js';
import { KINDS, withHistogram } from '../results/saved-histograms.js';
import { groupByPoint } from '../model/summarize.js';
import { isCounted } from '../notes/verdicts.js';

/**
 * Java's default, meant for nanoseconds shown in milliseconds; our microseconds come out as
 * seconds.
 */
const MAX_VALUE_RATIO = 1_000_000;

export function renderHlog(
  report: Report,
  options: RenderOptions,
): { readonly files: Iterable<NamedFile> } {
  return { files: files(report, options) };
}

function* files(report: Report, options: RenderOptions): Generator<NamedFile> {
  const runs = groupByPoint(report.results.runs);
  const names = fileNames(report.rows.map((row) => row.point.id));
  for (const [index, row] of report.rows.entries()) {
    const counted = (runs.get(row.point.id) ?? [])
      .filter(isCounted)
      .sort((a, b) => startSeconds(a) - startSeconds(b));
    if (counted.length === 0) continue;
    const name = `${names[index]}.hlog`;
    const text = logOf(report, row, counted, name, options);
    if (text !== null) yield { name, text };
  }
}

interface Line {
  readonly tag: string;
  readonly text: string;
}

/** Null where no histogram can be read. */
function logOf(
  report: Report,
  row: PointRow,
  runs: readonly RunResult[],
  name: string,
  { leaveOut }: RenderOptions,
): string | null {
  const base = startSeconds(runs[0]);
  const lines = runs.flatMap((run) =>
    KINDS.flatMap((kind): Line[] => {
      const text = withHistogram(run, kind, leaveOut, ({ max, encoded }) => {
        const { measuredMs } = run.measurement!;
        const maxMicros = max * 1000;
        const numbers = [startSeconds(run) - base, measuredMs / 1000, maxMicros / MAX_VALUE_RATIO];
        return [...numbers.map((number) => number.toFixed(3)), encoded].join(',');
      });
      return text === null ? [] : [{ tag: `${run.run}-${kind}`, text }];
    }),
  );
  if (lines.length === 0) return null;
  // HdrHistogram's processor reads the lines of one tag, and without -tag those without one.
  const tagged = lines.length > 1;
  const since = `${base.toFixed(3)} (seconds since epoch)`;
  return [
    `#[${plainLine(`kbench ${report.results.name}, ${row.point.id}: ${pointLabel(row.point)}`)}]`,
    ...howToRead(name, tagged ? lines[0].tag : null),
    '#[A run starts here where its measured part did: at its end less its measured time]',
    '#[Histogram log format version 1.3]',
    `#[BaseTime: ${since}]`,
    `#[StartTime: ${since}, ${new Date(base * 1000).toISOString()}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ...lines.map(({ tag, text }) => (tagged ? `Tag=${tag},${text}` : text)),
    '',
  ].join('\n');
}

/** The processor ends in a NullPointerException where it finds no line of the tag. */
function howToRead(name: string, tag: string | null): string[] {
  const program = 'java -cp HdrHistogram.jar org.HdrHistogram.HistogramLogProcessor';
  const which = tag === null ? '' : ` -tag ${tag}`;
  return [
    '#[Values are microseconds, Interval_Max is seconds. In milliseconds:]',
    `#[${program} -i ${name}${which} -outputValueUnitRatio 1000]`,
    ...(tag === null
      ? []
      : [`#[Tags are run and kind of latency; all of them: ${program} -i ${name} -listtags]`]),
  ];
}

function startSeconds(run: RunResult): number {
  return (Date.parse(run.endedAt) - (run.measurement?.measuredMs ?? 0)) / 1000;
}
