// The core's own ceiling: one generator and one producer in this thread, as in a worker, against
// the embedded cluster in another. Throughput, CPU of this thread, and the bytes that the
// JavaScript heap allocates per record in steady state; and what idempotence adds.
import type { ProducerSettingValues } from '../src/producer-core/index.js';
import { startEmbeddedCluster } from '../src/targets/embedded/embedded-cluster.js';
import { initHistograms } from '../src/workloads/measure/histogram.js';
import { PayloadPool } from '../src/workloads/payload/payload.js';
import { benchTable, circumstances, formatSpread } from './bench-report.js';
import type { BenchOptions } from './bench-report.js';
import { measureCore, type CoreRun } from './core/core-run.js';

export const title =
  'one worker against the embedded cluster: ' +
  'records/s, CPU and heap bytes per record, cost of idempotence';

const ROUNDS = 5;
const RECORDS = 5_000_000;
const VALUE_BYTES = 100;
const CASES: readonly { readonly name: string; readonly settings: ProducerSettingValues }[] = [
  { name: 'acks=1, batch.size 16384', settings: { acks: '1', 'batch.size': 16_384 } },
  { name: 'acks=1, batch.size 65536', settings: { acks: '1', 'batch.size': 65_536 } },
  {
    name: 'acks=all, batch.size 16384, not idempotent',
    settings: { acks: 'all', 'enable.idempotence': false },
  },
  {
    name: 'acks=all, batch.size 16384, idempotent',
    settings: { acks: 'all', 'enable.idempotence': true },
  },
];

export async function run(options: BenchOptions): Promise<void> {
  await initHistograms();
  const rounds = options.rounds ?? ROUNDS;
  const records = options.records ?? RECORDS;
  const results = new Map<string, CoreRun[]>(CASES.map(({ name }) => [name, []]));
  const cluster = await startEmbeddedCluster({
    brokers: 1,
    topics: [{ name: 'bench', partitions: 1 }],
  });
  const fixed = { 'bootstrap.servers': cluster.bootstrap.join(','), 'linger.ms': 5 };
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { name, settings } of CASES) {
        const payload = new PayloadPool(VALUE_BYTES, 1);
        const measured = await measureCore({
          settings: { ...fixed, ...settings },
          topic: 'bench',
          payload,
          records,
        });
        results.get(name)!.push(measured);
      }
    }
  } finally {
    await cluster.close();
  }
  console.log(
    circumstances(
      {},
      `${rounds} rounds of ${records.toLocaleString('en-US')} records, ` +
        'interleaved; median (min-max)',
    ),
  );
  const column = (list: readonly CoreRun[], pick: (each: CoreRun) => number, digits: number) =>
    formatSpread(list.map(pick), digits);
  console.log(
    benchTable(
      [
        '100 B values, linger 5, one partition, 5 in flight',
        'M records/s',
        'us CPU a record',
        'heap bytes a record',
      ],
      [...results].map(([name, list]) => [
        name,
        column(list, ({ recordsPerSecond }) => recordsPerSecond / 1e6, 2),
        column(list, ({ cpuMicros }) => cpuMicros, 3),
        column(list, ({ heapBytes }) => heapBytes, 2),
      ]),
    ),
  );
}
