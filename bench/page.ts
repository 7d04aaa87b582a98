// report.html of a large sweep: 1,000 points x 5 repeats written and opened in a headless Chromium.
// Opening counts from the navigation until the answer stands there and the first chart is drawn.
// Needs a browser: see src/testing/browser.ts.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { RunError } from '../src/base/errors.js';
import { renderReportPage } from '../src/report/page/report-page.js';
import { readResults } from '../src/report/results/read-results.js';
import { makeReport } from '../src/report/model/report-model.js';
import { findChromium, launchChromium } from '../src/testing/browser.js';
import { writeSyntheticResults } from '../src/testing/synthetic-results.js';
import { circumstances, formatSpread, type BenchOptions } from './bench-report.js';

export const title =
  'report.html of 1,000 points x 5 repeats ' +
  '(aim: written in under 5 s with all else, under 10 MB, open in under 2 s)';

const DEFAULT_ROUNDS = 5;

export async function run(options: BenchOptions): Promise<void> {
  const executable = findChromium();
  if (executable === null) {
    throw new RunError(
      'no Chromium is found',
      'Install chromium or Chrome, or name one in KBENCH_CHROMIUM.',
    );
  }
  const rounds = options.rounds ?? DEFAULT_ROUNDS;
  const dir = mkdtempSync(path.join(tmpdir(), 'kbench-bench-page-'));
  try {
    const axis = (length: number, step: number): number[] =>
      Array.from({ length }, (_, index) => (index + 1) * step);
    const axes = {
      'batch.size': axis(10, 16_384),
      'linger.ms': axis(10, 1),
      'workload.rate': axis(10, 10_000),
    };
    writeSyntheticResults(dir, { axes, repeats: 5, seconds: 20 });
    console.log(circumstances({}, String(rounds)));
    const file = path.join(dir, 'report.html');
    const times = { 'read, make': [] as number[], page: [] as number[], open: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      const report = makeReport(readResults(dir));
      const made = performance.now();
      writeFileSync(file, renderReportPage(report));
      times['read, make'].push(made - began);
      times.page.push(performance.now() - made);
    }
    const rssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
    const heaps: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const opened = await open(executable, file);
      times.open.push(opened.ms);
      heaps.push(opened.heapMiB);
    }
    for (const [what, values] of Object.entries(times))
      console.log(`${what.padEnd(12)}${formatSpread(values, 0)} ms`);
    console.log(`${'file'.padEnd(12)}${(statSync(file).size / 1e6).toFixed(1)} MB`);
    console.log(`${'heap'.padEnd(12)}${formatSpread(heaps, 0)} MiB of the page`);
    console.log(`${'peak RSS'.padEnd(12)}${rssMiB} MiB (this process, making the folder included)`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** In a browser of its own, so that nothing is cached. */
async function open(executable: string, file: string): Promise<{ ms: number; heapMiB: number }> {
  const browser = await launchChromium(executable);
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const began = performance.now();
    await page.goto(pathToFileURL(file).href);
    await page.locator('#best .point').waitFor();
    await page.locator('#pareto .canvas[data-drawn]').waitFor();
    const ms = performance.now() - began;
    const session = await page.context().newCDPSession(page);
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return { ms, heapMiB: usedSize / 2 ** 20 };
  } finally {
    await browser.close();
  }
}
