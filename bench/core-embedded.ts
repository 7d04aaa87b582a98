// The core's own ceiling: one generator and one producer in this thread, as in a worker, against the embedded cluster in another. Throughput, CPU
// of this thread, and the bytes that the JavaScript heap allocates per record in steady state.
import { startEmbeddedCluster } from '../src/targets/embedded/embedded-cluster.js';
import { CoreProducer } from '../src/producer-core/index.js';
import { systemClock } from '../src/producer-core/clock.js';
import { ClosedLoop } from '../src/workloads/closed-loop.js';
import type { GeneratorContext } from '../src/workloads/generator.js';
import { threadCpu } from '../src/workloads/health.js';
import { initHistograms } from '../src/workloads/histogram.js';
import { createKeys } from '../src/workloads/keys.js';
import { PayloadPool } from '../src/workloads/payload.js';
import { SharedState } from '../src/workloads/shared-state.js';
import { Tracker } from '../src/workloads/tracker.js';
import { benchTable, circumstances, formatSpread } from './bench-report.js';
import type { BenchOptions } from './bench-report.js';

export const title = 'one worker against the embedded cluster: records/s, CPU and heap bytes per record';

const ROUNDS = 5;
const RECORDS = 5_000_000;
const WARMUP_RECORDS = 1_000_000;
const VALUE_BYTES = 100;
const BATCH_SIZES = [16_384, 65_536];
/** Often enough that a garbage collection between two looks hides little. */
const HEAP_LOOK_MS = 5;

interface Round {
  readonly recordsPerSecond: number;
  readonly cpuMicros: number;
  readonly heapBytes: number;
}

export async function run(options: BenchOptions): Promise<void> {
  await initHistograms();
  const rounds = options.rounds ?? ROUNDS;
  const records = options.records ?? RECORDS;
  const results = new Map<number, Round[]>(BATCH_SIZES.map((bytes) => [bytes, []]));
  const topics = [{ name: 'bench', partitions: 1 }];
  const cluster = await startEmbeddedCluster({ brokers: 1, topics });
  try {
    for (let round = 0; round < rounds; round++) {
      for (const bytes of BATCH_SIZES) results.get(bytes)!.push(await measure(cluster.bootstrap, bytes, records));
    }
  } finally {
    await cluster.close();
  }
  console.log(
    circumstances({}, `${rounds} rounds of ${records.toLocaleString('en-US')} records, interleaved; median (min-max)`),
  );
  console.log(
    benchTable(
      [
        '100 B values, linger 5, acks=1, one partition, 5 in flight',
        'M records/s',
        'us CPU a record',
        'heap bytes a record',
      ],
      [...results].map(([bytes, list]) => [
        `batch.size ${bytes}`,
        formatSpread(
          list.map(({ recordsPerSecond }) => recordsPerSecond / 1e6),
          2,
        ),
        formatSpread(
          list.map(({ cpuMicros }) => cpuMicros),
          3,
        ),
        formatSpread(
          list.map(({ heapBytes }) => heapBytes),
          2,
        ),
      ]),
    ),
  );
}

async function measure(bootstrap: readonly string[], batchBytes: number, records: number): Promise<Round> {
  const tracker = new Tracker({
    now: () => systemClock.now(),
    openLoop: false,
    worker: 0,
    state: SharedState.create(1),
    onInterval: () => undefined,
  });
  const producer = new CoreProducer({
    settings: {
      'bootstrap.servers': bootstrap.join(','),
      'batch.size': batchBytes,
      'linger.ms': 5,
      acks: '1',
      'max.in.flight.requests.per.connection': 5,
    },
    hooks: { onBatchDone: (batch, error) => tracker.onBatchDone(batch, error) },
  });
  await producer.connect();
  const context: GeneratorContext = {
    producer,
    topic: await producer.topic('bench'),
    clock: systemClock,
    keys: createKeys({ kind: 'none' }, 1),
    payload: new PayloadPool(VALUE_BYTES, 1),
    tracker,
    stopped: () => false,
  };
  await phase(context, WARMUP_RECORDS);
  const startMs = performance.now();
  tracker.startMeasuring(startMs);
  const heap = new HeapWatch();
  const cpuBefore = threadCpu()?.cpuMs ?? NaN;
  await phase(context, records);
  const cpuMicros = (((threadCpu()?.cpuMs ?? NaN) - cpuBefore) * 1000) / records;
  const seconds = (performance.now() - startMs) / 1000;
  const heapBytes = heap.stop() / records;
  tracker.finish();
  tracker.destroy();
  await producer.close();
  return { recordsPerSecond: records / seconds, cpuMicros, heapBytes };
}

async function phase(context: GeneratorContext, records: number): Promise<void> {
  await new ClosedLoop(context, { startMs: 0, records, endMs: Infinity }).run();
  await context.producer.flush();
}

/** Sums the growth of the heap between looks; what a collection frees makes it shrink, and is left out. */
class HeapWatch {
  private last = process.memoryUsage().heapUsed;
  private grown = 0;
  private readonly timer = setInterval(() => this.look(), HEAP_LOOK_MS);

  private look(): void {
    const used = process.memoryUsage().heapUsed;
    this.grown += Math.max(0, used - this.last);
    this.last = used;
  }

  stop(): number {
    clearInterval(this.timer);
    this.look();
    return this.grown;
  }
}
