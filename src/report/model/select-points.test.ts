// --sort, --where and --top over a report: what is kept, in which order, what is told, and what is
// refused.
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../base/errors.js';
import {
  asFailed,
  syntheticResults,
  type SyntheticOptions,
} from '../../testing/synthetic-results.js';
import { FORMAT_NAMES } from '../formats/format-names.js';
import { FORMATS } from '../formats/formats.js';
import type { Output } from '../formats/format-types.js';
import { makeReport, type Report } from './report-model.js';
import { pageData } from '../page/page-data.js';
import { selectPoints, type PointChoice } from './select-points.js';

function report(options: SyntheticOptions = {}): Report {
  const { plan, runs, environment } = syntheticResults({ repeats: 2, ...options });
  return makeReport({
    ...{ dir: 'results/x', name: plan.name, plan, runs, environment, skipped: [], sweepYaml: null },
    ...{ invocation: null, chosen: null },
  });
}

const ids = (source: Report): string[] => source.rows.map((row) => row.point.id);
const chosen = (choice: PointChoice, options?: SyntheticOptions): string[] =>
  ids(selectPoints(report(options), choice));

function refusal(choice: PointChoice): string {
  try {
    selectPoints(report(), choice);
  } catch (error) {
    if (error instanceof ConfigurationError) return `${error.message}; ${error.remedy ?? ''}`;
    throw error;
  }
  throw new Error('was taken');
}

describe('where', () => {
  it.each<[string, number]>([
    ['batch.size=16KiB', 8],
    ['batch.size=16384', 8],
    ['batch.size=16_384', 8],
    ['batch.size = 16KiB , acks = all', 4],
    ['acks="all"', 8],
    ['acks!=all', 8],
    ['linger.ms>=5ms', 8],
    ['linger.ms<0.005s', 8],
    ['config.linger.ms==5', 8],
    ['batch.size>20kB', 8],
    ['p99<1s', 16],
    ['latencyMs.service.p99<1us', 0],
    ['latencyMs.service.p99.median<20', 16],
    ['records/s>100/s', 16],
    ['throughput.mebibytesPerSecond>1MiB', 16],
    ['runs=2', 16],
    ['records.failed=0', 16],
    ['verdict=ok', 16],
    ['latencyMs.service.p99.low<20', 0],
  ])('%s keeps %d points', (where, count) => {
    expect(chosen({ where: [where] })).toHaveLength(count);
  });

  it('holds all that is given, also in several', () => {
    expect(
      chosen({
        where: [
          'acks=all',
          'linger.ms=5',
          'batch.size=16KiB,max.in.flight.requests.per.connection=1',
        ],
      }),
    ).toEqual(['p07']);
  });

  it('tells max from a rate', () => {
    const axes = { 'workload.rate': ['max', 5000, 20000] };
    expect(chosen({ where: ['workload.rate=max'] }, { axes })).toEqual(['p01']);
    expect(chosen({ where: ['workload.rate>=5k/s'] }, { axes })).toEqual(['p02', 'p03']);
  });

  it('finds values with commas in quotes', () => {
    const axes = { 'client.id': ['a,b=c', 'd'] };
    expect(chosen({ where: ['client.id="a,b=c"'] }, { axes })).toEqual(['p01']);
  });

  it.each([
    ['batchsize=1', '"batchsize"; did you mean batch.size?'],
    ['latencyMs.service.p98<1', 'did you mean latencyMs.service.p9'],
    ['p99', 'is no condition'],
    ['=3', 'is no condition'],
    ['', 'is no condition'],
    ['linger.ms=5KiB', '"5KiB" is a size, not a time'],
    ['batch.size=16K', 'ambiguous'],
    ['p99<fast', '"fast" is no number'],
  ])('refuses %j: %s', (where, message) => {
    expect(refusal({ where: [where] })).toContain(message);
  });
});

describe('sort and top', () => {
  it('orders by any column, setting or path, either way', () => {
    const speed = (source: Report): number[] =>
      source.rows.map((row) => row.point.throughput.recordsPerSecond!.median);
    for (const sort of [
      'records/s',
      'throughput.recordsPerSecond',
      'throughput.recordsPerSecond.median:asc',
    ]) {
      const values = speed(selectPoints(report(), { sort }));
      expect(values).toEqual(values.toSorted((a, b) => a - b));
    }
    const down = speed(selectPoints(report(), { sort: 'records/s:desc' }));
    expect(down).toEqual(down.toSorted((a, b) => b - a));
    expect(chosen({ sort: 'batch.size:desc', top: 1 })).toEqual(['p09']);
    expect(chosen({ sort: 'point:desc', top: 2 })).toEqual(['p16', 'p15']);
  });

  it('puts points without the figure last, in either direction', () => {
    const alter: SyntheticOptions['alter'] = (run) =>
      run.point === 'p03' ? asFailed(run, 'x') : run;
    for (const sort of ['p99', 'p99:desc']) expect(chosen({ sort }, { alter }).at(-1)).toBe('p03');
  });

  it('knows a figure that the first point has not', () => {
    const alter: SyntheticOptions['alter'] = (run) =>
      run.point === 'p01' ? asFailed(run, 'x') : run;
    const sorted = chosen({ sort: 'latencyMs.service.p99' }, { alter });
    expect(sorted.at(-1)).toBe('p01');
    expect(sorted).toEqual(chosen({ sort: 'p99' }, { alter }));
  });

  it('refuses an unknown field with the nearest name', () => {
    expect(refusal({ sort: 'recordss' })).toContain('did you mean records/s?');
  });
});

describe('what is told', () => {
  it('stands in the report, and nothing stands there without a choice', () => {
    expect(selectPoints(report(), {}).selection).toBeNull();
    const { selection } = selectPoints(report(), { where: ['acks=all'], sort: 'p99:desc', top: 3 });
    expect(selection).toBe(
      '--where acks=all keeps 8 of 16 points; sorted by p99, greatest first; ' +
        '--top 3 shows 3 of 8. Left out: 13 points.',
    );
  });

  it('table and Markdown print it', () => {
    const some = selectPoints(report(), { top: 2 });
    for (const format of ['table', 'md'] as const) {
      expect(FORMATS[format](some, { width: 200, colour: false })).toContain('Left out: 14 points');
    }
  });

  it('every format shows the chosen points only, in their order', () => {
    const text = (output: Output): string => {
      if (typeof output === 'string') return output;
      return 'pieces' in output
        ? [...output.pieces].join('')
        : [...output.files].map((file) => file.name + file.text).join('');
    };
    const axes = { 'client.id': ['first', 'second', 'third'] };
    const some = selectPoints(report({ axes }), {
      where: ['client.id!=second'],
      sort: 'client.id:desc',
    });
    for (const format of FORMAT_NAMES) {
      const written = text(FORMATS[format](some, { width: 200, colour: false }));
      if (format === 'perf-test') expect(written.trim().split('\n')).toHaveLength(4);
      else if (format === 'html')
        expect(pageData(some).data.points.map(({ id }) => id)).toEqual(['p03', 'p01']);
      else if (format === 'hgrm') expect(written).toMatch(/^p03-[^]*p01-/);
      else {
        expect(written, format).toMatch(/third[^]*first/);
        expect(written, format).not.toContain('second"');
      }
    }
  });
});
