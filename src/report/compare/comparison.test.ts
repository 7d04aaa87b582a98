import { describe, expect, it } from 'vitest';
import { comparisonSchema, type Comparison } from '../../contract/comparison.js';
import type { RunResult } from '../../contract/run-result.js';
import {
  resultsInMemory,
  steady,
  withCanary,
  type Figures,
} from '../../testing/compared-results.js';
import { asFailed, withReason, type SyntheticOptions } from '../../testing/synthetic-results.js';
import { compareResults, type ComparisonOptions } from './comparison.js';
import { metricsNamed } from './compared-metrics.js';

const OPTIONS: ComparisonOptions = {
  across: [],
  baseWhere: [],
  newWhere: [],
  metrics: null,
  margin: 0.05,
  alpha: 0.05,
  failOn: 'never',
  kbench: '0.0.0',
  defaultOf: () => undefined,
};
const TWO = { axes: { acks: ['1', 'all'] }, repeats: 8 } as const;

const results = (
  dir: string,
  alter: (run: RunResult) => RunResult | null,
  options: SyntheticOptions = TWO,
) => resultsInMemory(dir, { ...options, seed: dir.length, alter });
const base = (options?: SyntheticOptions) =>
  results('base', (run) => withCanary(steady(run)), options);
const next = (figures: Figures, slower = 1, only: string | null = null) =>
  results('newer', (run) =>
    withCanary(steady(run, only === null || run.point === only ? figures : {}), slower),
  );
const compare = (
  ...given: [
    Parameters<typeof compareResults>[0],
    Parameters<typeof compareResults>[1],
    Partial<ComparisonOptions>?,
  ]
) => compareResults(given[0], given[1], { ...OPTIONS, ...given[2] });
const findingsOf = ({ contenders }: Comparison, point = 0) =>
  Object.fromEntries(
    contenders[0].pairs[point].cells.map(({ metric, verdict }) => [metric, verdict]),
  );
const notes = (comparison: Comparison) => comparison.notes.map(({ text }) => text).join('\n');

