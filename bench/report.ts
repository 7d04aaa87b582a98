// How long a report of a large sweep takes: 1,000 points x 5 repeats, read from disk, summarised, and rendered as table and Markdown. The
// folder is made anew; its files are in the page cache when they are read.
import { mkdtempSync, rmSync, statSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { renderMarkdown } from '../src/report/markdown.js';
import { readResults } from '../src/report/read-results.js';
import { makeReport } from '../src/report/report-model.js';
import { renderTable } from '../src/report/table.js';
import { writeSyntheticResults } from '../src/testing/synthetic-results.js';
import { circumstances, formatSpread, type BenchOptions } from './bench-report.js';

export const title = 'Report of 1,000 points x 5 repeats (aim: under 5 s, 500 MiB)';

const DEFAULT_ROUNDS = 5;
const STEPS = ['read', 'summarise', 'table', 'markdown'] as const;

export function run(options: BenchOptions): Promise<void> {
  const rounds = options.rounds ?? DEFAULT_ROUNDS;
  const dir = mkdtempSync(path.join(tmpdir(), 'kbench-bench-report-'));
  try {
    const axis = (length: number, step: number): number[] => Array.from({ length }, (_, index) => (index + 1) * step);
    const axes = { 'batch.size': axis(10, 16_384), 'linger.ms': axis(10, 1), 'workload.rate': axis(10, 10_000) };
    writeSyntheticResults(dir, { axes, repeats: 5, seconds: 20 });
    console.log(circumstances({}, String(rounds)));
    console.log(`folder    ${folderMiB(path.join(dir, 'runs'))} MiB in runs/\n`);
    const times = new Map(STEPS.map((step) => [step, [] as number[]]));
    const totals: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const marks = [performance.now()];
      const results = readResults(dir);
      marks.push(performance.now());
      const report = makeReport(results);
      marks.push(performance.now());
      renderTable(report, { width: 160, colour: false });
      marks.push(performance.now());
      renderMarkdown(report);
      marks.push(performance.now());
      STEPS.forEach((step, index) => times.get(step)!.push(marks[index + 1] - marks[index]));
      totals.push(marks[marks.length - 1] - marks[0]);
    }
    for (const [step, values] of times) console.log(`${step.padEnd(10)}${formatSpread(values, 0)} ms`);
    console.log(`${'total'.padEnd(10)}${formatSpread(totals, 0)} ms`);
    console.log(
      `${'peak RSS'.padEnd(10)}${Math.round(process.resourceUsage().maxRSS / 1024)} MiB (whole process, making the folder included)`,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return Promise.resolve();
}

function folderMiB(dir: string): string {
  const bytes = readdirSync(dir).reduce((sum, name) => sum + statSync(path.join(dir, name)).size, 0);
  return (bytes / 2 ** 20).toFixed(0);
}
