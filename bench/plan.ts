// How long a large sweep takes to plan: YAML in, points and seeded order out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadSweep } from '../src/plan/load-sweep.js';
import { benchTable, circumstances, formatSpread } from './bench-report.js';
import type { BenchOptions } from './bench-report.js';

export const title = 'planning a sweep of 1,000 points x 5 repeats';

const ROUNDS = 10;

export async function run(options: BenchOptions): Promise<void> {
  const rounds = options.rounds ?? ROUNDS;
  const folder = mkdtempSync(path.join(tmpdir(), 'kbench-bench-plan-'));
  try {
    const file = path.join(folder, 'large.yaml');
    const lingers = Array.from({ length: 25 }, (_, i) => `${i}ms`).join(', ');
    const sizes = Array.from({ length: 40 }, (_, i) => `${i + 1}KiB`).join(', ');
    writeFileSync(file, `sweep: {linger.ms: [${lingers}], batch.size: [${sizes}]}\nrepeats: 5\n`);
    const times: number[] = [];
    let runs = 0;
    for (let round = 0; round < rounds; round++) {
      const startMs = performance.now();
      runs = (await loadSweep(file, {})).plan.runs.length;
      times.push(performance.now() - startMs);
    }
    console.log(circumstances({}, `${rounds} rounds, the first not warm; median (min-max)`));
    console.log(
      benchTable(['runs planned', 'ms'], [[runs.toLocaleString('en-US'), formatSpread(times, 0)]]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
