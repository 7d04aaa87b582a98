// p75 and p95, of new results and of those from before they were kept, in every place that takes a
// percentile.
import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import type { Latency, RunResult } from '../../contract/run-result.js';
import { syntheticResults } from '../../testing/synthetic-results.js';
import { metricsNamed, valueOf } from '../compare/compared-metrics.js';
import { renderCsv } from '../formats/csv.js';
import { renderMarkdown } from '../text/markdown.js';
import { percentileMs, readPercentiles } from './percentiles.js';
import { makeReport, type Report } from './report-model.js';
import { selectPoints } from './select-points.js';
import { renderTable } from '../text/table.js';

/** 1 to 1000 us. */
function uniform(): Latency {
  const histogram = build({ numberOfSignificantValueDigits: 3 });
  for (let micros = 1; micros <= 1000; micros++) histogram.recordValue(micros);
  return {
    ...{
      count: 1000,
      min: 0.001,
      mean: 0.5005,
      p50: 0.5,
      p75: 0.75,
      p90: 0.9,
      p95: 0.95,
      p99: 0.99,
    },
    ...{ p999: 0.999, p9999: 1, max: 1, encoded: encodeIntoCompressedBase64(histogram) },
  };
}

const recorded = uniform();

/** As an older kbench saved it. */
const old = (latency: Latency): Latency => ({ ...latency, p75: undefined, p95: undefined });

function reportOf(latency: Latency): Report {
  const alter = (run: RunResult): RunResult => ({
    ...run,
    measurement: {
      ...run.measurement!,
      latencyMs: { response: null, service: latency, delay: null },
    },
  });
  const { runs, plan, environment } = syntheticResults({
    axes: { acks: ['1', 'all'] },
    repeats: 2,
    rate: 'max',
    alter,
  });
  return makeReport({
    ...{ dir: 'results/x', name: plan.name, plan, runs, environment },
    ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
  });
}

describe('p75 and p95', () => {
  it('are read as saved, and from the histogram of a run from before they were', () => {
    expect([percentileMs(recorded, 'p75'), percentileMs(recorded, 'p95')]).toEqual([0.75, 0.95]);
    expect([percentileMs(old(recorded), 'p75'), percentileMs(old(recorded), 'p95')]).toEqual([
      0.75, 0.95,
    ]);
  });

  it('are null where an old histogram cannot be read, or is not of its run', () => {
    expect(percentileMs({ ...old(recorded), encoded: 'AAAA' }, 'p95')).toBeNull();
    expect(percentileMs({ ...old(recorded), count: 7 }, 'p95')).toBeNull();
  });

  it.each(['new', 'old'] as const)(
    'stand in summary, table, Markdown, CSV and compare for %s results',
    (age) => {
      const latency = age === 'new' ? recorded : old(recorded);
      const report = reportOf(latency);
      const percentiles = readPercentiles('p95, P75,p99.9');
      expect(report.summary.points[0].latencyMs.service).toMatchObject({
        p75: { median: 0.75 },
        p95: { median: 0.95 },
      });
      const table = renderTable(report, { width: Infinity, colour: false, percentiles });
      expect(table).toMatch(/p75 ms\s+p95 ms\s+p99\.9 ms/);
      expect(table).toMatch(/0\.75\d*\s+0\.95\d*\s+0\.999/);
      expect(table).not.toMatch(/p50 ms|p99 ms/);
      expect(renderMarkdown(report, { percentiles })).toMatch(/service p75 ms \| service p95 ms/);
      const csv = [...renderCsv(report, { width: 1, colour: false, per: 'run' }).pieces].join('');
      expect(csv).toMatch(
        /p50,latencyMs\.service\.p75,latencyMs\.service\.p90,latencyMs\.service\.p95,/,
      );
      const run = report.results.runs[0];
      expect(
        metricsNamed(['p95', 'latencyMs.service.p75']).map((each) =>
          valueOf(run, each, 'closed', true),
        ),
      ).toEqual([0.95, 0.75]);
    },
  );

  it('may be chosen and sorted by, with units, whether or not the table shows them', () => {
    const report = reportOf(recorded);
    const kept = (where: string): number => selectPoints(report, { where: [where] }).rows.length;
    expect([kept('p95<0.96ms'), kept('p95<940us'), kept('p75=0.75'), kept('max>=1ms')]).toEqual([
      2, 0, 2, 2,
    ]);
    expect(selectPoints(report, { sort: 'p95:desc' }).rows).toHaveLength(2);
  });
});

describe('--percentiles', () => {
  it('refuses what no summary holds, with what there is', () => {
    expect(() => readPercentiles('p50,p97')).toThrow(
      '--percentiles: "p97" is none that a summary holds',
    );
    expect(() => readPercentiles('')).toThrow('--percentiles');
  });
});
