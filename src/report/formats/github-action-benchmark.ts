// The custom JSON of github-action-benchmark: a list of named values. The action takes one
// direction a file, so --better chooses: `smaller` (customSmallerIsBetter: latencies, CPU) or
// `bigger` (customBiggerIsBetter: throughput).
import { harmlessJson } from '../text/escape-controls.js';
import type { RenderOptions } from './format-types.js';
import { significant } from '../text/format.js';
import { pointLabel } from '../model/point-label.js';
import type { Report } from '../model/report-model.js';
import { headlinesOf, pointsWithoutFigures } from './headline-figures.js';

export function renderGithubActionBenchmark(
  { results, rows }: Report,
  { better = 'smaller', leaveOut }: RenderOptions,
): string {
  const silent = pointsWithoutFigures(rows);
  if (silent !== null) leaveOut?.(silent);
  const entries = rows.flatMap((row) =>
    headlinesOf(row)
      .filter((headline) => headline.better === better)
      .map(({ name, unit, quantity: { median, low, high } }) => ({
        name: `${results.name}: ${pointLabel(row.point)}: ${name}`,
        unit,
        value: median,
        ...(low === null || high === null
          ? {}
          : { range: `${significant(low)} to ${significant(high)}` }),
        extra: `median over ${row.point.valid} valid of ${row.point.runs} runs`,
      })),
  );
  return `${harmlessJson(entries, 2)}\n`;
}
