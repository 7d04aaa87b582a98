// Bencher Metric Format (bencher.dev): benchmark -> measure -> value with lower and upper value,
// the ends of the 95 % interval where there is one. `throughput` is Bencher's own measure
// (operations a second); the others name their unit, since a measure of Bencher's has one for good.
import { harmlessJson } from '../text/escape-controls.js';
import { pointLabel } from '../model/point-label.js';
import type { Report } from '../model/report-model.js';
import type { RenderOptions } from './format-types.js';
import { headlinesOf, pointsWithoutFigures, type Headline } from './headline-figures.js';

/** Bencher's limit for a benchmark's name. */
const MAX_NAME = 1024;

interface Metric {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}

export function renderBencher({ results, rows }: Report, { leaveOut }: RenderOptions): string {
  const silent = pointsWithoutFigures(rows);
  if (silent !== null) leaveOut?.(silent);
  const benchmarks = rows.flatMap((row): [string, Record<string, Metric>][] => {
    const measures = headlinesOf(row).map((headline): [string, Metric] => [
      measureName(headline),
      metricOf(headline),
    ]);
    const name = `${results.name}: ${pointLabel(row.point)}`.slice(0, MAX_NAME);
    return measures.length === 0 ? [] : [[name, Object.fromEntries(measures)]];
  });
  // fromEntries defines its keys, so that one named __proto__ is a key like any other.
  return `${harmlessJson(Object.fromEntries(benchmarks), 2)}\n`;
}

/** `response-p99-ms`: a slug, so that Bencher finds it again. */
function measureName({ name, unit }: Headline): string {
  return name === 'throughput' ? name : `${name} ${unit}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function metricOf({ quantity: { median, low, high } }: Headline): Metric {
  return {
    value: median,
    ...(low === null ? {} : { lower_value: low }),
    ...(high === null ? {} : { upper_value: high }),
  };
}
