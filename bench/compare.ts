// How long a comparison of two large sweeps takes: 1,000 points x 5 repeats each, read from disk,
// matched, judged and printed. The folders are made anew; their files are in the page cache when
// they are read.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { COMPARISON_FORMATS } from '../src/report/compare/comparison-formats.js';
import { compareResults } from '../src/report/compare/comparison.js';
import { DEFAULT_MARGIN } from '../src/report/compare/compared-metrics.js';
import { readResultsWithoutIntervals } from '../src/report/results/read-results.js';
import { writeSyntheticResults } from '../src/testing/synthetic-results.js';
import { benchTable, circumstances, formatSpread, type BenchOptions } from './bench-report.js';

export const title = 'Comparison of two sweeps of 1,000 points x 5 repeats (aim: under 5 s)';

const DEFAULT_ROUNDS = 5;

export function run(options: BenchOptions): Promise<void> {
  const rounds = options.rounds ?? DEFAULT_ROUNDS;
  const folder = mkdtempSync(path.join(tmpdir(), 'kbench-bench-compare-'));
  try {
    const axis = (length: number, step: number): number[] =>
      Array.from({ length }, (_, index) => (index + 1) * step);
    const axes = {
      'batch.size': axis(10, 16_384),
      'linger.ms': axis(10, 1),
      'workload.rate': axis(10, 10_000),
    };
    const dirs = ['base', 'new'].map((name) => path.join(folder, name));
    dirs.forEach((dir, i) =>
      writeSyntheticResults(dir, { axes, repeats: 5, seconds: 20, seed: i + 1 }),
    );
    const made = Math.round(process.resourceUsage().maxRSS / 1024);
    const times = new Map<string, number[]>();
    const timed = <T>(step: string, act: () => T): T => {
      const startMs = performance.now();
      const value = act();
      times.set(step, [...(times.get(step) ?? []), performance.now() - startMs]);
      return value;
    };
    for (let round = 0; round < rounds; round++) {
      timed('read, compare, text', () => {
        const [base, next] = timed('  read both', () =>
          dirs.map((dir) => readResultsWithoutIntervals(dir)),
        );
        const comparison = timed('  match and judge', () =>
          compareResults(base, [next], {
            ...{
              across: [],
              baseWhere: [],
              newWhere: [],
              metrics: null,
              defaultOf: () => undefined,
            },
            ...{ margin: DEFAULT_MARGIN, alpha: 0.05, failOn: 'regression', kbench: '' },
          }),
        );
        timed('  text', () =>
          COMPARISON_FORMATS.text(comparison, { width: 140, colour: false, most: 60 }),
        );
      });
    }
    console.log(circumstances({}, String(rounds)));
    console.log(
      benchTable(
        ['step', 'ms, median (min-max)'],
        [...times].map(([step, values]) => [step, formatSpread(values, 0)]).reverse(),
      ),
    );
    console.log(
      `peak RSS ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB (whole process; ` +
        `${made} MiB after making the folders)`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return Promise.resolve();
}
