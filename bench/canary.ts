// How steady the canary is: the spread of its two figures over many measurements on a machine that
// does nothing else, how long one takes, and what it costs while it waits. Called by bench/main.ts.
// It sets what report/machine-note may call slow.
import { openMachineCanary } from '../src/session/machine-canary.js';
import { benchTable, circumstances } from './bench-report.js';
import type { BenchOptions } from './bench-report.js';

export const title = 'Canary: spread of its figures, time it takes, CPU while idle';

const REPEATS = 50;
const IDLE_MS = 5000;
/** About what lies between two runs. */
const PAUSE_MS = 200;

export async function run({ rounds }: Pick<BenchOptions, 'rounds'>): Promise<void> {
  const repeats = rounds ?? REPEATS;
  const before = process.memoryUsage().rss;
  const canary = await openMachineCanary((text) => console.log(text));
  if (canary === null) return;
  const rssMiB = (process.memoryUsage().rss - before) / 2 ** 20;
  const cpuMs: number[] = [];
  const rates: number[] = [];
  const tookMs: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const startMs = performance.now();
    const measured = await canary.measure();
    tookMs.push(performance.now() - startMs);
    if (measured === null) continue;
    cpuMs.push(measured.cpuMs);
    rates.push(measured.sinkRecordsPerSecond / 1000);
  }
  const idleBefore = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idle = process.cpuUsage(idleBefore);
  await canary.close();
  console.log(circumstances({}, String(repeats)));
  const row = (name: string, values: readonly number[], digits: number): string[] => {
    const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
    const sd = Math.sqrt(
      values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1),
    );
    const sorted = values.toSorted((a, b) => a - b);
    const told = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)!].map((each) =>
      each.toFixed(digits),
    );
    return [name, ...told, `${((100 * sd) / mean).toFixed(1)} %`];
  };
  console.log(
    benchTable(
      ['figure', 'median', 'least', 'greatest', 'CV'],
      [row('cpuMs', cpuMs, 2), row('1000 records/s', rates, 0), row('took ms', tookMs, 0)],
    ),
  );
  console.log(
    `idle for ${IDLE_MS / 1000} s: ${((idle.user + idle.system) / 1000).toFixed(1)} ` +
      `ms of CPU; resident memory +${rssMiB.toFixed(0)} MiB`,
  );
}
