// What a consumer beside a run costs: CPU of the worker and of the consumer's thread for a record,
// with a reader and without, in turn; latency of an open loop with both, in turn.
import type { RunResult } from '../src/contract/run-result.js';
import { startEmbeddedCluster } from '../src/targets/embedded/embedded-cluster.js';
import { runWorkload } from '../src/workloads/run-workload.js';
import { openLoopSpec } from './core/open-loop-spec.js';
import { benchTable, circumstances, formatSpread, type BenchOptions } from './bench-report.js';

export const title =
  'a reader beside a run: CPU of producer and reader, on and off (aim: stamps 15 %, reading ' +
  '0.15 us a record), latency on and off';

const ROUNDS = 5;
const VALUE_BYTES = 100;
const RATES = [20_000, 100_000];
const SECONDS = 4;
const MIB = 1024 * 1024;

export async function run(options: BenchOptions): Promise<void> {
  const rounds = options.rounds ?? ROUNDS;
  const seconds = options.seconds ?? SECONDS;
  console.log(circumstances({}, `${rounds} rounds, on and off in turn; median (min-max)`));
  for (const rate of RATES) await measure(rate, rounds, seconds);
}

async function measure(rate: number, rounds: number, seconds: number): Promise<void> {
  const names = Array.from({ length: rounds * 2 }, (_each, i) => `consumed-${i}`);
  const cluster = await startEmbeddedCluster({
    brokers: 1,
    retentionBytesPerPartition: 256 * MIB,
    topics: names.map((name) => ({ name, partitions: 1 })),
  });
  const runs = { off: [] as RunResult[], on: [] as RunResult[] };
  try {
    for (let round = 0; round < rounds; round++) {
      for (const reads of round % 2 === 0 ? [false, true] : [true, false]) {
        const spec = openLoopSpec({
          ...{ bootstrap: cluster.bootstrap, embedded: true, topic: names.pop()! },
          ...{ lingerMs: 5, valueBytes: VALUE_BYTES, rate, seconds, warmupSeconds: 1 },
          ...(reads ? { consumers: { kind: 'reader', properties: {} } } : {}),
        });
        const result = await runWorkload(spec);
        const dropped = result.consumers?.dropped ?? [];
        if (result.status !== 'completed' || dropped.length > 0)
          throw new Error(JSON.stringify({ failure: result.failure, dropped }));
        runs[reads ? 'on' : 'off'].push(result);
      }
    }
  } finally {
    await cluster.close();
  }
  const over = (list: readonly RunResult[], pick: (run: RunResult) => number | undefined): string =>
    formatSpread(
      list.map((each) => pick(each) ?? NaN),
      3,
    );
  const rows = Object.entries(runs).map(([name, list]) => [
    name,
    over(list, ({ measurement }) => measurement?.generator.cpuMicrosPerRecord),
    over(list, ({ measurement }) => measurement?.latencyMs.response?.p50),
    over(list, ({ measurement }) => measurement?.latencyMs.response?.p99),
    ...(name === 'off'
      ? ['-', '-', '-']
      : [
          over(list, ({ consumers }) => consumers?.cpuMicrosPerRecord ?? undefined),
          over(list, ({ consumers }) => consumers?.endToEndMs?.p50),
          over(list, ({ consumers }) => consumers?.endToEndMs?.p99),
        ]),
  ]);
  const head = [
    ...[`reader, ${VALUE_BYTES} B, ${rate}/s`, 'producer us/record', 'response p50 ms', 'p99 ms'],
    ...['reader us/record', 'end-to-end p50 ms', 'p99 ms'],
  ];
  console.log(benchTable(head, rows));
}
