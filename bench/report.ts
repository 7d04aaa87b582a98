// How long a report of a large sweep takes and how much memory: 1,000 points x 5 repeats (open
// loop: three histograms a run), through the command itself, format by format, start of Node
// included. The folder is made anew; its files are in the page cache when they are read.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunError } from '../src/base/errors.js';
import { FORMAT_INFO, FORMAT_NAMES, type FormatName } from '../src/report/formats/format-names.js';
import { writeSyntheticResults } from '../src/testing/synthetic-results.js';
import { benchTable, circumstances, formatSpread, type BenchOptions } from './bench-report.js';

export const title = 'Report of 1,000 points x 5 repeats in every format (aim: under 5 s, 500 MiB)';

const DEFAULT_ROUNDS = 3;
const AIM_MS = 5_000;
const AIM_MIB = 500;
const LIMIT_MS = 120_000;

/** Told by the command's own process at its end. */
const TELL_MEMORY =
  'data:text/javascript,process.on("exit",()=>' +
  'process.stderr.write(`\\npeak ${process.resourceUsage().maxRSS} KiB\\n`))';

export function run(options: BenchOptions): Promise<void> {
  const rounds = options.rounds ?? DEFAULT_ROUNDS;
  const top = mkdtempSync(path.join(tmpdir(), 'kbench-bench-report-'));
  const dir = path.join(top, 'results');
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
    console.log(`folder    ${mebibytes(path.join(dir, 'runs'))} MiB in runs/\n`);
    const rows = FORMAT_NAMES.map((format) => measure(format, dir, top, rounds));
    console.log(benchTable(['format', 'ms', 'peak MiB', 'written MiB', 'within the aim'], rows));
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
  return Promise.resolve();
}

function measure(format: FormatName, dir: string, top: string, rounds: number): string[] {
  const times: number[] = [];
  let peakMiB = 0;
  let written = '';
  for (let round = 0; round < rounds; round++) {
    const out = path.join(top, format);
    rmSync(out, { recursive: true, force: true });
    const start = performance.now();
    peakMiB = Math.max(peakMiB, reportOnce(format, dir, out));
    times.push(performance.now() - start);
    written = mebibytes(out);
  }
  const within = Math.max(...times) < AIM_MS && peakMiB < AIM_MIB;
  const name = FORMAT_INFO[format].files === true ? `${format} (a folder)` : format;
  return [name, formatSpread(times, 0), peakMiB.toFixed(0), written, within ? 'yes' : 'NO'];
}

/** Peak memory in MiB. */
function reportOnce(format: FormatName, dir: string, out: string): number {
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const args = ['--import', TELL_MEMORY, main, 'report', dir, '--format', format, '--out', out];
  const { status, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: LIMIT_MS,
  });
  const peak = /^peak (\d+) KiB$/m.exec(stderr)?.[1];
  if (status !== 0 || peak === undefined)
    throw new RunError(`kbench report --format ${format} failed: ${stderr.slice(-500)}`);
  return Number(peak) / 1024;
}

function mebibytes(of: string): string {
  const sizes = statSync(of).isFile()
    ? [statSync(of).size]
    : readdirSync(of).map((name) => statSync(path.join(of, name)).size);
  return (sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20).toFixed(1);
}
