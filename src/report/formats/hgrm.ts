// HdrHistogram's percentile distribution (.hgrm), as Java's outputPercentileDistribution(out, 5,
// 1000.0) prints it: values in milliseconds. A file for each point and kind of latency, over all
// its counted runs together, or for each run.
import type { RunResult } from '../../contract/run-result.js';
import type { NamedFile, RenderOptions } from './format-types.js';
import { PercentileDistribution } from './percentile-distribution.js';
import { fileNames } from '../model/point-label.js';
import type { Report } from '../model/report-model.js';
import { KINDS, withHistogram } from '../results/saved-histograms.js';
import { groupByPoint } from '../model/summarize.js';
import { isCounted } from '../notes/verdicts.js';

export function renderHgrm(
  report: Report,
  options: RenderOptions,
): { readonly files: Iterable<NamedFile> } {
  return { files: files(report, options) };
}

function* files(report: Report, { per, leaveOut }: RenderOptions): Generator<NamedFile> {
  const byPoint = groupByPoint(report.results.runs);
  const names = fileNames(report.rows.map((row) => row.point.id));
  for (const [index, row] of report.rows.entries()) {
    const counted = (byPoint.get(row.point.id) ?? []).filter(isCounted);
    const groups: readonly (readonly [name: string, runs: readonly RunResult[]])[] =
      per === 'run'
        ? counted.map((run) => [`${names[index]}-${run.run}`, [run]])
        : [[names[index], counted]];
    for (const [name, runs] of groups) {
      for (const kind of KINDS) {
        const distribution = new PercentileDistribution();
        for (const run of runs)
          withHistogram(run, kind, leaveOut, (_latency, counts) => distribution.add(counts));
        if (!distribution.isEmpty)
          yield { name: `${name}-${kind}.hgrm`, text: distribution.print() };
      }
    }
  }
}
