// Consumers in what every format draws: figures from runs that count, sums from all, gates and
// comparisons by their paths, OpenMessaging's arrays.
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../contract/run-result.js';
import type { Threshold } from '../../contract/threshold.js';
import { resultsInMemory } from '../../testing/compared-results.js';
import {
  consumedWithP99,
  CONSUMED,
  syntheticResults,
  type SyntheticOptions,
} from '../../testing/synthetic-results.js';
import { defaultMetrics, metricsNamed, valueOf } from '../compare/compared-metrics.js';
import { FORMATS } from '../formats/formats.js';
import { renderOmb } from '../formats/omb.js';
import { makeReport } from '../model/report-model.js';
import { fieldsOfRun } from '../model/point-fields.js';
import { contradictions } from '../results/contradictions.js';
import { withoutHistograms } from '../results/without-histograms.js';
import { renderReportPage } from '../page/report-page.js';
import { consumerTable } from './consumer-table.js';
import { anyGateFailed } from './gate-notes.js';

const GATE: Threshold = {
  ...{ text: 'consumers.endToEndMs.p99 < 20', metric: 'consumers.endToEndMs.p99' },
  ...{ operator: '<', bound: 20, where: {}, abortOnFail: false, delayAbortEvalRuns: 0 },
};

function results(alter: (run: RunResult) => RunResult) {
  const options: SyntheticOptions = { axes: { acks: ['1', 'all'] }, repeats: 2, alter };
  return syntheticResults(options);
}
function report(alter: (run: RunResult) => RunResult) {
  const { plan, runs, environment } = results(alter);
  return makeReport({
    ...{ dir: 'results/x', name: plan.name, environment, runs },
    plan: { ...plan, thresholds: [GATE] },
    ...{ skipped: [], sweepYaml: null, invocation: null, chosen: null },
  });
}
const slowAt = (point: string) => (run: RunResult) => ({
  ...run,
  consumers: consumedWithP99(run.point === point ? 50 : 10),
});
const view = { width: 200, colour: false };

describe('a report of runs with consumers', () => {
  const made = report(slowAt('p02'));

  it('has a row a point, in ms, with what was kept and dropped over all runs', () => {
    const table = consumerTable(made.rows)!;
    expect(table.head).toContain('drain/s');
    const row = table.rows[1];
    expect(row[0]).toBe('p02');
    expect(Number(row[table.head.indexOf('p99')])).toBeCloseTo(50, 0);
    expect(row.slice(-5, -1)).toEqual(['1,800', '200', '4', '0']);
    expect(row[table.head.indexOf('pause')]).toBe('5.00');
    expect(consumerTable(report((run) => run).rows)).toBeNull();
  });

  it('fails the gates of points that are too slow, and of those alone', () => {
    const outcomes = made.rows.map(({ point }) => point.thresholds![0].passed);
    expect(outcomes).toEqual([true, false]);
    expect(anyGateFailed(made)).toBe(true);
  });

  it.each(['table', 'md', 'csv', 'json', 'openmetrics', 'benchstat', 'bencher'] as const)(
    'is told by %s',
    (name) => {
      const rendered = FORMATS[name](made, view);
      if (typeof rendered !== 'string' && !('pieces' in rendered)) throw new Error('files');
      const text = typeof rendered === 'string' ? rendered : [...rendered.pieces].join('');
      expect(text).toMatch(/end-to-end|endToEnd/i);
    },
  );

  it('stands on the page, its figures to the right and its names to the left', () => {
    const [, row] = /<td class="">p02<\/td>(.*)<\/tr>/.exec(renderReportPage(made))!;
    const cells = row.match(/<td class="[^"]*">[^<]*<\/td>/g)!;
    expect(cells.length).toBeGreaterThan(8);
    expect(cells.every((cell) => cell.startsWith('<td class="figure-cell">'))).toBe(true);
  });

  it('fills OpenMessaging’s arrays, and says no longer that they are not measured', () => {
    const [file] = renderOmb(made, view).files;
    expect(file.name).not.toContain('no-end-to-end');
    const result = JSON.parse(file.text) as Record<string, number[] | Record<string, number>>;
    expect(result['endToEndLatency99pct']).toEqual([10, 10]);
    expect(result['consumeRate']).toEqual([450, 450]);
    expect(result['backlog']).toEqual([10, 10]);
    expect(result['consumersPerTopic']).toBe(1);
    expect(Object.keys(result['aggregatedEndToEndLatencyQuantiles']).length).toBeGreaterThan(10);
  });
});

describe('runs with consumers', () => {
  const [run] = results(slowAt('p02')).runs;

  it('are compared end to end where both sides consumed', () => {
    const with_ = resultsInMemory('a', { alter: slowAt('p02') });
    const without = resultsInMemory('b');
    const names = (...sides: (typeof with_)[]) => defaultMetrics(sides).map(({ name }) => name);
    expect(names(with_, with_)).toContain('consumers.endToEndMs.p99');
    expect(names(with_, without)).not.toContain('consumers.endToEndMs.p99');
    const [metric] = metricsNamed(['end-to-end']);
    expect(valueOf(run, metric, 'closed', true)).toBe(run.consumers!.endToEndMs!.p99);
  });

  it('hold together, or are left out', () => {
    expect(contradictions(run)).toEqual([]);
    const consumers = { ...run.consumers!, kept: CONSUMED + 1 };
    expect(contradictions({ ...run, consumers })[0]).toContain('consumers kept 901 records');
  });

  it('keep their figures in a reference, and all of them in a table of runs', () => {
    expect(withoutHistograms(run).consumers!.endToEndMs).toMatchObject({
      encoded: '',
      kept: CONSUMED,
    });
    expect(fieldsOfRun(run).get('consumers.endToEndMs.dropped')).toBe(100);
    expect(fieldsOfRun(run).get('consumers.endToEndMs.p99')).toBe(run.consumers!.endToEndMs!.p99);
  });
});