describe('compareResults', () => {
  it('finds the one point that became slower, and calls the rest the same', () => {
    const found = compare(base(), [next({ throughput: 0.92 }, 1, 'p02')], { failOn: 'regression' });
    expect(findingsOf(found, 0)).toMatchObject({
      'throughput.recordsPerSecond': 'same',
      'latencyMs.p99': 'same',
    });
    expect(findingsOf(found, 1)).toMatchObject({
      'throughput.recordsPerSecond': 'worse',
      'latencyMs.p99': 'same',
    });
    const [worse] = found.contenders[0].pairs[1].cells;
    expect(worse.change!.estimate).toBeCloseTo(-0.08, 2);
    expect(found.gate).toEqual({
      failOn: 'regression',
      failed: true,
      reasons: ['1 figure: worse'],
    });
    expect(comparisonSchema.parse(JSON.parse(JSON.stringify(found)))).toEqual(found);
  });

  it('knows which way is better', () => {
    const found = compare(base(), [next({ throughput: 1.2, latency: 1.2, cpu: 0.8 })], {
      failOn: 'difference',
    });
    expect(findingsOf(found)).toEqual({
      'throughput.recordsPerSecond': 'better',
      'latencyMs.p50': 'worse',
      'latencyMs.p99': 'worse',
      'latencyMs.p999': 'worse',
      'generator.cpuMicrosPerRecord': 'better',
    });
    expect(found.gate.failed).toBe(true);
  });

  it('puts a change down to the machine when the canary moved at least half as much', () => {
    const slow = compare(base(), [next({ throughput: 0.9 }, 1.08)], { failOn: 'regression' });
    expect(findingsOf(slow)['throughput.recordsPerSecond']).toBe('machine-changed');
    expect(slow.gate.failed).toBe(false);
    expect(notes(slow)).toMatch(/the machine changed, not \(or not only\) the product/);
    expect(
      compare(base(), [next({ throughput: 0.9 }, 1.08)], { failOn: 'difference' }).gate.failed,
    ).toBe(true);
    const product = compare(base(), [next({ throughput: 0.8 }, 1.02)], { failOn: 'regression' });
    expect(findingsOf(product)['throughput.recordsPerSecond']).toBe('worse');
    // A machine that became faster excuses nothing.
    expect(
      findingsOf(compare(base(), [next({ throughput: 0.9 }, 0.9)]))['throughput.recordsPerSecond'],
    ).toBe('worse');
  });

  it('says so where there is no canary, or one of another version', () => {
    const bare = results('newer', (run) => steady(run));
    expect(notes(compare(base(), [bare]))).toMatch(
      /no canary beside the runs of NEW, so a slow machine cannot be told/,
    );
    const other = results('newer', (run) => ({
      ...withCanary(steady(run)),
      canary: { version: 2, cpuMs: 1, sinkRecordsPerSecond: 1 },
    }));
    expect(notes(compare(base(), [other]))).toMatch(/different versions \(1, 2\)/);
  });

  it('never passes over too few runs', () => {
    const three = { ...TWO, repeats: 3 };
    const few = compare(base(three), [
      results('newer', (run) => steady(run, { throughput: 0.5 }), three),
    ]);
    expect(new Set(Object.values(findingsOf(few)))).toEqual(new Set(['collect-more']));
    expect(few.contenders[0].pairs[0].cells[0].moreRuns).toBeGreaterThanOrEqual(1);
    expect(notes(few)).toMatch(
      /Too few runs at 2 of 2 pairs of points: with 3 against 3 valid runs .*the least p .* 0\.10/,
    );
    expect(notes(few)).toMatch(
      /0\.10.*It takes 4 valid runs a side, 6 where one difference is to stand alone among/,
    );
    const four = { ...TWO, repeats: 4 };
    const some = compare(base(four), [results('newer', (run) => steady(run), four)]);
    expect(notes(some)).toContain(
      '10 tests are corrected together: ' +
        'at 0.05 a difference that stands alone among them needs 6 valid runs',
    );
  });

  it('says which estimate is which where medians and change point to opposite sides', () => {
    const of = (dir: string, rates: readonly number[]) =>
      results(
        dir,
        (run) => {
          const { throughput } = run.measurement!;
          const recordsPerSecond = rates[run.repeat - 1];
          return {
            ...run,
            measurement: { ...run.measurement!, throughput: { ...throughput, recordsPerSecond } },
          };
        },
        { ...TWO, axes: { acks: ['1'] }, repeats: 5 },
      );
    const found = compare(of('old', [1, 1, 19.3, 20, 20]), [of('newer', [1.1, 1.1, 18.9, 21, 21])]);
    expect(notes(found)).toContain('records/s: 19.3 -> 18.9, change +5.0 %');
    expect(notes(found)).toMatch(/Base and new are medians over each side's runs/);
    expect(notes(compare(base(), [results('newer', (run) => steady(run))]))).not.toContain(
      'opposite sides',
    );
  });

  it('asks for no more runs than it takes, and calls no interval impossible that is not', () => {
    const four = { ...TWO, repeats: 4 };
    const strict = compare(base(four), [results('newer', (run) => steady(run), four)], {
      alpha: 0.01,
    });
    expect(notes(strict)).toMatch(
      /with 4 against 4 valid runs no difference.*\)\. It takes 5 valid runs a side/,
    );
    expect(notes(strict)).not.toContain('nor can anything be called the same');
  });

  it('judges valid runs only, counts the others, and fails the gate where none is left', () => {
    const invalid = results('newer', (run) =>
      run.point === 'p01'
        ? asFailed(run, 'broker gone')
        : run.repeat < 3
          ? withReason(steady(run), 'gc-pause', 'invalid', 'long')
          : steady(run),
    );
    const found = compare(base(), [invalid], { failOn: 'regression' });
    expect(new Set(Object.values(findingsOf(found, 0)))).toEqual(new Set(['lost']));
    expect(found.gate).toMatchObject({ failed: true, reasons: ['5 figures: no valid run'] });
    expect(found.contenders[0].pairs[1].cells[0].next.runs).toBe(6);
    expect(notes(found)).toContain(
      '10 of 16 runs left out as invalid or failed (failed 8, GC pause 2). ' +
        'What remains is a selection',
    );
  });

  it('does not judge throughput at a rate that was asked for, unless told to', () => {
    const open = { ...TWO, rate: 10_000 } as const;
    const found = compare(base(open), [
      results('newer', (run) => steady(run, { latency: 1.3 }), open),
    ]);
    expect(Object.keys(findingsOf(found))).not.toContain('throughput.recordsPerSecond');
    expect(findingsOf(found)['latencyMs.p99']).toBe('worse');
    expect(notes(found)).toMatch(/Open loop at all of 2 pairs/);
    const asked = compare(base(open), [base(open)], {
      metrics: metricsNamed(['throughput', 'latencyMs.delay.p99']),
    });
    expect(Object.keys(findingsOf(asked))).toEqual([
      'throughput.recordsPerSecond',
      'latencyMs.delay.p99',
    ]);
  });

  it('compares an open loop with a closed one by service time, and what that means', () => {
    const both = results('both', (run) => steady(run), {
      axes: { 'workload.rate': ['max', 1000] },
      repeats: 5,
    });
    const found = compare(both, [], { across: ['workload.rate'] });
    expect(found.contenders[0].pairs[0].loop).toBe('mixed');
    expect(Object.keys(findingsOf(found))).not.toContain('throughput.recordsPerSecond');
    expect(notes(found)).toMatch(/1 pair of an open loop and a closed one/);
  });

  it('compares within one folder across a setting', () => {
    const one = results('only', (run) =>
      steady(run, run.config['acks'] === 'all' ? { throughput: 0.8 } : {}),
    );
    const found = compare(one, [], { across: ['acks'] });
    expect(found.contenders[0].pairs).toHaveLength(1);
    expect(found.contenders[0].pairs[0].across).toEqual({ acks: { base: '1', next: 'all' } });
    expect(findingsOf(found)['throughput.recordsPerSecond']).toBe('worse');
    expect([found.base.runs, found.contenders[0].side.runs]).toEqual([8, 8]);
    expect(notes(found)).toMatch(/their runs interleaved/);
  });

  it('tells what is unlike: machine, software, brokers, and points without a partner', () => {
    const there = next({});
    const environment = {
      ...there.environment!,
      node: 'v24.1.0',
      cpu: { model: 'Other CPU', cores: 4 },
      target: {
        ...there.environment!.target,
        version: '4.4',
        features: { 'metadata.version': 30 },
      },
    };
    const found = compare(base(), [{ ...there, environment }]);
    expect(found.contenders[0].environment.map(({ what }) => what)).toEqual([
      'CPU',
      'cores',
      'Node',
      'broker version',
      'feature metadata.version',
    ]);
    const fewer = results('newer', (run) => steady(run), {
      axes: { acks: ['all', '0'] },
      repeats: 8,
    });
    expect(notes(compare(base(), [fewer]))).toMatch(
      /1 point of BASE without a partner in NEW.*\n.*1 point of NEW without a partner/,
    );
    expect(compare(base(), [fewer], { failOn: 'inconclusive' }).gate.reasons.at(-1)).toBe(
      '2 points without a partner',
    );
  });

  it('corrects over several contenders together and names each', () => {
    const found = compare(base(), [next({}), { ...next({ cpu: 1.4 }), dir: 'third' }]);
    expect(found.tests).toBe(20);
    expect(found.contenders.map(({ side }) => side.role)).toEqual(['new', 'new 2']);
    expect(found.contenders[1].pairs[0].cells.at(-1)!.verdict).toBe('worse');
  });

  it('refuses what has nothing in common, and notices a copy', () => {
    const other = results('newer', (run) => steady(run), { axes: { 'linger.ms': [1] } });
    expect(() => compare(base(), [other])).toThrow(
      /no point of base has the same settings as one of newer \(p01, nearest in BASE: linger.ms/,
    );
    expect(notes(compare(base(), [base()]))).toMatch(/the same folder/);
    expect(notes(compare(base(), [{ ...base(), dir: 'copy' }]))).toMatch(
      /one is a copy of the other/,
    );
  });

  it('has no ratio of figures at 0, and says so', () => {
    const zero = results('newer', (run) => steady(run, { cpu: 0 }));
    const found = compare(base(), [zero]);
    const cell = found.contenders[0].pairs[0].cells.at(-1)!;
    expect([cell.verdict, cell.reason]).toEqual([
      'not-judged',
      'some figures are 0 or below: there is no ratio',
    ]);
  });

  it('judges a thousand points in little time', () => {
    const axis = (length: number, step: number): number[] =>
      Array.from({ length }, (_, i) => (i + 1) * step);
    const axes = {
      'batch.size': axis(10, 1024),
      'linger.ms': axis(10, 1),
      'max.request.size': axis(10, 1000),
    };
    const large = resultsInMemory('large', { axes, repeats: 4 });
    const started = performance.now();
    expect(compare(large, [{ ...large, dir: 'other' }]).tests).toBe(5000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('runs that the machine of NEW spoilt', () => {
  const late = (run: RunResult): RunResult =>
    withReason(run, 'event-loop-lag', 'invalid', 'lag p99 80 ms');
  const failed = (run: RunResult): RunResult =>
    withReason(run, 'errors', 'invalid', '3 of 10 records failed');

  it('are no regression: nothing is told of the product, and one may ask to fail', () => {
    const spoilt = results('newer', (run) => late(withCanary(steady(run))));
    const found = compare(base(), [spoilt], { failOn: 'regression' });
    expect(new Set(Object.values(findingsOf(found)))).toEqual(new Set(['cannot-tell']));
    expect(found.gate.failed).toBe(false);
    expect(notes(found)).toContain('the machine that kbench ran on was the reason each time');
    expect(compare(base(), [spoilt], { failOn: 'cannot-tell' }).gate.failed).toBe(true);
    expect(compare(base(), [spoilt], { failOn: 'inconclusive' }).gate.failed).toBe(true);
    expect(comparisonSchema.parse(JSON.parse(JSON.stringify(found)))).toEqual(found);
  });

  it('are one where something else was wrong with any of them', () => {
    const mixed = results('newer', (run) => (run.repeat === 1 ? failed(late(run)) : late(run)));
    const found = compare(base(), [mixed], { failOn: 'regression' });
    expect(new Set(Object.values(findingsOf(found)))).toEqual(new Set(['lost']));
    expect(found.gate.failed).toBe(true);
  });
});
