// A against A: records many repeats of the same points through the normal `kbench run`, keeps them
// as a reference, and draws comparisons from them: how often is there a false alarm, and how often
// is a true shift found? The tests hold what the documentation says to the references so recorded.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunError } from '../src/base/errors.js';
import { repeatSeries } from '../src/report/compare/repeat-series.js';
import { median } from '../src/report/statistics/quantity.js';
import { readResultsWithoutIntervals } from '../src/report/results/read-results.js';
import { saveReference } from '../src/report/results/save-reference.js';
import {
  tryOut,
  type Design,
  type Rate,
  type Series,
} from '../src/report/statistics/resampling.js';
import { benchTable, circumstances, type BenchOptions } from './bench-report.js';

export const title =
  'A against A: false alarms, and the power to find 5 % ' +
  '(records with kbench run, keeps results/reference/aa-TARGET)';

const DEFAULT_REPEATS = 60;
const DEFAULT_SECONDS = 1;
const ROUNDS = 2000;
const SIZES = [4, 5, 10, 20] as const;
const ALPHA = 0.05;
const MARGIN = 0.05;
const SEED = 20261125;
/**
 * (1.96 + 0.84)^2 for alpha .05 and a power of 80 %; pi / 3: what Mann-Whitney takes more than a
 * t-test on normal data.
 */
const RUNS_FOR_POWER = (1.96 + 0.84) ** 2 * (Math.PI / 3);

export async function run(options: BenchOptions): Promise<void> {
  const target = options.target ?? 'embedded';
  const dir = options.from ?? (await record(target, options));
  const results = readResultsWithoutIntervals(dir);
  const { series, repeats, planned } = repeatSeries(results);
  const { environment } = results;
  console.log(
    circumstances(
      {},
      `${repeats} of ${planned} repeats valid at all points; ${ROUNDS} draws, seed ${SEED}`,
    ),
  );
  if (environment !== null) {
    const { target: at, cpu } = environment;
    console.log(
      `recorded  ${environment.startedAt}, ${at.kind} ${at.version ?? ''}, ` +
        `${cpu.model}, ${cpu.cores} cores`,
    );
  }
  console.log(`folder    ${results.dir}\n`);
  console.log(spreads(series));
  const sizes = SIZES.filter((size) => 2 * size <= repeats);
  console.log(
    `\nA against A, ${series.length} figures judged together at alpha ${ALPHA}: ` +
      'comparisons with any false alarm',
  );
  const designs: readonly Design[] = ['shuffled', 'interleaved', 'consecutive'];
  const trial = { rounds: ROUNDS, seed: SEED, alpha: ALPHA, margin: MARGIN };
  console.log(
    benchTable(
      ['runs a side', ...designs],
      sizes.map((runs) => [
        String(runs),
        ...designs.map((design) =>
          rateText(tryOut(series, { ...trial, design, runs, factor: 1 }).any),
        ),
      ]),
    ),
  );
  console.log(
    `\nA true shift of +5 %, each figure judged alone (shuffled): how often it is called different`,
  );
  const together = sizes.map(
    (runs) => tryOut(series, { ...trial, design: 'shuffled', runs, factor: 1.05 }).different,
  );
  console.log(
    benchTable(
      ['figure', ...sizes.map((runs) => `${runs} runs`)],
      [
        ...series.map((each) => [
          each.name,
          ...sizes.map((runs) =>
            percentText(
              tryOut([each], { ...trial, design: 'shuffled', runs, factor: 1.05 }).different.rate,
            ),
          ),
        ]),
        ['all shifted, judged together', ...together.map(({ rate }) => percentText(rate))],
      ],
    ),
  );
}

function spreads(series: readonly Series[]): string {
  const rows = series.map(({ name, values }) => {
    const logs = values.map(Math.log);
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    const deviation = Math.sqrt(
      logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (logs.length - 1),
    );
    const lagged = logs
      .slice(1)
      .reduce((sum, value, i) => sum + (value - mean) * (logs[i] - mean), 0);
    const half = logs.length >> 1;
    const drift = Math.exp(median(logs.slice(half))! - median(logs.slice(0, half))!) - 1;
    return [
      name,
      String(Number(median(values)!.toPrecision(4))),
      percentText(deviation),
      (lagged / (deviation ** 2 * (logs.length - 1))).toFixed(2),
      `${(drift * 100).toFixed(1)} %`,
      String(Math.ceil((2 * deviation ** 2 * RUNS_FOR_POWER) / Math.log(1.05) ** 2)),
    ];
  });
  return benchTable(
    [
      'figure',
      'median',
      'spread (SD of log)',
      'lag-1 correlation',
      'second half against first',
      'runs for 5 %, 80 % power',
    ],
    rows,
  );
}

const percentText = (share: number): string => `${(share * 100).toFixed(1)} %`;
const rateText = ({ rate, low, high }: Rate): string =>
  `${percentText(rate)} (${(low * 100).toFixed(1)}-${(high * 100).toFixed(1)})`;

/**
 * Two points that a comparison would ask about: as fast as possible, and at a rate. Gives the
 * reference's folder.
 */
async function record(target: string, options: BenchOptions): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kbench-aa-'));
  const seconds = options.seconds ?? DEFAULT_SECONDS;
  const rounds = options.rounds ?? DEFAULT_REPEATS;
  const where = target === 'embedded' ? 'embedded' : `{kafka: {version: ${target}}}`;
  const name = target === 'embedded' ? 'aa-embedded' : `aa-kafka-${target}`;
  try {
    const file = path.join(folder, `${name}.yaml`);
    writeFileSync(
      file,
      `# npm run bench -- aa --target ${target} --rounds ${rounds} --seconds ${seconds}
name: ${name}
target: ${where}
topic: {partitions: 3}
workload: {valueBytes: 100, duration: ${seconds}s, warmup: 500ms}
points:
  - {workload.rate: max}
  - {workload.rate: 20000/s}
repeats: ${rounds}
seed: 42
`,
    );
    await kbench(['run', `${name}.yaml`, '--quiet'], folder);
    return saveReference(path.join(folder, 'results', name), {
      name,
      to: path.join('results', 'reference'),
      histograms: false,
      force: true,
    }).dir;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The built command, as a user runs it. */
function kbench(args: readonly string[], cwd: string): Promise<void> {
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new RunError(`kbench ${args.join(' ')} ended with ${String(code)}`)),
    );
  });
}
