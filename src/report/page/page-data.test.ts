// The data that the page draws from: what is left out of it is named, and what it claims of a point
// is the point's.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSyntheticResults, type SyntheticOptions } from '../../testing/synthetic-results.js';
import { readResults } from '../results/read-results.js';
import { makeReport } from '../model/report-model.js';
import { pageData } from './page-data.js';

let dir: string;
beforeEach(() => (dir = mkdtempSync(path.join(tmpdir(), 'kbench-page-data-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function made(options: SyntheticOptions, alterPlan?: (plan: Record<string, unknown>) => object) {
  writeSyntheticResults(dir, options);
  if (alterPlan !== undefined) {
    const file = path.join(dir, 'plan.json');
    const plan = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify(alterPlan(plan)));
  }
  return pageData(makeReport(readResults(dir)));
}

describe('pageData', () => {
  it('leaves out a histogram that cannot be read, and names its run', () => {
    const { data, trouble } = made({
      axes: { acks: ['1', 'all'] },
      repeats: 2,
      alter: (run) => {
        const service = run.measurement!.latencyMs.service!;
        const damaged = { ...run.measurement!.latencyMs, service: { ...service, encoded: 'AAAA' } };
        return run.run === '0001'
          ? { ...run, measurement: { ...run.measurement!, latencyMs: damaged } }
          : run;
      },
    });
    expect(trouble).toEqual([
      'runs/0001.json holds a histogram that cannot be read: ' +
        'it does not begin like HdrHistogram V2, compressed (service)',
    ]);
    const one = data.points[0].curves['service'];
    const both = data.points[1].curves['service'];
    // half the records resolve fewer quantiles
    expect([one.length > 10, one.length < both.length]).toEqual([true, true]);
  });

  it('tells swept and fixed producer settings under their own names, other settings apart', () => {
    const { data } = made({
      axes: { 'batch.size': [65_536, 16_384], 'workload.rate': [1000, 2000] },
      repeats: 1,
    });
    expect(data.producer).toEqual({ acks: 'all' });
    expect(data.points[0]).toMatchObject({
      producer: { 'batch.size': '65536' },
      other: { 'workload.rate': '1000' },
    });
    expect(data.settings[0]).toEqual({
      name: 'batch.size',
      values: [
        { raw: 16_384, label: '16 KiB' },
        { raw: 65_536, label: '64 KiB' },
      ],
    });
    expect(data.points.map(({ values }) => values[0])).toEqual([1, 1, 0, 0]);
  });

  it('begins with the limit that the sweep itself sets', () => {
    const gate = {
      text: 'latencyMs.service.p99 < 7',
      metric: 'latencyMs.service.p99',
      operator: '<',
      bound: 7,
    };
    const threshold = { ...gate, where: {}, abortOnFail: false, delayAbortEvalRuns: 0 };
    const { data } = made({ axes: { acks: ['1'] }, repeats: 1 }, (plan) => ({
      ...plan,
      thresholds: [threshold],
    }));
    expect(data.limitMs).toBe(7);
  });

  it('stays small: of a long run some hundred samples', () => {
    const { data } = made({ axes: { acks: ['1'] }, repeats: 1, seconds: 4000 });
    const [series] = data.runs.series;
    expect(series!.of).toBe(4000);
    expect(series!.rate.length).toBeLessThanOrEqual(1200);
  });
});
